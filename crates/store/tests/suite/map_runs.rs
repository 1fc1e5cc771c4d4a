//! Map runs and their children.

use std::sync::Arc;

use faastlane_store::{Change, Child, Executions, Filter, MapRun, Status, Store};

use super::made::{arn, machine, machine_arn, start};

fn run(arn_of_run: &str, execution: &str) -> MapRun {
    MapRun {
        arn: arn_of_run.to_owned(),
        execution_arn: arn(execution).to_string(),
        status: Status::Running,
        started: 3_000,
        stopped: None,
        max_concurrency: 10,
        tolerated_count: 1,
        tolerated_percentage: 12.5,
        redrive_count: 0,
        redriven: None,
        counts: "{}".to_owned(),
    }
}

fn child(of: &str, name: &str, status: Status) -> Child {
    Child {
        arn: format!("child {name}"),
        map_run_arn: Arc::from(of),
        name: name.to_owned(),
        status,
        started: 3_500,
        stopped: (status != Status::Running).then_some(3_600),
        redrive_count: 0,
        redriven: None,
        item_count: Some(2),
        input: "[]".to_owned(),
        output: None,
        error: None,
        cause: None,
    }
}

#[test]
fn map_runs_and_their_children_are_what_was_written_last() {
    let store = Store::in_memory().unwrap();
    let revision = machine(&store, "M").revision.key;
    let put = |run: &MapRun| Change::MapRun(Box::new(run.clone()));
    let (mut first, second) = (run("run 1", "a"), run("run 2", "a"));
    store.commit(&[start(revision, "a"), start(revision, "b")]).unwrap();
    store.commit(&[put(&first), put(&second), put(&run("run 3", "b"))]).unwrap();
    first.status = Status::Failed;
    first.stopped = Some(4_000);
    first.max_concurrency = 3;
    first.counts = "{\"failed\":1}".to_owned();
    store.commit(&[put(&first)]).unwrap();
    assert_eq!(store.map_run("run 1").unwrap(), Some(first.clone()));
    assert_eq!(store.map_run("run 4").unwrap(), None);
    let page = store.map_runs(&arn("a"), None, 1).unwrap();
    assert_eq!(page.items, [second]);
    assert_eq!(store.map_runs(&arn("a"), page.next, 1).unwrap().items, [first]);
    store.commit(&[put(&run("run 5", "c"))]).expect_err("there is no such execution");

    let put = |of, name, status| Change::Child(Box::new(child(of, name, status)));
    store.commit(&[put("run 1", "x", Status::Running), put("run 1", "y", Status::Failed)]).unwrap();
    store.commit(&[put("run 3", "z", Status::Running)]).unwrap();
    store.commit(&[put("run 1", "x", Status::Succeeded)]).unwrap();
    store.commit(&[put("run 9", "x", Status::Succeeded)]).expect_err("there is no such run");
    let names = |of, filter| {
        let page = store.executions(of, filter, None, 9).unwrap();
        page.items.into_iter().map(|item| item.name).collect::<Vec<_>>()
    };
    let (all, machine) = (Filter::default(), machine_arn("M"));
    assert_eq!(names(Executions::MapRun("run 1"), all), ["y", "x"]);
    let failed = Filter { status: Some(Status::Failed), ..all };
    assert_eq!(names(Executions::MapRun("run 1"), failed), ["y"]);
    assert_eq!(names(Executions::Machine(&machine), all), ["b", "a"]);
    assert_eq!(names(Executions::Machine(&machine), failed), [""; 0]);
    let x = store.execution("child x").unwrap().unwrap();
    assert_eq!((x.status, x.stopped, x.item_count), (Status::Succeeded, Some(3_600), Some(2)));
    assert_eq!(x.map_run_arn.as_deref(), Some("run 1"));
    assert_eq!((x.machine_arn, x.revision), (machine_arn("M"), revision));
    // A child is no execution that a server would go on with.
    assert_eq!(store.open_executions().count(), 2);
}
