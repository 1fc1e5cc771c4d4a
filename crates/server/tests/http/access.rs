//! Who is let in.

use std::net::SocketAddr;
use std::sync::Arc;

use faastlane_server::http::{BindError, Handler, Limits, Listen, Server, Token};

use crate::client::{ask, operation, request};
use crate::server::{Echo, Running, options};

const TOKEN: &str = "0123456789abcdef";

#[test]
fn with_a_token_nobody_else_is_let_in() {
    let server = Running::with_token(TOKEN);
    let sigv4 = format!(
        "AWS4-HMAC-SHA256 Credential={TOKEN}/20260101/us-east-1/states/aws4_request, Signature=0"
    );
    let bearer = format!("Bearer {TOKEN}");
    let check = |start: &str, authorization: &str, status: u16| {
        let target = ("X-Amz-Target", "AWSStepFunctions.StartExecution");
        let headers = [target, ("Authorization", authorization)];
        let reply = ask(server.address, request(start, &headers, "{}")).unwrap();
        assert_eq!(reply.status, status, "{start} {authorization}: {reply:?}");
        assert!(!reply.body.contains(TOKEN));
    };
    let function = "POST /2015-03-31/functions/add/invocations";
    for start in ["POST /", function, "GET /metrics", "GET /_faastlane/logs?after=0"] {
        check(start, &sigv4, 200);
        check(start, &bearer, 200);
        check(start, "Bearer 0123456789abcdee", 403);
        check(
            start,
            "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/states/aws4_request",
            403,
        );
        check(start, "", 403);
    }
    check("GET /healthz", "", 200);
    let reply = ask(server.address, operation("StartExecution", "{}")).unwrap();
    assert_eq!(reply.header("x-amzn-errortype"), Some("UnrecognizedClientException"));
}

#[test]
fn pages_in_browsers_start_nothing() {
    let server = Running::new(Limits::default());
    let check = |header: (&str, &str), status: u16| {
        let function = "POST /2015-03-31/functions/add/invocations";
        for start in ["POST /", function, "GET /_faastlane/logs"] {
            let headers = [("X-Amz-Target", "AWSStepFunctions.StartExecution"), header];
            let reply = ask(server.address, request(start, &headers, "{}")).unwrap();
            assert_eq!(reply.status, status, "{start} {header:?}");
            // No page may read an answer.
            assert_eq!(reply.header("access-control-allow-origin"), None);
        }
    };
    check(("Origin", "http://evil.example"), 403);
    check(("Origin", "null"), 403);
    check(("Origin", "http://127.0.0.1:8083"), 403);
    check(("Sec-Fetch-Site", "same-origin"), 403);
    check(("Referer", "http://evil.example/x"), 403);
    check(("User-Agent", "Mozilla/5.0 (X11; Linux x86_64)"), 403);
    check(("Content-Type", "text/plain"), 415);
    check(("Content-Type", "multipart/form-data; boundary=x"), 415);
    check(("Content-Type", "application/x-www-form-urlencoded"), 200);
    check(("Content-Type", "application/octet-stream"), 200);
    // A page that asks first, as browsers do for such headers, is not told yes.
    let preflight = [("Origin", "http://evil.example"), ("Access-Control-Request-Method", "POST")];
    let reply = ask(server.address, request("OPTIONS /", &preflight, "")).unwrap();
    assert_eq!(reply.status, 405);
    assert_eq!(reply.header("access-control-allow-origin"), None);
}

#[test]
fn addresses_that_others_reach_need_a_token() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let check = |address: &str, token: Option<&str>, insecure: bool, is_refused: bool| {
        let address: SocketAddr = address.parse().unwrap();
        let token = token.map(|token| Token::new(token).unwrap());
        let mut options = options(vec![Listen { address, token }], Limits::default());
        options.insecure = insecure;
        let handler: Arc<dyn Handler> = Arc::new(Echo);
        let bound = runtime.block_on(async { Server::bind(options, &handler).map(drop) });
        assert_eq!(matches!(bound, Err(BindError::Open(_))), is_refused, "{address}: {bound:?}");
    };
    check("127.0.0.1:0", None, false, false);
    check("127.9.9.9:0", None, false, false);
    check("[::ffff:127.0.0.1]:0", None, false, false);
    check("0.0.0.0:0", None, false, true);
    check("[::]:0", None, false, true);
    check("192.0.2.1:0", None, false, true);
    check("0.0.0.0:0", None, true, false);
    check("0.0.0.0:0", Some(TOKEN), false, false);
}

#[test]
fn a_port_that_is_taken_is_named() {
    let server = Running::new(Limits::default());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let options = options(vec![Listen { address: server.address, token: None }], Limits::default());
    let handler: Arc<dyn Handler> = Arc::new(Echo);
    let error = runtime.block_on(async { Server::bind(options, &handler).map(drop) }).unwrap_err();
    let text = error.to_string();
    assert!(text.contains(&server.address.to_string()) && text.contains("--port"), "{text}");
}
