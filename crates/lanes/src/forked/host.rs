//! One forked host: a call goes into its exchange slot, the reply comes out.

use std::io;
use std::os::fd::OwnedFd;

use faastlane_host as lane;
use faastlane_host::channel::{Client, Head};
use rustix::event::{EventfdFlags, eventfd};
use rustix::process::Pid;

use crate::log::Output;
use crate::portable::frame::Reply;
use crate::process::log_pipe;
use crate::worker::Received;
use crate::{Call, Returned};

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
    ///
    /// # Panics
    /// If all of it together is longer than 8 GiB.
    pub(crate) fn request(&mut self, call: &Call, deadline_ms: u64) {
        let (encoding, event) = call.payload.encoded();
        let context = call.client_context.as_deref().unwrap_or("");
        let trace = call.trace_id.as_deref().unwrap_or("");
        let texts = [call.request_id.as_bytes(), context.as_bytes(), trace.as_bytes(), &event];
        let head = Head { lane: self.lane, encoding, deadline_ms };
        self.client.ask(head, texts).expect("a call is far smaller than an exchange slot");
    }

    /// Whether a reply is there that nobody has taken in.
    pub(crate) fn has_replied(&self) -> bool {
        self.client.has_replied()
    }

    /// Takes in the reply, if it is there.
    pub(crate) fn receive(&mut self) -> Received {
        let (result, function) = match self.client.reply() {
            None => return Received::Nothing,
            Some(lane::Reply::Failed { error_type, payload, function, .. }) => {
                return Received::Reply(Reply::Failed { error_type, payload, function });
            }
            Some(lane::Reply::Returned { encoding, body, function, .. }) => {
                match Returned::read(encoding, body) {
                    Ok(result) => (result, function),
                    Err(_) => return Received::Malformed("a broken frame"),
                }
            }
            Some(_) => return Received::Malformed("no reply in the exchange slot"),
        };
        Received::Reply(Reply::Returned { result, function })
    }
}
