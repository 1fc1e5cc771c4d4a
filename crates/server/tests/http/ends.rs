//! How connections and the server end.

use std::time::Duration;

use faastlane_server::http::Limits;

use crate::client::{Client, operation};
use crate::server::{Running, impatient};

#[test]
fn what_has_begun_is_finished_before_the_server_ends() {
    let mut server = Running::new(Limits::default());
    let mut idle = Client::new(server.address);
    idle.send(operation("StartExecution", "{}"));
    assert_eq!(idle.reply().unwrap().status, 200);
    let mut busy = Client::new(server.address);
    busy.send(operation("ListActivities", "{}"));
    // Nothing tells a client that its request is being worked on, so the end begins when it certainly is.
    idle.send(operation("ListActivities", "{}"));
    assert_eq!(idle.reply().unwrap().status, 200);
    busy.send(operation("ListActivities", "{}"));
    assert_eq!(busy.reply().unwrap().status, 200);
    server.end();
    assert!(idle.is_hung_up_on());
    busy.reply();
    assert!(busy.is_hung_up_on());
    assert_eq!(server.ended(), 0);
}

#[test]
fn what_takes_too_long_is_cut_off_when_the_server_ends() {
    let limits = Limits { drain_time: Duration::from_millis(100), ..Limits::default() };
    let server = Running::new(limits);
    let mut client = Client::new(server.address);
    client.send(operation("StartExecution", "{}"));
    assert_eq!(client.reply().unwrap().status, 200);
    client.send(operation("GetActivityTask", "{}"));
    let mut other = Client::new(server.address);
    other.send(operation("ListActivities", "{}"));
    assert_eq!(other.reply().unwrap().status, 200);
    drop(other);
    assert_eq!(server.ended(), 1);
    assert!(client.is_hung_up_on());
}

#[test]
fn slow_clients_are_hung_up_on() {
    let server = Running::new(impatient());
    let check = |bytes: &str, replies: &[u16]| {
        let mut client = Client::new(server.address);
        client.send(bytes);
        for status in replies {
            assert_eq!(client.reply().unwrap().status, *status, "{bytes}");
        }
        assert!(client.is_hung_up_on(), "{bytes}");
    };
    // Nothing at all, part of a head, a head without its body, part of a body, nothing after an answer.
    check("", &[]);
    check("POST / HTTP/1.1\r\nHost: x\r\n", &[]);
    let start = "POST / HTTP/1.1\r\nX-Amz-Target: AWSStepFunctions.StartExecution\r\n";
    check(&format!("{start}Content-Length: 2\r\n\r\n"), &[]);
    check(&format!("{start}Content-Length: 2\r\n\r\n{{"), &[]);
    check(&format!("{start}Transfer-Encoding: chunked\r\n\r\n1\r\n{{\r\n"), &[]);
    check(&operation("StartExecution", "{}"), &[200]);
    // What a handler needs is its own business.
    let mut client = Client::new(server.address);
    client.send(operation("ListActivities", "{}"));
    assert_eq!(client.reply().unwrap().status, 200);
}

#[test]
fn a_client_that_takes_no_answer_is_hung_up_on() {
    let limits = Limits { drain_time: Duration::from_secs(25), ..impatient() };
    let server = Running::new(limits);
    let mut client = Client::new(server.address);
    client.send(operation("GetExecutionHistory", "{}"));
    // The server ends by itself when it has given up on the client.
    let mut other = Client::new(server.address);
    other.send(operation("ListActivities", "{}"));
    assert_eq!(other.reply().unwrap().status, 200);
    drop(other);
    assert_eq!(server.ended(), 0);
}

#[test]
fn a_client_that_has_gone_is_not_worked_for() {
    let server = Running::new(Limits::default());
    let mut client = Client::new(server.address);
    client.send(operation("GetActivityTask", "{}"));
    client.finish_sending();
    assert!(client.is_hung_up_on());
}
