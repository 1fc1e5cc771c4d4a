//! Tags.

use super::Server;

#[tokio::test]
async fn machines_and_activities_have_tags() {
    let server = Server::new();
    server.create("F", r#", "publish": true, "tags": [{"key": "a", "value": "1"}]"#).await;
    server
        .send("CreateActivity", r#"{"name": "a", "tags": [{"key": "b", "value": ""}]}"#)
        .await
        .unwrap();
    let machine = r#"{"resourceArn": "@stateMachine:F"}"#;
    server.check("ListTagsForResource", machine, r#"{"tags":[{"key":"a","value":"1"}]}"#).await;
    server
        .check(
            "ListTagsForResource",
            r#"{"resourceArn": "@activity:a"}"#,
            r#"{"tags":[{"key":"b","value":""}]}"#,
        )
        .await;
    let tag = r#"{"resourceArn": "@stateMachine:F", "tags": [{"key": "a", "value": "2"}, {"key": "c", "value": "3"}]}"#;
    server.check("TagResource", tag, "{}").await;
    let untag = r#"{"resourceArn": "@stateMachine:F", "tagKeys": ["c", "x"]}"#;
    server.check("UntagResource", untag, "{}").await;
    server.check("ListTagsForResource", machine, r#"{"tags":[{"key":"a","value":"2"}]}"#).await;
    for arn in ["@stateMachine:F:1", "@stateMachine:G", "@activity:b", "@execution:F:e"] {
        let expected = format!("ResourceNotFound: Resource not found: '{arn}'");
        let body = format!(r#"{{"resourceArn": "{arn}"}}"#);
        server.check("ListTagsForResource", &body, &expected).await;
        let body = format!(r#"{{"resourceArn": "{arn}", "tags": []}}"#);
        server.check("TagResource", &body, &expected).await;
        let body = format!(r#"{{"resourceArn": "{arn}", "tagKeys": []}}"#);
        server.check("UntagResource", &body, &expected).await;
    }
}

#[tokio::test]
async fn a_resource_has_fifty_tags() {
    let server = Server::new();
    server.create("F", "").await;
    let tags = |from: u32, to: u32| {
        let tag = |number: u32| format!(r#"{{"key": "k{number}", "value": "v"}}"#);
        let tags: Vec<String> = (from..to).map(tag).collect();
        format!(r#"{{"resourceArn": "@stateMachine:F", "tags": [{}]}}"#, tags.join(","))
    };
    server.check("TagResource", &tags(0, 50), "{}").await;
    server.check("TagResource", &tags(10, 50), "{}").await;
    server
        .check("TagResource", &tags(50, 51), "TooManyTags: A resource can have at most 50 tags.")
        .await;
    let keyless = r#"{"resourceArn": "@stateMachine:F", "tags": [{"value": "v"}]}"#;
    server.check("TagResource", keyless, "ValidationException: A tag needs a key").await;
    let odd = r#"{"resourceArn": "@stateMachine:F", "tags": [{"key": "a!", "value": "v"}]}"#;
    let refused = server.answer("TagResource", odd).await;
    assert!(refused.starts_with("ValidationException: "), "{refused}");
}
