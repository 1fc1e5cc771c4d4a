//! Versions.

use super::Server;

const MACHINE: &str = r#"{"stateMachineArn": "@stateMachine:F"}"#;

#[tokio::test]
async fn a_revision_is_published_once() {
    let server = Server::new();
    server.create("F", "").await;
    let published = |number: u32| {
        format!(r#"{{"creationDate":NOW,"stateMachineVersionArn":"@stateMachine:F:{number}"}}"#)
    };
    server.check("PublishStateMachineVersion", MACHINE, &published(1)).await;
    server.check("PublishStateMachineVersion", MACHINE, &published(1)).await;
    let of = |revision: &str| {
        format!(
            r#"{{"stateMachineArn": "@stateMachine:F", "revisionId": {revision}, "description": "d"}}"#
        )
    };
    server.check("PublishStateMachineVersion", &of(r#""INITIAL""#), &published(1)).await;
    let update = r#"{"stateMachineArn": "@stateMachine:F", "definition": OTHER}"#;
    let revision = server.member("UpdateStateMachine", update, "revisionId").await;
    let current = revision.trim_matches('"');
    server
        .check(
            "PublishStateMachineVersion",
            &of(r#""INITIAL""#),
            &format!("ConflictException: Failed to publish the State Machine version for revision INITIAL. The current State Machine revision is {current}."),
        )
        .await;
    server.check("PublishStateMachineVersion", &of(&revision), &published(2)).await;
    let second = r#"{"stateMachineArn": "@stateMachine:F:2"}"#;
    assert_eq!(server.member("DescribeStateMachine", second, "description").await, "\"d\"");
    assert_eq!(server.member("DescribeStateMachine", second, "revisionId").await, revision);
    let first = server
        .member("DescribeStateMachine", r#"{"stateMachineArn": "@stateMachine:F:1"}"#, "definition")
        .await;
    assert!(first.contains(r#"\"A\""#), "{first}");
    server
        .check(
            "PublishStateMachineVersion",
            second,
            "StateMachineDoesNotExist: State Machine Does Not Exist: '@stateMachine:F:2'",
        )
        .await;
}

#[tokio::test]
async fn versions_are_listed_newest_first_and_numbers_are_not_used_again() {
    let server = Server::new();
    server.create("F", "").await;
    for definition in ["OTHER", "PASS", "OTHER"] {
        let update = format!(
            r#"{{"stateMachineArn": "@stateMachine:F", "definition": {definition}, "publish": true}}"#
        );
        server.send("UpdateStateMachine", &update).await.unwrap();
    }
    let listed = |numbers: &[u32]| {
        let version = |number: &u32| {
            format!(r#"{{"stateMachineVersionArn":"@stateMachine:F:{number}","creationDate":NOW}}"#)
        };
        let versions: Vec<String> = numbers.iter().map(version).collect();
        format!(r#"{{"stateMachineVersions":[{}]}}"#, versions.join(","))
    };
    server.check("ListStateMachineVersions", MACHINE, &listed(&[3, 2, 1])).await;
    let first = r#"{"stateMachineArn": "@stateMachine:F", "maxResults": 2}"#;
    let token = server.member("ListStateMachineVersions", first, "nextToken").await;
    let second = format!(r#"{{"stateMachineArn": "@stateMachine:F", "nextToken": {token}}}"#);
    server.check("ListStateMachineVersions", &second, &listed(&[1])).await;
    let delete = r#"{"stateMachineVersionArn": "@stateMachine:F:3"}"#;
    server.check("DeleteStateMachineVersion", delete, "{}").await;
    server.check("DeleteStateMachineVersion", delete, "{}").await;
    let published =
        server.member("PublishStateMachineVersion", MACHINE, "stateMachineVersionArn").await;
    assert!(published.ends_with(":F:4\""), "{published}");
    server
        .check(
            "ListStateMachineVersions",
            r#"{"stateMachineArn": "@stateMachine:G"}"#,
            "InvalidArn: Invalid Arn: '@stateMachine:G'",
        )
        .await;
    let machine = server
        .answer("DeleteStateMachineVersion", r#"{"stateMachineVersionArn": "@stateMachine:F"}"#)
        .await;
    assert!(machine.starts_with("ValidationException: "), "{machine}");
}

#[tokio::test]
async fn a_version_runs_what_it_was() {
    let server = Server::new();
    server.create("F", r#", "publish": true"#).await;
    let update = r#"{"stateMachineArn": "@stateMachine:F", "definition": OTHER}"#;
    server.send("UpdateStateMachine", update).await.unwrap();
    let start = r#"{"stateMachineArn": "@stateMachine:F:1", "name": "e"}"#;
    server
        .check("StartExecution", start, r#"{"executionArn":"@execution:F:e","startDate":NOW}"#)
        .await;
    let execution = r#"{"executionArn": "@execution:F:e"}"#;
    let version = server.member("DescribeExecution", execution, "stateMachineVersionArn").await;
    assert!(version.ends_with(":F:1\""), "{version}");
    server
        .check(
            "DescribeStateMachineForExecution",
            execution,
            concat!(
                r#"{"stateMachineArn":"@stateMachine:F","name":"F","updateDate":NOW,"definition":PASS,"roleArn":ROLE,"#,
                r#""loggingConfiguration":{"includeExecutionData":false,"level":"OFF"},"#,
                r#""tracingConfiguration":{"enabled":false},"encryptionConfiguration":{"type":"AWS_OWNED_KEY"}}"#,
            ),
        )
        .await;
    server
        .check(
            "DescribeStateMachineForExecution",
            r#"{"executionArn": "@execution:F:x"}"#,
            "ExecutionDoesNotExist: Execution Does Not Exist: '@execution:F:x'",
        )
        .await;
}
