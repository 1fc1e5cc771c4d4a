//! One warm process: sends it requests, receives its replies and its log, never blocks.

use std::io::{self, IoSlice};

use rustix::buffer::spare_capacity;
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendAncillaryBuffer, SendFlags, recv, sendmsg};

use super::frame::{self, Malformed, Reply, ReplyReader};
use super::log::Log;
use super::process::Process;
use crate::{Call, Function, Handler, Payload};

const RUNNER: &str = include_str!("runner.py");
const LOADER: &str = include_str!("loader.py");
const DEBUGGER: &str = include_str!("debugger.py");

/// Most that is received in one turn, so that one worker cannot keep the others waiting.
const RECEIVE_AT_ONCE: usize = 4 << 20;
/// Most of a log that is read in one turn.
const LOG_AT_ONCE: usize = 256 * 1024;

/// One process of a function.
#[derive(Debug)]
pub(crate) struct Worker {
    pub(crate) process: Process,
    outgoing: Outgoing,
    replies: ReplyReader,
    log: Log,
}

/// Bytes on their way to the process. The payload is not copied.
#[derive(Debug, Default)]
struct Outgoing {
    head: Vec<u8>,
    payload: Vec<u8>,
    sent: usize,
}

/// What came out of an attempt to receive.
#[derive(Debug)]
pub(crate) enum Received {
    /// Nothing complete yet.
    Nothing,
    /// A complete reply.
    Reply(Reply),
    /// Bytes that the runner never sends.
    Malformed(&'static str),
    /// The process has closed its end.
    Closed,
}

impl Worker {
    /// Starts a process that loads the handler and then says [`Reply::Ready`].
    pub(crate) fn start(
        function: &Function,
        environment: &[(String, String)],
    ) -> io::Result<Worker> {
        let config = configuration(function);
        // The name is for whoever looks at the list of processes.
        let arguments = [RUNNER.len().to_string(), config.len().to_string(), function.name.clone()];
        let process = Process::start(function, environment, LOADER, &arguments)?;
        let head = [RUNNER.as_bytes(), config.as_bytes()].concat();
        let outgoing = Outgoing { head, ..Outgoing::default() };
        Ok(Worker { process, outgoing, replies: ReplyReader::default(), log: Log::default() })
    }

    /// Makes `call` the next thing to be sent; [`Self::flush`] sends it.
    pub(crate) fn request(&mut self, call: &mut Call, deadline_ms: u64) {
        self.outgoing.sent = 0;
        self.outgoing.head.clear();
        let payload = std::mem::replace(&mut call.payload, Payload::Text(Vec::new()));
        self.outgoing.payload = payload.into_text();
        let length = self.outgoing.payload.len();
        frame::request(call, length, deadline_ms, &mut self.outgoing.head);
    }

    /// The payload of a call that was not sent at all.
    pub(crate) fn take_back_payload(&mut self) -> Payload {
        Payload::Text(std::mem::take(&mut self.outgoing.payload))
    }

    /// Sends what the socket takes now. True when all has been sent.
    pub(crate) fn flush(&mut self) -> io::Result<bool> {
        let out = &mut self.outgoing;
        while out.sent < out.head.len() + out.payload.len() {
            let head = &out.head[out.sent.min(out.head.len())..];
            let payload = &out.payload[out.sent.saturating_sub(out.head.len())..];
            let parts = [IoSlice::new(head), IoSlice::new(payload)];
            let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
            let mut nothing = SendAncillaryBuffer::default();
            match sendmsg(&self.process.socket, &parts, &mut nothing, flags) {
                Ok(count) => out.sent += count,
                Err(Errno::AGAIN) => return Ok(false),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        *out = Outgoing { head: std::mem::take(&mut out.head), ..Outgoing::default() };
        out.head.clear();
        Ok(true)
    }

    /// Receives what has arrived, up to one reply.
    pub(crate) fn receive(&mut self, scratch: &mut [u8]) -> Received {
        let mut budget = RECEIVE_AT_ONCE;
        while budget > 0 {
            let socket = &self.process.socket;
            let received = match self.replies.unfinished_body() {
                Some(body) => recv(socket, spare_capacity(body), RecvFlags::DONTWAIT)
                    .map(|(count, _)| (count, self.replies.complete())),
                None => recv(socket, &mut *scratch, RecvFlags::DONTWAIT)
                    .map(|(count, _)| (count, self.replies.feed(&scratch[..count]))),
            };
            match received {
                Ok((0, _)) => return Received::Closed,
                Ok((count, Ok(None))) => budget = budget.saturating_sub(count),
                Ok((_, Ok(Some(reply)))) => return Received::Reply(reply),
                Ok((_, Err(Malformed(what)))) => return Received::Malformed(what),
                Err(Errno::AGAIN) => return Received::Nothing,
                Err(Errno::INTR) => {}
                Err(_) => return Received::Closed,
            }
        }
        Received::Nothing
    }

    /// Reads what the process has written; gives the complete lines. `open` is false when nobody
    /// can write any more.
    pub(crate) fn read_log(&mut self, scratch: &mut [u8]) -> (Option<String>, bool) {
        let mut lines: Option<String> = None;
        let mut budget = LOG_AT_ONCE;
        while budget > 0 {
            match rustix::io::read(&self.process.output, &mut *scratch) {
                Ok(0) => return (lines, false),
                Ok(count) => {
                    budget = budget.saturating_sub(count);
                    if let Some(text) = self.log.feed(&scratch[..count]) {
                        lines.get_or_insert_default().push_str(&text);
                    }
                    if count < scratch.len() {
                        break;
                    }
                }
                Err(Errno::INTR) => {}
                Err(_) => break,
            }
        }
        (lines, true)
    }

    /// The line that the process has begun and not ended.
    pub(crate) fn rest_of_log(&mut self) -> Option<String> {
        self.log.rest()
    }

    /// The end of the log since the last time this was asked.
    pub(crate) fn take_log_tail(&mut self) -> String {
        self.log.take_tail()
    }
}

/// What the runner must know before it can load the handler, as JSON.
fn configuration(function: &Function) -> String {
    let (module, names) = match &function.handler {
        Handler::Named(text) => (None, std::slice::from_ref(text)),
        Handler::AnyOf { module, names } => (Some(module), names.as_slice()),
    };
    let layers: Vec<_> = function.layers.iter().map(|layer| layer.to_string_lossy()).collect();
    let debug = function.debug.as_ref();
    let debug = debug.map(|debug| serde_json::json!({ "port": debug.port, "source": DEBUGGER }));
    let config = serde_json::json!({
        "module": module, "names": names, "arn": function.arn,
        "code_root": function.code_root.to_string_lossy(), "layers": layers, "debug": debug,
    });
    config.to_string()
}
