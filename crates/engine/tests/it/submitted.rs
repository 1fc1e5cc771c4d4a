//! Tasks that wait for more than a call's end: for a token, for a job, for the worker of an activity. Histories
//! are as recorded on AWS.

use faastlane_engine::{Action, Pattern};

use crate::driver::{Answer, Case, Run, Word, single};

/// Runs a Task of this resource; its history without the first and the last event, and how it ended.
fn run(resource: &str, fields: &str, words: &'static [(u64, Word)]) -> (Run, Vec<String>) {
    let parameters = match resource.contains("lambda:") {
        true => r#""Parameters": {"FunctionName": "f", "Payload": 1},"#,
        false => "",
    };
    let state = format!(
        r#"{{"Type": "Task", "Resource": "{resource}", {parameters} {fields} "End": true}}"#
    );
    let script = vec![("S", &*vec![Answer::Says(words)].leak())].leak();
    let case = |restores| Case { restores, ..Case::new(single(&state), "1", script) };
    let (straight, restored) = (case(false).run(), case(true).run());
    assert_eq!(straight.actions, restored.actions, "{resource}");
    let all = straight.outline();
    let inner = all[2..all.len() - 1].iter().map(|line| {
        let (_, line) = line.split_once(' ').expect("numbers stand before it");
        line.to_owned()
    });
    let inner = inner.collect();
    (straight, inner)
}

#[track_caller]
fn check(
    resource: &str,
    fields: &str,
    words: &'static [(u64, Word)],
    events: &[&str],
    expected: &str,
) {
    let (run, found) = run(resource, fields, words);
    assert_eq!(found, events, "{resource}");
    assert_eq!(run.result(), expected, "{resource}");
}

const SQS: &str = "arn:aws:states:::sqs:sendMessage.waitForTaskToken";
const LAMBDA: &str = "arn:aws:states:::lambda:invoke.waitForTaskToken";
const NESTED: &str = "arn:aws:states:::states:startExecution.sync:2";
const ACTIVITY: &str = "arn:aws:states:us-east-1:123456789012:activity:a";

#[test]
fn somebody_calls_back() {
    let submitted = ["TaskScheduled", "TaskStarted", "TaskSubmitted"];
    let and = |last: &[&'static str]| [&submitted[..], last].concat();
    check(
        SQS,
        "",
        &[(0, Word::Submitted(r#"{"MessageId":"1"}"#)), (9, Word::Returns("7"))],
        &and(&["TaskSucceeded", "TaskStateExited S"]),
        "SUCCEEDED 7",
    );
    check(
        SQS,
        "",
        &[(0, Word::Submitted("{}")), (9, Word::Fails("E", r#"{"a": 1}"#))],
        &and(&["TaskFailed"]),
        r#"FAILED E: {"a": 1}"#,
    );
    check(
        SQS,
        r#""TimeoutSeconds": 5,"#,
        &[(0, Word::Submitted("{}")), (9, Word::Returns("7"))],
        &and(&["TaskTimedOut"]),
        "FAILED States.Timeout: -",
    );
    check(
        SQS,
        r#""HeartbeatSeconds": 5,"#,
        &[(0, Word::Submitted("{}")), (4, Word::Beats), (8, Word::Beats), (14, Word::Returns("7"))],
        &and(&["TaskTimedOut"]),
        "FAILED States.HeartbeatTimeout: -",
    );
    // From inside the function, before it has returned. Later answers are nobody's.
    check(
        LAMBDA,
        "",
        &[(0, Word::Returns("7")), (1, Word::Submitted("8")), (2, Word::Returns("9"))],
        &["TaskScheduled", "TaskStarted", "TaskSucceeded", "TaskStateExited S"],
        "SUCCEEDED 7",
    );
    check(
        SQS,
        "",
        &[(0, Word::Fails("SQS.QueueDoesNotExistException", "no"))],
        &["TaskScheduled", "TaskStarted", "TaskFailed"],
        "FAILED SQS.QueueDoesNotExistException: no",
    );
    check(
        SQS,
        "",
        &[(0, Word::Mocked("7"))],
        &and(&["TaskSucceeded", "TaskStateExited S"]),
        "SUCCEEDED 7",
    );
    // What the call returned is told once.
    check(
        SQS,
        "",
        &[(0, Word::Submitted("1")), (1, Word::Submitted("2")), (2, Word::Mocked("7"))],
        &and(&["TaskSucceeded", "TaskStateExited S"]),
        "SUCCEEDED 7",
    );
}

#[test]
fn a_function_gets_the_token_and_its_result_is_only_submitted() {
    let (run, _) = run(LAMBDA, "", &[(0, Word::Submitted("5")), (1, Word::Returns("7"))]);
    let request = &run.requests[0].1;
    assert_eq!(request.pattern, Pattern::WaitForToken);
    assert_eq!(run.result(), "SUCCEEDED 7");
    let submitted = run.details_of("TaskSubmitted");
    assert!(submitted[0].contains(r#"\"Payload\":5"#), "{submitted:?}");
    // Nobody ends the call.
    assert!(!run.actions.iter().any(|action| matches!(action, Action::CancelTask(_))));
}

#[test]
fn a_detached_call_may_be_waited_for_with_a_token() {
    let fields = r#""ResultPath": "$","#;
    let state = format!(
        r#"{{"Type": "Task", "Resource": "{LAMBDA}", "Parameters": {{"FunctionName": "f",
            "InvocationType": "Event", "Payload": {{"token.$": "$$.Task.Token"}}}}, {fields} "End": true}}"#
    );
    let script = vec![("S", &*vec![Answer::Says(&[(3, Word::Returns("7"))])].leak())].leak();
    let run = Case::new(single(&state), "1", script).run();
    let (_, request) = &run.requests[0];
    assert!(request.detached && request.is_answered());
    assert_eq!(run.details_of("TaskSubmitted").len(), 1);
    assert_eq!(run.result(), "SUCCEEDED 7");
}

#[test]
fn a_job_is_waited_for() {
    check(
        NESTED,
        "",
        &[(0, Word::Submitted(r#"{"ExecutionArn":"a"}"#)), (60, Word::Returns(r#"{"Output":7}"#))],
        &["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded", "TaskStateExited S"],
        r#"SUCCEEDED {"Output":7}"#,
    );
    check(
        NESTED,
        "",
        &[(0, Word::SubmitFailed("StepFunctions.StateMachineDoesNotExistException", "no"))],
        &["TaskScheduled", "TaskStarted", "TaskSubmitFailed"],
        "FAILED StepFunctions.StateMachineDoesNotExistException: no",
    );
    // Who waits for a job has no token to be guessed.
    let (run, _) = run(NESTED, "", &[(0, Word::Mocked("1"))]);
    assert_eq!((run.requests[0].1.pattern, &run.requests[0].1.token), (Pattern::Sync, &None));
}

#[test]
fn a_worker_does_an_activity() {
    check(
        ACTIVITY,
        "",
        &[(9, Word::Started(Some("w"))), (10, Word::Returns("7"))],
        &["ActivityScheduled", "ActivityStarted", "ActivitySucceeded", "TaskStateExited S"],
        "SUCCEEDED 7",
    );
    check(
        ACTIVITY,
        r#""TimeoutSeconds": 5,"#,
        &[(9, Word::Started(None)), (99, Word::Returns("7"))],
        &["ActivityScheduled", "ActivityStarted", "ActivityTimedOut"],
        "FAILED States.Timeout: -",
    );
    check(
        ACTIVITY,
        "",
        &[(0, Word::Mocked("7"))],
        &["ActivityScheduled", "ActivityStarted", "ActivitySucceeded", "TaskStateExited S"],
        "SUCCEEDED 7",
    );
    let started = |name| {
        let (run, _) = run(ACTIVITY, "", name);
        run.details_of("ActivityStarted").concat()
    };
    let named = started(&[(0, Word::Started(Some("w"))), (1, Word::Returns("7"))]);
    assert_eq!(named, r#"{"workerName":"w"}"#);
    assert_eq!(started(&[(0, Word::Started(None)), (1, Word::Returns("7"))]), "{}");
}

#[test]
fn a_retry_has_another_token_and_the_old_one_is_nobodys() {
    let fields = r#""TimeoutSeconds": 5, "Retry": [{"ErrorEquals": ["States.Timeout"], "IntervalSeconds": 1}],"#;
    let state = format!(r#"{{"Type": "Task", "Resource": "{SQS}", {fields} "End": true}}"#);
    let script = vec![(
        "S",
        &*vec![
            Answer::Says(&[(0, Word::Submitted("1")), (7, Word::Returns("\"late\""))]),
            Answer::Says(&[(0, Word::Submitted("2")), (3, Word::Returns("7"))]),
        ]
        .leak(),
    )]
    .leak();
    let run = Case::new(single(&state), "1", script).run();
    assert_eq!(run.result(), "SUCCEEDED 7");
    assert_ne!(run.requests[0].1.token, run.requests[1].1.token);
}

#[test]
fn an_execution_is_stopped_while_it_waits() {
    let state =
        format!(r#"{{"Type": "Task", "Resource": "{SQS}", "TimeoutSeconds": 90, "End": true}}"#);
    let words: &[(u64, Word)] = &[(0, Word::Submitted("1")), (7, Word::Returns("7"))];
    let script = vec![("S", &*vec![Answer::Says(words)].leak())].leak();
    let run = Case { stop_after: Some(3), ..Case::new(single(&state), "1", script) }.run();
    assert_eq!(run.result(), "ABORTED Stopped: Enough.");
    assert!(run.actions.iter().any(|action| matches!(action, Action::CancelTask(_))));
}
