//! Orders to a template and its reports: small messages, some with descriptors, over a socket.
//!
//! A message is a length (u32, little endian) and JSON. There are one or two of them for each
//! process that starts or ends; calls take another way (`channel.rs`).

use std::collections::VecDeque;
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::path::PathBuf;

use rustix::io::Errno;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::LaneSpec;

/// Most descriptors that come with one message.
const MOST_DESCRIPTORS: usize = 3;
/// Longest message that is accepted, in bytes.
const LONGEST: usize = 64 << 20;

/// What a template is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Order {
    /// Load lanes: the first order, and the only one of its kind.
    Load(Plan),
    /// Fork a host. Three descriptors come with it: the memory of its exchange slot, its doorbell,
    /// and what stdout and stderr become.
    Fork {
        /// Chosen by the orchestrator.
        host: u64,
    },
    /// Kill a host and all of its process group.
    Kill {
        /// As in [`Order::Fork`].
        host: u64,
    },
}

/// What a template says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Report {
    /// It has understood what to load; whatever ends it now is in a function.
    Loads,
    /// The handler of this lane is loaded.
    Ready {
        /// Index in [`Plan::lanes`].
        lane: u32,
    },
    /// The handler cannot be loaded, as Python itself says.
    LoadFailed {
        /// Index in [`Plan::lanes`].
        lane: u32,
        /// The error's name.
        error_type: String,
        /// The error payload, JSON.
        payload: String,
    },
    /// This function cannot live in a lane of this kind; another may do.
    Unfit {
        /// Index in [`Plan::lanes`].
        lane: u32,
        /// Why.
        reason: String,
    },
    /// All lanes have been reported; hosts can be forked.
    Loaded,
    /// A host exists.
    Forked {
        /// As in [`Order::Fork`].
        host: u64,
        /// Its process.
        pid: i32,
    },
    /// There is no such host.
    NotForked {
        /// As in [`Order::Fork`].
        host: u64,
        /// Why.
        reason: String,
        /// Whether it is in vain to try again.
        never: bool,
    },
    /// A host has ended, and all of its process group.
    Ended {
        /// As in [`Order::Fork`].
        host: u64,
        /// The raw wait status.
        status: i32,
    },
}

/// The lanes of a template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Whether each has a namespace of its own. Without, there is only one lane.
    pub namespaces: bool,
    /// Whether keys guard the lanes from each other.
    pub keys: bool,
    /// The source of the program that runs in each lane.
    pub runner: String,
    /// The lanes.
    pub lanes: Vec<LanePlan>,
}

/// One lane of a template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LanePlan {
    /// The function's name.
    pub name: String,
    /// The interpreter; for a virtual environment its `bin/python`.
    pub python: PathBuf,
    /// Its shared library.
    pub libpython: PathBuf,
    /// What the runner must know, JSON.
    pub config: String,
    /// The whole environment of the lane.
    pub environment: Vec<(String, String)>,
    /// Its working directory.
    pub code_root: PathBuf,
}

impl LanePlan {
    /// What is loaded, with this source of the runner.
    pub fn into_spec(self, runner: &'static str) -> LaneSpec {
        let Self { name, python, libpython, config, environment, code_root } = self;
        LaneSpec { name, python, libpython, runner, config, environment, code_root }
    }
}

/// One end of the socket.
#[derive(Debug)]
pub struct Line {
    socket: OwnedFd,
    received: Vec<u8>,
    descriptors: VecDeque<OwnedFd>,
}

impl Line {
    /// Over a connected stream socket.
    #[must_use]
    pub fn new(socket: OwnedFd) -> Line {
        Line { socket, received: Vec::new(), descriptors: VecDeque::new() }
    }

    /// The socket, to wait for.
    #[must_use]
    pub fn socket(&self) -> &OwnedFd {
        &self.socket
    }

    /// Sends a message; blocks if the other side is behind.
    pub fn send(&self, message: &impl Serialize) -> io::Result<()> {
        send(&self.socket, message, &[])
    }

    /// Waits until there is something to receive, and takes it in: one or more messages, or a part
    /// of one. False when the other side is gone.
    pub fn receive(&mut self, flags: RecvFlags) -> io::Result<bool> {
        let mut buffer = [0; 4096];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST_DESCRIPTORS))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let parts = &mut [IoSliceMut::new(&mut buffer)];
        let flags = flags | RecvFlags::CMSG_CLOEXEC;
        let count = match recvmsg(&self.socket, parts, &mut control, flags) {
            Ok(message) => message.bytes,
            Err(Errno::INTR) => return Ok(true),
            Err(error) => return Err(error.into()),
        };
        for message in control.drain() {
            if let RecvAncillaryMessage::ScmRights(descriptors) = message {
                self.descriptors.extend(descriptors);
            }
        }
        self.received.extend_from_slice(&buffer[..count]);
        Ok(count > 0)
    }

    /// The next message that has arrived whole.
    pub fn take<M: DeserializeOwned>(&mut self) -> io::Result<Option<M>> {
        let Some((length, rest)) = self.received.split_first_chunk() else { return Ok(None) };
        let length = usize::try_from(u32::from_le_bytes(*length)).unwrap_or(usize::MAX);
        if length > LONGEST {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let Some(text) = rest.get(..length) else { return Ok(None) };
        let message = serde_json::from_slice(text)?;
        self.received.drain(..4 + length);
        Ok(Some(message))
    }

    /// The next descriptor that came with a message.
    pub fn descriptor(&mut self) -> io::Result<OwnedFd> {
        self.descriptors.pop_front().ok_or_else(|| io::ErrorKind::InvalidData.into())
    }
}

/// Sends a message with descriptors over a stream socket; blocks if the other side is behind.
pub fn send(
    socket: &OwnedFd,
    message: &impl Serialize,
    descriptors: &[BorrowedFd<'_>],
) -> io::Result<()> {
    let text = serde_json::to_vec(message)?;
    let length = u32::try_from(text.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
    let whole = [length.to_le_bytes().as_slice(), &text].concat();
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST_DESCRIPTORS))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !descriptors.is_empty() {
        assert!(control.push(SendAncillaryMessage::ScmRights(descriptors)), "there is room");
    }
    let mut sent = 0;
    while sent < whole.len() {
        let part = [IoSlice::new(&whole[sent..])];
        match sendmsg(socket, &part, &mut control, SendFlags::NOSIGNAL) {
            Ok(count) => {
                sent += count;
                control.clear();
            }
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
