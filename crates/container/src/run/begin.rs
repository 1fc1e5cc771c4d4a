//! How a run begins: with a new execution, or with one whose container has died.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::{Duration, Instant};

use faastlane_engine::replay::{Entry, Replay, Replayed};
use faastlane_engine::{Execution, Outcome};
use faastlane_lanes::{self as lanes, failure};
use serde::{Deserialize, Serialize};

use super::pace::Pace;
use super::{Request, Run, runs_side_by_side};
use crate::{Conditions, Container, Error, Ids, Observer, WaitScale};

/// An execution that another container may have begun.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Begun {
    /// Its number among those of the journal.
    pub(crate) number: u64,
    /// The last event of its history that the supervisor has.
    pub(crate) seen: u64,
    /// How that container died.
    pub(crate) death: Death,
}

/// How a container died.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Death {
    /// Its process ended with this status, as `wait` gives it.
    Ended(i32),
    /// It did not go on in time and was killed.
    Stuck,
}

impl Death {
    /// What has become of a call that had begun there, of a function with this timeout.
    pub(crate) fn of_call(self, request_id: &str, timeout: Option<Duration>) -> lanes::Outcome {
        match (self, timeout) {
            (Self::Stuck, Some(timeout)) => failure::timeout(request_id, timeout),
            (Self::Stuck, None) => failure::exit(request_id, ExitStatus::from_raw(9)),
            (Self::Ended(status), _) => failure::exit(request_id, ExitStatus::from_raw(status)),
        }
    }
}

impl Container {
    /// Runs an execution to its end.
    ///
    /// # Errors
    /// The lanes cannot be waited for; every failure of a function is the engine's business.
    pub fn run(&mut self, request: Request, observer: &mut dyn Observer) -> Result<Outcome, Error> {
        self.begin(0, request, observer)
    }

    /// Starts an execution that has this number in the journal, and runs it to its end.
    pub(crate) fn begin(
        &mut self,
        number: u64,
        request: Request,
        observer: &mut dyn Observer,
    ) -> Result<Outcome, Error> {
        let Request { machine, start, conditions } = request;
        let Conditions { mocks, wait_scale, now, seed, trace_id } = conditions;
        self.pool.prepare(runs_side_by_side(&machine))?;
        if let Some(seed) = seed {
            self.ids = Ids::seeded(seed);
        }
        let size_limit = start.limits.payload_bytes;
        let pace = Pace::new(wait_scale, now);
        let at = now.unwrap_or_else(|| pace.now());
        if let Some(journal) = &self.journal {
            let mut journal = journal.borrow_mut();
            journal.begin(number);
            journal.append(&Entry::Started { at })?;
        }
        let mut actions = Vec::new();
        let execution = Execution::start(machine, start, at, &mut actions);
        let mut run = Run::new(self, observer, execution, mocks, pace, size_limit);
        (run.actions, run.trace_id) = (actions, trace_id);
        run.finish()
    }

    /// Runs an execution to its end that another container may have begun.
    pub(crate) fn go_on(
        &mut self,
        begun: Begun,
        request: Request,
        observer: &mut dyn Observer,
    ) -> Result<Outcome, Error> {
        let Some(journal) = &self.journal else { return self.run(request, observer) };
        let Begun { number, seen, death } = begun;
        let Request { machine, start, conditions } = request;
        let size_limit = start.limits.payload_bytes;
        let side_by_side = runs_side_by_side(&machine);
        let mut replay = Replay::new(Arc::clone(&machine), start.clone(), seen);
        journal.borrow_mut().replay(number, &mut replay)?;
        let Some(replayed) = replay.finish() else {
            let request = Request { machine, start, conditions };
            return self.begin(number, request, observer);
        };
        journal.borrow_mut().go_on_with(number);
        self.pool.prepare(side_by_side)?;
        let Replayed { execution, pending, recorded, outcome, last } = replayed;
        let Conditions { mocks, wait_scale, now, trace_id, .. } = conditions;
        // Its time may be another one than ours: it goes on from where it was.
        let is_real = now.is_none() && wait_scale == WaitScale::default();
        let pace = Pace::new(wait_scale, last.filter(|_| !is_real));
        let at = Instant::now();
        recorded.into_iter().for_each(|event| observer.recorded(event, at));
        let mut run = Run::new(self, observer, execution, mocks, pace, size_limit);
        run.trace_id = trace_id;
        run.take_up(pending, death);
        match outcome {
            Some(outcome) => run.drain_detached().map(|()| outcome),
            None => run.finish(),
        }
    }
}
