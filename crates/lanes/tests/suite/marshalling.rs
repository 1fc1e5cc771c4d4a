//! Values in and out of a handler keep what JSON keeps, and are written as Lambda writes them.

use super::harness::{self, folder, function, run, run_code};

fn check_echo(event: &str) {
    assert_eq!(run_code("def handler(event, context): return event", event).returned(), event);
}

#[test]
fn values_come_back_as_they_went_in() {
    check_echo(
        r#"{"int": 12345678901234567890, "float": 1.0, "one": 1, "z": [true, false, null], "a": {"": []}}"#,
    );
}

fn check_result(runtime: &str, expression: &str, expected: &str) {
    let code = format!(
        "import collections, datetime, decimal, enum\n\
         D = decimal.Decimal\n\
         Point = collections.namedtuple('Point', 'x y')\n\
         Color = enum.IntEnum('Color', 'RED GREEN')\n\
         def handler(event, context): return {expression}\n"
    );
    let root = folder(&[("app.py", &code)]);
    let mut function = function(root.path());
    runtime.clone_into(&mut function.runtime);
    assert_eq!(run(function, "{}").returned(), expected, "{expression}");
}

#[test]
fn results_are_written_as_on_lambda() {
    let cases = [
        ("None", "null"),
        ("'text'", r#""text""#),
        ("(1, [2, (3,)])", "[1, [2, [3]]]"),
        (
            "{1: 'a', None: 'b', False: 'c', 2.5: 'd'}",
            r#"{"1": "a", "null": "b", "false": "c", "2.5": "d"}"#,
        ),
        ("float('nan')", "NaN"),
        ("[float('inf'), -float('inf')]", "[Infinity, -Infinity]"),
        (
            "{'d': D('1.10'), 'n': D('NaN'), 'i': D('-Infinity')}",
            r#"{"d": 1.10, "n": NaN, "i": -Infinity}"#,
        ),
        ("[Point(1, D(2)), Point(1, 2)]", r#"[{"x": 1, "y": 2}, {"x": 1, "y": 2}]"#),
        ("collections.OrderedDict(b=1, a=collections.Counter('xx'))", r#"{"b": 1, "a": {"x": 2}}"#),
        ("Color.GREEN", "2"),
        ("{'b': b'bytes', b'k': 1}", r#"{"b": "bytes", "k": 1}"#),
        ("10 ** 30", "1000000000000000000000000000000"),
        ("[0.1, 1e100, -0.0, 1e400]", "[0.1, 1e+100, -0.0, Infinity]"),
        ("[[], {}, ()]", "[[], {}, []]"),
    ];
    for (expression, expected) in cases {
        check_result("python3.11", expression, expected);
    }
}

#[test]
fn bytes_pass_through() {
    check_result("python3.11", "b'{not json'", "{not json");
}

#[test]
fn non_ascii_is_escaped_up_to_python_3_11() {
    check_result("python3.11", "{'é': 'ü\u{1F600}'}", r#"{"\u00e9": "\u00fc\ud83d\ude00"}"#);
    check_result("python3.9", "[D(1), 'é']", r#"[1, "\u00e9"]"#);
    check_result("python3.12", "{'é': 'ü\u{1F600}'}", "{\"é\": \"ü\u{1F600}\"}");
    check_result("python3.13", "[D(1), 'é', '\\n']", r#"[1, "é", "\n"]"#);
}

fn check_unserialisable(expression: &str, expected: &str) {
    let code = format!(
        "import datetime\n\
         loop = []\n\
         loop.append(loop)\n\
         def handler(event, context): return {expression}\n"
    );
    let finished = run_code(&code, "{}");
    let (error_type, payload) = finished.failed();
    assert_eq!(error_type, "Runtime.MarshalError");
    let expected = format!(
        r#"{{"errorMessage": "Unable to marshal response: {expected}", "errorType": "Runtime.MarshalError", "requestId": "{}", "stackTrace": []}}"#,
        harness::REQUEST_ID
    );
    assert_eq!(payload, expected);
}

#[test]
fn results_that_are_not_json_fail() {
    let cases = [
        ("datetime.datetime.now()", "Object of type datetime is not JSON serializable"),
        ("{'a': {1}}", "Object of type set is not JSON serializable"),
        ("(x for x in [])", "Object of type generator is not JSON serializable"),
        ("bytearray(b'x')", "Object of type bytearray is not JSON serializable"),
        ("{(1,): 2}", "keys must be str, int, float, bool or None, not tuple"),
        ("loop", "Circular reference detected"),
    ];
    for (expression, expected) in cases {
        check_unserialisable(expression, expected);
    }
}

#[test]
fn an_event_that_is_not_json_fails() {
    let finished = run_code("def handler(event, context): return 1", "{oops");
    let (error_type, payload) = finished.failed();
    assert_eq!(error_type, "Runtime.UnmarshalError");
    assert!(
        payload
            .starts_with(r#"{"errorMessage": "Unable to unmarshal input: Expecting property name"#)
    );
}

#[test]
fn a_lone_surrogate_ends_the_process_where_it_cannot_be_written() {
    let code = "def handler(event, context): return '\\ud800'";
    assert_eq!(run_code(code, "{}").returned(), r#""\ud800""#);
    let root = folder(&[("app.py", code)]);
    let mut function = function(root.path());
    function.runtime = "python3.12".to_owned();
    assert_eq!(run(function, "{}").failed().0, "Runtime.ExitError");
}

#[test]
fn large_payloads_pass_both_ways() {
    let event = format!("\"{}\"", "x".repeat(32 << 20));
    check_echo(&event);
}

#[test]
fn calls_do_not_share_values() {
    let root = folder(&[(
        "app.py",
        "kept = []\n\
         def handler(event, context):\n    kept.append(event)\n    event['n'] = len(kept)\n    return kept[0]\n",
    )]);
    let mut pool =
        faastlane_lanes::Pool::new(vec![function(root.path())], harness::options()).unwrap();
    for expected in [r#"{"n": 1}"#, r#"{"n": 1}"#] {
        pool.call(harness::call(1, 0, "{}"));
        assert_eq!(harness::finish(&mut pool, 1)[0].returned(), expected);
    }
    assert!(pool.workers_started() <= 1);
}
