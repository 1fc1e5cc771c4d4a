//! Map Runs and their children in the store.

use faastlane_engine::MapRunChange;
use faastlane_store::{Executions, Filter, MapRun, Status, Summary};
use faastlane_value::json;

use crate::site::Site;

/// A distributed Map over the input, whose children run this state.
fn map(state: &str) -> String {
    format!(
        r#"{{"A":{{"Type":"Map","Label":"Each","ItemProcessor":{{"ProcessorConfig":{{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"}},"StartAt":"B","States":{{"B":{state}}}}},"End":true}}}}"#
    )
}

fn runs(site: &Site, execution: &str) -> Vec<MapRun> {
    site.store.map_runs(execution, None, 100).unwrap().items
}

fn children(site: &Site, run: &str) -> Vec<Summary> {
    let page = site.store.executions(Executions::MapRun(run), Filter::default(), None, 100);
    page.unwrap().items
}

fn count(run: &MapRun, whose: &str, name: &str) -> i64 {
    let counts = json::parse(run.counts.as_bytes()).unwrap();
    counts.get(whose).unwrap().get(name).unwrap().as_number().unwrap().as_i64().unwrap()
}

#[test]
fn a_run_and_its_children_are_there_when_it_is_over() {
    let site = Site::in_memory();
    let machine = site.machine("m", &map(r#"{"Type":"Pass","End":true}"#));
    let arn = site.start(&machine, "e", "[1,2,3]");
    assert_eq!(site.ended(&arn).output.as_deref(), Some("[1,2,3]"));
    let [run] = &runs(&site, &arn)[..] else { panic!("one Map has run") };
    assert!(run.arn.contains(":mapRun:m/Each:"), "{}", run.arn);
    assert_eq!((run.status, run.stopped.is_some()), (Status::Succeeded, true));
    for whose in ["itemCounts", "executionCounts"] {
        assert_eq!((count(run, whose, "total"), count(run, whose, "succeeded")), (3, 3));
    }
    let children = children(&site, &run.arn);
    assert_eq!(children.len(), 3);
    for child in &children {
        assert_eq!((child.status, child.item_count), (Status::Succeeded, Some(1)));
        let child = site.execution(&child.arn);
        assert_eq!(Some(&child.input), child.output.as_ref());
    }
}

#[test]
fn a_child_that_fails_is_told_with_its_error() {
    let site = Site::in_memory();
    let machine = site.machine("m", &map(r#"{"Type":"Fail","Error":"E","Cause":"c"}"#));
    let arn = site.start(&machine, "e", "[1]");
    assert_eq!(site.ended(&arn).status, Status::Failed);
    let [run] = &runs(&site, &arn)[..] else { panic!("one Map has run") };
    assert_eq!((run.status, count(run, "executionCounts", "failed")), (Status::Failed, 1));
    let child = site.execution(&children(&site, &run.arn)[0].arn);
    assert_eq!((child.error.as_deref(), child.cause.as_deref()), (Some("E"), Some("c")));
}

#[test]
fn a_run_is_changed_while_it_runs() {
    let site = Site::in_memory();
    let machine = site.machine("m", &map(r#"{"Type":"Wait","Seconds":600,"End":true}"#));
    let arn = site.start(&machine, "e", "[1,2]");
    let run = site.until(|| runs(&site, &arn).pop());
    assert_eq!(run.status, Status::Running);
    let change = MapRunChange { max_concurrency: Some(7), ..MapRunChange::default() };
    site.wait(site.handle().update_map_run(&run.arn, change)).unwrap();
    site.until(|| runs(&site, &arn).pop().filter(|run| run.max_concurrency == 7));
    site.wait(site.handle().stop(&arn, None, None)).unwrap();
    assert_eq!(site.ended(&arn).status, Status::Aborted);
    let stopped = runs(&site, &arn).pop().unwrap();
    assert_eq!((stopped.status, stopped.started), (Status::Aborted, run.started));
    let statuses: Vec<Status> =
        children(&site, &run.arn).iter().map(|child| child.status).collect();
    assert_eq!(statuses, [Status::Aborted; 2]);
    assert!(site.wait(site.handle().update_map_run(&run.arn, change)).is_err());
}
