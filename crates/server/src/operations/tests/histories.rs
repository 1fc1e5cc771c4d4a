//! Histories: pages in both directions, with and without data.

use std::sync::Arc;

use faastlane_store::Change;

use super::Server;

fn event(id: u64) -> String {
    format!(
        r#"{{"id":{id},"stateEnteredEventDetails":{{"input":"{id}","inputDetails":{{"truncated":false}}}}}}"#
    )
}

/// A server with an execution of seven events, which were recorded in parts.
async fn server() -> Server {
    let server = Server::new();
    server.create("F", "").await;
    let start = r#"{"stateMachineArn": "@stateMachine:F", "name": "e"}"#;
    server.send("StartExecution", start).await.unwrap();
    let execution: Arc<str> = "arn:aws:states:us-east-1:123456789012:execution:F:e".into();
    for (first, last) in [(1, 3), (4, 4), (5, 7)] {
        let events: Vec<String> = (first..=last).map(event).collect();
        let (execution, events) = (Arc::clone(&execution), format!("[{}]", events.join(",")));
        server.store.commit(&[Change::Recorded { execution, first, last, events }]).unwrap();
    }
    server
}

fn body(members: &str) -> String {
    format!(r#"{{"executionArn": "@execution:F:e"{members}}}"#)
}

#[tokio::test]
async fn pages_join_to_the_whole_history() {
    let server = server().await;
    let ids = async |members: &str| {
        let answer = server.send("GetExecutionHistory", &body(members)).await.unwrap();
        let events = answer.get("events").and_then(|events| events.as_array()).unwrap();
        let ids: Vec<i64> =
            events.iter().filter_map(|event| event.get("id")?.as_number()?.as_i64()).collect();
        (ids, answer.get("nextToken").map(|token| token.to_json()))
    };
    for (order, expected) in
        [("", [1, 2, 3, 4, 5, 6, 7]), (r#", "reverseOrder": true"#, [7, 6, 5, 4, 3, 2, 1])]
    {
        assert_eq!(ids(order).await, (expected.to_vec(), None));
        for size in 1..=8 {
            let (mut found, mut token) = (Vec::new(), None::<String>);
            loop {
                let next =
                    token.map(|token| format!(r#", "nextToken": {token}"#)).unwrap_or_default();
                let (page, more) = ids(&format!(r#"{order}, "maxResults": {size}{next}"#)).await;
                assert!(page.len() <= size && (more.is_none() || page.len() == size));
                found.extend(page);
                token = more;
                if token.is_none() {
                    break;
                }
            }
            assert_eq!(found, expected, "{order} {size}");
        }
    }
}

#[tokio::test]
async fn tokens_go_one_way() {
    let server = server().await;
    let token =
        server.member("GetExecutionHistory", &body(r#", "maxResults": 2"#), "nextToken").await;
    let back = body(&format!(r#", "reverseOrder": true, "nextToken": {token}"#));
    server
        .check("GetExecutionHistory", &back, "InvalidToken: Invalid Token: 'Invalid token'")
        .await;
}

#[tokio::test]
async fn data_is_left_out_where_nobody_wants_it() {
    let server = server().await;
    let expected = format!(r#"{{"events":[{}]"#, event(1));
    let answer = server.answer("GetExecutionHistory", &body(r#", "maxResults": 1"#)).await;
    assert!(answer.starts_with(&expected), "{answer}");
    let answer = server
        .answer("GetExecutionHistory", &body(r#", "maxResults": 1, "includeExecutionData": false"#))
        .await;
    let expected =
        r#"{"events":[{"id":1,"stateEnteredEventDetails":{"inputDetails":{"truncated":true}}}]"#;
    assert!(answer.starts_with(expected), "{answer}");
}

#[tokio::test]
async fn only_standard_executions_have_one() {
    let server = server().await;
    for (arn, expected) in [
        ("@execution:F:x", "ExecutionDoesNotExist: Execution Does Not Exist: '@execution:F:x'"),
        (
            "@express:F:e:u",
            "InvalidArn: Invalid Arn: 'Resource type not valid in this context: express'",
        ),
    ] {
        let body = format!(r#"{{"executionArn": "{arn}"}}"#);
        server.check("GetExecutionHistory", &body, expected).await;
    }
}
