//! State machines: made, changed, described, listed and deleted.

use super::Server;

#[tokio::test]
async fn a_machine_is_made_once() {
    let server = Server::new();
    let create =
        |members: &str| format!(r#"{{"name": "F", "definition": PASS, "roleArn": ROLE{members}}}"#);
    let made = r#"{"stateMachineArn":"@stateMachine:F","creationDate":NOW}"#;
    let exists = "StateMachineAlreadyExists: State Machine Already Exists: '@stateMachine:F'";
    let check = async |body: String, expected: &str| {
        server.check("CreateStateMachine", &body, expected).await;
    };
    check(create(""), made).await;
    check(create(""), made).await;
    check(create(r#", "type": "STANDARD", "publish": false"#), made).await;
    check(create(r#", "tags": [{"key": "k", "value": "v"}]"#), made).await;
    check(create("").replace("ROLE", r#""arn:aws:iam::123456789012:role/other""#), made).await;
    check(create("").replace("PASS", "OTHER"), exists).await;
    check(create(r#", "type": "EXPRESS""#), exists).await;
    check(create(r#", "tracingConfiguration": {"enabled": true}"#), exists).await;
    check(create(r#", "publish": true"#), exists).await;
}

#[tokio::test]
async fn a_machine_is_published_with_its_making() {
    let server = Server::new();
    let create =
        |members: &str| format!(r#"{{"name": "F", "definition": PASS, "roleArn": ROLE{members}}}"#);
    let made = r#"{"stateMachineArn":"@stateMachine:F","creationDate":NOW,"stateMachineVersionArn":"@stateMachine:F:1"}"#;
    let check = async |body: String, expected: &str| {
        server.check("CreateStateMachine", &body, expected).await;
    };
    check(
        create(r#", "versionDescription": "d""#),
        "ValidationException: Version description can only be set when publish is true",
    )
    .await;
    check(create(r#", "publish": true, "versionDescription": "d""#), made).await;
    check(create(r#", "publish": true, "versionDescription": "d""#), made).await;
    check(
        create(r#", "publish": true, "versionDescription": "e""#),
        "StateMachineAlreadyExists: State Machine Already Exists: '@stateMachine:F'",
    )
    .await;
}

#[tokio::test]
async fn a_machine_that_cannot_be_is_refused() {
    let server = Server::new();
    for (body, expected) in [
        (
            r#"{"name": "x y", "definition": PASS, "roleArn": ROLE}"#,
            "InvalidName: Invalid Name: 'x y'",
        ),
        (
            r#"{"name": "F", "definition": PASS, "roleArn": "me"}"#,
            "InvalidArn: Invalid Role Arn: 'me'",
        ),
        (
            r#"{"name": "F", "definition": "{\"StartAt\": \"A\"}", "roleArn": ROLE}"#,
            "InvalidDefinition: Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: These fields are required: [States] at /'",
        ),
        (
            r#"{"name": "F", "definition": PASS, "roleArn": ROLE, "loggingConfiguration": {"level": "ALL"}}"#,
            "InvalidLoggingConfiguration: Invalid Logging Configuration: Must specify exactly one Log Destination.",
        ),
        (
            r#"{"name": "F", "definition": PASS}"#,
            "ValidationException: 1 validation error detected: Value null at 'roleArn' failed to satisfy constraint: Member must not be null",
        ),
        (r#"{"name": 1}"#, "SerializationException: NUMBER_VALUE cannot be converted to String"),
    ] {
        server.check("CreateStateMachine", body, expected).await;
    }
    let tags = vec![r#"{"key": "k", "value": "v"}"#; 51].join(",");
    let body = format!(r#"{{"name": "F", "definition": PASS, "roleArn": ROLE, "tags": [{tags}]}}"#);
    let refused = server.answer("CreateStateMachine", &body).await;
    assert!(refused.starts_with("TooManyTags: "), "{refused}");
    server.check("ListStateMachines", "{}", r#"{"stateMachines":[]}"#).await;
}

#[tokio::test]
async fn a_machine_is_described_with_its_defaults() {
    let server = Server::new();
    server.create("F", "").await;
    let describe = r#"{"stateMachineArn": "@stateMachine:F"}"#;
    server
        .check(
            "DescribeStateMachine",
            describe,
            concat!(
                r#"{"stateMachineArn":"@stateMachine:F","name":"F","status":"ACTIVE","type":"STANDARD","#,
                r#""creationDate":NOW,"definition":PASS,"roleArn":ROLE,"#,
                r#""loggingConfiguration":{"includeExecutionData":false,"level":"OFF"},"#,
                r#""tracingConfiguration":{"enabled":false},"encryptionConfiguration":{"type":"AWS_OWNED_KEY"}}"#,
            ),
        )
        .await;
    for (body, expected) in [
        (r#"{"stateMachineArn": "F"}"#, "InvalidArn: Invalid Arn: 'Invalid ARN prefix: F'"),
        (
            r#"{"stateMachineArn": "@activity:F"}"#,
            "InvalidArn: Invalid Arn: 'Resource type not valid in this context: activity'",
        ),
        (
            r#"{"stateMachineArn": "@stateMachine:G"}"#,
            "StateMachineDoesNotExist: State Machine Does Not Exist: '@stateMachine:G'",
        ),
        (
            r#"{"stateMachineArn": "@stateMachine:F:7"}"#,
            "StateMachineDoesNotExist: State Machine Does Not Exist: '@stateMachine:F:7'",
        ),
    ] {
        server.check("DescribeStateMachine", body, expected).await;
    }
    let labeled =
        server.answer("DescribeStateMachine", r#"{"stateMachineArn": "@stateMachine:F/L"}"#).await;
    assert!(labeled.starts_with("ValidationException: "), "{labeled}");
    let metadata = r#"{"stateMachineArn": "@stateMachine:F", "includedData": "METADATA_ONLY"}"#;
    assert_eq!(server.member("DescribeStateMachine", metadata, "definition").await, "\"{}\"");
}

#[tokio::test]
async fn a_change_makes_a_revision() {
    let server = Server::new();
    server.create("F", "").await;
    let describe = r#"{"stateMachineArn": "@stateMachine:F"}"#;
    let update = |members: &str| format!(r#"{{"stateMachineArn": "@stateMachine:F"{members}}}"#);
    let revision = async || server.member("DescribeStateMachine", describe, "revisionId").await;
    assert_eq!(revision().await, "");
    server
        .check("UpdateStateMachine", &update(r#", "definition": PASS"#), r#"{"updateDate":NOW}"#)
        .await;
    let first = server
        .member("UpdateStateMachine", &update(r#", "definition": OTHER"#), "revisionId")
        .await;
    assert_eq!((first.len(), revision().await), (38, first.clone()));
    // The same once more is no change.
    let again = server
        .member("UpdateStateMachine", &update(r#", "definition": OTHER"#), "revisionId")
        .await;
    assert_eq!(again, first);
    let logging = r#", "loggingConfiguration": {"includeExecutionData": true}"#;
    assert_ne!(server.member("UpdateStateMachine", &update(logging), "revisionId").await, first);
    let published = update(r#", "definition": PASS, "publish": true, "versionDescription": "d""#);
    let version = server.member("UpdateStateMachine", &published, "stateMachineVersionArn").await;
    assert!(version.ends_with(":stateMachine:F:1\""), "{version}");
    for (members, expected) in [
        (
            "",
            "MissingRequiredParameter: Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified",
        ),
        (
            r#", "publish": true"#,
            "MissingRequiredParameter: Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified",
        ),
        (r#", "roleArn": "me""#, "InvalidArn: Invalid Role Arn: 'me'"),
        (
            r#", "definition": "{}""#,
            "InvalidDefinition: Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: These fields are required: [States, StartAt] at /'",
        ),
        (
            r#", "definition": PASS, "versionDescription": "d""#,
            "ValidationException: Version description can only be set when publish is true",
        ),
    ] {
        server.check("UpdateStateMachine", &update(members), expected).await;
    }
    for arn in ["@stateMachine:G", "@stateMachine:F:1"] {
        let body = format!(r#"{{"stateMachineArn": "{arn}", "definition": PASS}}"#);
        let expected = format!("StateMachineDoesNotExist: State Machine Does Not Exist: '{arn}'");
        server.check("UpdateStateMachine", &body, &expected).await;
    }
}

#[tokio::test]
async fn machines_are_listed_page_by_page() {
    let server = Server::new();
    for name in ["A", "B", "C"] {
        server.create(name, "").await;
    }
    let listed = |name: &str| {
        format!(
            r#"{{"stateMachineArn":"@stateMachine:{name}","name":"{name}","type":"STANDARD","creationDate":NOW}}"#
        )
    };
    let token = server.member("ListStateMachines", r#"{"maxResults": 2}"#, "nextToken").await;
    let second = format!(r#"{{"maxResults": 2, "nextToken": {token}}}"#);
    let expected = format!(r#"{{"stateMachines":[{}]}}"#, listed("C"));
    server.check("ListStateMachines", &second, &expected).await;
    let all = format!(r#"{{"stateMachines":[{},{},{}]}}"#, listed("A"), listed("B"), listed("C"));
    server.check("ListStateMachines", "{}", &all).await;
    server
        .check(
            "ListStateMachines",
            r#"{"nextToken": "x"}"#,
            "InvalidToken: Invalid Token: 'Invalid token'",
        )
        .await;
    let other = format!(r#"{{"nextToken": {token}}}"#);
    server.check("ListActivities", &other, "InvalidToken: Invalid Token: 'Invalid token'").await;
}

#[tokio::test]
async fn what_runs_of_a_deleted_machine_is_stopped() {
    let server = Server::new();
    server.create("F", r#", "publish": true"#).await;
    let machine = r#"{"stateMachineArn": "@stateMachine:F"}"#;
    server
        .send("StartExecution", r#"{"stateMachineArn": "@stateMachine:F", "name": "e"}"#)
        .await
        .unwrap();
    server.check("DeleteStateMachine", machine, "{}").await;
    server
        .check(
            "StartExecution",
            machine,
            "StateMachineDeleting: State Machine is being deleted: '@stateMachine:F'",
        )
        .await;
    assert_eq!(server.member("DescribeStateMachine", machine, "status").await, "\"DELETING\"");
    server
        .check(
            "CreateStateMachine",
            r#"{"name": "F", "definition": PASS, "roleArn": ROLE}"#,
            "StateMachineDeleting: State Machine is being deleted: '@stateMachine:F'",
        )
        .await;
    let execution = r#"{"executionArn": "@execution:F:e"}"#;
    while server.member("DescribeExecution", execution, "status").await == "\"RUNNING\"" {
        tokio::task::yield_now().await;
    }
    assert_eq!(server.member("DescribeExecution", execution, "status").await, "\"ABORTED\"");
    server
        .check(
            "DescribeStateMachine",
            machine,
            "StateMachineDoesNotExist: State Machine Does Not Exist: '@stateMachine:F'",
        )
        .await;
    // Deleting what is not there is no mistake.
    server.check("DeleteStateMachine", machine, "{}").await;
    let version =
        server.answer("DeleteStateMachine", r#"{"stateMachineArn": "@stateMachine:F:1"}"#).await;
    assert!(version.starts_with("ValidationException: "), "{version}");
}
