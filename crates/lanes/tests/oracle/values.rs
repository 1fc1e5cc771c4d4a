//! Results and events.

use crate::case::Case;
use crate::check;

/// What the expressions below use.
const KINDS: &str =
    "import collections, dataclasses, datetime, decimal, enum, fractions, pathlib, uuid
D = decimal.Decimal
Point = collections.namedtuple('Point', 'x y')
Color = enum.Enum('Color', 'RED GREEN')
Level = enum.IntEnum('Level', 'LOW HIGH')
class Name(str, enum.Enum): A = 'a'
class Text(str): pass
class Items(list): pass
class Fields(dict): pass
class Number(int):
    def __repr__(self): return 'number'
class Float(float):
    def __repr__(self): return 'float'
class Fielded:
    def _asdict(self): return {'a': 1}
class ForJson:
    def for_json(self): return 1
@dataclasses.dataclass
class Data:
    x: int = 1
loop = []
loop.append(loop)
def nested(depth):
    value = []
    for _ in range(depth): value = [value]
    return value
";

/// A handler that returns this expression.
fn result(expression: &str) -> Case {
    Case::code(format!("from kinds import *\ndef handler(event, context): return {expression}\n"))
        .file("kinds.py", KINDS)
}

fn check_results(expressions: &[&str]) {
    check(expressions.iter().map(|expression| result(expression)).collect());
}

#[test]
fn plain_values() {
    check_results(&[
        "None",
        "True",
        "'text'",
        "'quotes \" and \\\\ and / and \\t\\n\\x00\\x7f\\u2028 <b>&'",
        "{'é': 'ü\u{1F600}', 'h\u{0301}': '\\u2028'}",
        "(1, [2, (3,)], [], {}, ())",
        "12345678901234567890",
        "-10 ** 100",
        "10 ** 5000",
        "[1.0, 1, -0.0, 0.1 + 0.2, 1e22, 1e16, 1e-7, 5e-324, 1.7976931348623157e308, 2.5]",
        "[float('nan'), float('inf'), -float('inf'), 1e400]",
        "{1: 'a', 2.5: 'b', True: 'c', None: 'd', float('nan'): 'e', 1e400: 'f', 10 ** 20: 'g'}",
        "{1: 'number', '1': 'text'}",
        "{'b': 1, 'a': 2, 'c': 3}",
        "nested(300)",
        "'x' * 100000",
        "['\\ud800', '\\ude00\\ud83d']",
    ]);
}

#[test]
fn other_types() {
    check_results(&[
        "[D('1.10'), D('1E+5'), D('NaN'), D('sNaN'), D('-Infinity'), D(10) ** 30, D('-0')]",
        "b'{not json'",
        "b''",
        "{'b': b'bytes', b'k': 1}",
        "{'b': b'\\xff'}",
        "bytearray(b'x')",
        "memoryview(b'x')",
        "datetime.datetime(2026, 1, 1)",
        "{'when': datetime.date(2026, 1, 1)}",
        "{1, 2}",
        "{'a': [frozenset()]}",
        "(x for x in [1])",
        "range(3)",
        "{}.keys()",
        "map(str, [])",
        "[Point(1, D(2)), {'p': Point(1, (2,))}]",
        "collections.OrderedDict(b=1, a=collections.Counter('xx'))",
        "collections.defaultdict(list, a=[1])",
        "collections.UserDict(a=1)",
        "collections.ChainMap({'a': 1})",
        "collections.deque([1])",
        "[Level.HIGH, {Level.LOW: 1}]",
        "Color.GREEN",
        "Name.A",
        "{Name.A: Text('t'), Text('k'): Name.A}",
        "[Number(7), {Number(7): 1}]",
        "[Float(1.5), {Float(1.5): 1}]",
        "[Items([1]), Fields(a=1)]",
        "Data()",
        "dataclasses.asdict(Data())",
        "Fielded()",
        "ForJson()",
        "[complex(1, 2)]",
        "fractions.Fraction(1, 2)",
        "uuid.UUID(int=1)",
        "pathlib.PurePosixPath('a')",
        "{(1,): 2}",
        "{D(1): 2}",
        "loop",
        "object",
        "...",
        "ValueError('x')",
        "context",
    ]);
}

#[test]
fn results_of_other_runtimes() {
    let runtimes = ["python3.9", "python3.12", "python3.13", "python3.14"];
    let cases = runtimes.into_iter().flat_map(|runtime| {
        let result = |expression| result(expression).runtime(runtime);
        [
            result("{'é': 'ü\u{1F600}\\u2028\\n\\x7f'}"),
            result("[D(1), 'é', b'\\xc3\\xa9']"),
            result("'\\ud800'").without_log(),
        ]
    });
    check(cases.collect());
}

#[test]
fn events() {
    let echo = |event| Case::code("def handler(event, context): return event").events(&[event]);
    let events = [
        "null",
        " [ 1 , 2 ]\n",
        "\"text\"",
        r#"{"é": "ü😀", "\u00e9": "\ud83d\ude00", "lone": "\ud800"}"#,
        r#"[12345678901234567890, -0, 0.1, 1E5, 1e-7, 123456789.123456789, 1.0]"#,
        "[1e400, -1e400, 1e-400]",
        r#"{"a": 1, "b": 2, "a": 3}"#,
        r#"{"z": {"": []}, "a": [[], {}]}"#,
        "[NaN]",
        r#"["NaN", "\"", -Infinity]"#,
        "{\"a\": NaN}",
        "NaN",
        "\u{feff}{}",
        "",
        "nul",
        "[1,",
        r#"{"a" 1}"#,
        r#"{"a":"#,
        "\"abc",
    ];
    let typed = Case::body("return {k: type(v).__name__ for k, v in event.items()}")
        .events(&[r#"{"a": 1, "b": 1.0, "c": 1e400, "d": null, "e": [], "f": 1e2}"#]);
    check(events.into_iter().map(echo).chain([typed]).collect());
}

#[test]
fn events_belong_to_the_handler() {
    let mutated = "kept = []\n\
        def handler(event, context):\n    \
            kept.append(event)\n    event['n'] = len(kept)\n    event.pop('b', None)\n    return kept\n";
    check(vec![
        Case::code(mutated).events(&[r#"{"b": 1}"#, r#"{"n": 7, "c": 2}"#]),
        Case::body("del event['a']; event['z'] = event; return 1").events(&[r#"{"a": 1}"#]),
    ]);
}
