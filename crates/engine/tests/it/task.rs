//! Task states: what is called with what, and what comes of results, failures and clocks.

use faastlane_engine::TaskTarget;

use crate::driver::{Answer, Case, START, Script, Word, check_with, single};

/// Checks what the first task calls: target and input.
fn check_call(state: &str, input: &'static str, target: &str, event: &str) {
    let run = Case::new(single(state), input, &[]).run();
    let (_, request) = &run.requests[0];
    let called = match &request.target {
        TaskTarget::Function(name) => name.to_string(),
        TaskTarget::Service(service) => format!("{} {}", service.service, service.action),
        TaskTarget::Activity(arn) => arn.to_string(),
    };
    assert_eq!((called.as_str(), request.input.to_json().as_str()), (target, event), "{state}");
}

#[test]
fn a_resource_says_what_is_called() {
    let task =
        |resource: &str| format!(r#"{{"Type": "Task", "Resource": "{resource}", "End": true}}"#);
    let function = "arn:aws:lambda:us-east-1:123456789012:function:f:1";
    check_call(&task(function), "5", function, "5");
    check_call(&task("f"), "5", "f", "5");
    let activity = "arn:aws:states:us-east-1:123456789012:activity:a";
    check_call(&task(activity), "5", activity, "5");
    check_call(&task("arn:aws:states:::sqs:sendMessage"), "5", "sqs sendMessage", "5");
    check_call(&task("arn:aws:states:::aws-sdk:s3:getObject"), "5", "aws-sdk:s3 getObject", "5");
}

#[test]
fn lambda_invoke_takes_its_parameters_apart() {
    let invoke = |parameters: &str| {
        format!(
            r#"{{"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {{"FunctionName": "f" {parameters}}}, "End": true}}"#
        )
    };
    check_call(&invoke(r#", "Payload.$": "$""#), r#"{"a": 1}"#, "f", r#"{"a":1}"#);
    check_call(&invoke(""), "1", "f", "{}");
    check_call(&invoke(r#", "Payload": null"#), "1", "f", "{}");
    check_call(&invoke(r#", "Payload": 7, "Qualifier": "live""#), "1", "f:live", "7");
    // A text is the JSON text of the event.
    check_call(&invoke(r#", "Payload": " [1, \"a\"] ""#), "1", "f", r#"[1,"a"]"#);
    check_call(&invoke(r#", "Payload": "\"a\"""#), "1", "f", r#""a""#);
}

#[test]
fn lambda_invoke_refuses_what_it_cannot_send() {
    check_with(
        &[],
        single(
            r#"{"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f", "Payload": "a"}, "End": true}"#,
        ),
        "1",
        "FAILED Lambda.InvalidRequestContentException: Could not parse request body into json: Could not parse payload into json: line 1, column 1: expected value (Service: AWSLambda; Status Code: 400; Error Code: InvalidRequestContentException)",
    );
    check_with(
        &[],
        single(
            r#"{"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName.$": "$"}, "End": true}"#,
        ),
        "1",
        r#"FAILED States.Runtime: An error occurred while executing the state 'S' (entered at the event id #2). The Parameters '{"FunctionName":1}' could not be used to start the Task: [The field "FunctionName" is required but was missing]"#,
    );
}

#[test]
fn results_come_bare_or_in_an_envelope() {
    let script: Script = &[("S", &[Answer::Returns("7")])];
    check_with(
        script,
        single(r#"{"Type": "Task", "Resource": "f", "End": true}"#),
        "1",
        "SUCCEEDED 7",
    );
    check_with(
        script,
        single(
            r#"{"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f"}, "End": true}"#,
        ),
        "1",
        r#"SUCCEEDED {"ExecutedVersion":"$LATEST","Payload":7,"SdkHttpMetadata":{"AllHttpHeaders":{},"HttpHeaders":{},"HttpStatusCode":200},"SdkResponseMetadata":{"RequestId":"request"},"StatusCode":200}"#,
    );
}

#[test]
fn a_detached_call_is_not_waited_for() {
    let run = Case::new(
        single(r#"{"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f", "InvocationType": "Event"}, "End": true}"#),
        "1",
        &[("S", &[Answer::Hangs])],
    )
    .run();
    assert_eq!(run.result(), r#"SUCCEEDED {"Payload":"","StatusCode":202}"#);
    assert!(run.requests[0].1.detached);
}

#[test]
fn failures_carry_error_and_cause() {
    let cause = r#"{"errorType": "E", "errorMessage": "m"}"#;
    let script: Script =
        &[("S", &[Answer::Fails("E", r#"{"errorType": "E", "errorMessage": "m"}"#)])];
    check_with(
        script,
        single(r#"{"Type": "Task", "Resource": "f", "End": true}"#),
        "1",
        &format!("FAILED E: {cause}"),
    );
    check_with(
        script,
        single(
            r#"{"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f"}, "End": true}"#,
        ),
        "1",
        r#"FAILED E: {"errorType":"E","errorMessage":"m"}"#,
    );
}

/// Checks the end of a task that hangs, and when it comes.
fn check_clock(script: Script, fields: &str, seconds: i64, expected: &str) {
    let state = format!(r#"{{"Type": "Task", {fields}, "End": true}}"#);
    let run = Case::new(single(&state), r#"{"t": 3}"#, script).run();
    let last = run.history().last().expect("an execution has a history");
    assert_eq!(
        (run.result().as_str(), last.time.0 - START.0),
        (expected, seconds * 1000),
        "{fields}"
    );
}

#[test]
fn tasks_that_take_too_long_time_out() {
    let hangs: Script = &[("S", &[Answer::Hangs])];
    let expected = "FAILED States.Timeout: -";
    check_clock(hangs, r#""Resource": "f", "TimeoutSeconds": 5"#, 5, expected);
    check_clock(hangs, r#""Resource": "f", "TimeoutSecondsPath": "$.t""#, 3, expected);
    check_clock(
        &[("S", &[Answer::After(4, "7")])],
        r#""Resource": "f", "TimeoutSeconds": 5"#,
        4,
        "SUCCEEDED 7",
    );
    // The heart of a function beats for nobody.
    check_clock(
        hangs,
        r#""Resource": "f", "HeartbeatSeconds": 2, "TimeoutSeconds": 5"#,
        5,
        expected,
    );
}

#[test]
fn hearts_that_stop_time_out() {
    let activity = r#""Resource": "arn:aws:states:us-east-1:123456789012:activity:a""#;
    let expected = "FAILED States.HeartbeatTimeout: -";
    let fields = format!(r#"{activity}, "HeartbeatSeconds": 2"#);
    // Their clocks begin when a worker has the task.
    let script: Script = &[("S", &[Answer::Says(&[(4, Word::Started(None))])])];
    check_clock(script, &fields, 6, expected);
    let script: Script =
        &[("S", &[Answer::Says(&[(4, Word::Started(None)), (5, Word::Beats), (6, Word::Beats)])])];
    check_clock(script, &fields, 8, expected);
    let fields = format!(r#"{activity}, "HeartbeatSecondsPath": "$.t", "TimeoutSeconds": 4"#);
    let script: Script =
        &[("S", &[Answer::Says(&[(4, Word::Started(None)), (5, Word::Beats), (7, Word::Beats)])])];
    check_clock(script, &fields, 8, "FAILED States.Timeout: -");
    let fields =
        r#""Resource": "arn:aws:states:::sns:publish.waitForTaskToken", "HeartbeatSeconds": 2"#;
    check_clock(&[("S", &[Answer::Hangs])], fields, 2, expected);
    check_clock(&[("S", &[Answer::Beats(3, 1)])], fields, 5, expected);
}

#[test]
fn results_over_the_limit_fail_the_task() {
    let run = |fields: &str| {
        let state = format!(r#"{{"Type": "Task", "Resource": "arn:f" {fields}, "End": true}}"#);
        let mut case = Case::new(single(&state), "1", &[("S", &[Answer::Returns("\"12345678\"")])]);
        case.limits.payload_bytes = Some(9);
        case.run().result()
    };
    let cause = "The state/task 'arn:f' returned a result with a size exceeding the maximum number of bytes service limit.";
    assert_eq!(run(""), format!("FAILED States.DataLimitExceeded: {cause}"));
}

#[test]
fn outputs_over_the_limit_fail_the_execution() {
    let state = r#"{"Type": "Pass", "Result": "12345678", "End": true}"#;
    let mut case = Case::new(single(state), "1", &[]);
    case.limits.payload_bytes = Some(9);
    assert_eq!(
        case.run().result(),
        "FAILED States.DataLimitExceeded: The state/task 'S' returned a result with a size exceeding the maximum number of bytes service limit."
    );
}
