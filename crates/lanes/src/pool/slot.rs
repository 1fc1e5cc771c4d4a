//! A place for one worker, and what that worker is doing.

use std::time::{Duration, Instant};

use super::Queued;
use crate::worker::Worker;
use crate::{CallId, Times};

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
    StartingFor(Queued),
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

/// What is kept of a call until its end is reported.
#[derive(Debug, Clone)]
pub(super) struct Running {
    pub(super) id: CallId,
    pub(super) request_id: String,
    pub(super) called: Instant,
    /// When a worker got the event; none for a call that fails before.
    pub(super) started: Option<Instant>,
}

impl Running {
    /// The times of a call that ends now; `function` is what its process says.
    pub(super) fn times(&self, function: Option<Duration>) -> Times {
        let Running { called, started, .. } = *self;
        let ended = Instant::now();
        let longest = started.map_or(Duration::ZERO, |started| ended - started);
        let function = function.map(|function| function.min(longest));
        Times { called, started, ended, function }
    }
}

impl From<&Queued> for Running {
    fn from(Queued { call, since, .. }: &Queued) -> Self {
        let request_id = call.request_id.clone();
        Running { id: call.id, request_id, called: *since, started: None }
    }
}

impl Slot {
    /// Whether the worker runs this call.
    pub(super) fn runs(&self, wanted: CallId) -> bool {
        match &self.state {
            State::Busy(Running { id, .. }) | State::Leaving(Running { id, .. }) => *id == wanted,
            State::StartingFor(queued) => queued.call.id == wanted,
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
