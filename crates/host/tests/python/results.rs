//! Results that are not plain, and errors: they have the words of the portable lane.

use faastlane_host::Input;
use faastlane_value::json;

use crate::lane::{Answer, Handler};

const EVALUATE: &str = "
import collections, decimal, enum, os
Point = collections.namedtuple('Point', 'x y')
Level = enum.IntEnum('Level', 'LOW HIGH')
class Text(str): pass
loop = []
loop.append(loop)
def nested(depth):
    value = []
    for _ in range(depth): value = [value]
    return value
def handler(event, context): return eval(event)
";

fn evaluate(handler: &mut Handler, expression: &str) -> Answer {
    handler.call_frame(&serde_json::Value::from(expression).to_string())
}

#[test]
fn plain_results_are_frames() {
    let cases = [
        ("(1, [2, (3,)], [], {}, ())", "[1, [2, [3]], [], {}, []]"),
        ("[0.5, 1.5, True]", "[0.5, 1.5, true]"),
        ("{'b': 1, 'a': [None]}", r#"{"b": 1, "a": [null]}"#),
        ("10 ** 30", "1000000000000000000000000000000"),
        ("-2 ** 63", "-9223372036854775808"),
        ("'\\u00e9'", "\"é\""),
    ];
    let check = move |python: &crate::lane::Python| {
        let mut handler = python.load(EVALUATE);
        for (expression, text) in cases {
            let value = json::parse(text.as_bytes()).unwrap();
            assert_eq!(evaluate(&mut handler, expression), Answer::Plain(value), "{expression}");
        }
    };
    crate::lane::for_each_python("results::plain_results_are_frames", check);
}

#[test]
fn odd_results_are_text() {
    let cases = [
        ("float('nan')", "NaN"),
        ("[1.5, float('-inf')]", "[1.5, -Infinity]"),
        ("{2: 'a', None: 2, True: 3, 0.5: 4}", r#"{"2": "a", "null": 2, "true": 3, "0.5": 4}"#),
        ("{'a': 1, 2: 'é'}", r#"{"a": 1, "2": "\u00e9"}"#),
        ("b'{not json'", "{not json"),
        ("{'b': b'bytes'}", r#"{"b": "bytes"}"#),
        ("decimal.Decimal('1.10')", "1.10"),
        ("[Point(1, 2)]", r#"[{"x": 1, "y": 2}]"#),
        ("[Level.HIGH]", "[2]"),
        ("{Text('k'): Text('t')}", r#"{"k": "t"}"#),
        ("collections.OrderedDict(a=1)", r#"{"a": 1}"#),
        ("'\\ud800'", r#""\ud800""#),
        ("['\\ude00', {'\\ud83d': 1}]", r#"["\ude00", {"\ud83d": 1}]"#),
    ];
    let check = move |python: &crate::lane::Python| {
        let mut handler = python.load(EVALUATE);
        for (expression, text) in cases {
            let answer = evaluate(&mut handler, expression);
            assert_eq!(answer, Answer::Text(text.to_owned()), "{expression}");
        }
        // Deeper than a frame may be.
        let deep = "[".repeat(513 + 1) + &"]".repeat(513 + 1);
        assert_eq!(evaluate(&mut handler, "nested(513)"), Answer::Text(deep));
    };
    crate::lane::for_each_python("results::odd_results_are_text", check);
}

#[test]
fn errors_have_a_payload() {
    let cases = [
        ("1 / 0", "ZeroDivisionError", "division by zero"),
        (
            "{1}",
            "Runtime.MarshalError",
            "Unable to marshal response: Object of type set is not JSON serializable",
        ),
        ("loop", "Runtime.MarshalError", "Unable to marshal response: Circular reference detected"),
        (
            "[1, object]",
            "Runtime.MarshalError",
            "Unable to marshal response: Object of type type is not JSON serializable",
        ),
        (
            "{(1,): 2}",
            "Runtime.MarshalError",
            "Unable to marshal response: keys must be str, int, float, bool or None, not tuple",
        ),
    ];
    let check = move |python: &crate::lane::Python| {
        let mut handler = python.load(EVALUATE);
        for (expression, kind, message) in cases {
            let Answer::Failed(payload) = evaluate(&mut handler, expression) else {
                panic!("{expression}")
            };
            let fields: serde_json::Value = serde_json::from_str(&payload).unwrap();
            assert_eq!(fields["errorType"], kind, "{expression}");
            assert_eq!(fields["errorMessage"], message, "{expression}");
            assert_eq!(fields["requestId"], crate::lane::REQUEST_ID, "{expression}");
            let trace = fields["stackTrace"].to_string();
            assert!(!trace.contains("faastlane"), "{trace}");
            assert_eq!(trace.contains("in handler"), kind == "ZeroDivisionError", "{trace}");
        }
    };
    crate::lane::for_each_python("results::errors_have_a_payload", check);
}

#[test]
fn events_that_are_not_json() {
    crate::lane::for_each_python("results::events_that_are_not_json", |python| {
        let mut handler = python.load(EVALUATE);
        for text in ["", "[1,", "NaN", "{\"a\" 1}"] {
            let Answer::Failed(payload) = handler.call(Input::Text(text.as_bytes())) else {
                panic!("{text}")
            };
            assert!(payload.contains("Runtime.UnmarshalError"), "{payload}");
        }
        // The lane has not suffered.
        let answer = handler.call(Input::Text(b" \"1\"\n"));
        assert_eq!(answer, Answer::Plain(json::parse(b"1").unwrap()));
    });
}

/// A fork of the handler that returns from it replies to nobody.
#[test]
fn a_handler_that_forks_and_returns_twice() {
    const FORK: &str = "
import os
def handler(event, context):
    child = os.fork()
    if child == 0:
        if event == 'raise': raise ValueError('in the child')
        return 'child'
    _, status = os.waitpid(child, 0)
    return ['parent', status]
";
    crate::lane::for_each_python("results::a_handler_that_forks_and_returns_twice", |python| {
        let mut handler = python.load(FORK);
        let expected = || Answer::Plain(json::parse(br#"["parent", 0]"#).unwrap());
        for event in ["\"return\"", "\"raise\"", "\"return\""] {
            assert_eq!(handler.call_frame(event), expected());
        }
    });
}
