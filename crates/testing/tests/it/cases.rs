//! Tests as they are written, and whether an execution does what they expect.

use faastlane_engine::Outcome;
use faastlane_testing::case::{Case, Input};
use faastlane_testing::verdict::Actual;
use faastlane_value::json;

#[test]
fn mistakes_are_told_with_their_place() {
    #[track_caller]
    fn check(text: &str, expected: &str) {
        let found = Case::parse(text).map(|_| ()).map_err(|error| error.to_string());
        assert_eq!(found, Err(expected.to_owned()), "{text}");
    }
    check("[", "1:2: this is not JSON: the text ends inside an array");
    check("[]", "1:1: a test must be an object");
    check(
        r#"{"expect": {}}"#,
        "1:2: a test has no member 'expect' (there are: Comment, machine, input, inputFile, mocks, \
         mockConfig, now, seed, waitScale, expected)",
    );
    check(r#"{"input": 1, "inputFile": "f"}"#, "1:11: a test has 'input' or 'inputFile', not both");
    check(r#"{"waitScale": -1}"#, "1:15: 'waitScale' must be a number that is not negative");
    check(r#"{"now": "noon"}"#, "1:9: 'now' must be a time such as \"2026-01-31T12:00:00Z\"");
    check(r#"{"mockConfig": {"file": "f"}}"#, "1:16: the member 'case' is missing");
    check(
        r#"{"expected": {"status": "OK"}}"#,
        "1:25: 'status' must be one of SUCCEEDED, FAILED, TIMED_OUT, ABORTED",
    );
    check(r#"{"expected": {"states": "A"}}"#, "1:25: 'states' must be an array of names");
}

#[test]
fn what_is_not_said_has_a_default() {
    let case = Case::parse(r#"{"expected": {"error": "E"}}"#).expect("it is a test");
    assert_eq!(
        (case.input, case.wait_scale, case.seed),
        (Input::Value(json::parse(b"{}").unwrap()), 0.0, 0)
    );
    assert_eq!(case.expected.status, "FAILED");
    assert_eq!(Case::parse("{}").expect("it is a test").expected.status, "SUCCEEDED");
}

/// What is not as `expected` of an execution that puts out `output`: what, expected and actual.
fn differences(expected: &str, output: &str) -> Vec<String> {
    let case = Case::parse(&format!(r#"{{"expected": {expected}}}"#)).expect("it is a test");
    let outcome = match output.strip_prefix('!') {
        None => Outcome::Succeeded(json::parse(output.as_bytes()).expect("it is JSON").into()),
        Some(error) => Outcome::Failed { error: Some(error.into()), cause: Some("a cause".into()) },
    };
    let actual = Actual::new(outcome, vec!["A".into(), "B".into()]);
    let differences = actual.differences(&case.expected).into_iter();
    differences
        .map(|difference| {
            let (expected, actual) = (difference.expected.to_json(), difference.actual.to_json());
            format!("{} {expected} {actual}", difference.what)
        })
        .collect()
}

#[test]
fn executions_are_held_against_expectations() {
    #[track_caller]
    fn check(expected: &str, output: &str, found: &[&str]) {
        assert_eq!(differences(expected, output), found, "{expected} {output}");
    }
    check("{}", "1", &[]);
    check("{}", "!E", &[r#"status "SUCCEEDED" "FAILED""#]);
    check(r#"{"error": "E", "causeIncludes": "cause"}"#, "!E", &[]);
    check(r#"{"error": "F", "cause": "c"}"#, "!E", &[r#"error "F" "E""#, r#"cause "c" "a cause""#]);
    check(r#"{"output": {"a": 1, "b": 2}}"#, r#"{"b": 2, "a": 1}"#, &[]);
    check(
        r#"{"output": {"a": 1, "b": 2}}"#,
        r#"{"c": 3, "b": 4, "a": 1}"#,
        &[r#"output {"a":1,"b":2} {"a":1,"b":4,"c":3}"#],
    );
    check(r#"{"outputIncludes": {"a": {"b": 1}}}"#, r#"{"a": {"b": 1, "c": 2}, "d": 3}"#, &[]);
    check(
        r#"{"outputIncludes": {"a": {"b": 1}, "e": 5}}"#,
        r#"{"a": {"b": 2, "c": 2}, "d": 3}"#,
        &[r#"output {"a":{"b":1,"c":2},"d":3,"e":5} {"a":{"b":2,"c":2},"d":3}"#],
    );
    check(r#"{"outputIncludes": [{"a": 1}, {}]}"#, r#"[{"a": 1, "b": 2}, {"c": 3}]"#, &[]);
    check(r#"{"states": ["A", "C"]}"#, "1", &[r#"states ["A","C"] ["A","B"]"#]);
}

#[test]
fn a_test_is_brought_up_to_date() {
    let text =
        r#"{"input": {"b": 1.0, "a": 2}, "expected": {"output": 1, "states": []}, "seed": 3}"#;
    let case = Case::parse(text).expect("it is a test");
    let actual = Actual::new(Outcome::Succeeded(7.into()), vec!["A".into()]);
    let expected = r#"{"input":{"b":1.0,"a":2},"seed":3,"expected":{"status":"SUCCEEDED","output":7,"states":["A"]}}"#;
    assert_eq!(actual.update(&case.root, &case.expected).to_json(), expected);
}
