//! Parallel states.

use crate::driver::{Answer, Case, START, Script, check, check_history, check_with};

const TWO: &str = r#"{"StartAt": "P", "States": {
    "P": {"Type": "Parallel", "Branches": [
        {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "f", "End": true}}},
        {"StartAt": "B", "States": {"B": {"Type": "Task", "Resource": "f", "End": true}}}
    ], "End": true}
}}"#;

#[test]
fn results_stand_in_order_of_the_branches() {
    check(TWO, r#"{"a": 1}"#, r#"SUCCEEDED [{"a":1},{"a":1}]"#);
    let script: Script = &[("A", &[Answer::After(9, "1")]), ("B", &[Answer::After(3, "2")])];
    check_with(script, TWO, "0", "SUCCEEDED [1,2]");
}

#[test]
fn branches_run_at_the_same_time() {
    let script: Script = &[("A", &[Answer::After(9, "1")]), ("B", &[Answer::After(3, "2")])];
    let run = Case::new(TWO, "0", script).run();
    assert!(run.requests.iter().all(|(time, _)| *time == START));
    let last = run.history().last().expect("an execution has a history");
    assert_eq!(last.time.0 - START.0, 9_000);
}

#[test]
fn all_fields_apply() {
    let definition = r#"{"StartAt": "P", "States": {
        "P": {"Type": "Parallel", "InputPath": "$.in", "Parameters": {"p.$": "$.x"},
            "Branches": [{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}],
            "ResultSelector": {"first.$": "$[0].p"}, "ResultPath": "$.out", "OutputPath": "$.out", "End": true}
    }}"#;
    check(definition, r#"{"in": {"x": 1}}"#, r#"SUCCEEDED {"first":1}"#);
}

#[test]
fn a_branch_that_fails_ends_the_others() {
    let script: Script = &[("A", &[Answer::Hangs]), ("B", &[Answer::Fails("E", "c")])];
    check_with(script, TWO, "0", "FAILED E: c");
    check_history(
        script,
        TWO,
        "0",
        &[
            "1<0 ExecutionStarted",
            "2<0 ParallelStateEntered P",
            "3<2 ParallelStateStarted",
            "4<3 TaskStateEntered A",
            "5<4 LambdaFunctionScheduled",
            "6<5 LambdaFunctionStarted",
            "7<3 TaskStateEntered B",
            "8<7 LambdaFunctionScheduled",
            "9<8 LambdaFunctionStarted",
            "10<9 LambdaFunctionFailed",
            "11<6 TaskStateAborted",
            "12<10 ParallelStateFailed",
            "13<12 ExecutionFailed",
        ],
    );
}

#[test]
fn retry_begins_all_branches_again() {
    let definition = TWO.replace(
        r#""End": true}
}}"#,
        r#""Retry": [{"ErrorEquals": ["E"], "IntervalSeconds": 5}], "Catch": [{"ErrorEquals": ["F"], "Next": "C"}], "Next": "C"},
    "C": {"Type": "Pass", "End": true}
}}"#,
    );
    let script: Script = &[("B", &[Answer::Fails("E", ""), Answer::Fails("F", "c")])];
    let run = Case::new(definition.leak(), "0", script).run();
    assert_eq!(run.result(), r#"SUCCEEDED {"Error":"F","Cause":"c"}"#);
    let count = |kind| run.details_of(kind).len();
    assert_eq!((count("ParallelStateStarted"), count("ParallelStateFailed")), (2, 1));
    assert_eq!(run.requests.len(), 4);
}

#[test]
fn an_error_caught_in_a_branch_stays_there() {
    let definition = r#"{"StartAt": "P", "States": {
        "P": {"Type": "Parallel", "Branches": [
            {"StartAt": "A", "States": {
                "A": {"Type": "Task", "Resource": "f", "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "C"}], "End": true},
                "C": {"Type": "Pass", "Result": "caught", "End": true}}},
            {"StartAt": "B", "States": {"B": {"Type": "Pass", "End": true}}}
        ], "End": true}
    }}"#;
    check_with(&[("A", &[Answer::Fails("E", "")])], definition, "0", r#"SUCCEEDED ["caught",0]"#);
}
