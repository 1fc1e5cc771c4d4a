//! Executions: names, inputs, ends, lists.

use faastlane_store::Status;

use super::Server;

const EXECUTION: &str = r#"{"executionArn": "@execution:F:e"}"#;

fn start(machine: &str, members: &str) -> String {
    format!(r#"{{"stateMachineArn": "@stateMachine:{machine}"{members}}}"#)
}

/// An ARN that is not part of a request.
fn arn(rest: &str) -> String {
    format!("arn:aws:states:us-east-1:123456789012:{rest}")
}

#[tokio::test]
async fn a_name_is_taken_by_an_execution_with_its_input() {
    let server = Server::new();
    server.create("F", "").await;
    let started = r#"{"executionArn":"@execution:F:e","startDate":NOW}"#;
    let exists = "ExecutionAlreadyExists: Execution Already Exists: '@execution:F:e'";
    let check = async |members: &str, expected: &str| {
        server.check("StartExecution", &start("F", members), expected).await;
    };
    check(r#", "name": "e""#, started).await;
    check(r#", "name": "e""#, started).await;
    check(r#", "name": "e", "input": "{}""#, started).await;
    check(r#", "name": "e", "input": "{ }""#, exists).await;
    server.executions.end(&arn("execution:F:e"), Status::Succeeded, Some("1"));
    check(r#", "name": "e""#, exists).await;
    check("", r#"{"executionArn":"@execution:F:generated","startDate":NOW}"#).await;
}

#[tokio::test]
async fn an_execution_that_cannot_start_is_refused_for_the_first_reason() {
    let server = Server::new();
    server.create("F", "").await;
    let not_json = "InvalidExecutionInput: Invalid State Machine Execution Input: 'Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')'";
    for (body, expected) in [
        (start("F", r#", "input": "not JSON""#), not_json),
        (
            start("F", r#", "input": """#),
            "InvalidExecutionInput: Invalid State Machine Execution Input: 'Invalid execution input.'",
        ),
        (start("F", r#", "name": "a b", "input": "not JSON""#), "InvalidName: Invalid Name: 'a b'"),
        (
            start("G", r#", "name": "a b""#),
            "StateMachineDoesNotExist: State Machine Does Not Exist: '@stateMachine:G'",
        ),
        (
            start("F:9", ""),
            "StateMachineDoesNotExist: State Machine Does Not Exist: '@stateMachine:F:9'",
        ),
        (
            r#"{"stateMachineArn": "F"}"#.to_owned(),
            "InvalidArn: Invalid Arn: 'Invalid ARN prefix: F'",
        ),
    ] {
        server.check("StartExecution", &body, expected).await;
    }
    let labeled = server.answer("StartExecution", &start("F/L", "")).await;
    assert!(labeled.starts_with("ValidationException: "), "{labeled}");
    for (at, input) in ["0", "null", "[]", r#"\"text\""#].iter().enumerate() {
        let body = start("F", &format!(r#", "name": "n{at}", "input": "{input}""#));
        assert!(server.send("StartExecution", &body).await.is_ok(), "{input}");
    }
}

#[tokio::test]
async fn a_test_case_stands_behind_the_arn() {
    let server = Server::new();
    server.create("F", "").await;
    let started = r#"{"executionArn":"@execution:F:e","startDate":NOW}"#;
    server.check("StartExecution", &start("F#Happy", r#", "name": "e""#), started).await;
    assert_eq!(server.executions.asked(), [format!("{} with Happy", arn("execution:F:e"))]);
}

#[tokio::test]
async fn an_execution_is_described_in_each_status() {
    let server = Server::new();
    server.create("F", "").await;
    let describe = async |name: &str, end: Option<(Status, Option<&str>)>, expected: &str| {
        let members = format!(r#", "name": "{name}", "input": "[1]", "traceHeader": "Root=1""#);
        server.send("StartExecution", &start("F", &members)).await.unwrap();
        if let Some((status, text)) = end {
            server.executions.end(&arn(&format!("execution:F:{name}")), status, text);
        }
        let body = format!(r#"{{"executionArn": "@execution:F:{name}"}}"#);
        let stopped = if end.is_some() { r#""stopDate":1700000001.123,"# } else { "" };
        let (status, rest) = expected.split_once('|').unwrap();
        let (output, rest) = rest.split_once('|').unwrap();
        let expected = format!(
            r#"{{"executionArn":"@execution:F:{name}","stateMachineArn":"@stateMachine:F","name":"{name}","status":"{status}","startDate":NOW,{stopped}"input":"[1]","inputDetails":{{"included":true}},{output}"traceHeader":"Root=1",{rest}}}"#
        );
        server.check("DescribeExecution", &body, &expected).await;
    };
    describe(
        "a",
        None,
        r#"RUNNING||"redriveCount":0,"redriveStatus":"NOT_REDRIVABLE","redriveStatusReason":"Execution is RUNNING and cannot be redriven""#,
    )
    .await;
    describe(
        "b",
        Some((Status::Succeeded, Some("2"))),
        r#"SUCCEEDED|"output":"2","outputDetails":{"included":true},|"redriveCount":0,"redriveStatus":"NOT_REDRIVABLE","redriveStatusReason":"Execution is SUCCEEDED and cannot be redriven""#,
    )
    .await;
    describe(
        "c",
        Some((Status::Failed, Some("E"))),
        r#"FAILED||"error":"E","redriveCount":0,"redriveStatus":"REDRIVABLE""#,
    )
    .await;
    describe(
        "d",
        Some((Status::Aborted, None)),
        r#"ABORTED||"redriveCount":0,"redriveStatus":"REDRIVABLE""#,
    )
    .await;
    let metadata = r#"{"executionArn": "@execution:F:b", "includedData": "METADATA_ONLY"}"#;
    let answer = server.answer("DescribeExecution", metadata).await;
    assert!(answer.contains(r#""outputDetails":{"included":false}"#), "{answer}");
    assert!(!answer.contains(r#""output":"#) && !answer.contains(r#""input":"#), "{answer}");
    for (arn, expected) in [
        ("@execution:F:x", "ExecutionDoesNotExist: Execution Does Not Exist: '@execution:F:x'"),
        (
            "@express:F:x:u",
            "InvalidArn: Invalid Arn: 'Resource type not valid in this context: express'",
        ),
        ("x", "InvalidArn: Invalid Arn: 'Invalid ARN prefix: x'"),
    ] {
        let body = format!(r#"{{"executionArn": "{arn}"}}"#);
        server.check("DescribeExecution", &body, expected).await;
    }
}

#[tokio::test]
async fn an_execution_is_stopped_and_goes_on() {
    let server = Server::new();
    server.create("F", "").await;
    server.send("StartExecution", &start("F", r#", "name": "e""#)).await.unwrap();
    let refused = "ExecutionNotRedrivable: Execution Not Redrivable: 'Execution is RUNNING and cannot be redriven'";
    server.check("RedriveExecution", EXECUTION, refused).await;
    let stopped = r#"{"stopDate":1700000001.123}"#;
    let stop = r#"{"executionArn": "@execution:F:e", "error": "E", "cause": "c"}"#;
    server.check("StopExecution", stop, stopped).await;
    server.check("StopExecution", EXECUTION, stopped).await;
    assert_eq!(server.member("DescribeExecution", EXECUTION, "error").await, "\"E\"");
    let redriven = r#"{"redriveDate":1700000002.123}"#;
    let redrive = r#"{"executionArn": "@execution:F:e", "clientToken": "t"}"#;
    server.check("RedriveExecution", redrive, redriven).await;
    // The client has not heard the answer, and asks again.
    server.check("RedriveExecution", redrive, redriven).await;
    server.check("RedriveExecution", EXECUTION, refused).await;
    assert_eq!(server.member("DescribeExecution", EXECUTION, "redriveCount").await, "1");
    assert_eq!(
        server.member("DescribeExecution", EXECUTION, "redriveDate").await,
        "1700000002.123"
    );
    let absent = r#"{"executionArn": "@execution:F:x"}"#;
    for operation in ["StopExecution", "RedriveExecution"] {
        let expected = "ExecutionDoesNotExist: Execution Does Not Exist: '@execution:F:x'";
        server.check(operation, absent, expected).await;
        let express = "InvalidArn: Invalid Arn: 'Resource type not valid in this context: express'";
        server.check(operation, r#"{"executionArn": "@express:F:e:u"}"#, express).await;
    }
}

#[tokio::test]
async fn executions_are_listed_by_filters_and_pages() {
    let server = Server::new();
    server.create("F", "").await;
    for name in ["a", "b", "c"] {
        let members = format!(r#", "name": "{name}""#);
        server.send("StartExecution", &start("F", &members)).await.unwrap();
    }
    server.executions.end(&arn("execution:F:a"), Status::Failed, None);
    server.executions.end(&arn("execution:F:b"), Status::Failed, None);
    server.send("RedriveExecution", r#"{"executionArn": "@execution:F:b"}"#).await.unwrap();
    let listed = |name: &str, status: &str, rest: &str| {
        format!(
            r#"{{"executionArn":"@execution:F:{name}","stateMachineArn":"@stateMachine:F","name":"{name}","status":"{status}","startDate":NOW,{rest}}}"#
        )
    };
    let a = listed("a", "FAILED", r#""stopDate":1700000001.123,"redriveCount":0"#);
    let b = listed("b", "RUNNING", r#""redriveCount":1,"redriveDate":1700000002.123"#);
    let c = listed("c", "RUNNING", r#""redriveCount":0"#);
    let check = async |members: &str, expected: &[&String]| {
        let list: Vec<&str> = expected.iter().map(|item| item.as_str()).collect();
        let expected = format!(r#"{{"executions":[{}]}}"#, list.join(","));
        server.check("ListExecutions", &start("F", members), &expected).await;
    };
    check("", &[&c, &b, &a]).await;
    check(r#", "statusFilter": "RUNNING""#, &[&c, &b]).await;
    check(r#", "statusFilter": "SUCCEEDED""#, &[]).await;
    check(r#", "redriveFilter": "REDRIVEN""#, &[&b]).await;
    check(r#", "redriveFilter": "NOT_REDRIVEN", "statusFilter": "FAILED""#, &[&a]).await;
    let token =
        server.member("ListExecutions", &start("F", r#", "maxResults": 2"#), "nextToken").await;
    check(&format!(r#", "maxResults": 2, "nextToken": {token}"#), &[&a]).await;
    let invalid = "InvalidToken: Invalid Token: 'Invalid token'";
    let other = start("F", &format!(r#", "statusFilter": "RUNNING", "nextToken": {token}"#));
    server.check("ListExecutions", &other, invalid).await;
}

#[tokio::test]
async fn lists_have_an_owner_that_is_there() {
    let server = Server::new();
    server.create("F", "").await;
    server.create("X", r#", "type": "EXPRESS""#).await;
    for (body, expected) in [
        (
            start("G", ""),
            "StateMachineDoesNotExist: State Machine Does Not Exist: '@stateMachine:G'",
        ),
        (
            start("X", ""),
            "StateMachineTypeNotSupported: This operation is not supported by this type of state machine",
        ),
        (
            r#"{"mapRunArn": "@mapRun:F/L:u"}"#.to_owned(),
            "ResourceNotFound: Resource not found: '@mapRun:F/L:u'",
        ),
    ] {
        server.check("ListExecutions", &body, expected).await;
    }
    for body in [
        "{}".to_owned(),
        start("F", r#", "mapRunArn": "@mapRun:F/L:u""#),
        start("F", r#", "statusFilter": "PENDING_REDRIVE""#),
    ] {
        let refused = server.answer("ListExecutions", &body).await;
        assert!(refused.starts_with("ValidationException: "), "{refused}");
    }
}

#[tokio::test]
async fn an_express_execution_is_waited_for() {
    let server = Server::new();
    server.create("F", "").await;
    server.create("X", r#", "type": "EXPRESS""#).await;
    let check = async |input: &str, members: &str, status: &str, rest: &str| {
        let body = start("X", &format!(r#", "name": "e", "input": "{input}"{members}"#));
        let expected = format!(
            r#"{{"executionArn":"@express:X:e:uuid","stateMachineArn":"@stateMachine:X","name":"e","startDate":NOW,"stopDate":1700000000.224,"input":"{input}","inputDetails":{{"included":true}},"billingDetails":{{"billedDurationInMilliseconds":200,"billedMemoryUsedInMB":64}},"status":"{status}"{rest}}}"#
        );
        server.check("StartSyncExecution", &body, &expected).await;
    };
    check("[1]", "", "SUCCEEDED", r#","output":"[1]","outputDetails":{"included":true}"#).await;
    check(r#"\"fail\""#, "", "FAILED", r#","error":"E","cause":"c""#).await;
    check(r#"\"late\""#, "", "TIMED_OUT", r#","error":"States.Timeout""#).await;
    let metadata = start("X", r#", "includedData": "METADATA_ONLY""#);
    let answer = server.answer("StartSyncExecution", &metadata).await;
    assert!(
        answer.contains(r#""inputDetails":{"included":false}"#) && !answer.contains(r#""input":"#),
        "{answer}"
    );
    server
        .check(
            "StartSyncExecution",
            &start("F", ""),
            "StateMachineTypeNotSupported: This operation is not supported by this type of state machine",
        )
        .await;
}
