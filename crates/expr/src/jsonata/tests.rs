//! Expressions with their values, whatever module makes them so.

use faastlane_frame::Data;
use faastlane_value::{Value, json};

use super::*;
use crate::Variables;

const INPUT: &str = r#"{
    "name": "Ada", "n": 3, "none": null, "one": [7], "empty": [],
    "orders": [{"id": 1, "price": 10, "tags": ["a"]}, {"id": 2, "price": 20.5, "tags": []}]
}"#;

fn value(text: &str) -> Value {
    json::parse(text.as_bytes()).expect("the test's JSON is right")
}

fn evaluate(text: &str) -> Result<String, String> {
    let input = Data::from(value(INPUT));
    let result = Data::from(value(r#"{"ok": true}"#));
    let context = &Data::from(value(r#"{"Execution": {"Name": "run"}}"#));
    let variables = Variables::NONE.with([("x".into(), value(r#"{"y": [1, 2]}"#).into())]);
    // Less than by default, so that what meets a limit does so soon.
    let limits = Limits { bytes: 32 * 1024 * 1024, milliseconds: 1_000, ..Limits::DEFAULT };
    let scope = Scope::new(&input, &context, &variables, 1_700_000_000_000)
        .with_result(&result)
        .with_limits(limits);
    let mut bits = 0;
    let mut random = || {
        bits += 1;
        bits
    };
    let expression = Expression::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let value = expression.evaluate(&scope, &mut random);
    value.map(|value| value.to_json()).map_err(|error| error.to_string())
}

fn check(text: &str, expected: &str) {
    assert_eq!(evaluate(text).as_deref(), Ok(expected), "{text}");
}

fn check_error(text: &str, expected: &str) {
    let found = evaluate(text).map(|value| value.chars().take(100).collect::<String>());
    assert_eq!(found.as_ref().map_err(String::as_str), Err(expected), "{text}");
}

const NOTHING: &str = "returned nothing (undefined)";

#[test]
fn an_expression_sees_states_and_variables() {
    check("$states.input.name", r#""Ada""#);
    check("$states.input.none", "null");
    check("$states.input.one", "[7]");
    check("$states.input.orders.id", "[1,2]");
    check("$states.input.orders.tags", r#""a""#);
    check("$states.input.orders[price > 10].id", "2");
    check("$sum($states.input.orders.price)", "30.5");
    check("$states.result.ok and $states.context.Execution.Name = 'run'", "true");
    check("$x.y", "[1,2]");
    check("$count($x.y)", "2");
    check("$count($states.input.*)", "6");
    check("$keys($states)", r#"["input","context","result"]"#);
    check("$keys($states.input.orders[0])", r#"["id","price","tags"]"#);
    check("$states.input.orders.tags.%.id", "1");
    check("($states := {'input': 5}; $states.input)", "5");
    for text in
        ["$", "$$", "name", "$states.input.no", "$states.errorOutput", "$no", "$states.input.n.m"]
    {
        check_error(text, NOTHING);
    }
}

#[test]
fn values_come_out_as_json() {
    check("[0]", "[0]");
    check("1.0", "1");
    check("0.1 + 0.2", "0.30000000000000004");
    check("9007199254740991", "9007199254740991");
    check("1e300", "1e300");
    check("[1/0, -1/0, 0/0]", r#"["Infinity","-Infinity","NaN"]"#);
    check("{'b': 1, 'a': $nothing, 'c': null}", r#"{"b":1,"c":null}"#);
    check("[$nothing, 1]", "[1]");
    check_error("function($x){$x}", "returned an unsupported result type");
    check_error("$sum", "returned an unsupported result type");
    check_error("[/a/]", "returned an unsupported result type");
}

#[test]
fn functions_of_aws() {
    check("$partition([1, 2, 3], 2)", "[[1,2],[3]]");
    check("$partition([0], 4)", "[[0]]");
    check("$partition([1, 2, 3], 2.9)", "[[1,2],[3]]");
    check("$partition([1, 2])", "[[1,2]]");
    check_error("$partition([], 1)", NOTHING);
    check_error("$partition([1], 0)", NOTHING);
    check_error("$partition([1], -2)", "D3137: Second argument must be zero or greater");
    check("$range(0, 10, 3)", "[0,3,6,9]");
    check("$range(1, 9, 9)", "1");
    check("$range(3, 1, -1)", "[3,2,1]");
    check("$range(-1.7, 2, 1)", "[-1,0,1,2]");
    check_error("$range(1, 2)", NOTHING);
    check_error("$range(1, 2, -1)", NOTHING);
    check("$hash('input', 'SHA-1')", r#""140f86aae51ab9e1cda9b4254fe98a74eb54c1a1""#);
    check_error(
        "$hash('x', 'sha')",
        "D3137: Hash algorithm 'sha' must be one of SHA-1, SHA-384, SHA-256, SHA-512, MD5",
    );
    check_error(
        "$hash(1, 'MD5')",
        "T0410: Argument 1 of function \"hash\" does not match function signature",
    );
    check("$random(42)", "0.7275636800328681");
    check("$random() < 1", "true");
    check("$random() = $random()", "false");
    check("$length($uuid())", "36");
    check("$uuid() = $uuid()", "false");
    check("$parse('{\"a\": [1, 2]}').a", "[1,2]");
    check("$parse('null')", "null");
    check_error("$parse('')", "D3137: Invalid JSON");
    check("$map(['1', '2'], $parse)", "[1,2]");
    check_error("$eval('1')", "T1006: Attempted to invoke a non-function");
}

#[test]
fn time_and_chance_come_from_outside() {
    check("$millis()", "1700000000000");
    check("$now()", r#""2023-11-14T22:13:20.000Z""#);
    check("$now('[Y]-[M]')", r#""2023-11""#);
    check("$count($shuffle([1, 2, 3]))", "3");
    assert_eq!(evaluate("$random()"), evaluate("$random()"));
    assert_eq!(evaluate("$uuid()"), evaluate("$uuid()"));
    assert_eq!(evaluate("$shuffle([1..99])"), evaluate("$shuffle([1..99])"));
}

#[test]
fn errors_have_awss_words() {
    check_error(
        "$abs('x')",
        "T0410: Argument 1 of function \"abs\" does not match function signature",
    );
    check_error(
        "$sum([1, 'a'])",
        "T0412: Argument 1 of function \"sum\" must be an array of \"numbers\"",
    );
    check_error("1 + 'a'", "T2002: The right side of the \"+\" operator must evaluate to a number");
    check_error("$no()", "T1006: Attempted to invoke a non-function");
    check_error(
        "($f := function($n) { 1 + $f($n) }; $f(1))",
        "Stack overflow error: Check for non-terminating recursive function. Consider rewriting as \
         tail-recursive.",
    );
    check_error(
        "$count([1..9000000])",
        "Expression evaluation memory limit exceeded: Check for excessive memory usage",
    );
}

#[test]
fn a_panic_of_the_evaluator_is_an_error() {
    check_error(
        "$fromMillis(0, '[,H]')",
        "the expression cannot be evaluated: jsonata-core panicked",
    );
}

#[test]
fn paths_that_are_taken_out_give_the_same() {
    check("$states.input.orders.tags & '!'", r#""a!""#);
    check("[$states.input.orders.id, $states.input.n]", "[1,2,3]");
    check("$states.input.orders[0].price", "10");
    check("$states.input.orders.tags[0]", r#""a""#);
    check("$states.input.one[0] + $states.input.n", "10");
    check("$count($states.input.empty)", "0");
    check("$map($states.input.orders, function($o) { $o.id * $states.input.n })", "[3,6]");
    check("$map([1], function($states) { $states })", "1");
    check("$map([{'input': {'n': 9}}], function($states) { $states.input.n })", "9");
    check(
        "$states.input.orders#$i.{'i': $i, 'n': $states.input.n}",
        r#"[{"i":0,"n":3},{"i":1,"n":3}]"#,
    );
    check("$states.input.orders@$o.{'p': $o.price}", r#"[{"p":10},{"p":20.5}]"#);
    check("$exists($states.input.no) or $exists($states.input.none)", "true");
    check("$states.input.orders^(>price).id", "[2,1]");
    check("$states.input.orders{$string(id): price}", r#"{"1":10,"2":20.5}"#);
    check("$x.y[0] + $x.y[1]", "3");
    check("($x.y)[1]", "2");
}

#[test]
fn hostile_expressions_end_within_their_limits() {
    const MEMORY: &str =
        "Expression evaluation memory limit exceeded: Check for excessive memory usage";
    for text in [
        "$pad('x', 1e9)",
        "$pad('x', -2147483648, 'yz')",
        "$map([1..1000], function($i) { $pad('x', 1e6) & $i })",
        "[1..10000000]",
        "[-1e300..1e300]",
        "[1..1000].[1..1000000]",
        "$map([1..100000], function($x) { $append([1..100000], $x) })",
        "$reduce([1..60], function($a, $b) { $a & $a }, 'x')",
        "$reduce([1..60], function($a, $b) { [$a, $a] }, [1])",
        "$reduce([1..60], function($a, $b) { {'a': $a, 'b': $a} }, [1])",
        "$string($reduce([1..60], function($a, $b) { [[$a], [$a]] }, [1]))",
        "($f := function($s, $n) { $n = 0 ? $s : $f($s & $s, $n - 1) }; $length($f('x', 60)))",
        "$replace($pad('x', 1e6, 'x'), 'x', $pad('y', 1e6, 'y'))",
        "$replace($pad('x', 1e6, 'x'), /x/, $pad('y', 1e6, 'y'))",
        "$join($map([1..100000], function($x) { $pad('x', 1e5) }))",
    ] {
        check_error(text, MEMORY);
    }
    let doubled = (0..60).map(|at| format!("$a{} := $a{at} & $a{at}; ", at + 1));
    check_error(&format!("($a0 := 'x'; {}$a60)", doubled.collect::<String>()), MEMORY);
    check("$count($distinct([1..200000]))", "200000");
    check("$length($pad('x', 1000000))", "1000000");
    check("$replace('aXbX', 'X', '-')", r#""a-b-""#);
    check("$replace('aXbX', /x/i, '<$0>', 1)", r#""a<X>bX""#);
    check("$map(['a', 'b'], function($s) { $s & $s }) ~> $join('-')", r#""aa-bb""#);
    check("[1..3, 5].($string($) & 'x')", r#"["1x","2x","3x","5x"]"#);
    check("[[1, 2], [3]].[$ , 0]", "[[1,2,0],[3,0]]");
    check("($string := function($x) { 'mine' }; $string(1))", r#""mine""#);
    let deep = format!("{}1{}", "(".repeat(2000), ")".repeat(2000));
    assert!(Expression::parse(&deep).is_err());
    check_error(
        "($f := function($x) { $f($x + 1) }; $f(1))",
        "Expression evaluation timeout: Check for infinite loop",
    );
    check("$contains($pad('a', 50000, 'a') & 'b', /(a+)+$/)", "false");
}
