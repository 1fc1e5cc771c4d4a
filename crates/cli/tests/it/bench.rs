//! `faastlane bench`: that everybody takes part and what is written, not how fast it is.

use serde_json::Value;

use crate::harness::{Outcome, Project};

/// A call after another, then two side by side.
const FLOW: &str = r#"{"StartAt": "First", "States": {
    "First": {"Type": "Task", "Resource": "f", "Next": "Both"},
    "Both": {"Type": "Parallel", "End": true, "Branches": [
        {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "f", "End": true}}},
        {"StartAt": "B", "States": {"B": {"Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": "g", "Payload.$": "$"},
            "OutputPath": "$.Payload", "End": true}}}]}}}"#;
/// What handlers print is in nobody's way.
const F: &str = "
from util import answer

def handler(event, context):
    print('hello')
    return answer
";
/// Its `util` is not that of the other function: a package without `__init__.py`.
const G: &str = "
from util.more import returned

def handler(event, context):
    return returned(event)
";
/// How a project becomes one that `bench` takes.
const TEMPLATE: &str = r#"
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties: {FunctionName: f, CodeUri: f, Handler: f.handler, Runtime: python3.11}
  G:
    Type: AWS::Serverless::Function
    Properties: {FunctionName: g, CodeUri: g, Handler: g.handler, Runtime: python3.11}
  Flow:
    Type: AWS::Serverless::StateMachine
    Properties: {DefinitionUri: flow.asl.json, Role: arn:aws:iam::123456789012:role/r}
"#;

fn project() -> Project {
    Project::new(&[
        ("template.yaml", TEMPLATE),
        ("flow.asl.json", FLOW),
        ("f/f.py", F),
        ("f/util.py", "answer = 42"),
        ("g/g.py", G),
        ("g/util/more.py", "def returned(event):\n    return event"),
    ])
}

fn bench(project: &Project, arguments: &str) -> Outcome {
    Outcome::of(&mut project.faastlane(&format!("bench {arguments}")))
}

/// The folder of the only run so far.
fn written(project: &Project) -> String {
    let mut folders = std::fs::read_dir(project.path("out")).unwrap();
    format!("out/{}", folders.next().unwrap().unwrap().file_name().to_str().unwrap())
}

#[test]
fn all_take_part_and_results_are_written() {
    let project = project();
    let found = bench(&project, "--quick --out out template.yaml");
    assert_eq!(found.code, 0, "{}", found.stderr);
    let folder = written(&project);
    assert_eq!(project.read(&format!("{folder}/table.md")).trim_end(), found.stdout.trim_end());
    assert!(project.read(&format!("{folder}/template.svg")).contains("a process each, HTTP"));

    let report: Value =
        serde_json::from_str(&project.read(&format!("{folder}/results.json"))).unwrap();
    let workload = &report["workloads"][0];
    assert_eq!(workload["left_out"], serde_json::json!([]), "{}", found.stderr);
    let contenders = workload["contenders"].as_array().unwrap();
    let names: Vec<&str> = contenders.iter().map(|c| c["name"].as_str().unwrap()).collect();
    for name in [
        "lanes auto, isolation process",
        "lanes threads, isolation none",
        "lanes processes, isolation process",
        "lanes portable, isolation process",
        "a process each, HTTP",
        "a process each, JSON pipes",
        "fork for each call",
        "plain calls, JSON between",
    ] {
        assert!(names.contains(&name), "{names:?}");
    }
    for contender in contenders {
        let round = &contender["rounds"][0];
        let sample = &round["samples"][0];
        assert!(sample["end_to_end"].as_f64() > sample["functions"].as_f64(), "{contender}");
        assert!(sample["functions"].as_f64() > Some(0.0), "{contender}");
    }

    let file = format!("{folder}/results.json");
    let compared = bench(&project, &format!("compare {file} {file}"));
    assert_eq!(compared.code, 0, "{}", compared.stderr);
    assert!(compared.stdout.contains("| interaction "), "{}", compared.stdout);
}

#[test]
fn what_cannot_be_measured_or_read_says_why() {
    let project = project();
    let check = |arguments: &str, expected: &str| {
        let found = bench(&project, arguments);
        assert_eq!(found.code, 2, "{}", found.stderr);
        assert!(found.stderr.contains(expected), "{}", found.stderr);
    };
    check(
        "--filter nothing",
        "no workload has the text of --filter in its name; built in are: chain",
    );
    check("compare flow.asl.json nowhere.json", "flow.asl.json is no results.json");
    check("compare nowhere.json flow.asl.json", "cannot read nowhere.json");
    check("nowhere.yaml", "nowhere.yaml");
}
