//! Mock files: what is read, and what is said of one that cannot be used.

use faastlane_asl::{MachineType, StateMachine};
use faastlane_testing::mocks::{MockFile, inline};
use faastlane_value::located;

fn machine() -> StateMachine {
    let text = r#"{"StartAt": "Pay", "States": {
        "Pay": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
                "Parameters": {"QueueUrl": "q", "MessageBody.$": "$$.Task.Token"}, "Next": "Done"},
        "Done": {"Type": "Pass", "End": true}}}"#;
    let root = located::parse(text).unwrap();
    let (machine, diagnostics) = faastlane_asl::read(&root, MachineType::Standard);
    machine.unwrap_or_else(|| panic!("{diagnostics:?}"))
}

/// A file with one machine, one case and one mock.
fn file(state: &str, mock: &str, responses: &str) -> String {
    format!(
        "{{\"StateMachines\": {{\"Orders\": {{\"TestCases\": {{\"Busy\": {{\"{state}\": \"{mock}\"}}}}}}}},\n\
         \"MockedResponses\": {{\"Slow\": {responses}}}}}"
    )
}

const RETURNS: &str = r#"{"0": {"Return": 1}}"#;

fn read(text: &str, machine_name: &str, case: &str) -> Result<bool, String> {
    let mocks = MockFile::parse(text).and_then(|file| file.case(machine_name, case, &machine()));
    mocks.map(|mocks| mocks.has("Pay")).map_err(|error| error.to_string())
}

#[test]
fn a_case_is_found() {
    let text = file("Pay", "Slow", r#"{"0-1": {"Throw": {"Error": "E"}}, "2": {"Return": null}}"#);
    let check = |machine: &str, case: &str| assert_eq!(read(&text, machine, case), Ok(true));
    check("Orders", "Busy");
    check("named-otherwise", "Busy");
    check("named-otherwise", "Orders#Busy");
    check("named-otherwise", "arn:aws:states:us-east-1:123456789012:stateMachine:Orders#Busy");
}

#[test]
fn the_first_mistake_is_told_with_its_place() {
    #[track_caller]
    fn check(text: &str, case: &str, expected: &str) {
        assert_eq!(read(text, "Orders", case), Err(expected.to_owned()));
    }
    let responses = |responses: &str, expected: &str| {
        check(&file("Pay", "Slow", responses), "Busy", expected);
    };
    check("{", "Busy", "1:2: this is not JSON: the text ends inside an object");
    check("{}", "Busy", "1:1: the member 'StateMachines' is missing");
    check(
        r#"{"StateMachines": {}, "MockedResponse": {}}"#,
        "Busy",
        "1:1: the member 'MockedResponses' is missing",
    );
    let good = file("Pay", "Slow", RETURNS);
    check(&good, "Idle", "1:44: there is no test case 'Idle' (there are: Busy)");
    check(
        &good,
        "Other#Busy",
        "1:19: there are no mocks for the state machine 'Other' (there are some for: Orders)",
    );
    check(
        &file("Buy", "Slow", RETURNS),
        "Busy",
        "1:54: the machine has no state 'Buy' (its Task states: Pay)",
    );
    check(
        &file("Done", "Slow", RETURNS),
        "Busy",
        "1:54: 'Done' is a Pass state; only Task states can be mocked",
    );
    check(
        &file("Pay", "Fast", RETURNS),
        "Busy",
        "1:61: MockedResponses has no 'Fast' (there are: Slow)",
    );
    responses("{}", "2:29: a mocked response needs at least the invocation \"0\"");
    responses("3", "2:29: a mocked response is an object of invocations");
    responses(
        r#"{"0-2": {"Return": 1}, "2": {"Return": 2}}"#,
        "2:52: invocation 2 has another response already",
    );
    responses(
        r#"{"0": {"Return": 1}, "3-4": {"Return": 2}}"#,
        "2:50: invocation 1 has no response, only 3 and later ones",
    );
    for key in ["-1", "1-0", "one", ""] {
        let text = format!(r#"{{"{key}": {{"Return": 1}}}}"#);
        let expected =
            format!("2:30: '{key}' is no invocation; write \"0\", or a range as \"1-2\"");
        responses(&text, &expected);
    }
    responses(r#"{"0": {}}"#, "2:35: a response needs 'Return' or 'Throw'");
    responses(
        r#"{"0": {"Return": 1, "Throw": {"Error": "E"}}}"#,
        "2:35: a response has 'Return' or 'Throw', not both",
    );
    responses(r#"{"0": {"Throw": {}}}"#, "2:45: 'Throw' needs the member 'Error'");
    responses(r#"{"0": {"Throw": {"Error": 1}}}"#, "2:55: 'Error' must be a string");
}

#[test]
fn mocks_may_stand_where_they_are_used() {
    let check = |text: &str, expected: Result<bool, &str>| {
        let node = located::parse(text).unwrap();
        let found = inline(&node, &machine()).map(|mocks| mocks.has("Pay"));
        assert_eq!(found.map_err(|error| error.to_string()), expected.map_err(str::to_owned));
    };
    check(r#"{"Pay": {"Return": {"a": 1}}}"#, Ok(true));
    check(r#"{"Pay": {"0": {"Throw": {"Error": "E"}}, "1": {"Return": 1}}}"#, Ok(true));
    check("{}", Ok(false));
    check("[]", Err("1:1: mocks are an object of states and their responses"));
    check(
        r#"{"Buy": {"Return": 1}}"#,
        Err("1:2: the machine has no state 'Buy' (its Task states: Pay)"),
    );
}
