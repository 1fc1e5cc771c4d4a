//! Tables of expected and actual values, in JSON.

use super::*;

fn value(text: &str) -> Value {
    json::parse(text.as_bytes()).expect("the test's JSON is right")
}

fn matches(tokens: &[&str], expected: &str, actual: &str) -> Result<(), String> {
    let volatile = Volatile::new(tokens.iter().copied());
    values(&value(expected), &value(actual), &volatile).map_err(|difference| difference.to_string())
}

fn check(tokens: &[&str], expected: &str, actual: &str) {
    assert_eq!(matches(tokens, expected, actual), Ok(()));
}

fn check_difference(tokens: &[&str], expected: &str, actual: &str, message: &str) {
    assert_eq!(matches(tokens, expected, actual).as_ref().map_err(String::as_str), Err(message));
}

#[test]
fn values_are_exact_and_their_order_of_keys_is_free() {
    check(&[], r#"{"a": 1, "b": [null, 1.5]}"#, r#"{"b": [null, 1.5], "a": 1}"#);
    check_difference(&[], "1", "1.0", ": expected 1, got 1.0");
    check_difference(&[], r#"{"a": [1, 2]}"#, r#"{"a": [1, 3]}"#, "a[1]: expected 2, got 3");
    check_difference(&[], "[1, 2]", "[1]", ": expected 2 elements, got 1 elements");
    check_difference(&[], r#"{"a": 1}"#, "{}", "a: expected 1, got nothing");
    check_difference(&[], "{}", r#"{"a": {"b": 1}}"#, r#"a: expected nothing, got {"b":1}"#);
}

#[test]
fn words_may_be_anything() {
    check(&["=date"], r#"{"a": "date"}"#, r#"{"a": {"b": 1}}"#);
    check_difference(&["=date"], r#""a date""#, r#""b""#, r#": expected "a date", got "b""#);
    check_difference(&["=date"], "1", "2", ": expected 1, got 2");
}

#[test]
fn tokens_may_be_any_text_inside_a_string() {
    check(&["<id:1>"], r#""<id:1>""#, r#""""#);
    check(&["<id:1>", "role"], r#""a:<id:1>/role!""#, r#""a:b:c/x!""#);
    check(&["name", "name_long"], r#""name_long""#, r#""x""#);
    check(&["é"], r#""aéz""#, r#""a–z""#);
    check_difference(&["<id:1>"], r#""a<id:1>""#, r#""b""#, r#": expected "a<id:1>", got "b""#);
    check_difference(
        &["<i>"],
        r#""a<i>b<i>c""#,
        r#""axc""#,
        r#": expected "a<i>b<i>c", got "axc""#,
    );
    // The fixed parts before and after a token do not share characters.
    check_difference(&["<i>"], r#""ab<i>ba""#, r#""aba""#, r#": expected "ab<i>ba", got "aba""#);
}

#[test]
fn a_string_may_have_been_recorded_as_the_object_it_holds() {
    check(&[], r#"{"a": 1}"#, r#""{\"a\": 1}""#);
    check_difference(&[], r#"{"a": 1}"#, r#""{\"a\": 2}""#, "a: expected 1, got 2");
    check_difference(&[], r#"{"a": 1}"#, r#""text""#, r#": expected {"a":1}, got "text""#);
    check_difference(&[], "[1]", r#""[1]""#, r#": expected [1], got "[1]""#);
}

#[test]
fn what_only_aws_can_write_is_left_out() {
    check(&[], r#"{"a": 1, "stackTrace": []}"#, r#"{"a": 1, "requestId": "x"}"#);
    check(&[], "{}", r#"{"RedriveCount": 0}"#);
    check_difference(&[], r#"{"RedriveCount": 0}"#, "{}", "RedriveCount: expected 0, got nothing");
}

#[test]
fn texts_that_hold_objects_are_compared_as_objects_of_one_style() {
    let recorded = r#""{\"errorType\": \"E\", \"stackTrace\": [1]}""#;
    check(&[], recorded, r#""{\"errorType\": \"E\", \"stackTrace\": [2]}""#);
    for other in
        [r#""{\"errorType\":\"E\",\"stackTrace\":[2]}""#, r#""{\"errorType\": \"F\"}""#, r#""{""#]
    {
        assert!(matches(&[], recorded, other).is_err(), "{other}");
    }
}

#[test]
fn long_texts_are_shown_around_their_difference() {
    let (long, other) = ("a".repeat(300) + "x", "a".repeat(300) + "y");
    let difference = Difference::new("p", &long, &other);
    assert_eq!(difference.expected, format!("…{}x", "a".repeat(99)));
    assert_eq!(difference.actual, format!("…{}y", "a".repeat(99)));
}
