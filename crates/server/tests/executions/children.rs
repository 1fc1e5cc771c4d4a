//! Executions that start other ones.

use faastlane_store::Status;
use faastlane_value::json;

use super::site::Site;

fn starting(action: &str, child: &str, more: &str) -> String {
    let arn = format!("arn:aws:states:us-east-1:123456789012:stateMachine:{child}");
    format!(
        r#"{{"A":{{"Type":"Task","Resource":"arn:aws:states:::states:{action}",
            "Parameters":{{"StateMachineArn":"{arn}","Input":{{"n":1}}{more}}},"End":true}}}}"#
    )
}

const ECHO: &str = r#"{"A":{"Type":"Pass","End":true}}"#;
const FAIL: &str = r#"{"A":{"Type":"Fail","Error":"E","Cause":"because"}}"#;
const WAIT: &str = r#"{"A":{"Type":"Wait","Seconds":3600,"End":true}}"#;

#[test]
fn the_end_of_a_child_is_waited_for() {
    let site = Site::in_memory();
    site.machine("echo", ECHO);
    for (action, output) in
        [("startExecution.sync", r#""{\"n\":1}""#), ("startExecution.sync:2", r#"{"n":1}"#)]
    {
        let name = action.replace(['.', ':'], "-");
        let arn = site.start(&site.machine(&name, &starting(action, "echo", "")), "e", "{}");
        let ended = site.ended(&arn);
        assert_eq!(ended.status, Status::Succeeded, "{:?}", ended.cause);
        let result = json::parse(ended.output.unwrap().as_bytes()).unwrap();
        assert_eq!(result.get("Output").unwrap().to_json(), output);
        assert_eq!(result.get("Status").unwrap().as_str(), Some("SUCCEEDED"));
        let types = site.types(&arn);
        assert_eq!(types[2..6], ["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded"]);
    }
}

#[test]
fn a_child_that_fails_fails_its_task() {
    let site = Site::in_memory();
    site.machine("fail", FAIL);
    let machine = site.machine("m", &starting("startExecution.sync:2", "fail", ""));
    let ended = site.ended(&site.start(&machine, "e", "{}"));
    assert_eq!((ended.status, ended.error.as_deref()), (Status::Failed, Some("States.TaskFailed")));
    let cause = json::parse(ended.cause.unwrap().as_bytes()).unwrap();
    let text = |member: &str| cause.get(member).unwrap().as_str().unwrap().to_owned();
    assert_eq!(
        (text("Error"), text("Cause"), text("Status")),
        ("E".into(), "because".into(), "FAILED".into())
    );
}

#[test]
fn a_child_that_nobody_waits_for_goes_its_own_way() {
    let site = Site::in_memory();
    site.machine("wait", WAIT);
    let machine = site.machine("m", &starting("startExecution", "wait", r#","Name":"child""#));
    let ended = site.ended(&site.start(&machine, "e", "{}"));
    assert_eq!(ended.status, Status::Succeeded);
    let child = "arn:aws:states:us-east-1:123456789012:execution:wait:child";
    let result = json::parse(ended.output.unwrap().as_bytes()).unwrap();
    assert_eq!(result.get("ExecutionArn").unwrap().as_str(), Some(child));
    assert_eq!(site.execution(child).status, Status::Running);
}

#[test]
fn a_child_is_stopped_with_the_task_that_waits_for_it() {
    let site = Site::in_memory();
    site.machine("wait", WAIT);
    let machine = site.machine("m", &starting("startExecution.sync", "wait", r#","Name":"child""#));
    let arn = site.start(&machine, "e", "{}");
    let child = "arn:aws:states:us-east-1:123456789012:execution:wait:child";
    site.until(|| site.store.execution(child).unwrap());
    site.wait(site.handle().stop(&arn, None, None)).unwrap();
    assert_eq!(site.ended(child).status, Status::Aborted);
}

#[test]
fn a_machine_that_is_not_there_is_named() {
    let site = Site::in_memory();
    let machine = site.machine("m", &starting("startExecution.sync", "nothing", ""));
    let ended = site.ended(&site.start(&machine, "e", "{}"));
    assert_eq!(ended.error.as_deref(), Some("StepFunctions.StateMachineDoesNotExistException"));
}
