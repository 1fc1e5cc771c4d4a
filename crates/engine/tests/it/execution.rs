//! Beginning and end of executions: timeouts, Stop, limits, answers that come too late.

use std::sync::Arc;

use faastlane_engine::{Action, Event, Execution, Limits, Start, TaskId, TaskTarget, TimerId};

use crate::driver::{Answer, Case, Run, START, Script, machine, single, value};

const TASK: &str = r#"{"Type": "Task", "Resource": "f", "TimeoutSeconds": 50, "End": true}"#;

#[test]
fn an_execution_times_out() {
    let definition = r#"{"TimeoutSeconds": 5, "StartAt": "S", "States": {
        "S": {"Type": "Parallel", "Branches": [
            {"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 9, "End": true}}},
            {"StartAt": "B", "States": {"B": {"Type": "Task", "Resource": "f", "End": true}}}
        ], "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "C"}], "End": true},
        "C": {"Type": "Pass", "End": true}
    }}"#;
    let run = Case::new(definition, "1", &[("B", &[Answer::Hangs])]).run();
    assert_eq!(run.result(), "TIMED_OUT States.Timeout: -");
    assert_eq!(run.details_of("ExecutionTimedOut"), [r#"{"error":"States.Timeout"}"#]);
    let last = run.history().last().expect("an execution has a history");
    assert_eq!(last.time, START.plus_seconds(5));
    assert!(run.actions.iter().any(|action| matches!(action, Action::CancelTask(_))));
}

#[test]
fn an_execution_is_stopped() {
    let mut case = Case::new(single(TASK), "1", &[("S", &[Answer::Hangs])]);
    case.stop_after = Some(3);
    let run = case.run();
    assert_eq!(run.result(), "ABORTED Stopped: Enough.");
    assert_eq!(run.outline().last().map(String::as_str), Some("5<4 ExecutionAborted"));
    assert_eq!(run.details_of("ExecutionAborted"), [r#"{"error":"Stopped","cause":"Enough."}"#]);
}

#[test]
fn a_full_history_fails_the_execution() {
    let definition = r#"{"StartAt": "S", "States": {
        "S": {"Type": "Pass", "Next": "S2"}, "S2": {"Type": "Choice", "Choices": [{"Variable": "$", "IsPresent": true, "Next": "S"}], "Default": "D"},
        "D": {"Type": "Succeed"}
    }}"#;
    let mut case = Case::new(definition, "1", &[]);
    case.limits.history_events = Some(25_000);
    let run = case.run();
    assert_eq!(
        run.result(),
        "FAILED States.Runtime: The execution reached the maximum number of history events (25000)."
    );
    let last = run.history().last().expect("an execution has a history");
    assert_eq!((last.id, last.type_name().as_str()), (25_000, "ExecutionFailed"));
}

#[test]
fn a_history_ends_at_its_limit_even_if_one_event_adds_many() {
    let check = |limit, definition, expected: &str| {
        let mut case = Case::new(definition, "[1, 2, 3, 4, 5]", &[]);
        case.limits.history_events = Some(limit);
        let run = case.run();
        let last = run.history().last().expect("an execution has a history");
        assert_eq!(format!("{} {}", last.id, last.type_name()), expected, "{definition}");
        assert_eq!(run.history().count(), usize::try_from(last.id).expect("a small number"));
    };
    let map = single(
        r#"{"Type": "Map", "ItemProcessor": {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}, "End": true}"#,
    );
    for limit in [2, 5, 7, 20, 25] {
        check(limit, map, &format!("{limit} ExecutionFailed"));
    }
    check(26, map, "26 ExecutionSucceeded");
    let task = single(r#"{"Type": "Task", "Resource": "f", "End": true}"#);
    for limit in [3, 4, 5, 6] {
        check(limit, task, &format!("{limit} ExecutionFailed"));
    }
    check(7, task, "7 ExecutionSucceeded");
}

#[test]
fn clocks_that_have_rung_are_not_cancelled() {
    let check = |definition: &'static str| {
        let run = Case::new(definition, "1", &[("S", &[Answer::Hangs])]).run();
        let cancelled = run.actions.iter().find(|action| matches!(action, Action::CancelTimer(_)));
        assert_eq!(cancelled, None, "{definition}");
    };
    const WAITS: &str =
        r#""Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken""#;
    check(single(&format!(r#"{{{WAITS}, "TimeoutSeconds": 5, "End": true}}"#)));
    check(single(&format!(r#"{{{WAITS}, "HeartbeatSeconds": 5, "End": true}}"#)));
    check(
        r#"{"TimeoutSeconds": 5, "StartAt": "S", "States": {"S": {"Type": "Task", "Resource": "f", "End": true}}}"#,
    );
}

/// Clocks that were started, were not cancelled, and whose time had not come when all was over; and
/// tasks of the function `hangs` that were not cancelled.
fn left_behind(run: &Run) -> usize {
    let end = run.history().last().map_or(START, |event| event.time);
    let mut tasks: Vec<TaskId> = Vec::new();
    let mut timers: Vec<TimerId> = Vec::new();
    for action in &run.actions {
        match action {
            Action::RunTask(request) if request.target == TaskTarget::Function("hangs".into()) => {
                tasks.push(request.task);
            }
            Action::CancelTask(task) => tasks.retain(|other| other != task),
            Action::StartTimer(timer, at) if *at > end => timers.push(*timer),
            Action::CancelTimer(timer) => timers.retain(|other| other != timer),
            _ => {}
        }
    }
    tasks.len() + timers.len()
}

#[test]
fn nothing_is_left_behind() {
    let definition = r#"{"TimeoutSeconds": 99, "StartAt": "S", "States": {"S": {"Type": "Parallel", "Branches": [
        {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "hangs", "TimeoutSeconds": 50, "HeartbeatSeconds": 9, "End": true}}},
        {"StartAt": "B", "States": {"B": {"Type": "Wait", "Seconds": 40, "End": true}}},
        {"StartAt": "C", "States": {"C": {"Type": "Task", "Resource": "f", "Retry": [{"ErrorEquals": ["E"], "IntervalSeconds": 30}], "End": true}}},
        {"StartAt": "M", "States": {"M": {"Type": "Map", "ItemProcessor": {"StartAt": "I", "States": {
            "I": {"Type": "Task", "Resource": "hangs", "TimeoutSeconds": 60, "End": true}}}, "End": true}}},
        {"StartAt": "D", "States": {"D": {"Type": "Task", "Resource": "f", "TimeoutSeconds": 30, "End": true}}}
    ], "Catch": [{"ErrorEquals": ["F"], "Next": "Z"}], "End": true}, "Z": {"Type": "Pass", "End": true}}}"#;
    let check = |last: &'static [Answer], stop_after, expected: &str| {
        let script: Script = Box::leak(Box::new([
            ("A", &[Answer::Hangs] as &[_]),
            ("C", &[Answer::Fails("E", "")]),
            ("I", &[Answer::Hangs]),
            ("D", last),
        ]));
        let mut case = Case::new(definition, "[1, 2, 3]", script);
        case.stop_after = stop_after;
        let run = case.run();
        assert_eq!((run.result().as_str(), left_behind(&run)), (expected, 0));
    };
    check(&[Answer::Hangs], Some(7), "ABORTED Stopped: Enough.");
    check(&[Answer::Hangs], None, "FAILED States.Timeout: -");
    check(&[Answer::Fails("G", "c")], None, "FAILED G: c");
    check(&[Answer::Fails("F", "")], None, r#"SUCCEEDED {"Error":"F","Cause":""}"#);
}

/// Starts an execution by hand: it and its first actions.
fn started(state: &str) -> (Execution, Vec<Action>) {
    let start = Start {
        execution_arn: "".into(),
        execution_name: "".into(),
        machine_arn: "".into(),
        machine_name: "".into(),
        role_arn: "".into(),
        input: value("1"),
        seed: 1,
        limits: Limits::NONE,
    };
    let mut actions = Vec::new();
    let execution =
        Execution::start(Arc::clone(&machine(single(state))), start, START, &mut actions);
    (execution, actions)
}

#[test]
fn answers_that_nobody_waits_for_do_nothing() {
    let (mut execution, actions) = started(
        r#"{"Type": "Task", "Resource": "f", "TimeoutSeconds": 5, "Retry": [{"ErrorEquals": ["States.Timeout"]}], "End": true}"#,
    );
    let first = actions.iter().find_map(|action| match action {
        Action::RunTask(request) => Some(request.task),
        _ => None,
    });
    let timer = actions.iter().find_map(|action| match action {
        Action::StartTimer(timer, _) => Some(*timer),
        _ => None,
    });
    let (first, timer) = (first.expect("a task"), timer.expect("a timer"));
    let failed = || Event::TaskFailed { task: first, error: "E".into(), cause: None };
    let count = |execution: &mut Execution, event| {
        let mut actions = Vec::new();
        execution.handle(event, START, &mut actions);
        actions.len()
    };
    assert_ne!(count(&mut execution, Event::TimerFired(timer)), 0);
    // The first attempt is over: neither its answer nor its clock mean anything now.
    assert_eq!(count(&mut execution, failed()), 0);
    assert_eq!(count(&mut execution, Event::TimerFired(timer)), 0);
    assert_eq!(count(&mut execution, Event::TaskHeartbeat(first)), 0);
    assert_ne!(count(&mut execution, Event::Stop { error: None, cause: None }), 0);
    assert!(execution.is_finished());
    assert_eq!(count(&mut execution, Event::Stop { error: None, cause: None }), 0);
    assert_eq!(count(&mut execution, failed()), 0);
}
