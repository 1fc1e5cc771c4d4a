//! Answers to requests of all kinds.

use faastlane_server::http::Limits;

use crate::client::{Client, Reply, ask, operation, request};
use crate::server::Running;

fn check_error(reply: &Reply, status: u16, code: &str) {
    assert_eq!(reply.status, status, "{reply:?}");
    assert!(reply.body.starts_with("{\"__type\":\""), "{reply:?}");
    assert!(reply.body.contains(&format!("#{code}\",\"message\":\"")), "{reply:?}");
    assert_eq!(reply.header("x-amzn-errortype"), Some(code));
}

#[test]
fn an_operation_is_answered_as_sdks_expect() {
    let server = Running::new(Limits::default());
    let mut client = Client::new(server.address);
    let mut ids = Vec::new();
    // One connection, one request after another.
    for body in ["{\"a\":[1,2.5,\"ü\"]}", "{}", ""] {
        client.send(operation("StartExecution", body));
        let reply = client.reply().unwrap();
        assert_eq!(
            (reply.status, reply.body.as_str()),
            (200, if body.is_empty() { "{}" } else { body })
        );
        assert_eq!(reply.header("content-type"), Some("application/x-amz-json-1.0"));
        ids.push(reply.header("x-amzn-requestid").unwrap().to_owned());
    }
    ids.dedup();
    assert!(ids.len() == 3 && ids.iter().all(|id| id.len() == 36), "{ids:?}");
}

#[test]
fn errors_are_those_of_aws() {
    let server = Running::new(Limits::default());
    let check = |bytes: String, status: u16, code: &str| {
        check_error(&ask(server.address, bytes).unwrap(), status, code);
    };
    check(operation("DescribeExecution", "{}"), 400, "ExecutionDoesNotExist");
    check(operation("DropTables", "{}"), 400, "UnknownOperationException");
    check(request("POST /", &[], "{}"), 400, "UnknownOperationException");
    check(operation("StartExecution", "{"), 400, "SerializationException");
    check(operation("StartExecution", "[]"), 400, "SerializationException");
    check(operation("StartExecution", "null"), 400, "SerializationException");
}

#[test]
fn a_mistake_of_ours_is_told_to_the_log_only() {
    let server = Running::new(Limits::default());
    for name in ["StopExecution", "TestState", "DeleteActivity"] {
        let mut client = Client::new(server.address);
        client.send(operation(name, "{}"));
        let reply = client.reply().unwrap();
        check_error(&reply, 500, "InternalFailure");
        assert!(!reply.body.contains("secret") && !reply.body.contains("panic"), "{reply:?}");
        // The connection goes on.
        client.send(operation("StartExecution", "{}"));
        assert_eq!(client.reply().unwrap().status, 200);
    }
}

#[test]
fn functions_are_invoked() {
    let server = Running::new(Limits::default());
    let check = |name: &str, body: &str| {
        let start = format!("POST /2015-03-31/functions/{name}/invocations");
        ask(server.address, request(&start, &[], body)).unwrap()
    };
    let reply = check("add", "[1, 2]");
    assert_eq!((reply.status, reply.body.as_str()), (200, "[1, 2]"));
    assert_eq!(reply.header("x-amz-executed-version"), Some("$LATEST"));
    assert_eq!(reply.header("x-amz-function-error"), None);
    let reply = check("fails", "{}");
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("x-amz-function-error"), Some("Unhandled"));
    assert_eq!(reply.header("x-amz-log-result"), Some("U1RBUlQKRU5ECg=="));
    assert_eq!(check("later", "{}").status, 202);
    let reply = check("none", "{}");
    assert_eq!(reply.status, 404);
    assert_eq!(reply.header("x-amzn-errortype"), Some("ResourceNotFoundException"));
    assert_eq!(reply.body, r#"{"Type":"User","Message":"Function not found: none"}"#);
    let reply = check("panics", "{}");
    assert_eq!((reply.status, reply.header("x-amzn-errortype")), (500, Some("ServiceException")));
    assert!(!reply.body.contains("secret"));
}

#[test]
fn people_are_told_where_they_are() {
    let server = Running::new(Limits::default());
    let check = |start: &str, status: u16, expected: &str| {
        let reply =
            ask(server.address, request(start, &[("User-Agent", "Mozilla/5.0")], "")).unwrap();
        assert_eq!(reply.status, status, "{start}");
        assert!(reply.body.contains(expected), "{start}: {reply:?}");
        assert!(reply.header("x-amzn-requestid").is_some());
    };
    check("GET /", 404, "AWS_ENDPOINT_URL_SFN");
    check("GET /favicon.ico", 404, "Faastlane");
    check("PUT /", 405, "POST");
    check("GET /healthz", 200, "ok");
    check("GET /metrics", 200, "faastlane_requests_total{operation=\"healthz\",status=\"200\"} 1");
}

#[test]
fn a_trace_of_the_headers_becomes_that_of_the_execution() {
    let server = Running::new(Limits::default());
    let xray = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1";
    let check = |header: (&str, &str), body: &str, expected: &str| {
        let headers = [("X-Amz-Target", "AWSStepFunctions.StartExecution"), header];
        let reply = ask(server.address, request("POST /", &headers, body)).unwrap();
        assert_eq!(reply.body, expected);
    };
    check(("X-Amzn-Trace-Id", xray), "{}", &format!("{{\"traceHeader\":\"{xray}\"}}"));
    check(("X-Amzn-Trace-Id", xray), "{\"traceHeader\":\"own\"}", "{\"traceHeader\":\"own\"}");
    check(("X-Amzn-Trace-Id", "x\"y"), "{}", "{}");
    check(
        ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        "{\"name\":\"n\"}",
        "{\"name\":\"n\",\"traceHeader\":\"Root=1-0af76519-16cd43dd8448eb211c80319c;Parent=b7ad6b7169203331;Sampled=1\"}",
    );
}
