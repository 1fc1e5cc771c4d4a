//! A place for one worker, and what that worker is doing.

use std::time::Instant;

use crate::portable::worker::Worker;
use crate::{Call, CallId};

/// Index of a slot.
pub(super) type Place = usize;

/// A place for one worker after another.
#[derive(Debug, Default)]
pub(super) struct Slot {
    pub(super) worker: Option<Worker>,
    /// Index of the worker's function.
    pub(super) lane: usize,
    pub(super) state: State,
    /// Goes up with each worker, so that a late event of the last one is told apart.
    pub(super) generation: u32,
    /// When to do something about the worker if nothing happens.
    pub(super) deadline: Option<Instant>,
}

/// What a worker is doing.
#[derive(Debug, Default)]
pub(super) enum State {
    /// Loading its module, for no call in particular.
    Starting,
    /// Loading its module after the first attempt took too long, within the time of this call.
    StartingFor(Call),
    /// Waiting for a call.
    Idle(Instant),
    /// Running a call.
    Busy(Running),
    /// It has closed the socket during a call; how it ends is not known yet.
    Leaving(Running),
    /// Killed, or nobody.
    #[default]
    Ending,
}

/// What is kept of a call while it runs.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) id: CallId,
    pub(super) request_id: String,
}

impl Slot {
    /// Whether the worker runs this call.
    pub(super) fn runs(&self, wanted: CallId) -> bool {
        match &self.state {
            State::Busy(Running { id, .. }) | State::Leaving(Running { id, .. }) => *id == wanted,
            State::StartingFor(call) => call.id == wanted,
            State::Starting | State::Idle(_) | State::Ending => false,
        }
    }

    /// The worker of a slot that has one, as every slot has whose state is not `Ending`.
    pub(super) fn worker(&self) -> &Worker {
        self.worker.as_ref().expect("a slot in use has a worker")
    }

    /// As [`Self::worker`].
    pub(super) fn worker_mut(&mut self) -> &mut Worker {
        self.worker.as_mut().expect("a slot in use has a worker")
    }

    /// The request that what the worker writes belongs to.
    pub(super) fn request_id(&self) -> Option<&str> {
        match &self.state {
            State::Busy(running) | State::Leaving(running) => Some(&running.request_id),
            State::Starting | State::StartingFor(_) | State::Idle(_) | State::Ending => None,
        }
    }
}
