//! Connections that are many, slow, or half there.

use std::net::TcpStream;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::client::{Client, operation};
use crate::target::{Kind, Target};

pub(crate) const KINDS: &[Kind] = &[
    ("10,000 connections that say nothing", many_connections),
    ("2,000 connections that send a byte at a time", slowloris),
    ("2,000 connections that send a body a byte at a time", slow_bodies),
    ("500 connections that take no answer", unread_answers),
    ("a thousand requests before the first answer is taken", pipelined),
    ("connections that are closed while an answer is made", hung_up),
    ("connections closed on one side", half_closed),
    ("connections opened and closed", churn),
];

/// Opens connections, as many as this process may. They stay open.
fn open(target: &Target, wanted: u64) -> Vec<TcpStream> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let needed = wanted + 4000;
    let enough = maximum.map_or(needed, |hard| hard.min(needed));
    if current.is_some_and(|soft| soft < enough) {
        setrlimit(Resource::Nofile, Rlimit { current: Some(enough), maximum }).unwrap();
    }
    let count = enough.saturating_sub(4000).min(wanted);
    if count < wanted {
        println!("  {count} only: this process may not open more files");
    }
    (0..count).filter_map(|_| TcpStream::connect(target.address).ok()).collect()
}

fn many_connections(target: &Target) {
    let connections = open(target, 10_000);
    for _ in 0..20 {
        target.check_good("opening all of them");
    }
    assert!(connections.len() > 1000, "{}", connections.len());
}

/// Sends `text` over all connections, one byte each in turn, and asks good requests meanwhile.
fn dribble(target: &Target, text: &str) {
    use std::io::Write;
    let mut connections = open(target, 2000);
    for byte in text.bytes().take(40) {
        connections.retain_mut(|stream| stream.write_all(&[byte]).is_ok());
        target.check_good("a byte of each");
    }
}

fn slowloris(target: &Target) {
    dribble(target, "POST / HTTP/1.1\r\nHost: x\r\nX-Slow: yyyyyyyyyyyyyyyyyyyyyyyyy");
}

fn slow_bodies(target: &Target) {
    use std::io::Write;
    let head = "POST / HTTP/1.1\r\nX-Amz-Target: AWSStepFunctions.ListStateMachines\r\nContent-Length: 1000\r\n\r\n";
    let mut connections = open(target, 2000);
    connections.retain_mut(|stream| stream.write_all(head.as_bytes()).is_ok());
    for _ in 0..20 {
        connections.retain_mut(|stream| stream.write_all(b" ").is_ok());
        target.check_good("a byte of each");
    }
}

fn unread_answers(target: &Target) {
    let body = format!("{{\"x\":\"{}\"}}", "y".repeat(100_000));
    let request = operation("ListStateMachines", &body).repeat(3);
    let mut clients: Vec<Client> = (0..500).map(|_| target.client()).collect();
    for client in &mut clients {
        client.send(&request);
    }
    target.check_good("500 clients that take nothing");
}

fn pipelined(target: &Target) {
    let mut client = target.client();
    client.send(operation("ListStateMachines", "{}").repeat(1000));
    for number in 0..1000 {
        let reply = target.reply(&mut client);
        assert_eq!(reply.map(|reply| reply.status), Some(200), "{number}");
    }
}

fn hung_up(target: &Target) {
    for _ in 0..500 {
        let mut client = target.client();
        client.send(operation("ListActivities", "{}"));
    }
}

fn half_closed(target: &Target) {
    let clients: Vec<Client> = (0..500).map(|_| target.client()).collect();
    clients.iter().for_each(Client::finish_sending);
    for mut client in clients {
        assert!(client.is_hung_up_on());
    }
    for text in ["POST", "POST / HTTP/1.1\r\n", "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n"] {
        let mut client = target.client();
        client.send(text);
        client.finish_sending();
        target.reply(&mut client);
    }
}

fn churn(target: &Target) {
    for _ in 0..5000 {
        drop(TcpStream::connect(target.address).unwrap());
    }
}
