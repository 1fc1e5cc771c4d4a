//! A client that sends any bytes.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Long enough for a loaded machine; a test that waits for it has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// An answer as it was received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(have, _)| have == name).map(|(_, value)| value.as_str())
    }
}

/// A connection.
pub(crate) struct Client {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Client {
    pub(crate) fn new(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        Self { stream, received: Vec::new() }
    }

    /// Sends bytes. A server that has hung up is no failure.
    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        match self.stream.write_all(bytes.as_ref()) {
            Ok(()) => true,
            Err(error) if is_timeout(error.kind()) => panic!("the server takes nothing"),
            Err(_) => false,
        }
    }

    /// The next answer; `None` if the server has hung up.
    pub(crate) fn reply(&mut self) -> Option<Reply> {
        let head_length = loop {
            match self.received.windows(4).position(|window| window == b"\r\n\r\n") {
                Some(position) => break position + 4,
                None => self.receive().then_some(())?,
            }
        };
        let head = String::from_utf8(self.received.drain(..head_length).collect()).unwrap();
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let header = |line: &str| {
            let (name, value) = line.split_once(':')?;
            Some((name.to_ascii_lowercase(), value.trim().to_owned()))
        };
        let headers: Vec<_> = lines.filter_map(header).collect();
        let mut reply = Reply { status, headers, body: String::new() };
        // The answer to `Expect` is followed by another one.
        if status == 100 {
            return self.reply();
        }
        let length = reply.header("content-length").map_or(0, |length| length.parse().unwrap());
        while self.received.len() < length {
            self.receive().then_some(())?;
        }
        reply.body = String::from_utf8(self.received.drain(..length).collect()).unwrap();
        Some(reply)
    }

    /// Waits until the server hangs up; `false` if it sends more first.
    pub(crate) fn is_hung_up_on(&mut self) -> bool {
        self.received.is_empty() && !self.receive()
    }

    /// Says that nothing more is sent.
    pub(crate) fn finish_sending(&self) {
        // The server may have hung up.
        let _ = self.stream.shutdown(std::net::Shutdown::Write);
    }

    fn receive(&mut self) -> bool {
        let mut buffer = [0; 65536];
        match self.stream.read(&mut buffer) {
            Ok(0) => false,
            Ok(count) => {
                self.received.extend_from_slice(&buffer[..count]);
                true
            }
            Err(error) if is_timeout(error.kind()) => {
                panic!("the server neither answers nor hangs up")
            }
            Err(_) => false,
        }
    }
}

fn is_timeout(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

/// The text of a request.
pub(crate) fn request(start: &str, headers: &[(&str, &str)], body: &str) -> String {
    let mut text = format!("{start} HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text + "\r\n" + body
}

/// The text of a request for an operation.
pub(crate) fn operation(name: &str, body: &str) -> String {
    let target = format!("AWSStepFunctions.{name}");
    let json = "application/x-amz-json-1.0";
    request("POST /", &[("X-Amz-Target", &target), ("Content-Type", json)], body)
}

/// The answer to bytes on a new connection.
pub(crate) fn ask(address: SocketAddr, bytes: impl AsRef<[u8]>) -> Option<Reply> {
    let mut client = Client::new(address);
    client.send(bytes);
    client.reply()
}
