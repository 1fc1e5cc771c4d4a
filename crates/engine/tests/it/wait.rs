//! Wait states in their four forms.

use crate::driver::{Case, START, check, single};

/// Checks how long a Wait state waits, in milliseconds.
fn check_ms(field: &str, input: &'static str, expected_ms: i64) {
    let state = format!(r#"{{"Type": "Wait", {field}, "End": true}}"#);
    let run = Case::new(single(&state), input, &[]).run();
    let last = run.history().last().expect("an execution has a history");
    assert_eq!(last.time.0 - START.0, expected_ms, "{field} of {input}");
    assert_eq!(run.result(), format!("SUCCEEDED {}", crate::driver::value(input).to_json()));
}

fn check_failure(field: &str, input: &'static str, message: &str) {
    let state = format!(r#"{{"Type": "Wait", {field}, "End": true}}"#);
    let preface = "FAILED States.Runtime: An error occurred while executing the state 'S' (entered at the event id #2).";
    check(single(&state), input, &format!("{preface} {message}"));
}

#[test]
fn a_wait_lasts_as_long_as_it_says() {
    check_ms(r#""Seconds": 5"#, "1", 5_000);
    check_ms(r#""Seconds": 0"#, "1", 0);
    check_ms(r#""SecondsPath": "$.n""#, r#"{"n": 7}"#, 7_000);
    check_ms(r#""SecondsPath": "$.n""#, r#"{"n": "7"}"#, 7_000);
    check_ms(r#""Timestamp": "2023-11-14T22:13:21.5Z""#, "1", 1_500);
    check_ms(r#""Timestamp": "2016-01-01T00:00:00Z""#, "1", 0);
    check_ms(r#""TimestampPath": "$.t""#, r#"{"t": "2023-11-14T23:13:21+01:00"}"#, 1_000);
    check_ms(r#""TimestampPath": "$.t""#, r#"{"t": "2023-11-14T22:13:20.0000001Z"}"#, 1);
}

#[test]
fn what_is_no_time_is_a_runtime_error() {
    check_failure(
        r#""SecondsPath": "$.n""#,
        r#"{"n": 1.5}"#,
        "The SecondsPath parameter cannot be parsed as a long value: $.n == 1.5",
    );
    check_failure(
        r#""SecondsPath": "$.n""#,
        r#"{"n": -1}"#,
        "The SecondsPath parameter references a negative value: $.n == -1",
    );
    check_failure(
        r#""SecondsPath": "$.n""#,
        "{}",
        "The SecondsPath parameter does not reference an input value: $.n",
    );
    check_failure(
        r#""TimestampPath": "$.t""#,
        r#"{"t": "2023-11-14"}"#,
        "The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: $.t == 2023-11-14",
    );
    check_failure(
        r#""TimestampPath": "$.t""#,
        "{}",
        "The TimestampPath parameter does not reference an input value: $.t",
    );
}

#[test]
fn paths_apply_around_a_wait() {
    check(
        single(
            r#"{"Type": "Wait", "InputPath": "$.a", "SecondsPath": "$.s", "OutputPath": "$.o", "End": true}"#,
        ),
        r#"{"a": {"s": 1, "o": 2}}"#,
        "SUCCEEDED 2",
    );
}
