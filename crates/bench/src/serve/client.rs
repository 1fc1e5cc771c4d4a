//! The load: one thread, many connections, on each one request after the other.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use serde_json::Value;

/// How long one answer may take.
const ANSWERED: Duration = Duration::from_secs(60);
const PORTION: usize = 16 * 1024;

/// Connections that are kept.
#[derive(Debug)]
pub(super) struct Load {
    connections: Vec<Connection>,
}

#[derive(Debug)]
struct Connection {
    stream: TcpStream,
    arrived: Vec<u8>,
    /// When its request was sent; none while it has none.
    asked: Option<Instant>,
}

/// For how long requests are made.
#[derive(Debug, Clone, Copy)]
pub(super) enum Until {
    Time(Instant),
    Count(u64),
}

/// What came back.
#[derive(Debug, Default)]
pub(super) struct Answered {
    pub(super) latencies: Vec<Duration>,
}

/// A request as the AWS SDKs send it.
pub(super) fn request(operation: &str, body: &Value) -> Vec<u8> {
    let body = body.to_string();
    format!(
        "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: identity\r\n\
         X-Amz-Target: AWSStepFunctions.{operation}\r\nContent-Type: application/x-amz-json-1.0\r\n\
         User-Agent: Boto3/1.40.0 md/Botocore#1.40.0 ua/2.1 os/linux lang/python#3.12\r\n\
         X-Amz-Date: 20260101T000000Z\r\n\
         Authorization: AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/states/aws4_request, \
         SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature={}\r\n\
         Content-Length: {}\r\n\r\n{body}",
        "0".repeat(64),
        body.len()
    )
    .into_bytes()
}

impl Load {
    pub(super) fn connect(address: SocketAddr, connections: usize) -> Result<Self> {
        let connect = |_| {
            let stream = TcpStream::connect(address)?;
            stream.set_nodelay(true)?;
            stream.set_nonblocking(true)?;
            Ok(Connection { stream, arrived: Vec::new(), asked: None })
        };
        Ok(Self { connections: (0..connections.max(1)).map(connect).collect::<Result<_>>()? })
    }

    /// Makes the same request again and again, each of which must be answered with 200 and a body that
    /// `is_good`.
    pub(super) fn run(
        &mut self,
        request: &[u8],
        until: Until,
        mut is_good: impl FnMut(&[u8]) -> bool,
    ) -> Result<Answered> {
        let mut answered = Answered::default();
        let mut made = 0;
        let mut goes_on = |now: Instant| {
            made += 1;
            match until {
                Until::Time(end) => now < end,
                Until::Count(count) => made <= count,
            }
        };
        for connection in &mut self.connections {
            if goes_on(Instant::now()) {
                connection.ask(request)?;
            }
        }
        let limit = Timespec { tv_sec: ANSWERED.as_secs().cast_signed(), tv_nsec: 0 };
        while self.connections.iter().any(|connection| connection.asked.is_some()) {
            let ready: Vec<bool> = {
                let mut waited: Vec<_> = self.connections.iter().map(|c| &c.stream).collect();
                let mut waited: Vec<_> =
                    waited.iter_mut().map(|stream| PollFd::new(stream, PollFlags::IN)).collect();
                ensure!(poll(&mut waited, Some(&limit))? > 0, "no answer for {ANSWERED:?}");
                waited.iter().map(|one| !one.revents().is_empty()).collect()
            };
            for (connection, is_ready) in self.connections.iter_mut().zip(ready) {
                if is_ready && let Some(latency) = connection.read(&mut is_good)? {
                    answered.latencies.push(latency);
                    if goes_on(Instant::now()) {
                        connection.ask(request)?;
                    }
                }
            }
        }
        Ok(answered)
    }
}

impl Connection {
    fn ask(&mut self, request: &[u8]) -> Result<()> {
        self.asked = Some(Instant::now());
        // There is nothing before it, so the socket has room for it.
        Ok(self.stream.write_all(request)?)
    }

    /// Takes in what has arrived; how long the answer took, if it is whole.
    fn read(&mut self, is_good: &mut impl FnMut(&[u8]) -> bool) -> Result<Option<Duration>> {
        let end = self.arrived.len();
        self.arrived.resize(end + PORTION, 0);
        let count = match self.stream.read(&mut self.arrived[end..]) {
            Ok(0) => bail!("the server has closed a connection"),
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
            Err(error) => return Err(error.into()),
        };
        self.arrived.truncate(end + count);
        let Some(body) = body(&self.arrived)? else { return Ok(None) };
        ensure!(is_good(body), "an answer is wrong: {}", String::from_utf8_lossy(body));
        self.arrived.clear();
        let asked = self.asked.take().context("nothing was asked")?;
        Ok(Some(asked.elapsed()))
    }
}

/// The body of an answer, if all of it is there.
fn body(arrived: &[u8]) -> Result<Option<&[u8]>> {
    let Some(end) = arrived.windows(4).position(|window| window == b"\r\n\r\n") else {
        return Ok(None);
    };
    let (head, body) = (String::from_utf8_lossy(&arrived[..end]), &arrived[end + 4..]);
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap_or_default();
    let length = lines.find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>())
    });
    let length = length.context("an answer without a length")??;
    if body.len() < length {
        return Ok(None);
    }
    ensure!(status.contains(" 200 "), "{status}: {}", String::from_utf8_lossy(body));
    Ok(Some(body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_there_when_all_of_it_is() {
        let whole = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
        for length in 0..whole.len() {
            assert_eq!(body(&whole[..length]).unwrap(), None, "{length}");
        }
        assert_eq!(body(whole).unwrap(), Some(&b"{}"[..]));
        assert!(body(b"HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n").is_err());
        assert!(body(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
    }
}
