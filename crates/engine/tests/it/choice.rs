//! Choice states: which rule applies, and what happens if none does. The operators themselves are
//! compared with AWS case by case by the conformance runs; here are their corners.

use crate::driver::check;

/// Checks whether a rule's condition holds for an input.
fn check_rule(rule: &str, input: &'static str, holds: bool) {
    let definition = format!(
        r#"{{"StartAt": "C", "States": {{
            "C": {{"Type": "Choice", "Choices": [{{{rule}, "Next": "Yes"}}], "Default": "No"}},
            "Yes": {{"Type": "Pass", "Result": true, "End": true}},
            "No": {{"Type": "Pass", "Result": false, "End": true}}
        }}}}"#
    );
    check(definition.leak(), input, &format!("SUCCEEDED {holds}"));
}

#[test]
fn operators_compare_values_of_their_kind_only() {
    let check = |test: &str, input, holds| {
        check_rule(&format!(r#""Variable": "$.a", {test}"#), input, holds);
    };
    check(r#""NumericEquals": 1"#, r#"{"a": 1.0}"#, true);
    check(r#""NumericEquals": 1"#, r#"{"a": "1"}"#, false);
    check(r#""NumericLessThan": 12345678901234567891"#, r#"{"a": 12345678901234567890}"#, false);
    check(r#""StringLessThan": "b""#, r#"{"a": "B"}"#, true);
    check(r#""StringGreaterThanEquals": "b""#, r#"{"a": 3}"#, false);
    check(r#""BooleanEquals": false"#, r#"{"a": null}"#, false);
    check(
        r#""TimestampEquals": "2026-01-01T01:00:00+01:00""#,
        r#"{"a": "2026-01-01T00:00:00Z"}"#,
        true,
    );
    check(r#""TimestampLessThan": "2026-01-01T00:00:00Z""#, r#"{"a": "yesterday"}"#, false);
    check(r#""StringMatches": "log-*.txt""#, r#"{"a": "log-1.txt"}"#, true);
    check(r#""StringMatches": "a\\*""#, r#"{"a": "a*"}"#, true);
    check(r#""StringMatches": "a\\*""#, r#"{"a": "ab"}"#, false);
    check(r#""IsNull": true"#, r#"{"a": null}"#, true);
    check(r#""IsTimestamp": true"#, r#"{"a": "2026-01-01T00:00:00Z"}"#, true);
    check(r#""IsString": false"#, r#"{"a": 1}"#, true);
    check(r#""IsPresent": false"#, "{}", true);
    check(r#""IsPresent": true"#, r#"{"a": null}"#, true);
}

#[test]
fn paths_name_the_other_value() {
    check_rule(r#""Variable": "$.a", "NumericEqualsPath": "$.b""#, r#"{"a": 1, "b": 1}"#, true);
    check_rule(
        r#""Variable": "$.a", "StringLessThanPath": "$$.State.Name""#,
        r#"{"a": "A"}"#,
        true,
    );
    check_rule(r#""Variable": "$$.Execution.Name", "StringEquals": "e""#, "{}", true);
}

#[test]
fn rules_combine_and_stop_early() {
    let missing = r#"{"Variable": "$.x", "NumericEquals": 1}"#;
    let one = r#"{"Variable": "$.a", "NumericEquals": 1}"#;
    let present = r#"{"Variable": "$.x", "IsPresent": true}"#;
    check_rule(&format!(r#""Or": [{one}, {missing}]"#), r#"{"a": 1}"#, true);
    check_rule(&format!(r#""And": [{present}, {missing}]"#), r#"{"a": 1}"#, false);
    check_rule(&format!(r#""Not": {present}"#), r#"{"a": 1}"#, true);
    check_rule(
        &format!(r#""And": [{{"Not": {present}}}, {{"Or": [{one}]}}]"#),
        r#"{"a": 1}"#,
        true,
    );
}

#[test]
fn the_first_rule_that_holds_wins() {
    let definition = r#"{"StartAt": "C", "States": {
        "C": {"Type": "Choice", "InputPath": "$.in", "OutputPath": "$.out", "Choices": [
            {"Variable": "$.a", "NumericGreaterThan": 5, "Next": "Big"},
            {"Variable": "$.a", "NumericGreaterThan": 1, "Next": "Middle"},
            {"Variable": "$.a", "IsNumeric": true, "Next": "Small"}]},
        "Big": {"Type": "Fail"}, "Small": {"Type": "Fail"},
        "Middle": {"Type": "Pass", "End": true}
    }}"#;
    check(definition, r#"{"in": {"a": 3, "out": "x"}}"#, r#"SUCCEEDED "x""#);
}

#[test]
fn no_match_and_no_default_is_an_error_that_nothing_catches() {
    let definition = r#"{"StartAt": "C", "States": {
        "C": {"Type": "Choice", "Choices": [{"Variable": "$.a", "NumericEquals": 5, "Next": "Done"}]},
        "Done": {"Type": "Succeed"}
    }}"#;
    check(
        definition,
        r#"{"a": 1}"#,
        "FAILED States.NoChoiceMatched: An error occurred while executing the state 'C' (entered at the event id #2). Failed to transition out of the state 'C'. The state does not point to a next state.",
    );
    check(
        definition,
        "{}",
        "FAILED States.Runtime: An error occurred while executing the state 'C' (entered at the event id #2). Invalid path '$.a': The choice state's condition path references an invalid value.",
    );
}
