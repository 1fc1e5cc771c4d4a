//! `run` under the conditions of a test: mocks, waits that take no time, another time, seeds.

use serde_json::json;

use crate::harness::Project;

/// Two calls that nothing here could make, each tried again if it fails; a day between them.
const FLOW: &str = r#"{"StartAt": "Ask", "States": {
    "Ask": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": "nobody", "Payload.$": "$"},
        "Retry": [{"ErrorEquals": ["Busy"], "IntervalSeconds": 600, "MaxAttempts": 3}],
        "ResultPath": "$.asked", "Next": "Rest"},
    "Rest": {"Type": "Wait", "Seconds": 86400, "Next": "Send"},
    "Send": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {"QueueUrl": "q", "MessageBody.$": "$$.Task.Token"},
        "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": "Failed"}],
        "ResultPath": "$.sent", "End": true},
    "Failed": {"Type": "Pass", "Parameters": {"asked.$": "$.asked", "failure.$": "$.failure",
        "entered.$": "$$.State.EnteredTime"}, "End": true}}}"#;

const MOCKS: &str = r#"{
    "StateMachines": {"Flow": {"TestCases": {
        "Happy": {"Ask": "AskIsBusy", "Send": "Sends"},
        "Broken": {"Ask": "AskIsBusy", "Send": "DoesNotSend"},
        "TooBusy": {"Ask": "AlwaysBusy"}}}},
    "MockedResponses": {
        "AskIsBusy": {
            "0-1": {"Throw": {"Error": "Busy", "Cause": "later"}},
            "2": {"Return": {"StatusCode": 200, "Payload": "yes"}}},
        "AlwaysBusy": {"0": {"Throw": {"Error": "Busy"}}},
        "Sends": {"0": {"Return": {"MessageId": "1"}}},
        "DoesNotSend": {"0": {"Throw": {"Error": "Sqs.Closed", "Cause": "no queue"}}}}}"#;

fn project() -> Project {
    Project::new(&[("flow.asl.json", FLOW), ("MockConfigFile.json", MOCKS)])
}

#[test]
fn mocked_states_call_nobody() {
    let case = |case: &str| {
        project().run(&format!("-q --json --wait-scale 0 --mock MockConfigFile.json --case {case}"))
    };
    let asked = json!({"StatusCode": 200, "Payload": "yes"});
    let found = case("Happy");
    assert_eq!(found.stderr, "");
    let output = json!({"asked": asked, "sent": {"MessageId": "1"}});
    assert_eq!(found.json(), json!({"status": "SUCCEEDED", "output": output}));
    let mut found = case("Broken").json();
    found["output"]["entered"].take();
    let failure = json!({"Error": "Sqs.Closed", "Cause": "no queue"});
    let output = json!({"asked": asked, "failure": failure, "entered": null});
    assert_eq!(found, json!({"status": "SUCCEEDED", "output": output}));
    let cause = "The mock 'AlwaysBusy' has no response for invocation 1 of the state 'Ask'.";
    let line = json!({"status": "FAILED", "error": "States.Runtime", "cause": cause});
    assert_eq!(case("TooBusy").json(), line);
}

#[test]
fn time_begins_where_it_is_told_and_moves_as_if_it_had_been_waited() {
    let run = || {
        let options = "-q --json --wait-scale 0 --mock MockConfigFile.json --case Broken \
                       --now 2026-01-31T12:00:00+01:00 --seed 7 --history history.json";
        let project = project();
        let entered = project.run(options).json()["output"]["entered"].take();
        let input = project.history()[0]["executionStartedEventDetails"]["input"].take();
        (entered.as_str().unwrap()[..16].to_owned(), input)
    };
    let (entered, _) = run();
    // Retries after 10 and 20 minutes, then a day.
    assert_eq!(entered, "2026-02-01T11:30");
}

#[test]
fn equal_seeds_give_equal_numbers() {
    let flow = r#"{"StartAt": "Draw", "States": {"Draw": {"Type": "Pass", "End": true, "Parameters":
        {"id.$": "States.UUID()", "name.$": "$$.Execution.Name"}}}}"#;
    let project = Project::new(&[("flow.asl.json", flow)]);
    let run = |seed| project.run(&format!("-q --seed {seed}")).stdout;
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}

#[test]
fn what_cannot_be_used_is_told() {
    let check = |options: &str, expected: &str| {
        let found = project().run(options);
        assert_eq!(found.code, 2);
        assert!(found.stderr.contains(expected), "{}", found.stderr);
    };
    let mocks = "--mock MockConfigFile.json --case";
    check(
        &format!("{mocks} Sad"),
        "error: MockConfigFile.json:2:45: there is no test case 'Sad' (there are: Happy, Broken, TooBusy)",
    );
    check("--mock none.json --case Happy", "cannot read the mocks none.json: No such file");
    check("--mock MockConfigFile.json", "--case <NAME>");
    check("--wait-scale much", "expected a number that is not negative, such as 0 or 0.1");
    check("--now yesterday", "expected a time such as 2026-01-31T12:00:00Z");
}
