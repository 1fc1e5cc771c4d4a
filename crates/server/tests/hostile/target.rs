//! The server that is attacked.

use std::net::SocketAddr;
use std::time::Duration;

use faastlane_server::http::Limits;

use crate::client::{Client, Reply, ask, operation, request};
use crate::server::Running;

/// A kind of request, and what sends some of it.
pub(crate) type Kind = (&'static str, fn(&Target));

/// The server that is attacked.
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    _server: Option<Running>,
}

impl Target {
    pub(crate) fn new() -> Self {
        if let Ok(address) = std::env::var("FAASTLANE_HOSTILE_TO") {
            return Self { address: address.parse().unwrap(), _server: None };
        }
        let short = Duration::from_secs(2);
        let limits = Limits { head_time: short, body_time: short, ..Limits::default() };
        let server = Running::new(limits);
        Self { address: server.address, _server: Some(server) }
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(self.address)
    }

    /// The first answer to some bytes, which is no failure of the server; `None` if it hung up.
    pub(crate) fn ask(&self, bytes: impl AsRef<[u8]>) -> Option<Reply> {
        let mut client = self.client();
        client.send(bytes);
        self.reply(&mut client)
    }

    pub(crate) fn reply(&self, client: &mut Client) -> Option<Reply> {
        let reply = client.reply()?;
        assert!(reply.status < 500, "{reply:?}");
        Some(reply)
    }

    /// Checks that bytes are refused, one way or the other.
    pub(crate) fn check_refused(&self, bytes: impl AsRef<[u8]>) {
        let reply = self.ask(bytes.as_ref());
        let shown = String::from_utf8_lossy(&bytes.as_ref()[..bytes.as_ref().len().min(200)]);
        let is_refused = reply.as_ref().is_none_or(|reply| reply.status >= 400);
        assert!(is_refused, "{shown}: {reply:?}");
    }

    /// Checks that a good request is answered.
    pub(crate) fn check_good(&self, after: &str) {
        let reply = ask(self.address, operation("ListStateMachines", "{}"));
        assert_eq!(reply.map(|reply| reply.status), Some(200), "after {after}");
    }

    /// The memory that the server's process has, in bytes.
    pub(crate) fn memory(&self) -> u64 {
        let metrics = ask(self.address, request("GET /metrics", &[], "")).unwrap().body;
        let line =
            metrics.lines().find_map(|line| line.strip_prefix("process_resident_memory_bytes "));
        line.unwrap().parse().unwrap()
    }
}
