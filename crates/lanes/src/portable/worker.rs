//! One warm process: sends it requests, receives its replies and its log, never blocks.

use std::ffi::OsString;
use std::io::{self, IoSlice};
use std::os::fd::OwnedFd;

use rustix::buffer::spare_capacity;
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendAncillaryBuffer, SendFlags, recv, sendmsg};

use super::frame::{self, Malformed, ReplyReader};
use crate::log::Output;
use crate::process::{Process, Started};
use crate::runner::{self, SOURCE};
use crate::worker::Received;
use crate::{Call, Function, Payload};

const LOADER: &str = include_str!("loader.py");

/// Most that is received in one turn, so that one worker cannot keep the others waiting.
const RECEIVE_AT_ONCE: usize = 4 << 20;

/// One process of a function.
#[derive(Debug)]
pub(crate) struct Worker {
    pub(crate) process: Process,
    pub(crate) socket: OwnedFd,
    pub(crate) output: Output,
    outgoing: Outgoing,
    replies: ReplyReader,
}

/// Bytes on their way to the process. The payload is not copied.
#[derive(Debug, Default)]
struct Outgoing {
    head: Vec<u8>,
    payload: Vec<u8>,
    sent: usize,
}

impl Worker {
    /// Starts a process that loads the handler and then says [`Reply::Ready`].
    pub(crate) fn start(
        function: &Function,
        environment: &[(String, String)],
    ) -> io::Result<Worker> {
        let config = runner::configuration(function);
        let started = Process::start(
            &function.python,
            &function.code_root,
            environment,
            // The name is for whoever looks at the list of processes.
            |channel| {
                let sizes = [SOURCE.len().to_string(), config.len().to_string()];
                let [source, config] = sizes.map(OsString::from);
                let script = ["-c", LOADER, &channel].map(OsString::from);
                script.into_iter().chain([source, config, function.name.clone().into()]).collect()
            },
        )?;
        let Started { process, socket, output } = started;
        let head = [SOURCE.as_bytes(), config.as_bytes()].concat();
        let outgoing = Outgoing { head, ..Outgoing::default() };
        Ok(Worker { process, socket, output, outgoing, replies: ReplyReader::default() })
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
            match sendmsg(&self.socket, &parts, &mut nothing, flags) {
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
            let socket = &self.socket;
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
}
