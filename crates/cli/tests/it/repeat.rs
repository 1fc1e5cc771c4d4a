//! `run --repeat`: many executions in a few warm containers, none of which sees another.

use std::collections::HashSet;

use serde_json::Value;

use crate::harness::{CALLS_F, Project};

const COUNTS: &str = "
calls = 0
def handler(event, context):
    global calls
    calls += 1
    return calls
";

const WAYS: [&str; 3] = ["--isolation process", "--isolation none", "--lanes portable"];

/// Runs the function three times in each of the given ways.
#[track_caller]
fn check_counts(ways: &[&str], options: &str, expected: &str) {
    for way in ways {
        let project = Project::new(&[("flow.asl.json", CALLS_F), ("functions/f.py", COUNTS)]);
        let found = project.run(&format!("--repeat 3 {way} {options}"));
        assert_eq!((found.code, found.stdout.as_str()), (0, expected), "{}", found.stderr);
        let summary = "3 executions in ";
        assert!(found.stderr.contains(summary), "{}", found.stderr);
    }
}

#[test]
fn functions_stay_warm() {
    check_counts(&WAYS, "", "1\n2\n3\n");
}

#[test]
fn fresh_lanes_have_seen_nothing() {
    check_counts(&WAYS, "--fresh", "1\n1\n1\n");
}

/// A container whose lane has crashed runs no other execution: its other functions are new as well.
#[test]
fn a_worn_container_is_replaced() {
    let machine = r#"{"StartAt": "C", "States": {
        "C": {"Type": "Task", "Resource": "count", "Next": "H"},
        "H": {"Type": "Task", "Resource": "harm", "End": true}}}"#;
    let harm = "
import ctypes
def handler(event, context):
    if event == 2:
        ctypes.string_at(8)
    return event
";
    let project = Project::new(&[
        ("flow.asl.json", machine),
        ("functions/count.py", COUNTS),
        ("functions/harm.py", harm),
    ]);
    let found = project.run("--repeat 4 --isolation none --json");
    let lines = found.stdout.lines().map(|line| serde_json::from_str(line).unwrap());
    let outputs: Vec<Value> = lines.map(|line: Value| line["output"].clone()).collect();
    let expected = [Value::from(1), Value::Null, Value::from(1), Value::Null];
    assert_eq!((found.code, outputs.as_slice()), (1, &expected[..]), "{}", found.stderr);
}

/// About half of the executions fail in their first task.
const NAMES: &str = r#"{"StartAt": "A", "States": {
    "A": {"Type": "Task", "Resource": "a", "Parameters": {"name.$": "$$.Execution.Name"}, "Next": "B"},
    "B": {"Type": "Task", "Resource": "b", "End": true,
          "Parameters": {"got.$": "$", "name.$": "$$.Execution.Name"}}}}"#;
const A: &str = "
def handler(event, context):
    if event['name'] < '8':
        raise ValueError(event['name'])
    return event['name']
";
const B: &str = "def handler(event, context):\n    return event\n";

#[test]
fn no_execution_sees_another() {
    for isolation in ["process", "none"] {
        let project =
            Project::new(&[("flow.asl.json", NAMES), ("functions/a.py", A), ("functions/b.py", B)]);
        let options = "--repeat 300 --concurrency 8 --json --quiet";
        let found = project.run(&format!("{options} --isolation {isolation}"));
        let mut names = HashSet::new();
        let mut failed = 0;
        for line in found.stdout.lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            if line["status"] == "FAILED" {
                let cause: Value = serde_json::from_str(line["cause"].as_str().unwrap()).unwrap();
                let name = cause["errorMessage"].as_str().unwrap().to_owned();
                assert!(name.as_str() < "8" && names.insert(name), "{line}");
                failed += 1;
            } else {
                assert_eq!(line["output"]["got"], line["output"]["name"], "{line}");
                assert!(names.insert(line["output"]["name"].to_string()), "{line}");
            }
        }
        assert_eq!((found.code, names.len()), (1, 300), "{}", found.stderr);
        assert!(failed > 0 && failed < 300, "{failed} failed");
    }
}

#[test]
fn what_belongs_to_one_execution_is_refused() {
    let project = Project::new(&[("flow.asl.json", CALLS_F), ("functions/f.py", COUNTS)]);
    let found = project.run("--repeat 2 --history h.json");
    assert_eq!(found.code, 2, "{}", found.stderr);
    let found = project.run("--concurrency 2");
    assert_eq!(found.code, 2, "{}", found.stderr);
}
