//! A server that ends, and one that opens the same store.

use std::path::Path;

use faastlane_server::executions::TaskAnswer;
use faastlane_store::Status;
use faastlane_value::json;

use super::site::Site;

const ACTIVITY: &str = "arn:aws:states:us-east-1:123456789012:activity:work";

fn with_store(test: impl FnOnce(&Path)) {
    let folder = tempfile::tempdir().unwrap();
    test(&folder.path().join("store.db"));
}

#[test]
fn a_wait_keeps_its_time() {
    with_store(|file| {
        let site = Site::open(file);
        let machine = site.machine(
            "m",
            r#"{"A":{"Type":"Wait","Seconds":2,"Next":"B"},"B":{"Type":"Pass","Result":1,"End":true}}"#,
        );
        let arn = site.start(&machine, "e", "{}");
        site.close();
        let site = Site::open(file);
        assert_eq!(site.execution(&arn).status, Status::Running);
        let ended = site.ended(&arn);
        assert_eq!((ended.status, ended.output.as_deref()), (Status::Succeeded, Some("1")));
        assert!(ended.stopped.unwrap() >= ended.started + 2_000);
        assert_eq!(site.types(&arn).len(), 6);
    });
}

#[test]
fn tokens_stay_valid_and_tasks_are_given_out_once() {
    with_store(|file| {
        let site = Site::open(file);
        let states = format!(r#"{{"A":{{"Type":"Task","Resource":"{ACTIVITY}","End":true}}}}"#);
        let machine = site.machine("m", &states);
        let (taken, queued) =
            (site.start(&machine, "taken", "1"), site.start(&machine, "queued", "2"));
        let poll =
            |site: &Site| site.wait(site.handle().next_activity_task(ACTIVITY, None)).unwrap();
        let first = poll(&site);
        site.until(|| (site.types(&taken).len() == 4).then_some(()));
        site.close();
        let site = Site::open(file);
        let second = poll(&site);
        assert_eq!((first.input.as_str(), second.input.as_str()), ("1", "2"));
        for (task, arn) in [(first, taken), (second, queued)] {
            let answer = TaskAnswer::Success(json::parse(b"true").unwrap());
            site.wait(site.handle().answer(&task.token, answer)).unwrap();
            assert_eq!(site.ended(&arn).output.as_deref(), Some("true"));
            assert_eq!(
                site.types(&arn).iter().filter(|name| *name == "ActivityStarted").count(),
                1
            );
        }
    });
}

#[test]
fn a_parent_hears_of_its_child() {
    with_store(|file| {
        let site = Site::open(file);
        site.machine("child", r#"{"A":{"Type":"Wait","Seconds":1,"End":true}}"#);
        let parent = r#"{"A":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync:2",
            "Parameters":{"StateMachineArn":"arn:aws:states:us-east-1:123456789012:stateMachine:child"},"End":true}}"#;
        let arn = site.start(&site.machine("m", parent), "e", "{}");
        site.close();
        let site = Site::open(file);
        assert_eq!(site.ended(&arn).status, Status::Succeeded);
        assert_eq!(site.store.count_open().unwrap(), 0, "one child was started");
    });
}

#[test]
fn many_wait_and_all_go_on() {
    with_store(|file| {
        let site = Site::open(file);
        let machine = site.machine("m", r#"{"A":{"Type":"Wait","Seconds":1,"End":true}}"#);
        let arns: Vec<String> =
            (0..200).map(|n| site.start(&machine, &format!("e{n}"), &n.to_string())).collect();
        site.close();
        let site = Site::open(file);
        for (n, arn) in arns.iter().enumerate() {
            let ended = site.ended(arn);
            assert_eq!((ended.status, ended.output), (Status::Succeeded, Some(n.to_string())));
        }
    });
}
