//! A worker: a process that runs one call of a function at a time, in one kind of lane or another.
//!
//! An enum and not a trait: there are few kinds, all of them are here, and the pool must know which
//! one it has when a worker starts and ends. In between, the kinds look alike.

use std::io;

use rustix::process::Pid;

use crate::Call;
use crate::forked::Host;
use crate::log::Output;
use crate::portable;
use crate::portable::frame::Reply;
use crate::process::{is_readable, is_running};

/// One worker.
#[derive(Debug)]
pub(crate) enum Worker {
    /// A process of the function's own Python.
    Portable(portable::worker::Worker),
    /// A fork of a template.
    Forked(Host),
    /// Nothing yet: a fork of this template once that has loaded its lanes.
    Waiting {
        /// Index of the template.
        template: usize,
        /// What the template has written, once it has failed.
        log_tail: String,
    },
}

/// What came out of an attempt to receive.
#[derive(Debug)]
pub(crate) enum Received {
    /// Nothing complete yet.
    Nothing,
    /// A complete reply.
    Reply(Reply),
    /// Bytes that a runner never sends.
    Malformed(&'static str),
    /// The process has closed its end.
    Closed,
}

impl Worker {
    /// Makes `call` the next thing to be sent; [`Self::flush`] sends it.
    pub(crate) fn request(&mut self, call: &mut Call, deadline_ms: u64) {
        match self {
            Worker::Portable(worker) => worker.request(call, deadline_ms),
            Worker::Forked(host) => host.request(call, deadline_ms),
            Worker::Waiting { .. } => unreachable!("calls are for workers that are ready"),
        }
    }

    /// Sends what can be sent now. True when all has been sent.
    pub(crate) fn flush(&mut self) -> io::Result<bool> {
        match self {
            Worker::Portable(worker) => worker.flush(),
            Worker::Forked(_) | Worker::Waiting { .. } => Ok(true),
        }
    }

    /// Receives what has arrived, up to one reply.
    pub(crate) fn receive(&mut self, scratch: &mut [u8]) -> Received {
        match self {
            Worker::Portable(worker) => worker.receive(scratch),
            Worker::Forked(host) => host.receive(),
            Worker::Waiting { .. } => Received::Nothing,
        }
    }

    /// What it writes, if it can write yet.
    pub(crate) fn output(&mut self) -> Option<&mut Output> {
        match self {
            Worker::Portable(worker) => Some(&mut worker.output),
            Worker::Forked(host) => Some(&mut host.output),
            Worker::Waiting { .. } => None,
        }
    }

    /// The end of its log since the last time this was asked.
    pub(crate) fn take_log_tail(&mut self) -> String {
        match self {
            Worker::Portable(worker) => worker.output.take_tail(),
            Worker::Forked(host) => host.output.take_tail(),
            Worker::Waiting { log_tail, .. } => std::mem::take(log_tail),
        }
    }

    /// The template that it waits for.
    pub(crate) fn waits_for(&self) -> Option<usize> {
        match self {
            Worker::Waiting { template, .. } => Some(*template),
            Worker::Portable(_) | Worker::Forked(_) => None,
        }
    }

    /// Its process, if it has one.
    pub(crate) fn pid(&self) -> Option<Pid> {
        match self {
            Worker::Portable(worker) => Some(worker.process.pid()),
            Worker::Forked(host) => host.pid,
            Worker::Waiting { .. } => None,
        }
    }

    /// Whether it computes, or would if it had a processor, at this moment; or has replied, and gets
    /// the next call as soon as we look. So does whoever has no process yet: somebody starts it.
    pub(crate) fn is_running(&self) -> bool {
        self.pid().is_none_or(is_running) || self.has_replied()
    }

    fn has_replied(&self) -> bool {
        match self {
            Worker::Portable(worker) => is_readable(&worker.socket),
            Worker::Forked(host) => host.has_replied(),
            Worker::Waiting { .. } => false,
        }
    }
}
