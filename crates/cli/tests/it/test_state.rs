//! `faastlane test-state`: one state, with a function or a mock.

use serde_json::{Value, json};

use crate::harness::{Outcome, Project};

const FLOW: &str = r#"{"StartAt": "Double", "States": {
    "Double": {"Type": "Task", "Resource": "double", "InputPath": "$.number", "ResultPath": "$.doubled",
        "Retry": [{"ErrorEquals": ["Busy"], "IntervalSeconds": 2}], "Next": "All"},
    "All": {"Type": "Map", "ItemProcessor": {"StartAt": "Pay", "States": {
        "Pay": {"Type": "Task", "Resource": "pay", "End": true}}}, "End": true}}}"#;
const DOUBLE: &str = "def handler(event, context):\n    print('called')\n    return event * 2\n";

fn run(arguments: &str) -> Outcome {
    let project = Project::new(&[("flow.asl.json", FLOW), ("functions/double.py", DOUBLE)]);
    Outcome::of(&mut project.faastlane(&format!("test-state {arguments}")))
}

#[test]
fn a_function_is_called() {
    let found = run("flow.asl.json --state Double --input {\"number\":2} --inspection-level debug");
    let both = json!({"number": 2, "doubled": 4});
    let expected = json!({
        "output": both,
        "inspectionData": {
            "input": {"number": 2}, "afterInputPath": 2, "afterParameters": 2, "result": 4,
            "afterResultSelector": 4, "afterResultPath": both},
        "nextState": "All",
        "status": "SUCCEEDED",
    });
    assert_eq!((found.code, found.json()), (0, expected), "{}", found.stderr);
    assert!(found.stderr.contains("[double] called"), "{}", found.stderr);
}

#[test]
fn a_mock_calls_nobody() {
    let options =
        "--state Double --mock-error Busy --retrier-retry-count 1 --inspection-level debug";
    let found = run(&format!("flow.asl.json {options} --input {{\"number\":2}}"));
    let mut answer = found.json();
    let details = answer["inspectionData"]["errorDetails"].take();
    assert_eq!(details, json!({"retryIndex": 0, "retryBackoffIntervalSeconds": 4}));
    assert_eq!((found.code, &answer["status"]), (1, &json!("RETRIABLE")));
    let found = run("flow.asl.json --state All --mock-result [1,2] --input [3,4] --json");
    assert_eq!(found.json(), json!({"output": "[1, 2]", "status": "SUCCEEDED"}));
}

#[test]
fn a_request_of_the_api() {
    let definition = json!({"Type": "Pass", "Result": 1, "End": true}).to_string();
    let project = Project::new(&[("request.json", &json!({"definition": definition}).to_string())]);
    let found = Outcome::of(&mut project.faastlane("test-state --request request.json"));
    let answer: Value = found.json();
    assert_eq!(answer, json!({"output": 1, "status": "SUCCEEDED"}));
}

#[test]
fn a_request_that_is_refused_is_told() {
    let check = |arguments: &str, expected: &str| {
        let found = run(arguments);
        assert_eq!(found.code, 2);
        assert!(found.stderr.contains(expected), "{}", found.stderr);
    };
    check("flow.asl.json --state Nobody", "ValidationException: State not found in definition");
    check(
        "flow.asl.json --state All",
        "InvalidDefinition: TestState API does not support Map or Parallel states.",
    );
    check("flow.asl.json", "--state <NAME>");
}
