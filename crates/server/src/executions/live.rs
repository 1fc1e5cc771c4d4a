//! One execution that is not over.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use faastlane_container::Pace;
use faastlane_engine::{
    Execution, HistoryEvent, Mocks, Outcome, RequestId, Start, TaskId, TaskRequest, Time,
};
use faastlane_frame::Data;
use faastlane_store::Change;
use faastlane_value::ArcStr;
use tokio::sync::oneshot;

use super::handle::SyncOutcome;
use super::journal;
use super::observe::Observed;
use crate::machines::Known;

/// Events of one execution.
pub(super) type Recorded = (Observed, Vec<HistoryEvent>);

/// Names an execution inside of this server.
pub(super) type Key = u64;

/// An execution, and what it waits for.
#[derive(Debug)]
pub(super) struct Live {
    /// Its ARN, for the store.
    pub(super) arn: Arc<str>,
    pub(super) observed: Observed,
    pub(super) known: Arc<Known>,
    pub(super) execution: Execution,
    pub(super) pace: Pace,
    pub(super) mocks: Mocks,
    /// Its input.
    pub(super) input: Data,
    /// Tasks that it has asked for.
    pub(super) tasks: HashMap<TaskId, Asked>,
    /// What is being read and written for its distributed Maps.
    pub(super) datasets: Vec<RequestId>,
    /// Its Map Runs: how often each was redriven, and when it was last.
    pub(super) map_runs: HashMap<ArcStr, (u64, Option<i64>)>,
    /// Events of its history that are not in the store yet.
    pub(super) recorded: Vec<HistoryEvent>,
    /// The execution and task that wait for its end.
    pub(super) parent: Option<Parent>,
    /// Bytes of JSON that a result may have.
    pub(super) size_limit: Option<usize>,
    /// Who waits for its end in a request.
    pub(super) on_end: Option<oneshot::Sender<SyncOutcome>>,
    /// When it is looked at next.
    pub(super) wake: Option<Instant>,
    /// The outcome, in the moment in which it is there.
    pub(super) outcome: Option<Outcome>,
}

/// A task that was asked for and has not been answered.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) request: TaskRequest,
    /// The number of its call in the machine's lanes.
    pub(super) call: Option<u64>,
}

/// The task of another execution that waits for the end of this one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parent {
    pub(super) arn: ArcStr,
    pub(super) task: TaskId,
}

impl Live {
    pub(super) fn new(
        known: Arc<Known>,
        begin: Start,
        at: Time,
        trace_header: Option<ArcStr>,
        execution: Execution,
        pace: Pace,
    ) -> Self {
        let observed = Observed {
            arn: begin.execution_arn,
            name: begin.execution_name,
            machine_arn: begin.machine_arn,
            express: known.runnable.express,
            trace_header,
            started: at,
        };
        Self {
            arn: Arc::from(observed.arn.as_str()),
            observed,
            known,
            execution,
            pace,
            mocks: Mocks::default(),
            input: begin.input.into(),
            tasks: HashMap::new(),
            datasets: Vec::new(),
            map_runs: HashMap::new(),
            recorded: Vec::new(),
            parent: None,
            size_limit: begin.limits.payload_bytes,
            on_end: None,
            wake: None,
            outcome: None,
        }
    }

    /// Whether it is kept in the store.
    pub(super) fn is_durable(&self) -> bool {
        !self.observed.express
    }

    /// Whether nothing runs, so that a wait that takes no time may be over.
    pub(super) fn is_idle(&self) -> bool {
        self.tasks.is_empty() && self.datasets.is_empty()
    }

    /// Its time.
    pub(super) fn now(&self) -> Time {
        self.pace.now()
    }

    /// Adds what was recorded to the changes for the store, and to what observers are told then.
    pub(super) fn flush(&mut self, changes: &mut Vec<Change>, recorded: &mut Vec<Recorded>) {
        if self.recorded.is_empty() {
            return;
        }
        if self.is_durable() {
            changes.extend(journal::recorded(&self.arn, &self.recorded));
        }
        recorded.push((self.observed.clone(), std::mem::take(&mut self.recorded)));
    }
}
