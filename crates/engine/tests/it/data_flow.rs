//! `InputPath`, `Parameters`, `Result`, `ResultSelector`, `ResultPath`, `OutputPath`; Succeed and
//! Fail states.

use crate::driver::{Answer, check, check_with, single};

/// Checks a Pass state with some fields.
fn check_pass(fields: &str, input: &'static str, expected: &str) {
    let state = format!(r#"{{"Type": "Pass", {fields} "End": true}}"#);
    check(single(&state), input, expected);
}

/// Checks a Task state with some fields whose function returns `{"r": 7}`.
fn check_task(fields: &str, input: &'static str, expected: &str) {
    let state = format!(r#"{{"Type": "Task", "Resource": "f", {fields} "End": true}}"#);
    check_with(&[("S", &[Answer::Returns(r#"{"r": 7}"#)])], single(&state), input, expected);
}

#[test]
fn a_pass_state_passes_its_input() {
    check_pass("", r#"{"a": 1}"#, r#"SUCCEEDED {"a":1}"#);
    check_pass("", "12345678901234567890", "SUCCEEDED 12345678901234567890");
    check_pass(r#""Result": {"x.$": "$.a"},"#, "1", r#"SUCCEEDED {"x.$":"$.a"}"#);
    check_pass(r#""Result": null,"#, "1", "SUCCEEDED null");
    check_pass(
        r#""Parameters": {"x.$": "$.a", "y": 2},"#,
        r#"{"a": 1}"#,
        r#"SUCCEEDED {"x":1,"y":2}"#,
    );
    check_pass(r#""Parameters": {"x": 1}, "Result": 5,"#, "1", "SUCCEEDED 5");
}

#[test]
fn paths_select_and_place() {
    let input = r#"{"a": {"b": [1, 2]}, "c": 3}"#;
    check_pass(r#""InputPath": "$.a.b[1]","#, input, "SUCCEEDED 2");
    check_pass(r#""InputPath": null,"#, input, "SUCCEEDED {}");
    check_pass(r#""OutputPath": "$.a.b","#, input, "SUCCEEDED [1,2]");
    check_pass(r#""OutputPath": null,"#, input, "SUCCEEDED {}");
    check_pass(
        r#""InputPath": "$.a", "ResultPath": "$.d","#,
        input,
        r#"SUCCEEDED {"a":{"b":[1,2]},"c":3,"d":{"b":[1,2]}}"#,
    );
    check_pass(
        r#""InputPath": "$.c", "ResultPath": "$.a.x.y", "OutputPath": "$.a.x","#,
        input,
        r#"SUCCEEDED {"y":3}"#,
    );
    check_pass(
        r#""Result": 0, "ResultPath": null,"#,
        input,
        r#"SUCCEEDED {"a":{"b":[1,2]},"c":3}"#,
    );
    check_pass(r#""Result": 0, "ResultPath": "$","#, input, "SUCCEEDED 0");
    check_pass(
        r#""Result": 0, "ResultPath": "$.a.b[1]","#,
        input,
        r#"SUCCEEDED {"a":{"b":[1,0]},"c":3}"#,
    );
}

#[test]
fn a_task_goes_through_all_of_them() {
    check_task("", "1", r#"SUCCEEDED {"r":7}"#);
    check_task(r#""ResultSelector": {"x.$": "$.r"},"#, "1", r#"SUCCEEDED {"x":7}"#);
    check_task(r#""ResultSelector": {"x.$": "$$.State.Name"},"#, "1", r#"SUCCEEDED {"x":"S"}"#);
    check_task(r#""ResultPath": "$.t","#, r#"{"a": 1}"#, r#"SUCCEEDED {"a":1,"t":{"r":7}}"#);
    check_task(r#""ResultPath": null,"#, r#"{"a": 1}"#, r#"SUCCEEDED {"a":1}"#);
    check_task(
        r#""InputPath": "$.a", "Parameters": {"p.$": "$"}, "ResultSelector": {"s.$": "$.r"}, "ResultPath": "$.t", "OutputPath": "$.t","#,
        r#"{"a": 1}"#,
        r#"SUCCEEDED {"s":7}"#,
    );
}

#[test]
fn paths_that_lead_nowhere_are_runtime_errors() {
    let preface = "FAILED States.Runtime: An error occurred while executing the state 'S' (entered at the event id #2).";
    let check_pass = |fields: &str, message: &str| {
        check_pass(fields, r#"{"a": {"b": 1}}"#, &format!("{preface} {message}"));
    };
    check_pass(r#""InputPath": "$.x","#, "Invalid path '$.x' : No results for path: $['x']");
    check_pass(
        r#""InputPath": "$.a.x","#,
        "Invalid path '$.a.x' : No results for path: $['a']['x']",
    );
    check_pass(
        r#""OutputPath": "$.x.y","#,
        "Invalid path '$.x.y' : Missing property in path $['x']",
    );
    check_pass(
        r#""Parameters": {"p.$": "$.x"},"#,
        r#"The JSONPath '$.x' specified for the field 'p.$' could not be found in the input '{"a":{"b":1}}'"#,
    );
    check_task(
        r#""ResultSelector": {"p.$": "$.x"}, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "S"}],"#,
        "1",
        &format!(
            r#"{preface} The JSONPath '$.x' specified for the field 'p.$' could not be found in the input '{{"r":7}}'"#
        ),
    );
}

#[test]
fn results_that_do_not_fit_their_place_can_be_caught() {
    let state = r#"{"Type": "Task", "Resource": "f", "ResultPath": "$.a.b", "Catch": [{"ErrorEquals": ["States.ResultPathMatchFailure"], "Next": "C"}], "End": true}"#;
    let machine = format!(
        r#"{{"StartAt": "S", "States": {{"S": {state}, "C": {{"Type": "Pass", "Parameters": {{"e.$": "$.Error"}}, "End": true}}}}}}"#
    );
    check(machine.leak(), r#"{"a": 1}"#, r#"SUCCEEDED {"e":"States.ResultPathMatchFailure"}"#);
}

#[test]
fn intrinsic_functions_draw_from_the_seed() {
    let run = |seed| {
        let state = r#"{"Type": "Pass", "Parameters": {"id.$": "States.UUID()", "n.$": "States.MathRandom(1, 1000000)"}, "End": true}"#;
        let mut case = crate::driver::Case::new(single(state), "1", &[]);
        case.seed = seed;
        case.run().result()
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}

#[test]
fn succeed_states_filter_like_others() {
    check(
        single(r#"{"Type": "Succeed", "InputPath": "$.a", "OutputPath": "$.b"}"#),
        r#"{"a": {"b": 1}}"#,
        "SUCCEEDED 1",
    );
}

#[test]
fn fail_states_say_what_they_are_told() {
    let check = |fields: &str, expected: &str| {
        let state = format!(r#"{{"Type": "Fail" {fields}}}"#);
        check(single(&state), r#"{"e": "E", "n": 1}"#, expected);
    };
    check("", "FAILED -: -");
    check(r#", "Error": "E1", "Cause": "C1""#, "FAILED E1: C1");
    check(
        r#", "ErrorPath": "$.e", "CausePath": "States.Format('{} is {}', $.e, $.n)""#,
        "FAILED E: E is 1",
    );
    check(r#", "ErrorPath": "$$.Execution.Name""#, "FAILED e: -");
    check(
        r#", "ErrorPath": "$.x""#,
        r#"FAILED States.Runtime: An error occurred while executing the state 'S' (entered at the event id #2). The JSONPath '$.x' specified for the field 'ErrorPath' could not be found in the input '{"e":"E","n":1}'"#,
    );
    check(
        r#", "ErrorPath": "$.n""#,
        "FAILED States.Runtime: An error occurred while executing the state 'S' (entered at the event id #2). The ErrorPath parameter does not reference a string: $.n == 1",
    );
}
