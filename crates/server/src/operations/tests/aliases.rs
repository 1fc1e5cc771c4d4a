//! Aliases.

use super::Server;

const ALIAS: &str = r#"{"stateMachineAliasArn": "@stateMachine:F:PROD"}"#;
const ROUTED: &str =
    r#", "routingConfiguration": [{"stateMachineVersionArn": "@stateMachine:F:1", "weight": 100}]"#;

async fn server() -> Server {
    let server = Server::new();
    server.create("F", r#", "publish": true"#).await;
    let update = r#"{"stateMachineArn": "@stateMachine:F", "definition": OTHER, "publish": true}"#;
    server.send("UpdateStateMachine", update).await.unwrap();
    server
}

fn create(members: &str) -> String {
    format!(r#"{{"name": "PROD"{members}}}"#)
}

fn routes(routes: &[(&str, u32)]) -> String {
    let item = |(arn, weight): &(&str, u32)| {
        format!(r#"{{"stateMachineVersionArn": "@stateMachine:{arn}", "weight": {weight}}}"#)
    };
    let items: Vec<String> = routes.iter().map(item).collect();
    format!(r#", "routingConfiguration": [{}]"#, items.join(", "))
}

#[tokio::test]
async fn an_alias_is_made_once() {
    let server = server().await;
    let made = r#"{"stateMachineAliasArn":"@stateMachine:F:PROD","creationDate":NOW}"#;
    let differs = "ConflictException: Failed to create alias because an alias with the same name and a different routing configuration already exists.";
    let check = async |members: &str, expected: &str| {
        server.check("CreateStateMachineAlias", &create(members), expected).await;
    };
    check(ROUTED, made).await;
    check(ROUTED, made).await;
    check(&format!(r#"{ROUTED}, "description": "d""#), differs).await;
    check(&routes(&[("F:2", 100)]), differs).await;
}

#[tokio::test]
async fn routes_lead_to_versions_of_one_machine() {
    let server = server().await;
    server.create("G", r#", "publish": true"#).await;
    for (given, expected) in [
        (
            routes(&[("F", 70), ("F:2", 30)]),
            "ValidationException: Routing configuration must contain state machine version ARNs. Received: [@stateMachine:F, @stateMachine:F:2]",
        ),
        (
            routes(&[("F:1", 50), ("F:1", 50)]),
            "ValidationException: Routing configuration must contain distinct state machine version ARNs. Received: [@stateMachine:F:1, @stateMachine:F:1]",
        ),
        (
            routes(&[("F:1", 70), ("F:2", 29)]),
            "ValidationException: Sum of routing configuration weights must equal 100. Received: [70, 29]",
        ),
        (
            routes(&[("F:1", 50), ("G:1", 50)]),
            "ValidationException: Routing configuration must contain versions of the same state machine.",
        ),
        (
            routes(&[("F:9", 100)]),
            "ResourceNotFound: Request references a resource that does not exist.",
        ),
        (
            routes(&[("H:1", 100)]),
            "ResourceNotFound: Request references a resource that does not exist.",
        ),
    ] {
        server.check("CreateStateMachineAlias", &create(&given), expected).await;
    }
}

#[tokio::test]
async fn an_alias_is_changed_described_listed_and_deleted() {
    let server = server().await;
    server.send("CreateStateMachineAlias", &create(ROUTED)).await.unwrap();
    let update =
        |members: &str| format!(r#"{{"stateMachineAliasArn": "@stateMachine:F:PROD"{members}}}"#);
    let nothing = server.answer("UpdateStateMachineAlias", &update("")).await;
    assert!(nothing.starts_with("ValidationException: "), "{nothing}");
    let updated = r#"{"updateDate":NOW}"#;
    server.check("UpdateStateMachineAlias", &update(r#", "description": "d""#), updated).await;
    server
        .check("UpdateStateMachineAlias", &update(&routes(&[("F:1", 50), ("F:2", 50)])), updated)
        .await;
    server
        .check(
            "DescribeStateMachineAlias",
            ALIAS,
            concat!(
                r#"{"stateMachineAliasArn":"@stateMachine:F:PROD","name":"PROD","description":"d","#,
                r#""routingConfiguration":[{"stateMachineVersionArn":"@stateMachine:F:1","weight":50},"#,
                r#"{"stateMachineVersionArn":"@stateMachine:F:2","weight":50}],"creationDate":NOW,"updateDate":NOW}"#,
            ),
        )
        .await;
    let listed = r#"{"stateMachineAliases":[{"stateMachineAliasArn":"@stateMachine:F:PROD","creationDate":NOW}]}"#;
    for arn in ["@stateMachine:F", "@stateMachine:F:1", "@stateMachine:F:2"] {
        let body = format!(r#"{{"stateMachineArn": "{arn}"}}"#);
        server.check("ListStateMachineAliases", &body, listed).await;
    }
    server
        .check(
            "DeleteStateMachineVersion",
            r#"{"stateMachineVersionArn": "@stateMachine:F:1"}"#,
            "ConflictException: Version to be deleted must not be referenced by an alias. Current list of aliases referencing this version: [PROD]",
        )
        .await;
    server.check("DeleteStateMachineAlias", ALIAS, "{}").await;
    server.check("DeleteStateMachineAlias", ALIAS, "{}").await;
    let absent = "ResourceNotFound: Request references a resource that does not exist.";
    server.check("DescribeStateMachineAlias", ALIAS, absent).await;
    server.check("UpdateStateMachineAlias", &update(r#", "description": "d""#), absent).await;
    server
        .check(
            "DescribeStateMachineAlias",
            r#"{"stateMachineAliasArn": "@stateMachine:F:1"}"#,
            "InvalidArn: Invalid Arn: '@stateMachine:F:1'",
        )
        .await;
    server
        .check(
            "ListStateMachineAliases",
            r#"{"stateMachineArn": "@stateMachine:H"}"#,
            "StateMachineDoesNotExist: State Machine Does Not Exist: '@stateMachine:H'",
        )
        .await;
}

#[tokio::test]
async fn executions_of_an_alias_are_told_from_others() {
    let server = server().await;
    server.send("CreateStateMachineAlias", &create(ROUTED)).await.unwrap();
    for (arn, name) in [("F", "plain"), ("F:1", "version"), ("F:PROD", "alias")] {
        let body = format!(r#"{{"stateMachineArn": "@stateMachine:{arn}", "name": "{name}"}}"#);
        server.send("StartExecution", &body).await.unwrap();
    }
    let names = async |arn: &str| {
        let body = format!(r#"{{"stateMachineArn": "@stateMachine:{arn}"}}"#);
        let answer = server.send("ListExecutions", &body).await.unwrap();
        let executions = answer.get("executions").and_then(|list| list.as_array()).unwrap();
        let name = |execution: &faastlane_value::Value| {
            execution.get("name").and_then(|name| name.as_str()).unwrap_or_default().to_owned()
        };
        executions.iter().map(name).collect::<Vec<_>>()
    };
    assert_eq!(names("F").await, ["alias", "version", "plain"]);
    assert_eq!(names("F:1").await, ["alias", "version"]);
    assert_eq!(names("F:PROD").await, ["alias"]);
    let described = r#"{"executionArn": "@execution:F:alias"}"#;
    let alias = server.member("DescribeExecution", described, "stateMachineAliasArn").await;
    let version = server.member("DescribeExecution", described, "stateMachineVersionArn").await;
    assert!(alias.ends_with(":F:PROD\"") && version.ends_with(":F:1\""), "{alias} {version}");
}
