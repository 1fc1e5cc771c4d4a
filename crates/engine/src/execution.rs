//! One execution of a state machine, as a value.

use std::collections::VecDeque;
use std::sync::Arc;

use faastlane_asl::StateMachine;
use faastlane_frame::Data;
use faastlane_value::{ArcStr, Value};
use serde::{Deserialize, Serialize};

use crate::flow::{About, Flow, FlowId, Phase, Progress};
use crate::random::Random;
use crate::slab::Slab;
use crate::test_state::{Inspection, Tested};
use crate::turn::Turn;
use crate::{Action, Event, EventKind, Limits, Time, TimerId};

/// An execution: hand it events, perform its actions.
#[derive(Debug, Clone)]
pub struct Execution {
    machine: Arc<StateMachine>,
    progress: Progress,
}

/// What an execution is started with.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Start {
    /// `$$.Execution.Id`
    pub execution_arn: ArcStr,
    /// `$$.Execution.Name`
    pub execution_name: ArcStr,
    /// `$$.StateMachine.Id`
    pub machine_arn: ArcStr,
    /// `$$.StateMachine.Name`
    pub machine_name: ArcStr,
    /// `$$.Execution.RoleArn`
    pub role_arn: ArcStr,
    /// The input.
    pub input: Value,
    /// Where its random numbers come from: equal seeds, equal numbers.
    pub seed: u64,
    /// What is limited.
    pub limits: Limits,
}

/// The state of an execution after some event, ready to be written down.
///
/// It does not hold the state machine: restore it with the machine it was made with.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Snapshot(Progress);

impl Execution {
    /// Starts an execution at the time `now`; what is to be done first is added to `actions`.
    #[must_use]
    pub fn start(
        machine: Arc<StateMachine>,
        start: Start,
        now: Time,
        actions: &mut Vec<Action>,
    ) -> Self {
        Self::new(machine, start, now).begin(now, actions)
    }

    /// Starts one that is a test of its first state, with these variables.
    pub(crate) fn inspected(
        machine: Arc<StateMachine>,
        start: Start,
        inspection: Inspection,
        variables: impl Iterator<Item = (ArcStr, Data)>,
        now: Time,
        actions: &mut Vec<Action>,
    ) -> Self {
        let mut execution = Self::new(machine, start, now);
        execution.progress.inspection = Some(Box::new(inspection));
        let root = execution.progress.flow_mut(FlowId(0));
        root.variables = root.variables.with(variables);
        execution.begin(now, actions)
    }

    /// What was seen of a test.
    pub(crate) fn into_tested(self) -> Tested {
        self.progress.inspection.map(|inspection| inspection.tested).unwrap_or_default()
    }

    pub(crate) fn tested_mut(&mut self) -> &mut Tested {
        &mut self.progress.inspection.get_or_insert_default().tested
    }

    fn new(machine: Arc<StateMachine>, start: Start, now: Time) -> Self {
        let input = Data::from(start.input);
        let root = Flow::at(machine.start_at, input.clone(), now);
        let mut progress = Progress {
            about: About {
                execution_arn: start.execution_arn,
                execution_name: start.execution_name,
                machine_arn: start.machine_arn,
                machine_name: start.machine_name,
                role_arn: start.role_arn,
                input: input.clone(),
                started_at: now,
                redrive_count: 0,
                redriven_at: None,
            },
            limits: start.limits,
            flows: Slab::EMPTY,
            children: Slab::EMPTY,
            changed_runs: Vec::new(),
            ready: VecDeque::new(),
            random: Random::new(start.seed),
            seed: start.seed,
            last_event_id: 0,
            last_serial: 0,
            invocations: Vec::new(),
            timeout: None,
            finished: false,
            inspection: None,
        };
        progress.add(root);
        Self { machine, progress }
    }

    fn begin(mut self, now: Time, actions: &mut Vec<Action>) -> Self {
        let About { input, role_arn, .. } = self.progress.about.clone();
        let mut turn = self.turn(now, actions);
        turn.emit(None, 0, EventKind::ExecutionStarted { input, role_arn });
        turn.start_execution_timeout();
        turn.begin(FlowId(0));
        self
    }

    /// Handles an event that happened at the time `now`; what is to be done is added to `actions`.
    ///
    /// An event that nobody waits for any more does nothing.
    pub fn handle(&mut self, event: Event, now: Time, actions: &mut Vec<Action>) {
        if !self.progress.finished {
            self.turn(now, actions).handle(event);
        }
    }

    /// Whether it can be redriven: it ended, not well, and its history has room.
    ///
    /// Source: "Redriving executions", developer guide. How long ago it ended is its driver's business.
    #[must_use]
    pub fn is_redrivable(&self) -> bool {
        // A root that has ended well is gone.
        let is_stopped = self.progress.finished && self.progress.flows.get(0).is_some();
        let limit = self.progress.limits.history_events;
        is_stopped && limit.is_none_or(|limit| self.progress.last_event_id + 1 < limit)
    }

    /// Goes on with an execution that did not end well, from where it was; one that is not
    /// [redrivable](Self::is_redrivable) does nothing.
    pub fn redrive(&mut self, now: Time, actions: &mut Vec<Action>) {
        if self.is_redrivable() {
            self.progress.finished = false;
            let about = &mut self.progress.about;
            about.redrive_count += 1;
            about.redriven_at = Some(now);
            self.turn(now, actions).redrive();
        }
    }

    /// How often it was redriven.
    #[must_use]
    pub fn redrive_count(&self) -> u64 {
        self.progress.about.redrive_count
    }

    /// What it runs.
    #[must_use]
    pub fn machine(&self) -> &StateMachine {
        &self.machine
    }

    /// Whether [`Action::Finish`] has come out.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.progress.finished
    }

    /// Whether the execution waits for this timer only because it was told to wait: in a Wait state, or
    /// before a retry. Other timers end what takes too long.
    #[must_use]
    pub fn pauses_until(&self, timer: TimerId) -> bool {
        let Some(flow) = self.progress.flow_of(timer.0) else { return false };
        match self.progress.flow(flow).phase {
            Phase::Waiting(waited_for) | Phase::Backoff(waited_for) => waited_for == timer,
            _ => false,
        }
    }

    /// Its state, to be written down. Actions that came out before must have been performed, or be
    /// written down with it.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot(self.progress.clone())
    }

    /// Continues an execution of the same machine from `snapshot`.
    #[must_use]
    pub fn restore(machine: Arc<StateMachine>, snapshot: Snapshot) -> Self {
        Self { machine, progress: snapshot.0 }
    }

    fn turn<'a>(&'a mut self, now: Time, actions: &'a mut Vec<Action>) -> Turn<'a> {
        Turn::new(&self.machine, &mut self.progress, now, actions)
    }
}

impl Turn<'_> {
    pub(crate) fn start_execution_timeout(&mut self) {
        let limit = self.progress.limits.execution_seconds;
        if let Some(seconds) = self.machine.timeout_seconds.into_iter().chain(limit).min() {
            let timer = TimerId(self.progress.ticket(Progress::NO_FLOW));
            self.progress.timeout = Some(timer);
            self.actions.push(Action::StartTimer(timer, self.now.plus_seconds(seconds)));
        }
    }
}
