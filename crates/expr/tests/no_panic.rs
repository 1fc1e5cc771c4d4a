//! No text, however broken, makes a parser or an evaluation panic.
//!
//! Good expressions are cut, spliced and sprinkled with special characters by a small generator with
//! a fixed seed, so a failure comes back on every run.

use faastlane_expr::glob::Glob;
use faastlane_expr::{Expression, ReferencePath, Scope, Template, Timestamp, Variables};
use faastlane_frame::Data;
use faastlane_value::{Value, json};

const SEEDS: [&str; 12] = [
    "$.a['b'][0][-1][1:5][:1][*]..c[0,2]['a','b'].*",
    r"$.store\.book.\uD800\uDF46['it\'s']",
    "$..book[?(@.x == 0 && @.y =~ /re+/i || !(@.z))].title",
    "$.a[?(@.tags anyof ['x', {\"y\": -1.5e3}] && $.b size 2)].length()",
    "$.numbers.sum(1, $.a, [2]).append('x').last()",
    "$$.Execution.Input['a-b']",
    "$name.a[0]",
    r"States.Format('a {} \{ \' {}', $.a, States.MathAdd(1, -0.5))",
    "States.ArrayPartition(States.ArrayRange(1, 9, 2), $.numbers[0])",
    "States.JsonMerge($.a, States.StringToJson('{\"k\": [null]}'), false)",
    "States.Array(States.Hash('x', 'MD5'), States.Base64Decode('eA=='), States.UUID())",
    "2016-03-05T21:29:29.243167252+05:30",
];

const SPICE: [&str; 24] = [
    "'",
    "\"",
    "\\",
    "[",
    "]",
    "(",
    ")",
    "{",
    "}",
    ".",
    "..",
    "$",
    "@",
    "*",
    "?",
    ",",
    ":",
    "-",
    "99999999999999999999",
    "\u{0}",
    "é",
    "𐍆",
    "!(",
    " ",
];

#[test]
fn broken_expressions_end_in_errors() {
    let document = json::parse(
        br#"{"a": {"b": [[1, [2, 3]], {"x": 0, "y": "ree", "c": [1, {"a": 1}]}]}, "numbers": [2, 1.5],
             "book": [{"x": 0, "y": "re", "title": "t"}], "b": "ab"}"#,
    )
    .expect("the test's JSON is right");
    let input = Data::from(document);
    let context = &input;
    let scope = Scope::new(&input, &context, &Variables::NONE);
    let mut random = Random(42);
    let mut good = 0;
    for _ in 0..40_000 {
        let text = random.mutated();
        if let Ok(expression) = Expression::parse(&text) {
            good += usize::from(expression.evaluate(&scope, &mut || 7).is_ok());
        }
        if let Ok(path) = ReferencePath::parse(&text) {
            good += usize::from(path.insert(&input, Value::Null.into()).is_ok());
        }
        let template = Value::object([("k.$", Value::from(text.as_str()))]);
        good += usize::from(Template::compile(&template).is_ok());
        good += usize::from(Timestamp::parse(&text).is_some());
        good += usize::from(Glob::new(&text).matches(&text));
    }
    assert!(good > 1_000, "the mutations leave hardly anything to evaluate: {good}");
}

/// A xorshift generator.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(bound).expect("64 bits")).expect("below the bound")
    }

    /// A seed with one to three changes.
    fn mutated(&mut self) -> String {
        let mut text: Vec<char> = SEEDS[self.below(SEEDS.len())].chars().collect();
        for _ in 0..=self.below(3) {
            let at = self.below(text.len() + 1);
            match self.below(4) {
                0 => text.truncate(at.max(1)),
                1 => {
                    let end = (at + 1 + self.below(4)).min(text.len());
                    text.drain(at.min(end)..end);
                }
                2 => {
                    let other: Vec<char> = SEEDS[self.below(SEEDS.len())].chars().collect();
                    let from = self.below(other.len());
                    text.splice(at.., other[from..].iter().copied());
                }
                _ => {
                    let spice = SPICE[self.below(SPICE.len())];
                    text.splice(at..at, spice.chars());
                }
            }
        }
        text.into_iter().collect()
    }
}
