//! One forked host: a call goes into its exchange slot, the reply comes out.

use std::io;
use std::os::fd::OwnedFd;

use faastlane_abi::Encoding;
use faastlane_frame::Frame;
use faastlane_host as lane;
use faastlane_host::channel::{Client, Head};
use rustix::event::{EventfdFlags, eventfd};
use rustix::process::Pid;

use crate::log::Output;
use crate::portable::frame::Reply;
use crate::process::log_pipe;
use crate::worker::Received;
use crate::{Call, Payload, Returned};

/// One process that a template has forked, or has been told to fork.
#[derive(Debug)]
pub(crate) struct Host {
    /// How the template calls it.
    pub(crate) id: u64,
    /// Index of the template.
    pub(crate) template: usize,
    /// Which of the template's lanes the next call is for.
    pub(crate) lane: u32,
    /// Its process, once there is one.
    pub(crate) pid: Option<Pid>,
    client: Client,
    /// Rings for each reply.
    pub(crate) doorbell: OwnedFd,
    pub(crate) output: Output,
}

/// What a host inherits.
#[derive(Debug)]
pub(crate) struct Inherited {
    pub(crate) memory: OwnedFd,
    pub(crate) doorbell: OwnedFd,
    pub(crate) output: OwnedFd,
}

impl Host {
    /// Everything that a host needs but the process.
    pub(crate) fn new(
        id: u64,
        template: usize,
        lane: u32,
        is_shared: bool,
    ) -> io::Result<(Host, Inherited)> {
        let (client, memory) = Client::new(is_shared)?;
        let doorbell = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        let (output, writer) = log_pipe()?;
        let inherited = Inherited { memory, doorbell: doorbell.try_clone()?, output: writer };
        let host = Host { id, template, lane, pid: None, client, doorbell, output };
        Ok((host, inherited))
    }

    /// Sends a call.
    pub(crate) fn request(&mut self, call: &Call, deadline_ms: u64) {
        match &call.payload {
            Payload::Text(text) => self.ask(call, deadline_ms, Encoding::Text, text),
            Payload::Data(data) => match data.frame() {
                Ok(frame) => self.ask(call, deadline_ms, Encoding::Frame, &frame),
                Err(_) => {
                    self.ask(call, deadline_ms, Encoding::Text, data.to_json().as_bytes());
                }
            },
        }
    }

    /// # Panics
    /// If all of it together is longer than 8 GiB.
    fn ask(&mut self, call: &Call, deadline_ms: u64, encoding: Encoding, event: &[u8]) {
        let context = call.client_context.as_deref().unwrap_or("");
        let trace = call.trace_id.as_deref().unwrap_or("");
        let texts = [call.request_id.as_bytes(), context.as_bytes(), trace.as_bytes(), event];
        let head = Head { lane: self.lane, encoding, deadline_ms };
        self.client.ask(head, texts).expect("a call is far smaller than an exchange slot");
    }

    /// Takes in the reply, if it is there.
    pub(crate) fn receive(&mut self) -> Received {
        let (result, function) = match self.client.reply() {
            None => return Received::Nothing,
            Some(lane::Reply::Failed { error_type, payload, function, .. }) => {
                return Received::Reply(Reply::Failed { error_type, payload, function });
            }
            Some(lane::Reply::Returned { encoding: Encoding::Text, body, function, .. }) => {
                (Returned::Text(body), function)
            }
            Some(lane::Reply::Returned { body, function, .. }) => match Frame::check(body) {
                Ok(frame) => (Returned::Frame(frame), function),
                Err(_) => return Received::Malformed("a broken frame"),
            },
            Some(_) => return Received::Malformed("no reply in the exchange slot"),
        };
        Received::Reply(Reply::Returned { result, function })
    }
}
