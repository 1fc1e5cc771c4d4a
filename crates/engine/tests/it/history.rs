//! Histories of the main shapes, as AWS records them: order, ids and previous ids.

use crate::driver::{Answer, Case, Script, Word, check_history, single};

#[test]
fn of_a_chain() {
    let definition = r#"{"StartAt": "A", "States": {
        "A": {"Type": "Pass", "Next": "B"},
        "B": {"Type": "Choice", "Choices": [{"Variable": "$", "IsNull": false, "Next": "C"}]},
        "C": {"Type": "Wait", "Seconds": 1, "Next": "D"},
        "D": {"Type": "Succeed"}
    }}"#;
    check_history(
        &[],
        definition,
        "1",
        &[
            "1<0 ExecutionStarted",
            "2<0 PassStateEntered A",
            "3<2 PassStateExited A",
            "4<3 ChoiceStateEntered B",
            "5<4 ChoiceStateExited B",
            "6<5 WaitStateEntered C",
            "7<6 WaitStateExited C",
            "8<7 SucceedStateEntered D",
            "9<8 SucceedStateExited D",
            "10<9 ExecutionSucceeded",
        ],
    );
}

#[test]
fn of_a_function_that_is_tried_again_and_caught() {
    let definition = r#"{"StartAt": "A", "States": {
        "A": {"Type": "Task", "Resource": "f", "Retry": [{"ErrorEquals": ["E"], "MaxAttempts": 1}], "Catch": [{"ErrorEquals": ["E"], "Next": "F"}], "End": true},
        "F": {"Type": "Fail"}
    }}"#;
    check_history(
        &[("A", &[Answer::Fails("E", "c")])],
        definition,
        "1",
        &[
            "1<0 ExecutionStarted",
            "2<0 TaskStateEntered A",
            "3<2 LambdaFunctionScheduled",
            "4<3 LambdaFunctionStarted",
            "5<4 LambdaFunctionFailed",
            "6<5 LambdaFunctionScheduled",
            "7<6 LambdaFunctionStarted",
            "8<7 LambdaFunctionFailed",
            "9<8 TaskStateExited A",
            "10<9 FailStateEntered F",
            "11<10 ExecutionFailed",
        ],
    );
}

/// Checks the events of one state's task, without those around it.
fn check_task(resource: &str, fields: &str, script: Script, expected: &[&str]) {
    let state = format!(r#"{{"Type": "Task", "Resource": "{resource}", {fields} "End": true}}"#);
    let run = Case::new(single(&state), "1", script).run();
    let kinds: Vec<String> = run.history().map(faastlane_engine::HistoryEvent::type_name).collect();
    let inner: Vec<&str> = kinds[2..].iter().map(String::as_str).collect();
    assert_eq!(inner, expected, "{resource}");
}

#[test]
fn of_every_kind_of_task() {
    let fails: Script = &[("S", &[Answer::Fails("E", "")])];
    let hangs: Script = &[("S", &[Answer::Hangs])];
    let limit = r#""TimeoutSeconds": 1,"#;
    let invoke = "arn:aws:states:::lambda:invoke";
    let named = r#""Parameters": {"FunctionName": "f"},"#;
    let activity = "arn:aws:states:us-east-1:123456789012:activity:a";
    let (ok, no) = (["TaskStateExited", "ExecutionSucceeded"], ["ExecutionFailed"]);
    let check = |resource, fields: &str, script, own: &[&str], end: &[&str]| {
        check_task(resource, fields, script, &[own, end].concat());
    };
    let function = ["LambdaFunctionScheduled", "LambdaFunctionStarted"];
    check("f", "", &[], &[&function[..], &["LambdaFunctionSucceeded"]].concat(), &ok);
    check("f", "", fails, &[&function[..], &["LambdaFunctionFailed"]].concat(), &no);
    check("f", limit, hangs, &[&function[..], &["LambdaFunctionTimedOut"]].concat(), &no);
    let task = ["TaskScheduled", "TaskStarted"];
    let timed = format!("{named} {limit}");
    check(invoke, named, &[], &[&task[..], &["TaskSucceeded"]].concat(), &ok);
    check(invoke, named, fails, &[&task[..], &["TaskFailed"]].concat(), &no);
    check(invoke, &timed, hangs, &[&task[..], &["TaskTimedOut"]].concat(), &no);
    check(activity, "", fails, &["ActivityScheduled", "ActivityFailed"], &no);
    let starts: Script = &[("S", &[Answer::Says(&[(3, Word::Started(None))])])];
    let started = ["ActivityScheduled", "ActivityStarted"];
    check(activity, limit, starts, &[&started[..], &["ActivityTimedOut"]].concat(), &no);
}

#[test]
fn details_of_tasks() {
    let state = r#"{"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f", "Payload.$": "$"}, "TimeoutSeconds": 5, "HeartbeatSeconds": 2, "End": true}"#;
    let run = Case::new(single(state), "1", &[("S", &[Answer::Fails("E", "c")])]).run();
    let check = |kind, expected: &str| assert_eq!(run.details_of(kind), [expected], "{kind}");
    check(
        "TaskScheduled",
        r#"{"resourceType":"lambda","resource":"invoke","region":"us-east-1","parameters":"{\"FunctionName\":\"f\",\"Payload\":1}","timeoutInSeconds":5,"heartbeatInSeconds":2}"#,
    );
    check("TaskStarted", r#"{"resourceType":"lambda","resource":"invoke"}"#);
    check("TaskFailed", r#"{"resourceType":"lambda","resource":"invoke","error":"E","cause":"c"}"#);
    check("ExecutionFailed", r#"{"error":"E","cause":"c"}"#);
}

#[test]
fn of_branches_side_by_side() {
    let definition = r#"{"StartAt": "P", "States": {
        "P": {"Type": "Parallel", "Branches": [
            {"StartAt": "A1", "States": {"A1": {"Type": "Pass", "Next": "A2"}, "A2": {"Type": "Pass", "End": true}}},
            {"StartAt": "B1", "States": {"B1": {"Type": "Pass", "End": true}}}
        ], "End": true}
    }}"#;
    check_history(
        &[],
        definition,
        "1",
        &[
            "1<0 ExecutionStarted",
            "2<0 ParallelStateEntered P",
            "3<2 ParallelStateStarted",
            "4<3 PassStateEntered A1",
            "5<4 PassStateExited A1",
            "6<3 PassStateEntered B1",
            "7<6 PassStateExited B1",
            "8<5 PassStateEntered A2",
            "9<8 PassStateExited A2",
            "10<9 ParallelStateSucceeded",
            "11<9 ParallelStateExited P",
            "12<11 ExecutionSucceeded",
        ],
    );
}

#[test]
fn of_iterations_one_after_another() {
    let definition = r#"{"StartAt": "M", "States": {
        "M": {"Type": "Map", "MaxConcurrency": 1, "ItemProcessor": {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}, "End": true}
    }}"#;
    check_history(
        &[],
        definition,
        "[1, 2]",
        &[
            "1<0 ExecutionStarted",
            "2<0 MapStateEntered M",
            "3<2 MapStateStarted",
            "4<3 MapIterationStarted M 0",
            "5<4 PassStateEntered P",
            "6<5 PassStateExited P",
            "7<6 MapIterationSucceeded M 0",
            "8<6 MapIterationStarted M 1",
            "9<8 PassStateEntered P",
            "10<9 PassStateExited P",
            "11<10 MapIterationSucceeded M 1",
            "12<11 MapStateSucceeded",
            "13<11 MapStateExited M",
            "14<13 ExecutionSucceeded",
        ],
    );
}

#[test]
fn of_a_map_of_nothing() {
    let definition = r#"{"StartAt": "M", "States": {
        "M": {"Type": "Map", "ItemProcessor": {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}, "End": true}
    }}"#;
    check_history(
        &[],
        definition,
        "[]",
        &[
            "1<0 ExecutionStarted",
            "2<0 MapStateEntered M",
            "3<2 MapStateStarted",
            "4<3 MapStateSucceeded",
            "5<3 MapStateExited M",
            "6<5 ExecutionSucceeded",
        ],
    );
}
