//! Variables: what `Assign` sets, who sees it, and what the history says.

use faastlane_engine::Limits;

use crate::driver::{Answer, Case, check, check_with};

#[test]
fn a_variable_is_there_from_the_next_state_on() {
    let definition = r#"{"StartAt": "A", "States": {
        "A": {"Type": "Pass", "Assign": {"x.$": "$.a", "y": [1, {"z.$": "$.a"}]}, "Next": "B"},
        "B": {"Type": "Pass", "Assign": {"x": "new", "old.$": "$x"}, "Next": "C"},
        "C": {"Type": "Pass", "Parameters": {"x.$": "$x", "old.$": "$old", "z.$": "$y[1].z"}, "End": true}}}"#;
    check(definition, r#"{"a": 5}"#, r#"SUCCEEDED {"x":"new","old":5,"z":5}"#);
}

#[test]
fn paths_of_assign_start_at_what_the_state_made() {
    let state = |fields: &str| {
        let text = format!(
            r#"{{"StartAt": "A", "States": {{"A": {{{fields}, "Assign": {{"v.$": "$.k"}}, "Next": "B"}},
                "B": {{"Type": "Pass", "Parameters": {{"v.$": "$v"}}, "End": true}}}}}}"#
        );
        &*text.leak()
    };
    let check = |fields: &str, expected: &str| {
        check(state(fields), r#"{"k": "input", "in": {"k": "part"}}"#, expected)
    };
    check(r#""Type": "Pass""#, r#"SUCCEEDED {"v":"input"}"#);
    check(r#""Type": "Pass", "InputPath": "$.in""#, r#"SUCCEEDED {"v":"part"}"#);
    check(r#""Type": "Pass", "Result": {"k": "result"}"#, r#"SUCCEEDED {"v":"result"}"#);
    check(
        r#""Type": "Pass", "Parameters": {"k": "parameter"}, "ResultPath": null"#,
        r#"SUCCEEDED {"v":"parameter"}"#,
    );
    check(r#""Type": "Wait", "Seconds": 0, "OutputPath": "$.in""#, r#"SUCCEEDED {"v":"input"}"#);
    let task = state(
        r#""Type": "Task", "Resource": "f", "ResultSelector": {"k": "selected"}, "ResultPath": "$.r""#,
    );
    check_with(
        &[("A", &[Answer::Returns(r#"{"k": "returned"}"#)])],
        task,
        "{}",
        r#"SUCCEEDED {"v":"returned"}"#,
    );
}

#[test]
fn branches_see_the_variables_around_them_and_keep_their_own() {
    let definition = r#"{"StartAt": "A", "States": {
        "A": {"Type": "Pass", "Assign": {"outer": 1}, "Next": "P"},
        "P": {"Type": "Parallel", "Next": "Z", "Branches": [
            {"StartAt": "L", "States": {"L": {"Type": "Pass", "Assign": {"inner.$": "$outer"}, "Next": "L2"},
                "L2": {"Type": "Pass", "Parameters": {"inner.$": "$inner"}, "End": true}}},
            {"StartAt": "R", "States": {"R": {"Type": "Pass", "Assign": {"inner": 9}, "Next": "R2"},
                "R2": {"Type": "Pass", "Parameters": {"inner.$": "$inner"}, "End": true}}}]},
        "Z": {"Type": "Choice", "Choices": [{"Variable": "$inner", "IsPresent": true, "Next": "No"}], "Default": "Yes"},
        "Yes": {"Type": "Succeed"}, "No": {"Type": "Fail"}}}"#;
    check(definition, "{}", r#"SUCCEEDED [{"inner":1},{"inner":9}]"#);
}

#[test]
fn a_variable_that_nobody_set_is_an_error() {
    let definition =
        r#"{"StartAt": "A", "States": {"A": {"Type": "Pass", "InputPath": "$no.a", "End": true}}}"#;
    let run = Case::new(definition, "{}", &[]).run();
    assert!(run.result().starts_with("FAILED States.Runtime: "), "{}", run.result());
}

#[test]
fn a_catcher_assigns_from_the_error() {
    let definition = r#"{"StartAt": "T", "States": {
        "T": {"Type": "Task", "Resource": "f", "End": true, "Assign": {"v": "ran"}, "Catch": [
            {"ErrorEquals": ["States.ALL"], "Assign": {"v.$": "$.Error"}, "ResultPath": null, "Next": "End"}]},
        "End": {"Type": "Pass", "Parameters": {"v.$": "$v", "input.$": "$"}, "End": true}}}"#;
    check_with(
        &[("T", &[Answer::Fails("Odd", "c")])],
        definition,
        "3",
        r#"SUCCEEDED {"v":"Odd","input":3}"#,
    );
}

#[test]
fn the_history_shows_what_was_assigned() {
    let definition = r#"{"StartAt": "A", "States": {"A": {"Type": "Pass", "Assign": {"b": {"c": 1}, "a": "x"}, "End": true}}}"#;
    let run = Case::new(definition, "1", &[]).run();
    assert_eq!(
        run.details_of("PassStateExited"),
        [
            r#"{"name":"A","output":"1","outputDetails":{"truncated":false},"assignedVariables":{"b":"{\"c\":1}","a":"\"x\""},"assignedVariablesDetails":{"truncated":false}}"#
        ]
    );
}

#[test]
fn variables_are_limited_as_on_aws_if_they_are_to_be() {
    // Each state assigns as much again as there is, three times.
    let double = r#"{"Type": "Pass", "Assign": {"v.$": "States.Format('{}{}{}', $v, $v, $v)"}, "Next": "NEXT"}"#;
    let definition = format!(
        r#"{{"StartAt": "A", "States": {{"A": {{"Type": "Pass", "Assign": {{"v": "{}"}}, "Next": "B"}},
            "B": {}, "C": {}, "D": {}, "End": {{"Type": "Succeed"}}}}}}"#,
        "x".repeat(20_000),
        double.replace("NEXT", "C"),
        double.replace("NEXT", "D"),
        double.replace("NEXT", "End"),
    );
    let definition: &'static str = definition.leak();
    check(definition, "1", "SUCCEEDED 1");
    let run = Case { limits: Limits::AWS, ..Case::new(definition, "1", &[]) }.run();
    assert!(run.result().starts_with("FAILED States.DataLimitExceeded: "), "{}", run.result());
    assert!(run.outline().iter().any(|line| line.ends_with("PassStateExited C")));
}

#[test]
fn variables_are_part_of_a_snapshot() {
    let definition = r#"{"StartAt": "A", "States": {
        "A": {"Type": "Pass", "Assign": {"x.$": "$"}, "Next": "W"},
        "W": {"Type": "Wait", "Seconds": 1, "Next": "B"},
        "B": {"Type": "Pass", "InputPath": "$x", "End": true}}}"#;
    let run = Case { restores: true, ..Case::new(definition, "[1]", &[]) }.run();
    assert_eq!(run.result(), "SUCCEEDED [1]");
}
