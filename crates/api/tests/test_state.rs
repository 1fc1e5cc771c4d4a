//! Requests of `TestState` and their answers.

use faastlane_api::{Models, Surroundings, test_state};
use faastlane_engine::{ErrorDetails, TaskRequest, Time};
use faastlane_value::{Value, json};

/// A world with one service and functions that give back what they get.
struct World;

impl Models for World {
    fn model(&mut self, service: &str) -> Option<Value> {
        let model = r#"{"operations": {"SendMessage": {"output": {"shape": "Sent"}}}, "shapes": {
            "Sent": {"type": "structure", "required": ["MessageId"], "members": {
                "MessageId": {"shape": "Text"}}},
            "Text": {"type": "string"}}}"#;
        (service == "sqs").then(|| parse(model))
    }
}

impl Surroundings for World {
    fn now(&self) -> Time {
        Time(0)
    }

    fn uuid(&mut self) -> String {
        "1".to_owned()
    }

    fn call(&mut self, request: &TaskRequest) -> Result<Value, ErrorDetails> {
        match request.input.to_json().as_str() {
            "\"bad\"" => {
                Err(ErrorDetails { error: Some("ValueError".into()), cause: Some("no".into()) })
            }
            _ => Ok(request.input.value().clone()),
        }
    }
}

fn parse(text: &str) -> Value {
    json::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// The answer to a request whose definition is `state`; `members` are its other members.
fn answer(state: &str, members: &str) -> String {
    let definition = Value::from(parse(state).to_json()).to_json();
    let request = parse(&format!(r#"{{"definition": {definition}{members}}}"#));
    match test_state(&request, &mut World) {
        Ok(answer) => answer.to_json(),
        Err(error) => error.to_string(),
    }
}

#[track_caller]
fn check(state: &str, members: &str, expected: &str) {
    assert_eq!(answer(state, members), expected);
}

const PAY: &str = r#"{"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:pay",
    "Retry": [{"ErrorEquals": ["Never"]}, {"ErrorEquals": ["Busy"], "IntervalSeconds": 2, "MaxAttempts": 3}],
    "Catch": [{"ErrorEquals": ["ValueError"], "Next": "Refund", "ResultPath": "$.failure"}],
    "ResultPath": "$.paid", "Next": "Ship"}"#;

#[test]
fn a_state_runs_alone() {
    check(
        r#"{"Type": "Pass", "Result": 1, "Next": "Other"}"#,
        "",
        r#"{"output":"1","nextState":"Other","status":"SUCCEEDED"}"#,
    );
    check(
        PAY,
        r#", "roleArn": "r", "input": "{\"a\": 1}""#,
        r#"{"output":"{\"a\": 1, \"paid\": {\"a\": 1}}","nextState":"Ship","status":"SUCCEEDED"}"#,
    );
    check(
        r#"{"Type": "Wait", "Seconds": 86400, "Next": "Later"}"#,
        "",
        r#"{"output":"{}","nextState":"Later","status":"SUCCEEDED"}"#,
    );
    check(PAY, "", "ValidationException: RoleArn must be specified when testing a Task state");
}

#[test]
fn errors_meet_retriers_and_catchers() {
    let mocked = |error: &str, retried: u64| {
        let mock = format!(r#", "mock": {{"errorOutput": {{"error": "{error}", "cause": "c"}}}}"#);
        let configuration =
            format!(r#", "stateConfiguration": {{"retrierRetryCount": {retried}}}"#);
        let answer = answer(PAY, &format!(r#"{mock}{configuration}, "inspectionLevel": "TRACE""#));
        let details =
            parse(&answer).get("inspectionData").and_then(|d| d.get("errorDetails")).cloned();
        let status = parse(&answer).get("status").and_then(Value::as_str).map(str::to_owned);
        (status.unwrap_or_default(), details.map(|details| details.to_json()))
    };
    let check = |error, retried, status: &str, details: Option<&str>| {
        let (found, found_details) = mocked(error, retried);
        assert_eq!((found.as_str(), found_details.as_deref()), (status, details), "{error}");
    };
    let seconds = r#"{"retryIndex":1,"retryBackoffIntervalSeconds":8}"#;
    check("Busy", 2, "RETRIABLE", Some(seconds));
    check("Busy", 3, "FAILED", Some(r#"{"retryIndex":1}"#));
    check("ValueError", 0, "CAUGHT_ERROR", Some(r#"{"catchIndex":0}"#));
    check("Other", 0, "FAILED", None);
}

#[test]
fn every_step_is_shown() {
    check(
        PAY,
        r#", "inspectionLevel": "DEBUG", "input": "{\"a\":1}", "mock": {"result": "[2]"}"#,
        concat!(
            r#"{"output":"{\"a\": 1, \"paid\": [2]}","inspectionData":{"input":"{\"a\": 1}","#,
            r#""afterInputPath":"{\"a\": 1}","afterParameters":"{\"a\": 1}","result":"[2]","#,
            r#""afterResultSelector":"[2]","afterResultPath":"{\"a\": 1, \"paid\": [2]}"},"#,
            r#""nextState":"Ship","status":"SUCCEEDED"}"#,
        ),
    );
    check(
        r#"{"Type": "Pass", "QueryLanguage": "JSONata", "Assign": {"b": "{% $a + 1 %}"}, "End": true}"#,
        r#", "inspectionLevel": "DEBUG", "variables": "{\"a\": 1}""#,
        r#"{"output":"{}","inspectionData":{"input":"{}","variables":"{\"a\": 1, \"b\": 2}"},"status":"SUCCEEDED"}"#,
    );
}

#[test]
fn mocks_must_fit() {
    let send = r#"{"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage",
        "Parameters": {"QueueUrl": "q", "MessageBody": "m"}, "End": true}"#;
    let mode = |result: &str, mode: &str| {
        format!(r#", "mock": {{"result": "{result}", "fieldValidationMode": "{mode}"}}"#)
    };
    check(
        send,
        &mode("{}", "STRICT"),
        "ValidationException: Mock result schema validation error: Required field 'MessageId' is missing",
    );
    check(send, &mode("{}", "PRESENT"), r#"{"output":"{}","status":"SUCCEEDED"}"#);
    let number = r#"{\"MessageId\": 1}"#;
    check(
        send,
        &mode(number, "PRESENT"),
        "ValidationException: Mock result schema validation error: Field 'MessageId' must be a string",
    );
    check(send, &mode(number, "NONE"), r#"{"output":"{\"MessageId\": 1}","status":"SUCCEEDED"}"#);
    check(
        send,
        r#", "mock": {"result": "{}", "errorOutput": {}}"#,
        "ValidationException: A test mock should have only one of the following fields: [result, errorOutput].",
    );
    check(
        send,
        r#", "mock": {"result": "{"}"#,
        "ValidationException: Mocked result must be valid JSON",
    );
    let both = r#"{"Type": "Parallel", "End": true, "Branches": [
        {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}},
        {"StartAt": "B", "States": {"B": {"Type": "Succeed"}}}]}"#;
    check(both, &mode("[1, 2]", "NONE"), r#"{"output":"[1, 2]","status":"SUCCEEDED"}"#);
    check(both, &mode("{}", "NONE"), "ValidationException: Mocked result must be an array.");
    let caused = |name: &str| {
        format!(
            r#", "mock": {{"errorOutput": {{"error": "E"}}}},
               "stateConfiguration": {{"errorCausedByState": "{name}"}}"#
        )
    };
    check(both, &caused("B"), r#"{"error":"E","status":"FAILED"}"#);
    assert!(answer(both, &caused("C")).starts_with("ValidationException: "));
}

#[test]
fn a_state_of_a_machine_is_found_by_its_name() {
    let machine = r#"{"QueryLanguage": "JSONata", "StartAt": "All", "States": {"All": {"Type": "Map",
        "ItemProcessor": {"StartAt": "One", "States": {"One": {"Type": "Pass",
            "Output": "{% $states.context.State.Name %}", "End": true}}}, "End": true}}}"#;
    check(machine, r#", "stateName": "One""#, r#"{"output":"\"StateName\"","status":"SUCCEEDED"}"#);
    check(machine, r#", "stateName": "Two""#, "ValidationException: State not found in definition");
    assert!(answer(r#"{"Type": "Pass"}"#, "").starts_with("InvalidDefinition: "));
}

#[test]
fn the_context_object_is_checked() {
    let pay = |context: &str| {
        answer(PAY, &format!(r#", "mock": {{"result": "1"}}, "context": "{context}""#))
    };
    assert!(pay("{}").contains("SUCCEEDED"));
    assert!(pay(r#"{\"State\": {\"RetryCount\": 1}}"#).contains("SUCCEEDED"));
    for wrong in
        [r#"{\"State\": {\"RetryCount\": \"1\"}}"#, r#"{\"Task\": {\"Token\": \"t\"}}"#, "[]", "{"]
    {
        assert!(pay(wrong).starts_with("ValidationException: Invalid Context object"), "{wrong}");
    }
}

#[test]
fn more_failures_than_a_map_tolerates_fail_it() {
    let map = |fields: &str| {
        format!(
            r#"{{"Type": "Map", "ItemProcessor": {{"ProcessorConfig": {{"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}},
                "StartAt": "One", "States": {{"One": {{"Type": "Succeed"}}}}}}{fields}, "End": true}}"#
        )
    };
    let failed = |count: u32| {
        format!(
            r#", "input": "[1, 2, 3, 4]", "mock": {{"result": "[1]"}},
               "stateConfiguration": {{"mapIterationFailureCount": {count}}}"#
        )
    };
    let check = |fields: &str, count: u32, status: &str| {
        let answer = parse(&answer(&map(fields), &failed(count)));
        assert_eq!(answer.get("status").and_then(Value::as_str), Some(status), "{fields} {count}");
    };
    check(r#", "ToleratedFailureCount": 1"#, 1, "SUCCEEDED");
    check(r#", "ToleratedFailureCount": 1"#, 2, "FAILED");
    check(r#", "ToleratedFailurePercentage": 50"#, 2, "SUCCEEDED");
    check(r#", "ToleratedFailurePercentage": 50"#, 3, "FAILED");
    check("", 2, "SUCCEEDED");
}

#[test]
fn what_an_item_reader_reads_is_given() {
    let map = r#"{"Type": "Map", "ItemReader": {"Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": {"InputType": "JSONL"}, "Parameters": {"Bucket": "b", "Key": "k"}},
        "ItemSelector": {"n.$": "$$.Map.Item.Value.n"},
        "ItemBatcher": {"MaxItemsPerBatch": 2, "BatchInput": {"b": 0}},
        "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "One", "States": {"One": {"Type": "Succeed"}}}, "End": true}"#;
    let members = r#", "inspectionLevel": "DEBUG", "mock": {"result": "[]"},
        "stateConfiguration": {"mapItemReaderData": "{\"n\": 1}\n{\"n\": 2}\n{\"n\": 3}\n"}"#;
    let answer = parse(&answer(map, members));
    let check = |step, expected| {
        let seen = answer.get("inspectionData").and_then(|data| data.get(step));
        assert_eq!(seen.and_then(Value::as_str), Some(expected), "{step}");
    };
    check("afterItemSelector", r#"[{"n": 1}, {"n": 2}, {"n": 3}]"#);
    let first = r#"{"BatchInput": {"b": 0}, "Items": [{"n": 1}, {"n": 2}]}"#;
    let second = r#"{"BatchInput": {"b": 0}, "Items": [{"n": 3}]}"#;
    check("afterItemBatcher", &format!("[{first}, {second}]"));
}
