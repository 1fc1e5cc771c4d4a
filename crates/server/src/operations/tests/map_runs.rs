//! Map runs and their children.

use std::sync::Arc;

use faastlane_store::{Change, Child, MapRun, Status};

use super::{NOW, Server};

const RUN: &str = "arn:aws:states:us-east-1:123456789012:mapRun:F/L:u";

/// A server with a map run of one child that failed.
async fn server(status: Status) -> Server {
    let server = Server::new();
    server.create("F", "").await;
    let start = r#"{"stateMachineArn": "@stateMachine:F", "name": "e"}"#;
    server.send("StartExecution", start).await.unwrap();
    let run = MapRun {
        arn: RUN.to_owned(),
        execution_arn: "arn:aws:states:us-east-1:123456789012:execution:F:e".to_owned(),
        status,
        started: NOW,
        stopped: (status != Status::Running).then_some(NOW + 1000),
        max_concurrency: 2,
        tolerated_count: 1,
        tolerated_percentage: 0.0,
        redrive_count: 0,
        redriven: None,
        counts: r#"{"itemCounts": {"failed": 1, "total": 1}, "executionCounts": {"failed": 1, "total": 1, "pendingRedrive": 0}}"#.to_owned(),
    };
    let child = Child {
        arn: "arn:aws:states:us-east-1:123456789012:execution:F/L:c".to_owned(),
        map_run_arn: Arc::from(RUN),
        name: "c".to_owned(),
        status: Status::Failed,
        started: NOW,
        stopped: Some(NOW + 1000),
        redrive_count: 0,
        redriven: None,
        item_count: Some(1),
        input: "{}".to_owned(),
        output: None,
        error: Some("E".to_owned()),
        cause: None,
    };
    let changes = [Change::MapRun(Box::new(run)), Change::Child(Box::new(child))];
    server.store.commit(&changes).unwrap();
    server
}

#[tokio::test]
async fn a_map_run_is_listed_and_described() {
    let server = server(Status::Failed).await;
    server
        .check(
            "ListMapRuns",
            r#"{"executionArn": "@execution:F:e"}"#,
            r#"{"mapRuns":[{"executionArn":"@execution:F:e","mapRunArn":"@mapRun:F/L:u","stateMachineArn":"@stateMachine:F/L","startDate":NOW,"stopDate":1700000001.123}]}"#,
        )
        .await;
    server
        .check(
            "DescribeMapRun",
            r#"{"mapRunArn": "@mapRun:F/L:u"}"#,
            concat!(
                r#"{"mapRunArn":"@mapRun:F/L:u","executionArn":"@execution:F:e","status":"FAILED","startDate":NOW,"#,
                r#""stopDate":1700000001.123,"maxConcurrency":2,"toleratedFailureCount":1,"toleratedFailurePercentage":0.0,"#,
                r#""itemCounts":{"pending":0,"running":0,"succeeded":0,"failed":1,"timedOut":0,"aborted":0,"total":1,"resultsWritten":0},"#,
                r#""executionCounts":{"pending":0,"running":0,"succeeded":0,"failed":1,"timedOut":0,"aborted":0,"total":1,"resultsWritten":0,"pendingRedrive":0},"#,
                r#""redriveCount":0}"#,
            ),
        )
        .await;
    server
        .check(
            "DescribeMapRun",
            r#"{"mapRunArn": "@mapRun:F/L:x"}"#,
            "ResourceNotFound: Resource not found: '@mapRun:F/L:x'",
        )
        .await;
    server
        .check(
            "ListMapRuns",
            r#"{"executionArn": "@execution:F:x"}"#,
            "ExecutionDoesNotExist: Execution Does Not Exist: '@execution:F:x'",
        )
        .await;
}

#[tokio::test]
async fn children_are_executions_of_the_map_state() {
    let server = server(Status::Failed).await;
    server
        .check(
            "ListExecutions",
            r#"{"mapRunArn": "@mapRun:F/L:u"}"#,
            r#"{"executions":[{"executionArn":"@execution:F/L:c","stateMachineArn":"@stateMachine:F/L","name":"c","status":"FAILED","startDate":NOW,"stopDate":1700000001.123,"mapRunArn":"@mapRun:F/L:u","itemCount":1,"redriveCount":0}]}"#,
        )
        .await;
    let none = r#"{"mapRunArn": "@mapRun:F/L:u", "statusFilter": "PENDING_REDRIVE"}"#;
    server.check("ListExecutions", none, r#"{"executions":[]}"#).await;
    let child = r#"{"executionArn": "@execution:F/L:c"}"#;
    assert_eq!(
        server.member("DescribeExecution", child, "redriveStatus").await,
        "\"REDRIVABLE_BY_MAP_RUN\""
    );
    assert_eq!(server.member("DescribeStateMachineForExecution", child, "label").await, "\"L\"");
    let refused = server.answer("RedriveExecution", child).await;
    assert!(refused.starts_with("ExecutionNotRedrivable: "), "{refused}");
    // Those of the machine are the ones that were started.
    let listed = server.answer("ListExecutions", r#"{"stateMachineArn": "@stateMachine:F"}"#).await;
    assert!(!listed.contains("F/L"), "{listed}");
}

#[tokio::test]
async fn a_map_run_is_changed_while_it_runs() {
    let running = server(Status::Running).await;
    let update = r#"{"mapRunArn": "@mapRun:F/L:u", "maxConcurrency": 5, "toleratedFailurePercentage": 12.5}"#;
    running.check("UpdateMapRun", update, "{}").await;
    let asked = format!(
        "{RUN}: MapRunChange {{ max_concurrency: Some(5), tolerated_failure_count: None, tolerated_failure_percentage: Some(12.5) }}"
    );
    assert_eq!(running.executions.asked(), [asked]);
    let nothing = running.send("UpdateMapRun", r#"{"mapRunArn": "@mapRun:F/L:u"}"#).await;
    assert!(format!("{nothing:?}").contains("MISSING_REQUIRED_PARAMETER"), "{nothing:?}");
    let over = server(Status::Succeeded).await.send("UpdateMapRun", update).await;
    assert!(format!("{over:?}").contains("CANNOT_UPDATE_COMPLETED_MAP_RUN"), "{over:?}");
}
