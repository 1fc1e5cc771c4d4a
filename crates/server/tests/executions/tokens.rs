//! Task tokens and activities.

use faastlane_server::executions::{Refused, TaskAnswer};
use faastlane_store::Status;
use faastlane_value::json;

use super::site::Site;

const ACTIVITY: &str = "arn:aws:states:us-east-1:123456789012:activity:work";

fn activity(more: &str) -> String {
    format!(r#"{{"A":{{"Type":"Task","Resource":"{ACTIVITY}"{more},"End":true}}}}"#)
}

fn success(text: &str) -> TaskAnswer {
    TaskAnswer::Success(json::parse(text.as_bytes()).unwrap())
}

#[test]
fn a_worker_gets_a_task_and_answers_it() {
    let site = Site::in_memory();
    let machine = site.machine("m", &activity(""));
    let arn = site.start(&machine, "e", r#"{"n":1}"#);
    let task =
        site.wait(site.handle().next_activity_task(ACTIVITY, Some("me".to_owned()))).unwrap();
    assert_eq!(task.input, r#"{"n":1}"#);
    let answer = |answer| site.wait(site.handle().answer(&task.token, answer));
    answer(TaskAnswer::Heartbeat).unwrap();
    answer(success("[2]")).unwrap();
    let ended = site.ended(&arn);
    assert_eq!((ended.status, ended.output.as_deref()), (Status::Succeeded, Some("[2]")));
    assert_eq!(
        site.types(&arn),
        [
            "ExecutionStarted",
            "TaskStateEntered",
            "ActivityScheduled",
            "ActivityStarted",
            "ActivitySucceeded",
            "TaskStateExited",
            "ExecutionSucceeded"
        ]
    );
    assert_eq!(answer(success("3")), Err(Refused::TaskTimedOut), "it is over");
}

#[test]
fn a_worker_that_waits_gets_the_next_task() {
    let site = Site::in_memory();
    let machine = site.machine("m", &activity(""));
    let handle = site.handle();
    let task = site.wait(async {
        let waiting = handle.next_activity_task(ACTIVITY, None);
        let starting = handle.start(super::site::start(&machine, Some("e"), "5"));
        let (task, started) = tokio::join!(waiting, starting);
        started.unwrap();
        task.unwrap()
    });
    assert_eq!(task.input, "5");
}

#[test]
fn a_worker_that_went_away_gets_no_task() {
    let site = Site::in_memory();
    let machine = site.machine("m", &activity(""));
    drop(site.wait(async {
        let handle = site.handle();
        let poll = handle.next_activity_task(ACTIVITY, Some("gone".to_owned()));
        tokio::time::timeout(std::time::Duration::from_millis(50), poll).await
    }));
    site.start(&machine, "e", "1");
    let task = site.wait(site.handle().next_activity_task(ACTIVITY, Some("here".to_owned())));
    assert_eq!(task.unwrap().input, "1");
}

#[test]
fn a_task_fails_and_its_error_is_caught() {
    let site = Site::in_memory();
    let catch = r#","Catch":[{"ErrorEquals":["Mine"],"ResultPath":"$.error","Next":"C"}]"#;
    let states = activity(catch);
    let states = format!(r#"{},"C":{{"Type":"Succeed"}}}}"#, &states[..states.len() - 1]);
    let arn = site.start(&site.machine("m", &states), "e", "{}");
    let task = site.wait(site.handle().next_activity_task(ACTIVITY, None)).unwrap();
    let failure =
        TaskAnswer::Failure { error: Some("Mine".to_owned()), cause: Some("no".to_owned()) };
    site.wait(site.handle().answer(&task.token, failure)).unwrap();
    let output = site.ended(&arn).output;
    assert_eq!(output.as_deref(), Some(r#"{"error":{"Error":"Mine","Cause":"no"}}"#));
}

#[test]
fn silence_ends_a_task() {
    let site = Site::in_memory();
    let arn = site.start(
        &site.machine("m", &activity(r#","TimeoutSeconds":30,"HeartbeatSeconds":1"#)),
        "e",
        "{}",
    );
    let task = site.wait(site.handle().next_activity_task(ACTIVITY, None)).unwrap();
    let ended = site.ended(&arn);
    assert_eq!(
        (ended.status, ended.error.as_deref()),
        (Status::Failed, Some("States.HeartbeatTimeout"))
    );
    let late = site.wait(site.handle().answer(&task.token, success("1")));
    assert_eq!(late, Err(Refused::TaskTimedOut));
}

#[test]
fn other_tokens_are_refused() {
    let site = Site::in_memory();
    let answer = |token: &str| site.wait(site.handle().answer(token, TaskAnswer::Heartbeat));
    for token in ["", "x", "AAAA"] {
        assert_eq!(answer(token), Err(Refused::InvalidToken), "{token}");
    }
}

#[test]
fn workers_are_let_go_when_the_server_ends() {
    let site = Site::in_memory();
    let handle = site.handle();
    let task = site.wait(async {
        let end = async { handle.end_polls() };
        tokio::join!(handle.next_activity_task(ACTIVITY, None), end).0
    });
    assert_eq!(task, Err(Refused::Closing));
}
