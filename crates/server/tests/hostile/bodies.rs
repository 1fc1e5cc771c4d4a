//! Bodies that are too long, too deep, or no JSON.

use crate::client::{Client, operation};
use crate::target::{Kind, Target};

pub(crate) const KINDS: &[Kind] = &[
    ("JSON with bytes changed", changed_json),
    ("arrays and objects in one another, a million deep", deep_json),
    ("numbers of a million digits", long_numbers),
    ("half a million members and elements", wide_json),
    ("bodies that are not UTF-8", not_utf8),
    ("texts that are names of files, templates and queries", tricky_names),
    ("compressed bodies", compressed),
    ("a body of 1 GB that is announced", announced_gigabyte),
    ("a body of 1 GB that is sent", sent_gigabyte),
    ("a body of 1 GB in chunks", chunked_gigabyte),
    ("a body in chunks of one byte", tiny_chunks),
    ("chunks of impossible sizes", impossible_chunks),
    ("endless trailers", endless_trailers),
    ("bodies that end early", early_ends),
    ("Expect, and no body or a long one", expectations),
];

const GIGABYTE: usize = 1 << 30;
const START: &str =
    "POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: AWSStepFunctions.ListStateMachines\r\n";

/// Requests of several operations, so that a server with operations reads deeper than one without.
fn with_operations(body: &[u8]) -> Vec<Vec<u8>> {
    let names = ["StartExecution", "CreateStateMachine", "SendTaskSuccess", "TestState"];
    // The trivial handler panics in the last one, on purpose.
    let count = if std::env::var_os("FAASTLANE_HOSTILE_TO").is_some() { 4 } else { 3 };
    let requests = names[..count].iter().map(|name| {
        let mut request = format!(
            "POST / HTTP/1.1\r\nX-Amz-Target: AWSStepFunctions.{name}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        )
        .into_bytes();
        request.extend_from_slice(body);
        request
    });
    requests.collect()
}

fn changed_json(target: &Target) {
    const GOOD: &str = r#"{"stateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:M", "name": "n", "roleArn": "arn:aws:iam::123456789012:role/R", "input": "{\"a\": [1, 2.5e3, null, \"\\u00e4\"]}", "definition": "{\"StartAt\": \"A\", \"States\": {\"A\": {\"Type\": \"Pass\", \"End\": true}}}", "taskToken": "x", "output": "{}", "tags": [{"key": "k", "value": "v"}]}"#;
    let mut random = fastrand::Rng::with_seed(7);
    for _ in 0..300 {
        let mut body = GOOD.as_bytes().to_vec();
        for _ in 0..random.usize(1..6) {
            let at = random.usize(..body.len());
            match random.u8(..if body.len() > 1 { 4 } else { 1 }) {
                0 => body[at] = random.u8(..),
                1 => drop(body.remove(at)),
                2 => body.insert(at, *random.choice(b"{}[]\",:\\\0\xff").unwrap()),
                _ => body.truncate(at.max(1)),
            }
        }
        for request in with_operations(&body) {
            assert!(target.ask(request).is_some());
        }
    }
}

fn deep_json(target: &Target) {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let depth = 1_000_000 / open.len();
        for body in [
            open.repeat(depth),
            open.repeat(depth / 2) + "1" + &close.repeat(depth / 2),
            format!("{{\"input\":{}1{}}}", open.repeat(600), close.repeat(600)),
        ] {
            for request in with_operations(body.as_bytes()) {
                target.check_refused(request);
            }
        }
    }
}

fn long_numbers(target: &Target) {
    let digits = "9".repeat(1_000_000);
    for number in
        [digits.clone(), format!("-0.{digits}"), "1e999999999999".into(), format!("1e{digits}")]
    {
        for request in with_operations(format!("{{\"maxResults\":{number}}}").as_bytes()) {
            assert!(target.ask(request).is_some());
        }
    }
}

fn wide_json(target: &Target) {
    let elements = format!("{{\"tags\":[{}0]}}", "0,".repeat(500_000));
    let members: String = (0..80_000).map(|number| format!("\"{number}\":1,")).collect();
    let same = "\"a\":1,".repeat(150_000);
    let names = "__proto__ constructor $ref Fn::Sub";
    for body in [elements, format!("{{{members}\"x\":1}}"), format!("{{{same}\"{names}\":1}}")] {
        for request in with_operations(body.as_bytes()) {
            assert!(target.ask(request).is_some());
        }
    }
}

fn not_utf8(target: &Target) {
    let utf16: Vec<u8> = "\u{feff}{}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for body in [
        b"{\"input\":\"\xff\xfe\"}".as_slice(),
        b"{\"input\":\"\xc0\xaf\"}",
        b"{\"input\":\"\xed\xa0\x80\"}",
        b"{\"input\":\"\\ud800\"}",
        b"{\"input\":\"\0\"}",
        b"\0{}",
        b"\xef\xbb\xbf\xef\xbb\xbf{}",
        &utf16,
    ] {
        for request in with_operations(body) {
            target.check_refused(request);
        }
    }
}

fn tricky_names(target: &Target) {
    for name in [
        "../../etc/passwd",
        "/etc/passwd",
        "..\\\\x",
        "${HOME}",
        "{{7*7}}",
        "%s%n",
        "'; DROP TABLE executions; --",
        "\\u0000",
        "\\r\\nX: y",
        "arn:aws:states:::",
        "arn:aws:states:us-east-1:123456789012:stateMachine:../x",
        "\\ufeff",
        "$(id)",
        "`id`",
        "file:///etc/passwd",
        "<script>",
        "\\u202e",
    ] {
        for member in ["stateMachineArn", "executionArn", "name", "nextToken", "taskToken"] {
            for request in with_operations(format!("{{\"{member}\":\"{name}\"}}").as_bytes()) {
                assert!(target.ask(request).is_some(), "{member} {name}");
            }
        }
    }
}

/// What unpacks to 1 GB of zeros is never unpacked.
fn compressed(target: &Target) {
    for coding in ["gzip", "deflate", "br"] {
        let head = format!("{START}Content-Encoding: {coding}\r\nContent-Length: 12\r\n\r\n");
        let mut request = head.into_bytes();
        request.extend_from_slice(b"\x1f\x8b\x08\0\0\0\0\0\0\x03\x03\0");
        target.check_refused(request);
    }
}

fn announced_gigabyte(target: &Target) {
    for length in
        ["1073741824", "9223372036854775807", "18446744073709551615", "99999999999999999999"]
    {
        let mut clients: Vec<Client> = (0..50).map(|_| target.client()).collect();
        for client in &mut clients {
            client.send(format!("{START}Content-Length: {length}\r\n\r\n{{"));
        }
        for client in &mut clients {
            let reply = target.reply(client);
            assert!(reply.is_none_or(|reply| matches!(reply.status, 400 | 413 | 431)));
        }
    }
}

fn sent_gigabyte(target: &Target) {
    for path in ["/", "/2015-03-31/functions/add/invocations", "/nowhere", "/healthz"] {
        let start = START.replacen(" / ", &format!(" {path} "), 1);
        let mut client = target.client();
        client.send(format!("{start}Content-Length: {GIGABYTE}\r\n\r\n"));
        let part = vec![b' '; 1 << 20];
        let sent = (0..1024).take_while(|_| client.send(&part)).count();
        assert!(sent < 200, "{sent} MB were taken");
    }
}

fn chunked_gigabyte(target: &Target) {
    for path in ["/", "/2015-03-31/functions/add/invocations", "/nowhere", "/healthz"] {
        let start = START.replacen(" / ", &format!(" {path} "), 1);
        let mut client = target.client();
        client.send(format!("{start}Transfer-Encoding: chunked\r\n\r\n"));
        let chunk = [b"100000\r\n", vec![b' '; 1 << 20].as_slice(), b"\r\n"].concat();
        let sent = (0..1024).take_while(|_| client.send(&chunk)).count();
        assert!(sent < 200, "{sent} MB were taken");
    }
}

fn tiny_chunks(target: &Target) {
    let chunks = "1\r\n \r\n".repeat(200_000);
    let body = format!("{START}Transfer-Encoding: chunked\r\n\r\n{chunks}2\r\n{{}}\r\n0\r\n\r\n");
    let reply = target.ask(body);
    assert_eq!(reply.map(|reply| reply.status), Some(200));
}

fn impossible_chunks(target: &Target) {
    for chunk in [
        "FFFFFFFFFFFFFFFF\r\n{}",
        "10000000000000000000\r\n{}",
        "-1\r\n{}",
        "+2\r\n{}\r\n0\r\n\r\n",
        "0x2\r\n{}\r\n0\r\n\r\n",
        "2\n{}\n0\n\n",
        "zz\r\n",
        "\r\n",
        "2;\0\r\n{}",
        "2\r\n{}xx0\r\n\r\n",
    ] {
        let mut client = target.client();
        client.send(format!("{START}Transfer-Encoding: chunked\r\n\r\n{chunk}"));
        client.finish_sending();
        let reply = target.reply(&mut client);
        assert!(reply.is_none_or(|reply| reply.status >= 400), "{chunk}");
    }
    let extension = format!("2;{}\r\n{{}}\r\n0\r\n\r\n", "x".repeat(1 << 20));
    target.check_refused(format!("{START}Transfer-Encoding: chunked\r\n\r\n{extension}"));
}

fn endless_trailers(target: &Target) {
    let mut client = target.client();
    client.send(format!("{START}Transfer-Encoding: chunked\r\n\r\n2\r\n{{}}\r\n0\r\n"));
    let trailers = "x: y\r\n".repeat(10_000);
    let sent = (0..2000).take_while(|_| client.send(&trailers)).count();
    assert!(sent < 2000, "all were taken");
}

fn early_ends(target: &Target) {
    for body in ["Content-Length: 100\r\n\r\n{}", "Transfer-Encoding: chunked\r\n\r\n64\r\n{}"] {
        for _ in 0..50 {
            let mut client = target.client();
            client.send(format!("{START}{body}"));
            client.finish_sending();
            let reply = target.reply(&mut client);
            assert!(reply.is_none_or(|reply| reply.status == 400));
        }
    }
}

fn expectations(target: &Target) {
    let long = format!("{START}Expect: 100-continue\r\nContent-Length: {GIGABYTE}\r\n\r\n");
    assert_eq!(target.ask(long).map(|reply| reply.status), Some(413));
    let never = format!("{START}Expect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    let mut clients: Vec<Client> = (0..100).map(|_| target.client()).collect();
    for client in &mut clients {
        client.send(&never);
    }
    target.check_good("100 clients that were told to go on");
    let odd =
        operation("ListStateMachines", "{}").replacen("\r\n", "\r\nExpect: everything\r\n", 1);
    assert!(target.ask(odd).is_some());
}
