//! A Lambda Runtime API for one function instance: hands out events, collects the answers.
//!
//! Just enough HTTP for `awslambdaric`: its client reads events and writes results over one
//! connection, and opens another one to tell that the function cannot be loaded.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What the runtime says, in its order.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// The result of a call.
    Response(Vec<u8>),
    /// The error of a call, or that of loading the function.
    Error(Vec<u8>),
    /// It asks for an event, and there is none left.
    Idle,
}

/// Serves these events to whoever connects, in order.
pub(crate) fn serve(events: &[&str], request_id: &str, arn: &str) -> (SocketAddr, Receiver<Said>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (said, answers) = channel();
    let events = events.iter().map(|event| (*event).to_owned()).collect::<VecDeque<_>>();
    let events = Arc::new(Mutex::new(events));
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\
         Lambda-Runtime-Aws-Request-Id: {request_id}\r\n\
         Lambda-Runtime-Invoked-Function-Arn: {arn}\r\nLambda-Runtime-Deadline-Ms: {}\r\n",
        (SystemTime::now() + Duration::from_mins(1))
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_millis()
    );
    std::thread::spawn(move || {
        // Threads end with the connections of the runtime, and this one with the test.
        for stream in listener.incoming() {
            let connection = Connection {
                stream: BufReader::new(stream.unwrap()),
                head: head.clone(),
                events: Arc::clone(&events),
                said: said.clone(),
            };
            std::thread::spawn(move || connection.run());
        }
    });
    (address, answers)
}

struct Connection {
    stream: BufReader<TcpStream>,
    /// The first lines of an answer with an event.
    head: String,
    events: Arc<Mutex<VecDeque<String>>>,
    said: Sender<Said>,
}

impl Connection {
    fn run(mut self) {
        // The runtime is killed at the end of the test: whatever fails then is not a failure.
        while let Some((path, body)) = self.request() {
            let said = match path.rsplit('/').next() {
                Some("next") => {
                    let event = self.events.lock().unwrap().pop_front();
                    if let Some(event) = event {
                        let head = self.head.clone();
                        self.answer(&head, event.as_bytes());
                        continue;
                    }
                    Said::Idle
                }
                Some("response") => Said::Response(body),
                Some("error") => Said::Error(body),
                _ => panic!("the runtime asks for {path}"),
            };
            let is_answer = said != Said::Idle;
            if self.said.send(said).is_err() {
                return;
            }
            // One that is idle waits, as on Lambda.
            if is_answer {
                self.answer("HTTP/1.1 202 Accepted\r\n", br#"{"status":"OK"}"#);
            }
        }
    }

    /// Path and body of the next request.
    fn request(&mut self) -> Option<(String, Vec<u8>)> {
        let first = self.line()?;
        let path = first.split(' ').nth(1)?.to_owned();
        let mut length = 0;
        loop {
            let line = self.line()?.to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().ok()?;
            }
            assert!(!line.starts_with("transfer-encoding:"), "the pinned version sends a length");
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).ok()?;
        Some((path, body))
    }

    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        self.stream.read_line(&mut line).ok().filter(|count| *count > 0)?;
        Some(line.trim_end().to_owned())
    }

    fn answer(&mut self, head: &str, body: &[u8]) {
        let head = format!("{head}Content-Length: {}\r\n\r\n", body.len());
        let _ = self.stream.get_mut().write_all(&[head.as_bytes(), body].concat());
    }
}
