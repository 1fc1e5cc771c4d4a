//! Request lines and headers that are too long, of other protocols, or mean two things.

use crate::client::{operation, request};
use crate::target::{Kind, Target};

pub(crate) const KINDS: &[Kind] = &[
    ("10,000 headers", many_headers),
    ("a header of 1 MB", long_header),
    ("a header that never ends", endless_header),
    ("a huge X-Amz-Target", huge_target),
    ("X-Amz-Target and others more than once", repeated_headers),
    ("NUL and other control characters", control_characters),
    ("headers that are not UTF-8", binary_headers),
    ("one request in another (Content-Length and Transfer-Encoding)", smuggled),
    ("lengths that are no numbers", odd_lengths),
    ("paths to other places", traversal),
    ("a path of 60 KB", long_path),
    ("methods that there are not", odd_methods),
    ("versions that there are not, HTTP/0.9", odd_versions),
    ("HTTP/2, and upgrades", other_protocols),
    ("TLS", tls),
    ("random bytes", random_bytes),
    ("empty lines without end", empty_lines),
    ("invocations of functions with odd names and headers", odd_invocations),
];

fn many_headers(target: &Target) {
    let headers: String = (0..10_000).map(|number| format!("x{number}: y\r\n")).collect();
    target.check_refused(format!("POST / HTTP/1.1\r\n{headers}\r\n"));
    target.check_refused(format!("POST / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(100)));
}

fn long_header(target: &Target) {
    target.check_refused(format!("POST / HTTP/1.1\r\nx: {}\r\n\r\n", "y".repeat(1 << 20)));
    target.check_refused(format!("POST / HTTP/1.1\r\n{}: y\r\n\r\n", "x".repeat(1 << 20)));
}

fn endless_header(target: &Target) {
    let mut client = target.client();
    client.send("GET /healthz HTTP/1.1\r\nx: ");
    let part = "y".repeat(1 << 16);
    let sent = (0..10_000).take_while(|_| client.send(&part)).count();
    assert!(sent < 1000, "{sent} parts were taken");
}

fn huge_target(target: &Target) {
    for length in [1000, 30_000, 1 << 20] {
        let name = "A".repeat(length);
        target.check_refused(operation(&name, "{}"));
    }
}

fn repeated_headers(target: &Target) {
    let twice = "X-Amz-Target: AWSStepFunctions.ListStateMachines\r\nX-Amz-Target: AWSStepFunctions.DeleteActivity\r\n";
    target.check_refused(format!("POST / HTTP/1.1\r\n{twice}Content-Length: 2\r\n\r\n{{}}"));
    let both =
        "X-Amz-Target: AWSStepFunctions.ListStateMachines, AWSStepFunctions.DeleteActivity\r\n";
    target.check_refused(format!("POST / HTTP/1.1\r\n{both}Content-Length: 2\r\n\r\n{{}}"));
    let good = operation("ListStateMachines", "{}");
    let hosts = good.replacen(
        "\r\n",
        "\r\nHost: a\r\nHost: b\r\nAuthorization: x\r\nAuthorization: y\r\n",
        1,
    );
    assert!(target.ask(hosts).is_some());
    let types = good.replacen(
        "\r\n",
        "\r\nContent-Type: application/json\r\nContent-Type: text/plain\r\n",
        1,
    );
    target.check_refused(types);
}

fn control_characters(target: &Target) {
    for byte in [0_u8, 1, 7, 0x0b, 0x1b, 0x7f] {
        let byte = char::from(byte);
        target.check_refused(format!("GET /health{byte}z HTTP/1.1\r\n\r\n"));
        target.check_refused(format!("GET /healthz HTTP/1.1{byte}\r\n\r\n"));
        target.check_refused(format!(
            "POST / HTTP/1.1\r\nX-Amz-Target: AWSStepFunctions.List{byte}\r\n\r\n"
        ));
        target.check_refused(format!("POST / HTTP/1.1\r\nX{byte}: y\r\n\r\n"));
    }
    // A carriage return is no end of a line, and a line that begins with a space no header.
    target.check_refused("GET /healthz HTTP/1.1\r\nx: y\rContent-Length: 9\r\n\r\n");
    target.check_refused("GET /healthz HTTP/1.1\r\nx: y\r\n z\r\n\r\n");
    target.check_refused("GET /healthz HTTP/1.1\r\nContent-Length : 2\r\n\r\n{}");
}

fn binary_headers(target: &Target) {
    for name in [
        "X-Amz-Target",
        "Authorization",
        "Content-Type",
        "User-Agent",
        "X-Amzn-Trace-Id",
        "traceparent",
    ] {
        let head = format!("POST / HTTP/1.1\r\n{name}: ");
        let request = [head.as_bytes(), b"\xff\xfe\x80\r\nContent-Length: 2\r\n\r\n{}"].concat();
        target.check_refused(request);
    }
}

/// Whoever stands before this server may believe in another end of the first request. The second one must not be
/// performed.
fn smuggled(target: &Target) {
    let hidden = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
    let start = "POST / HTTP/1.1\r\nX-Amz-Target: AWSStepFunctions.ListStateMachines\r\n";
    let whole = format!("0\r\n\r\n{hidden}");
    let lengths = [
        format!("Content-Length: {}\r\nTransfer-Encoding: chunked\r\n", whole.len()),
        format!("Transfer-Encoding: chunked\r\nContent-Length: {}\r\n", whole.len()),
        format!(
            "Content-Length: {}\r\nTransfer-Encoding: Chunked\r\nContent-Length: 0\r\n",
            whole.len()
        ),
        "Transfer-Encoding: chunked\r\n".to_owned(),
        "Content-Length: 5\r\nContent-Length: 40\r\n".to_owned(),
        "Transfer-Encoding: xchunked\r\n".to_owned(),
        "Transfer-Encoding: chunked, identity\r\n".to_owned(),
        "Transfer-Encoding:\u{b}chunked\r\nContent-Length: 5\r\n".to_owned(),
    ];
    for lengths in lengths {
        let mut client = target.client();
        client.send(format!("{start}{lengths}\r\n{whole}"));
        let first = target.reply(&mut client);
        if first.is_some() {
            assert_eq!(target.reply(&mut client), None, "{lengths}");
        }
    }
}

fn odd_lengths(target: &Target) {
    for length in ["-1", "+2", "2, 2", "0x2", "2 2", "٢", "2.0", "", "two"] {
        let target_header = "X-Amz-Target: AWSStepFunctions.ListStateMachines";
        target.check_refused(format!(
            "POST / HTTP/1.1\r\n{target_header}\r\nContent-Length: {length}\r\n\r\n{{}}"
        ));
    }
}

fn traversal(target: &Target) {
    for path in [
        "/../../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "//etc/passwd",
        "/./metrics",
        "/metrics/../metrics",
        "/metrics%00",
        "\\..\\windows",
        "/healthz;x",
        "/2015-03-31/functions/../../metrics",
        "/2015-03-31/../metrics",
        "http://x/../metrics",
        "http://169.254.169.254/latest/meta-data/",
        "file:///etc/passwd",
        "*",
        "/?../../",
        "/${jndi:ldap://x/y}",
    ] {
        target.check_refused(request(&format!("GET {path}"), &[], ""));
    }
}

fn long_path(target: &Target) {
    for length in [20_000, 60_000, 70_000] {
        target.check_refused(format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(length)));
        target.check_refused(format!("GET /x?{} HTTP/1.1\r\n\r\n", "a=b&".repeat(length / 4)));
    }
}

fn odd_methods(target: &Target) {
    let long = "M".repeat(20_000);
    for method in
        ["TRACE", "OPTIONS", "PATCH", "DELETE", "PUT", "post", "PRI", "GE T", "", "G\u{e9}T", &long]
    {
        target.check_refused(format!("{method} / HTTP/1.1\r\nHost: x\r\n\r\n"));
    }
    target.check_refused("CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n");
    target.check_refused("HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
}

fn odd_versions(target: &Target) {
    for line in [
        "GET /",
        "GET / HTTP/0.9",
        "GET /healthz HTTP/3.0",
        "GET /healthz HTTP/9.9",
        "GET /healthz HTTP/1.",
        "GET /healthz http/1.1",
        "GET /healthz HTTP/1.1.1",
        "GET  /healthz  HTTP/1.1",
        "/healthz",
        " GET /healthz HTTP/1.1",
    ] {
        let mut client = target.client();
        client.send(format!("{line}\r\n\r\n"));
        client.finish_sending();
        let reply = target.reply(&mut client);
        assert!(reply.is_none_or(|reply| reply.status >= 400), "{line}");
    }
}

fn other_protocols(target: &Target) {
    target.check_refused("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0");
    for (protocol, headers) in [
        ("h2c", "HTTP2-Settings: AAMAAABkAAQAAP__\r\n"),
        (
            "websocket",
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
        ),
    ] {
        let head = format!(
            "GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: {protocol}\r\n{headers}\r\n"
        );
        target.check_refused(head);
    }
    for greeting in
        ["EHLO x\r\n", "SSH-2.0-OpenSSH_9.6\r\n", "*1\r\n$4\r\nPING\r\n", "\x16\x03", "\x05\x01\0"]
    {
        let mut client = target.client();
        client.send(greeting);
        client.finish_sending();
        target.reply(&mut client);
    }
}

fn tls(target: &Target) {
    let mut hello = b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03".to_vec();
    hello.extend((0..512_u16).map(|number| number.to_le_bytes()[0]));
    target.check_refused(hello);
}

fn random_bytes(target: &Target) {
    let mut random = fastrand::Rng::with_seed(11);
    for _ in 0..200 {
        let bytes: Vec<u8> = (0..random.usize(1..4000)).map(|_| random.u8(..)).collect();
        let mut client = target.client();
        client.send(bytes);
        client.finish_sending();
        let reply = target.reply(&mut client);
        assert!(reply.is_none_or(|reply| reply.status >= 400));
    }
}

fn empty_lines(target: &Target) {
    let mut client = target.client();
    let lines = "\r\n".repeat(50_000);
    let sent = (0..2000).take_while(|_| client.send(&lines)).count();
    assert!(sent < 2000, "all were taken");
}

fn odd_invocations(target: &Target) {
    let long = "a".repeat(10_000);
    for name in [
        "..%2f..%2fetc%2fpasswd",
        "a%00b",
        "%",
        "%zz",
        "%c0%af",
        "a/b",
        "",
        "$%7BHOME%7D",
        "a%0d%0aX:%20y",
        &long,
    ] {
        target.check_refused(request(
            &format!("POST /2015-03-31/functions/{name}/invocations"),
            &[],
            "{}",
        ));
    }
    let start = "POST /2015-03-31/functions/no-such-function/invocations";
    for (name, value) in [("X-Amz-Invocation-Type", "Sometimes"), ("X-Amz-Log-Type", "../../x")] {
        target.check_refused(request(start, &[(name, value)], "{}"));
    }
    for (name, value) in
        [("X-Amz-Client-Context", "not base64!"), ("X-Amz-Client-Context", long.as_str())]
    {
        assert!(target.ask(request(start, &[(name, value)], "{}")).is_some());
    }
    assert!(target.ask(request(&start.replace('?', ""), &[], "not JSON")).is_some());
    target.check_refused(request(&format!("{start}?Qualifier=%00"), &[], "{}"));
}
