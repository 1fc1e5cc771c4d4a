//! Runs one execution: performs the engine's actions and tells it what came of them.

mod begin;
mod conditions;
mod journaled;
mod pace;

pub(crate) use begin::{Begun, Death};
pub use conditions::{Conditions, WaitScale};
pub use pace::Pace;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use faastlane_asl::{Kind, StateMachine};
use faastlane_engine::replay::{Entry, Told};
use faastlane_engine::{
    Action, Event, Execution, Mocks, Outcome, Pattern, Start, TaskRequest, TaskTarget,
};
use faastlane_lanes as lanes;
use faastlane_value::str_literal;
use lanes::{Call, CallId, FunctionIndex};

use crate::datasets::Wanted;
use crate::task::{self, call_of};
use crate::{Container, EndedCall, Error, Observer, Placement};

/// An execution to run.
#[derive(Debug, Clone)]
pub struct Request {
    /// Its state machine.
    pub machine: Arc<StateMachine>,
    /// Its input, names and limits.
    pub start: Start,
    /// What is not as it would be outside of a test.
    pub conditions: Conditions,
}

/// An execution while it runs.
struct Run<'a> {
    container: &'a mut Container,
    observer: &'a mut dyn Observer,
    execution: Execution,
    /// What the engine asked for and is not performed yet.
    actions: Vec<Action>,
    /// Answers that need no waiting.
    answers: VecDeque<Event>,
    mocks: Mocks,
    pace: Pace,
    /// What is to be read and written for distributed Maps, in order.
    wanted: VecDeque<Wanted>,
    /// Calls under way.
    calls: HashMap<CallId, CallOf>,
    /// Calls so far.
    made: u64,
    size_limit: Option<usize>,
    trace_id: Option<String>,
}

/// What a call is for.
struct CallOf {
    /// How many calls were made before it.
    order: u64,
    request: TaskRequest,
    function: FunctionIndex,
    request_id: String,
}

impl<'a> Run<'a> {
    fn new(
        container: &'a mut Container,
        observer: &'a mut dyn Observer,
        execution: Execution,
        mocks: Mocks,
        pace: Pace,
        size_limit: Option<usize>,
    ) -> Self {
        Self {
            container,
            observer,
            execution,
            actions: Vec::new(),
            answers: VecDeque::new(),
            mocks,
            pace,
            wanted: VecDeque::new(),
            calls: HashMap::new(),
            made: 0,
            size_limit,
            trace_id: None,
        }
    }

    fn finish(mut self) -> Result<Outcome, Error> {
        // If it cannot go on here it may elsewhere, with what lies there.
        let outcome = self.drive()?;
        self.container.datasets.let_go();
        self.drain_detached()?;
        Ok(outcome)
    }

    fn drive(&mut self) -> Result<Outcome, Error> {
        let mut events = Vec::new();
        loop {
            if let Some(outcome) = self.perform() {
                return Ok(outcome);
            }
            self.shorten_journal()?;
            if self.container.stopped.load(Ordering::Acquire) {
                self.tell(Event::Stop { error: None, cause: Some("Stopped by the user.".into()) })?;
            } else if let Some(answer) = self.answers.pop_front() {
                self.tell(answer)?;
            } else if let Some(timer) =
                self.pace.pop_due(self.calls.is_empty() && self.wanted.is_empty())
            {
                self.tell(Event::TimerFired(timer))?;
            } else {
                // What is to be read and written can wait for a moment, functions cannot.
                let until = match self.wanted.is_empty() {
                    true => self.pace.next(),
                    false => Some(Instant::now()),
                };
                self.container.pool.wait(until, &mut events)?;
                if events.is_empty()
                    && let Some(wanted) = self.wanted.pop_front()
                {
                    let answer = self.container.datasets.answer(self.execution.machine(), wanted);
                    self.tell(answer)?;
                    continue;
                }
                let is_stopped = self.container.stopped.load(Ordering::Acquire);
                for event in events.drain(..) {
                    // A call that ended because it was to stop has not failed.
                    if !is_stopped || matches!(event, lanes::Event::Log { .. }) {
                        self.receive(event)?;
                    }
                }
            }
        }
    }

    fn tell(&mut self, event: Event) -> Result<(), Error> {
        let told = Told { event, at: self.pace.now() };
        self.keep(&Entry::Told(&told))?;
        self.execution.handle(told.event, told.at, &mut self.actions);
        Ok(())
    }

    /// Performs all that the engine asked for; the outcome, if the execution is over.
    fn perform(&mut self) -> Option<Outcome> {
        let at = Instant::now();
        for action in std::mem::take(&mut self.actions) {
            match action {
                Action::Emit(event) => self.observer.recorded(event, at),
                Action::RunTask(request) => self.run_task(request),
                Action::CancelTask(task) => {
                    let call = CallId(task.to_bits());
                    if self.calls.remove(&call).is_some() {
                        self.container.pool.cancel(call);
                    }
                }
                Action::StartTimer(timer, at) => {
                    self.pace.start(timer, at, self.execution.pauses_until(timer));
                }
                Action::CancelTimer(timer) => self.pace.cancel(timer),
                Action::ReadItems(request) => self.wanted.push_back(Wanted::Read(request)),
                Action::WriteResults(request) => self.wanted.push_back(Wanted::Write(request)),
                Action::ChildEnded(_) => {}
                Action::ShowMapRun(progress) => self.observer.progressed(progress),
                Action::Yield => self.answers.push_back(Event::Continue),
                Action::Finish(outcome) => return Some(outcome),
            }
        }
        None
    }

    fn run_task(&mut self, request: TaskRequest) {
        if let Some(answer) = self.mocks.answer(&request, self.size_limit) {
            self.answers.extend(request.is_answered().then_some(answer));
            return;
        }
        if request.pattern == Pattern::WaitForToken {
            return self.answers.push_back(nobody_calls_back(&request));
        }
        let request_id = self.container.ids.uuid();
        let (function, payload) = match call_of(&request, &self.container.resolve, &request_id) {
            Ok(call) => call,
            Err(answer) => return self.answers.push_back(answer),
        };
        let id = CallId(request.task.to_bits());
        self.container.pool.call(Call {
            id,
            function,
            payload,
            request_id: request_id.clone(),
            client_context: None,
            trace_id: self.trace_id.clone(),
        });
        self.made += 1;
        self.calls.insert(id, CallOf { order: self.made, request, function, request_id });
    }

    fn receive(&mut self, event: lanes::Event) -> Result<(), Error> {
        match event {
            lanes::Event::Log { function, text, .. } => self.observer.wrote(function, &text),
            lanes::Event::Placed { function, kind, reason } => {
                self.observer.placed(function, &Placement::new(kind, &reason));
            }
            lanes::Event::Finished { id, outcome, log_tail, times } => {
                let Some(call) = self.calls.remove(&id) else { return Ok(()) };
                let (state, function) = (call.request.state.clone(), call.function);
                self.observer.called(EndedCall { state, function, times });
                if call.request.detached {
                    self.keep(&Entry::Over { task: call.request.task })?;
                } else {
                    let answer = self.answer(call, outcome, &log_tail);
                    self.tell(answer)?;
                }
            }
        }
        Ok(())
    }

    /// What the engine is told of a call that ended.
    fn answer(&self, call: CallOf, outcome: lanes::Outcome, log_tail: &str) -> Event {
        let CallOf { request, function, request_id, .. } = call;
        let TaskRequest { task, wants_log, target, .. } = request;
        let is_service = matches!(target, TaskTarget::Service(_));
        let spelling = self.container.pool.function(function).spelling();
        let size_limit = self.size_limit;
        task::Ended {
            task,
            is_service,
            outcome,
            log_tail,
            wants_log,
            request_id,
            spelling,
            size_limit,
        }
        .event()
    }

    /// Waits for calls that nobody waited for (`InvocationType: Event`), unless the user stops.
    fn drain_detached(&mut self) -> Result<(), Error> {
        let mut events = Vec::new();
        while !self.calls.is_empty() && !self.container.stopped.load(Ordering::Acquire) {
            self.container.pool.wait(None, &mut events)?;
            for event in events.drain(..) {
                self.receive(event)?;
            }
        }
        self.calls.drain().for_each(|(call, _)| self.container.pool.cancel(call));
        Ok(())
    }
}

/// Nobody could show the token of this task here.
fn nobody_calls_back(request: &TaskRequest) -> Event {
    let cause = format!(
        "The state '{}' waits for somebody who calls back with its task token. Only `faastlane serve` \
         hears of that; here the state can be mocked.",
        request.state
    );
    Event::TaskFailed {
        task: request.task,
        error: str_literal!("States.TaskFailed"),
        cause: Some(cause.into()),
    }
}

/// Whether states of this machine may run at the same time.
fn runs_side_by_side(machine: &StateMachine) -> bool {
    machine.states.iter().any(|state| matches!(state.kind, Kind::Parallel(_) | Kind::Map(_)))
}
