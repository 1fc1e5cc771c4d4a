//! What is asked of a lane, and what comes back.

use faastlane_abi::Encoding;
use std::ffi::c_int;
use std::fmt;
use std::time::{Duration, SystemTime};

/// One call of a handler.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// `context.aws_request_id`.
    pub request_id: &'a str,
    /// The client context as JSON, or empty.
    pub client_context: &'a str,
    /// The trace id, or empty.
    pub trace_id: &'a str,
    /// When the call must be over.
    pub deadline: SystemTime,
    /// The event.
    pub input: Input<'a>,
}

/// An event as it is written.
#[derive(Debug, Clone, Copy)]
pub enum Input<'a> {
    /// JSON text, unchecked.
    Text(&'a [u8]),
    /// A frame.
    Frame(&'a [u8]),
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// The handler returned.
    Returned {
        /// How the body is written. Nobody has looked at it yet: it is what the lane wrote.
        encoding: Encoding,
        /// The result.
        body: Vec<u8>,
        /// How long the handler ran, as the lane says.
        function: Duration,
        /// Whether something may have been written to stdout or stderr.
        wrote: bool,
    },
    /// The handler raised, or could not be called.
    Failed {
        /// The error's name.
        error_type: String,
        /// The error payload as JSON, as the lane wrote it.
        payload: Vec<u8>,
        /// How long the handler ran, as the lane says.
        function: Duration,
        /// Whether something may have been written to stdout or stderr.
        wrote: bool,
    },
    /// The handler ended its process, or would have. The lane is poisoned.
    Ended(Ended),
    /// The processor stopped the handler. The lane is poisoned.
    Fault(FaultInfo),
    /// The deadline passed. The lane is poisoned.
    TimedOut,
    /// What the lane left in the exchange slot is no reply. The lane is poisoned.
    Broken,
}

/// How a passage through the gate ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Passed {
    /// The lane came back by itself; its reply is in the exchange slot.
    Returned,
    /// See [`Reply::Ended`].
    Ended(Ended),
    /// See [`Reply::Fault`].
    Fault(FaultInfo),
    /// See [`Reply::TimedOut`].
    TimedOut,
}

/// How a function ended its process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// With this exit status.
    Status(c_int),
    /// By this signal.
    Signal(c_int),
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ended::Status(status) => write!(f, "exit status {status}"),
            Ended::Signal(signal) => write!(f, "signal {signal}"),
        }
    }
}

/// What was tried when the processor stopped a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Reading or running.
    Read,
    /// Writing.
    Write,
}

/// Why the processor stopped a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultInfo {
    /// The signal that the kernel made of it.
    pub signal: c_int,
    /// The address that was touched, or the instruction that could not be run.
    pub address: usize,
    /// What was tried there.
    pub access: Access,
    /// The protection key of that memory, if it was the key that forbade it.
    pub key: Option<u32>,
    /// The function whose memory that is.
    pub owner: Option<String>,
    /// The fault was on a thread that the function had started.
    pub on_thread: bool,
}

impl FaultInfo {
    /// The fault as a sentence about `function`.
    pub fn describe(&self, function: &str) -> String {
        let did = match self.access {
            Access::Read => "read",
            Access::Write => "wrote to",
        };
        let address = self.address;
        let what = match (self.key, &self.owner, self.signal) {
            (Some(key), Some(owner), _) => {
                format!("{did} memory of {owner} (protection key {key})")
            }
            (Some(key), None, _) => {
                format!("{did} memory that is not its own (protection key {key})")
            }
            (None, _, SIGSEGV) => {
                format!("{did} memory at {address:#x} that it may not touch (SIGSEGV)")
            }
            (None, _, SIGBUS) => {
                format!("{did} memory at {address:#x} that has no content (SIGBUS)")
            }
            (None, _, SIGILL) => format!("ran an illegal instruction at {address:#x} (SIGILL)"),
            (None, _, SIGFPE) => format!("divided by zero or the like at {address:#x} (SIGFPE)"),
            (None, _, other) => format!("was stopped by signal {other}"),
        };
        let thread = if self.on_thread { ", on a thread that it had started" } else { "" };
        format!("function '{function}' {what}{thread}")
    }
}

// Their numbers on Linux; this file serves other targets too.
const SIGILL: c_int = 4;
const SIGBUS: c_int = 7;
const SIGFPE: c_int = 8;
const SIGSEGV: c_int = 11;
