//! How executions begin and end.

use faastlane_engine::Outcome;
use faastlane_server::executions::{Refused, TaskAnswer};
use faastlane_store::{Kind, Status};
use faastlane_value::json;

use super::site::{Site, start};

const WAIT: &str = r#"{"A":{"Type":"Wait","Seconds":3600,"End":true}}"#;

#[test]
fn an_execution_runs_to_its_end() {
    let site = Site::in_memory();
    let machine = site.machine(
        "m",
        r#"{"A":{"Type":"Pass","Result":{"x":1},"ResultPath":"$.r","Next":"B"},
            "B":{"Type":"Wait","Seconds":1,"Next":"C"},"C":{"Type":"Succeed"}}"#,
    );
    let arn = site.start(&machine, "e", r#"{"in": 1.0}"#);
    assert_eq!(arn, "arn:aws:states:us-east-1:123456789012:execution:m:e");
    let ended = site.ended(&arn);
    assert_eq!(
        (ended.status, ended.output.as_deref()),
        (Status::Succeeded, Some(r#"{"in":1.0,"r":{"x":1}}"#))
    );
    assert_eq!(ended.input, r#"{"in": 1.0}"#, "as it was given");
    assert!(ended.stopped.unwrap() >= ended.started + 1_000);
    assert_eq!(
        site.types(&arn),
        [
            "ExecutionStarted",
            "PassStateEntered",
            "PassStateExited",
            "WaitStateEntered",
            "WaitStateExited",
            "SucceedStateEntered",
            "SucceedStateExited",
            "ExecutionSucceeded"
        ]
    );
}

#[test]
fn a_name_is_taken_unless_the_same_execution_runs() {
    let site = Site::in_memory();
    let waiting = site.machine("m", WAIT);
    let again = |input: &str| site.wait(site.handle().start(start(&waiting, Some("e"), input)));
    let first = again("{}").unwrap();
    assert_eq!(again("{}").unwrap(), first);
    assert_eq!(again("[]"), Err(Refused::ExecutionAlreadyExists));
    site.wait(site.handle().stop(&first.arn, None, None)).unwrap();
    site.ended(&first.arn);
    assert_eq!(again("{}"), Err(Refused::ExecutionAlreadyExists));
    let unnamed = || site.wait(site.handle().start(start(&waiting, None, "{}"))).unwrap();
    assert_ne!(unnamed().arn, unnamed().arn);
}

#[test]
fn an_execution_is_stopped_with_a_reason() {
    let site = Site::in_memory();
    let arn = site.start(&site.machine("m", WAIT), "e", "{}");
    let stop = |error: Option<&str>| {
        site.wait(site.handle().stop(&arn, error.map(str::to_owned), Some("enough".to_owned())))
    };
    stop(Some("Mine")).unwrap();
    let ended = site.ended(&arn);
    assert_eq!(
        (ended.status, ended.error.as_deref(), ended.cause.as_deref()),
        (Status::Aborted, Some("Mine"), Some("enough"))
    );
    assert_eq!(stop(None), Ok(ended.stopped.unwrap()), "when it ended");
    let absent = site.wait(site.handle().stop("arn:aws:states:r:1:execution:m:x", None, None));
    assert_eq!(absent, Err(Refused::ExecutionDoesNotExist));
}

#[test]
fn what_fails_says_why() {
    let site = Site::in_memory();
    let machine = site.machine("m", r#"{"A":{"Type":"Fail","Error":"E","Cause":"because"}}"#);
    let ended = site.ended(&site.start(&machine, "e", "{}"));
    assert_eq!(
        (ended.status, ended.error.as_deref(), ended.cause.as_deref()),
        (Status::Failed, Some("E"), Some("because"))
    );
    // Nothing can call functions here; what a function is worth is tested with real ones.
    let calls = site.machine("f", r#"{"A":{"Type":"Task","Resource":"f","End":true}}"#);
    let ended = site.ended(&site.start(&calls, "e", "{}"));
    assert_eq!(ended.status, Status::Failed);
    assert!(ended.cause.unwrap().contains("there are no functions"));
}

#[test]
fn an_express_execution_that_waits_is_kept_nowhere() {
    let site = Site::in_memory();
    let machine = site.machine_of(
        "m",
        Kind::Express,
        r#"{"A":{"Type":"Wait","Seconds":1,"Next":"B"},"B":{"Type":"Pass","Result":7,"End":true}}"#,
    );
    let ended = site.wait(site.handle().start_sync(start(&machine, Some("e"), "{}"))).unwrap();
    assert!(ended.arn.starts_with("arn:aws:states:us-east-1:123456789012:express:m:e:"));
    assert!(matches!(ended.outcome, Outcome::Succeeded(output) if output.to_json() == "7"));
    assert!(site.store.execution(&ended.arn).unwrap().is_none());
}

#[test]
fn branches_and_items_run_side_by_side() {
    let site = Site::in_memory();
    let machine = site.machine(
        "m",
        r#"{"A":{"Type":"Map","End":true,"ItemProcessor":{"StartAt":"W","States":
            {"W":{"Type":"Wait","Seconds":1,"End":true}}}}}"#,
    );
    let items = format!("[{}0]", "0,".repeat(200));
    let ended = site.ended(&site.start(&machine, "e", &items));
    assert_eq!((ended.status, ended.output), (Status::Succeeded, Some(items)));
    assert!(ended.stopped.unwrap() - ended.started < 60_000, "not one after another");
}

#[test]
fn an_execution_goes_on_from_where_it_failed() {
    let site = Site::in_memory();
    let activity = "arn:aws:states:us-east-1:123456789012:activity:work";
    let states = format!(
        r#"{{"A":{{"Type":"Pass","Result":1,"ResultPath":"$.a","Next":"B"}},
            "B":{{"Type":"Task","Resource":"{activity}","End":true}}}}"#
    );
    let arn = site.start(&site.machine("m", &states), "e", "{}");
    let poll = || site.wait(site.handle().next_activity_task(activity, None)).unwrap();
    let answer = |token: &str, answer| site.wait(site.handle().answer(token, answer)).unwrap();
    let failure = TaskAnswer::Failure { error: Some("E".to_owned()), cause: None };
    answer(&poll().token, failure);
    assert_eq!(site.ended(&arn).status, Status::Failed);
    site.wait(site.handle().redrive(&arn)).unwrap();
    let again = site.wait(site.handle().redrive(&arn));
    assert!(matches!(again, Err(Refused::ExecutionNotRedrivable(_))), "it runs");
    let task = poll();
    assert_eq!(task.input, r#"{"a":1}"#, "the first state is not done again");
    answer(&task.token, TaskAnswer::Success(json::parse(b"2").unwrap()));
    let ended = site.ended(&arn);
    assert_eq!((ended.status, ended.redrive_count), (Status::Succeeded, 1));
    let types = site.types(&arn);
    assert_eq!(types.iter().filter(|name| *name == "PassStateEntered").count(), 1);
    assert!(types.contains(&"ExecutionRedriven".to_owned()));
    let done = site.wait(site.handle().redrive(&arn));
    assert!(done.is_err(), "it has succeeded");
}
