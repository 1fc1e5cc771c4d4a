//! One event being handled: how states are entered and left, how flows begin and end.

mod bounds;

use std::cell::LazyCell;

use faastlane_asl::{Kind, Language, Next, State, StateMachine};
use faastlane_expr::{Path, Scope};
use faastlane_frame::Data;
use faastlane_value::{ArcStr, Value};

use crate::action::{TaskId, TimerId};
use crate::failure::Failure;
use crate::flow::{Flow, FlowId, Phase, Progress, Stopped};
use crate::history::ErrorDetails;
use crate::map_run::ChildId;
use crate::{Action, Event, EventKind, HistoryEvent, Outcome, Time, context};

/// One event being handled.
pub(crate) struct Turn<'a> {
    pub(crate) machine: &'a StateMachine,
    pub(crate) progress: &'a mut Progress,
    pub(crate) now: Time,
    pub(crate) actions: &'a mut Vec<Action>,
}

/// States entered in one turn at most. A loop of states that never wait must leave its driver room
/// to record, to stop, and to write a snapshot.
const STATES_A_TURN: usize = 10_000;

/// What came of beginning a state.
pub(crate) enum Step {
    /// It waits for something outside.
    Blocked,
    /// It ends well.
    Exit(Exit),
}

/// How a state is left.
pub(crate) struct Exit {
    pub(crate) output: Data,
    /// The variables that it sets, by name.
    pub(crate) assigned: Vec<(ArcStr, Data)>,
    pub(crate) next: Next,
}

impl<'a> Turn<'a> {
    pub(crate) fn new(
        machine: &'a StateMachine,
        progress: &'a mut Progress,
        now: Time,
        actions: &'a mut Vec<Action>,
    ) -> Self {
        Self { machine, progress, now, actions }
    }

    /// Lets a new flow run, and all that follows from it.
    pub(crate) fn begin(&mut self, flow: FlowId) {
        self.progress.ready.push_back(flow);
        self.run();
    }

    pub(crate) fn handle(&mut self, event: Event) {
        match event {
            Event::TaskSucceeded(task, result) => {
                if let Some(flow) = self.flow_with_task(task) {
                    let step = self.task_succeeded(flow, result);
                    self.settle(flow, step);
                }
            }
            Event::TaskFailed { task, error, cause } => {
                if let Some(flow) = self.flow_with_task(task) {
                    self.task_failed(flow, error, cause);
                }
            }
            Event::TaskSubmitted(task, result) => self.task_submitted(task, result),
            Event::TaskSubmitFailed { task, error, cause } => {
                self.task_submit_failed(task, error, cause);
            }
            Event::TaskStarted { task, worker } => self.task_started(task, worker),
            Event::TaskHeartbeat(task) => self.task_heartbeat(task),
            Event::TimerFired(timer) => self.timer_fired(timer),
            Event::ItemsRead { request, items, next } => self.items_read(request, items, next),
            Event::ItemsNotRead { request, cause } => self.items_not_read(request, cause),
            Event::ResultsWritten { request, to } => self.results_written(request, to),
            Event::ResultsNotWritten { request, cause } => self.results_not_written(request, cause),
            Event::MapRunUpdated { map_run_arn, change } => self.update_run(&map_run_arn, &change),
            Event::Continue => {}
            Event::Stop { error, cause } => self.stop(ErrorDetails { error, cause }),
        }
        self.run();
    }

    /// Lets every flow that is ready enter its state, each in turn, so that branches advance side
    /// by side.
    pub(crate) fn run(&mut self) {
        let is_ready = self.enter_states();
        self.show_runs();
        if is_ready {
            self.actions.push(Action::Yield);
        }
    }

    /// Whether there are flows that are still ready.
    fn enter_states(&mut self) -> bool {
        for _ in 0..STATES_A_TURN {
            if self.history_is_full() {
                return false;
            }
            let Some(flow) = self.progress.ready.pop_front() else { return false };
            // A flow whose sibling failed meanwhile is gone, and another may have its slot.
            let Some(slot) = self.progress.flows.get(flow.0) else { continue };
            let go_on = match slot.phase {
                Phase::Ready => Self::enter,
                Phase::Again => Self::attempt,
                Phase::Children(_) | Phase::MapRun(_) => Self::resume_children,
                _ => continue,
            };
            match slot.within.filter(|child| self.is_full(*child)) {
                Some(child) => self.child_is_full(child),
                None => go_on(self, flow),
            }
        }
        !self.history_is_full() && !self.progress.ready.is_empty()
    }

    fn enter(&mut self, id: FlowId) {
        let state = self.state(id);
        let flow = self.progress.flow_mut(id);
        let input = flow.input.clone();
        let state_type = state.kind.name();
        let name = state.name.clone();
        let came_from = flow.last_event;
        let event = self.record(id, EventKind::StateEntered { state_type, name, input });
        let now = self.now;
        let flow = self.progress.flow_mut(id);
        flow.came_from = came_from;
        flow.entered_event = event;
        flow.entered_at = now;
        flow.retry_count = 0;
        flow.retried.clear();
        self.attempt(id);
    }

    /// Does what the flow's state does, for the first time or again.
    pub(crate) fn attempt(&mut self, id: FlowId) {
        let state = self.state(id);
        if state.kind.has_token() {
            let task = TaskId(self.progress.ticket(id));
            self.progress.flow_mut(id).token_of = Some(task);
        }
        let step = self.effective_input(id).and_then(|input| match &state.kind {
            Kind::Pass(pass) => self.pass(id, pass, input),
            Kind::Task(task) => self.task(id, task, input),
            Kind::Choice(choice) => self.choice(id, choice, input),
            Kind::Wait(wait) => self.wait(id, wait, input),
            Kind::Succeed => self.exit_with_input(id, input),
            Kind::Fail(fail) => Err(self.fail(id, fail, &input)),
            Kind::Parallel(parallel) => self.parallel(id, parallel, input),
            Kind::Map(map) => self.map(id, map, input),
        });
        self.settle(id, step);
    }

    /// Continues with what came of a state: nothing yet, its exit, or its failure.
    pub(crate) fn settle(&mut self, id: FlowId, step: Result<Step, Failure>) {
        match step {
            Ok(Step::Blocked) => {}
            Ok(Step::Exit(exit)) => match self.check_sizes(id, &exit) {
                Ok(()) => self.exit(id, exit),
                Err(failure) => self.state_failed(id, failure, None),
            },
            Err(failure) => {
                let ending = failure.ending_of(&self.state(id).kind);
                self.state_failed(id, failure, ending);
            }
        }
    }

    /// Leaves the flow's state.
    pub(crate) fn exit(&mut self, id: FlowId, exit: Exit) {
        if self.is_test_over(id, &exit) {
            return;
        }
        let Exit { output, assigned, next } = exit;
        let state = self.state(id);
        let (state_type, name) = (state.kind.name(), state.name.clone());
        if !assigned.is_empty() {
            let flow = self.progress.flow_mut(id);
            flow.variables = flow.variables.with(assigned.iter().cloned());
        }
        let output_shown = output.clone();
        let kind = EventKind::StateExited { state_type, name, output: output_shown, assigned };
        self.record(id, kind);
        match next {
            Next::State(target) => {
                let flow = self.progress.flow_mut(id);
                flow.state = target;
                flow.input = output;
                flow.phase = Phase::Ready;
                self.progress.ready.push_back(id);
            }
            Next::End => self.flow_succeeded(id, output),
        }
    }

    fn flow_succeeded(&mut self, id: FlowId, output: Data) {
        let child = self.child_that_is(id);
        let flow = self.progress.remove(id);
        match flow.parent {
            Some((parent, index)) => match child {
                Some(child) => self.child_execution_ended(child, Ok(output)),
                None => self.child_succeeded(parent, id, &flow, index, output),
            },
            None => {
                let kind = EventKind::ExecutionSucceeded { output: output.clone() };
                self.emit(None, flow.last_event, kind);
                self.finish(Outcome::Succeeded(output));
            }
        }
    }

    /// The execution of a Map Run that a flow is the root of.
    fn child_that_is(&self, id: FlowId) -> Option<ChildId> {
        let within = self.progress.flow(id).within;
        within.filter(|child| self.progress.child(*child).root == id)
    }

    /// Ends a flow with a failure that nothing in it catches.
    pub(crate) fn flow_failed(&mut self, id: FlowId, failure: Failure) {
        let child = self.child_that_is(id);
        let flow = self.progress.flow_mut(id);
        if !matches!(flow.phase, Phase::Stopped(_)) {
            flow.phase = Phase::Stopped(Stopped::Inside);
        }
        let last_event = flow.last_event;
        match flow.parent {
            Some((parent, index)) => match child {
                Some(child) => self.child_execution_ended(child, Err(failure.into_details())),
                None => self.child_failed(parent, last_event, index, failure),
            },
            None => {
                let details = failure.into_details();
                self.emit(None, last_event, EventKind::ExecutionFailed(details.clone()));
                let ErrorDetails { error, cause } = details;
                self.finish(Outcome::Failed { error, cause });
            }
        }
    }

    fn timer_fired(&mut self, timer: TimerId) {
        if self.progress.timeout.take_if(|timeout| *timeout == timer).is_some() {
            return self.execution_timed_out();
        }
        let Some(id) = self.progress.flow_of(timer.0) else { return };
        match &mut self.progress.flow_mut(id).phase {
            Phase::Waiting(waited_for) if *waited_for == timer => {
                let step = self.waited(id);
                self.settle(id, step);
            }
            Phase::Backoff(waited_for) if *waited_for == timer => self.attempt(id),
            Phase::Task(running) if running.timeout.timer == Some(timer) => {
                running.timeout.timer = None;
                self.task_timed_out(id, Failure::timeout());
            }
            Phase::Task(running) if running.heartbeat.timer == Some(timer) => {
                running.heartbeat.timer = None;
                self.task_timed_out(id, Failure::heartbeat_timeout());
            }
            _ => {}
        }
    }

    fn execution_timed_out(&mut self) {
        let last_event = self.progress.last_event_id;
        self.abandon_all();
        let details = Failure::timeout().into_details();
        self.emit(None, last_event, EventKind::ExecutionTimedOut(details.clone()));
        self.finish(Outcome::TimedOut { error: details.error, cause: details.cause });
    }

    fn stop(&mut self, details: ErrorDetails) {
        let last_event = self.progress.last_event_id;
        self.abandon_all();
        self.emit(None, last_event, EventKind::ExecutionAborted(details.clone()));
        self.finish(Outcome::Aborted { error: details.error, cause: details.cause });
    }

    /// Cancels everything that runs, without a word in the history.
    fn abandon_all(&mut self) {
        self.abort_runs();
        for slot in self.progress.flows.slots() {
            self.stop_flow(FlowId(slot));
        }
        self.progress.ready.clear();
    }

    /// Cancels what a flow waits for and leaves it where it is.
    pub(crate) fn stop_flow(&mut self, id: FlowId) {
        let Some(flow) = self.progress.flows.get_mut(id.0) else { return };
        let mut phase = std::mem::replace(&mut flow.phase, Phase::Ready);
        self.cancel(&phase);
        phase.stop();
        self.progress.flow_mut(id).phase = phase;
    }

    /// Cancels the task or timer that a flow waits for.
    pub(crate) fn cancel(&mut self, phase: &Phase) {
        match phase {
            Phase::Ready | Phase::Again | Phase::Children(_) => {}
            Phase::MapRun(_) | Phase::Stopped(_) => {}
            Phase::Waiting(timer) | Phase::Backoff(timer) => self.cancel_timer(*timer),
            Phase::Task(running) => {
                self.actions.push(Action::CancelTask(running.task));
                self.cancel_task_timers(running);
            }
        }
    }

    pub(crate) fn cancel_timer(&mut self, timer: TimerId) {
        self.actions.push(Action::CancelTimer(timer));
    }

    fn finish(&mut self, outcome: Outcome) {
        if let Some(timer) = self.progress.timeout.take() {
            self.cancel_timer(timer);
        }
        self.progress.finished = true;
        self.actions.push(Action::Finish(outcome));
    }

    /// The state's raw input, with `InputPath` applied in JSONPath.
    pub(crate) fn effective_input(&mut self, id: FlowId) -> Result<Data, Failure> {
        let flow = self.progress.flow(id);
        let path = match &self.state(id).language {
            Language::Jsonata { .. } => return Ok(flow.input.clone()),
            Language::JsonPath { input_path, .. } => input_path,
        };
        let input = match path {
            None => Value::empty_object().into(),
            Some(path) if path.is_input() => flow.input.clone(),
            Some(path) => self
                .select(id, path, &flow.input)
                .map_err(|error| self.invalid_path(id, &error, &flow.input))?,
        };
        self.inspect_input(&self.state(id).kind, &input);
        Ok(input)
    }

    /// What `path` finds in `input` or in the context object.
    pub(crate) fn select(
        &self,
        id: FlowId,
        path: &Path,
        input: &Data,
    ) -> Result<Data, faastlane_expr::Error> {
        let flow = self.progress.flow(id);
        let state = self.state(id);
        let context = LazyCell::new(|| context::build(self.progress, flow, state, None));
        path.select(&Scope::new(input, &context, &flow.variables))
    }

    pub(crate) fn state(&self, id: FlowId) -> &'a State {
        self.machine.state(self.progress.flow(id).state)
    }

    /// The flow that waits for this task, whose clocks are stopped.
    pub(crate) fn flow_with_task(&mut self, task: TaskId) -> Option<FlowId> {
        let (id, running) = self.progress.running(task)?;
        self.cancel_task_timers(&running);
        Some(id)
    }

    /// Makes a flow that begins a branch or an iteration.
    pub(crate) fn spawn(&mut self, flow: Flow) -> FlowId {
        let id = self.progress.add(flow);
        self.progress.ready.push_back(id);
        id
    }

    /// Records an event of a flow: it follows from the flow's last one and takes its place.
    pub(crate) fn record(&mut self, id: FlowId, kind: EventKind) -> u64 {
        let flow = self.progress.flow(id);
        let event = self.emit(flow.within, flow.last_event, kind);
        self.progress.flow_mut(id).last_event = event;
        event
    }

    /// Records an event and gives its number. Those of a Map Run's executions are counted and not kept:
    /// nobody reads the histories of thousands.
    pub(crate) fn emit(
        &mut self,
        within: Option<ChildId>,
        previous_id: u64,
        kind: EventKind,
    ) -> u64 {
        if let Some(child) = within {
            let child = self.progress.child_mut(child);
            child.last_event_id += 1;
            return child.last_event_id;
        }
        self.progress.last_event_id += 1;
        let id = self.progress.last_event_id;
        self.actions.push(Action::Emit(HistoryEvent { id, previous_id, time: self.now, kind }));
        id
    }
}

/// The results of all children as one array; every one must be there.
pub(crate) fn collect(results: Vec<Option<Data>>) -> Data {
    let results = results.into_iter().map(|result| result.expect("all children are done"));
    Data::array(results.collect())
}
