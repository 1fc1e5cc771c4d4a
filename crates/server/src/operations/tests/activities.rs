//! Activities, and what workers and callbacks say; definitions and states that are only looked at.

use super::Server;

const ACTIVITY: &str = r#"{"activityArn": "@activity:a"}"#;
const ABSENT: &str = "ActivityDoesNotExist: Activity Does Not Exist: '@activity:a'";

#[tokio::test]
async fn an_activity_is_made_once() {
    let server = Server::new();
    let made = r#"{"activityArn":"@activity:a","creationDate":NOW}"#;
    server.check("CreateActivity", r#"{"name": "a"}"#, made).await;
    server
        .check("CreateActivity", r#"{"name": "a", "tags": [{"key": "k", "value": "v"}]}"#, made)
        .await;
    let encrypted = r#"{"name": "a", "encryptionConfiguration": {"type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": "k"}}"#;
    server
        .check(
            "CreateActivity",
            encrypted,
            "ActivityAlreadyExists: Activity Already Exists: '@activity:a'",
        )
        .await;
    server
        .check("CreateActivity", r#"{"name": "x y$"}"#, "InvalidName: Invalid Name: 'x y$'")
        .await;
    server
        .check(
            "DescribeActivity",
            ACTIVITY,
            r#"{"activityArn":"@activity:a","name":"a","creationDate":NOW,"encryptionConfiguration":{"type":"AWS_OWNED_KEY"}}"#,
        )
        .await;
    let listed = r#"{"activities":[{"activityArn":"@activity:a","name":"a","creationDate":NOW}]}"#;
    server.check("ListActivities", "{}", listed).await;
    server.check("DeleteActivity", ACTIVITY, "{}").await;
    server.check("DeleteActivity", ACTIVITY, "{}").await;
    server.check("DescribeActivity", ACTIVITY, ABSENT).await;
    server.check("GetActivityTask", ACTIVITY, ABSENT).await;
    server
        .check(
            "DescribeActivity",
            r#"{"activityArn": "a"}"#,
            "InvalidArn: Invalid Arn: 'Invalid ARN prefix: a'",
        )
        .await;
}

#[tokio::test]
async fn a_worker_gets_a_task_or_nothing() {
    let server = Server::new();
    server.send("CreateActivity", r#"{"name": "a"}"#).await.unwrap();
    let worker = r#"{"activityArn": "@activity:a", "workerName": "w"}"#;
    server.check("GetActivityTask", worker, r#"{"taskToken":"t","input":"{}"}"#).await;
    assert_eq!(
        server.executions.asked(),
        ["w at arn:aws:states:us-east-1:123456789012:activity:a"]
    );
    server.check("GetActivityTask", ACTIVITY, "{}").await;
}

#[tokio::test]
async fn tokens_that_nobody_waits_for_are_told_apart() {
    let server = Server::new();
    for (token, expected) in [
        ("good", "{}"),
        ("late", "TaskTimedOut: Task Timed Out: 'Provided task does not exist anymore'"),
        ("gone", "TaskDoesNotExist: Task Does Not Exist: 'Provided task does not exist anymore'"),
        ("fake", "InvalidToken: Invalid Token: 'Invalid token'"),
    ] {
        let body = |members: &str| format!(r#"{{"taskToken": "{token}"{members}}}"#);
        server.check("SendTaskSuccess", &body(r#", "output": "[1]""#), expected).await;
        server.check("SendTaskFailure", &body(r#", "error": "E", "cause": "c""#), expected).await;
        server.check("SendTaskHeartbeat", &body(""), expected).await;
    }
    let asked = server.executions.asked();
    assert_eq!(
        asked,
        ["Success(Array [1])", r#"Failure { error: Some("E"), cause: Some("c") }"#, "Heartbeat"]
            .map(|text| text
                .replace("Array [1]", &format!("{:?}", faastlane_value::Value::array([1.into()]))))
    );
    server
        .check(
            "SendTaskSuccess",
            r#"{"taskToken": "good", "output": "{"}"#,
            "InvalidOutput: Invalid Output: 'Unexpected end-of-input: expected close marker for Object (start marker at [Source: (String)\"{\"; line: 1, column: 1])'",
        )
        .await;
}

#[tokio::test]
async fn definitions_and_states_are_looked_at() {
    let server = Server::new();
    server
        .check(
            "ValidateStateMachineDefinition",
            r#"{"definition": PASS}"#,
            r#"{"diagnostics":[],"result":"OK","truncated":false}"#,
        )
        .await;
    server
        .check(
            "TestState",
            r#"{"definition": "{\"Type\": \"Pass\", \"Result\": 1, \"Next\": \"B\"}"}"#,
            r#"{"output":"1","nextState":"B","status":"SUCCEEDED"}"#,
        )
        .await;
    server
        .check(
            "TestState",
            r#"{"definition": "{\"Type\": \"Task\", \"Resource\": \"arn:aws:lambda:us-east-1:123456789012:function:f\", \"End\": true}", "roleArn": ROLE}"#,
            r#"{"error":"Nobody","status":"FAILED"}"#,
        )
        .await;
    server
        .check("Explode", "{}", "UnknownOperationException: There is no operation 'Explode'")
        .await;
}
