//! What is old, and goes.

use std::sync::Arc;

use faastlane_store::{Change, Child, Expired, Expiry, MapRun, Status, Store, Update};

use super::made::{arn, end, machine, machine_arn, recorded, start};

const NOTHING: Expiry =
    Expiry { executions_before: 0, journals_before: 0, revisions_before: 0, limit: 10 };

#[test]
fn what_has_ended_goes_and_what_runs_stays() {
    let store = Store::in_memory().unwrap();
    let revision = machine(&store, "M").revision.key;
    let names = ["a", "b", "c", "d"];
    store.commit(&names.map(|name| start(revision, name))).unwrap();
    store.commit(&names.map(|name| recorded(name, 1, 5))).unwrap();
    let run = MapRun {
        arn: "run".to_owned(),
        execution_arn: arn("a").to_string(),
        status: Status::Failed,
        started: 1,
        stopped: Some(1),
        max_concurrency: 0,
        tolerated_count: 0,
        tolerated_percentage: 0.0,
        redrive_count: 0,
        redriven: None,
        counts: "{}".to_owned(),
    };
    let child = Child {
        arn: "child".to_owned(),
        map_run_arn: Arc::from("run"),
        name: "child".to_owned(),
        status: Status::Failed,
        started: 1,
        stopped: Some(1),
        redrive_count: 0,
        redriven: None,
        item_count: None,
        input: "[]".to_owned(),
        output: None,
        error: None,
        cause: None,
    };
    store.commit(&[Change::MapRun(Box::new(run)), Change::Child(Box::new(child))]).unwrap();
    store.commit(&[end("a", Status::Failed, 100), end("b", Status::Succeeded, 200)]).unwrap();
    store.commit(&[end("c", Status::Aborted, 300)]).unwrap();

    assert_eq!(store.expire(NOTHING).unwrap(), Expired::default());
    let journals = store.expire(Expiry { journals_before: 150, ..NOTHING }).unwrap();
    assert_eq!(journals, Expired { journals: 1, ..Expired::default() });
    let left = |name: &str| store.journal(&arn(name)).unwrap().len();
    assert_eq!(names.map(left), [0, 0, 1, 1]);
    assert_eq!(store.last_event(&arn("a")).unwrap(), 5);

    let one = store.expire(Expiry { executions_before: 250, limit: 1, ..NOTHING }).unwrap();
    assert_eq!(one, Expired { executions: 1, ..Expired::default() });
    assert_eq!(store.execution("child").unwrap(), None);
    assert_eq!(store.map_run("run").unwrap(), None);
    store.expire(Expiry { executions_before: 1 << 40, ..NOTHING }).unwrap();
    let there = |name: &str| store.execution(&arn(name)).unwrap().is_some();
    assert_eq!(names.map(there), [false, false, false, true]);
}

#[test]
fn revisions_stay_while_something_is_of_them() {
    let store = Store::in_memory().unwrap();
    let arn_of = machine_arn("M");
    let mut keys = vec![machine(&store, "M").revision.key];
    let change = |id: &str| {
        let update = Update { role_arn: Some(id.to_owned()), ..Update::default() };
        store.update_machine(&arn_of, &update, id, 2_000).unwrap();
        store.machine(&arn_of).unwrap().unwrap().revision.key
    };
    store.commit(&[start(keys[0], "a")]).unwrap();
    keys.push(change("nobody's"));
    keys.push(change("published"));
    store.publish_version(&arn_of, None, None, 2_000).unwrap();
    keys.push(change("now"));
    let there = || {
        let one = |key: &i64| store.revision(*key).unwrap().is_some();
        keys.iter().map(one).collect::<Vec<_>>()
    };
    store.expire(Expiry { revisions_before: 2_000, ..NOTHING }).unwrap();
    assert_eq!(there(), [true; 4]);
    let all = Expiry { revisions_before: 9_000, executions_before: 9_000, ..NOTHING };
    assert_eq!(store.expire(all).unwrap().revisions, 1);
    assert_eq!(there(), [true, false, true, true]);
    store.delete_machine(&arn_of).unwrap();
    store.commit(&[end("a", Status::Failed, 3_000)]).unwrap();
    assert_eq!(store.expire(all).unwrap(), Expired { executions: 1, revisions: 3, journals: 0 });
    assert_eq!(there(), [false; 4]);
}
