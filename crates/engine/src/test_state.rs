//! One state by itself, with a look at each step from its input to its output: `TestState` of the Step
//! Functions API.
//!
//! The state runs in an ordinary [`Execution`] that begins there and ends with it. An inspection in
//! the execution's progress says what is not ordinary, and collects what is seen on the way; other
//! executions have none, which costs them the look whether there is one. A second evaluator for single
//! states was the other way: it would have to be kept equal to the engine.

use std::sync::Arc;

use faastlane_asl::{Handling, Kind, Next, Resource, StateMachine};
use faastlane_frame::Data;
use faastlane_value::{ArcStr, Value};

use crate::failure::Failure;
use crate::flow::FlowId;
use crate::history::ErrorDetails;
use crate::turn::{Exit, Step, Turn};
use crate::{Action, Event, Execution, Mock, Mocks, Outcome, Response, Start, TaskRequest, Time};

/// What is given to a state under test besides its input.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// The context object; without it there is one as in an execution.
    pub context: Option<Value>,
    /// Variables.
    pub variables: Vec<(ArcStr, Value)>,
    /// What a Task answers, or what comes of the branches of a Parallel or the iterations of a Map state.
    pub mock: Option<Response>,
    /// How often the retrier has tried that the mocked error meets.
    pub retried: u64,
    /// How many iterations of a distributed Map state have failed.
    pub failed_iterations: u64,
    /// What the `ItemReader` of a Map state finds, as far as it was given.
    pub items: Option<Value>,
}

/// How a test of a state ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TestStatus {
    /// It ended well.
    Succeeded,
    /// It failed.
    Failed,
    /// It failed and would be tried again.
    Retriable,
    /// It failed, and one of its catchers would go on.
    CaughtError,
}

/// What came of a test.
#[derive(Debug, Clone, Default)]
pub struct Tested {
    /// How it ended; none before it has.
    pub status: Option<TestStatus>,
    /// The state's output.
    pub output: Option<Data>,
    /// Its error's name.
    pub error: Option<ArcStr>,
    /// The error's cause.
    pub cause: Option<ArcStr>,
    /// Where it leads.
    pub next_state: Option<ArcStr>,
    /// What was seen between input and output, by the names that the API has for it.
    pub seen: Vec<(&'static str, Data)>,
    /// The variables after the state.
    pub variables: Vec<(ArcStr, Data)>,
    /// The catcher that the error meets.
    pub catch_index: Option<usize>,
    /// The retrier that the error meets.
    pub retry_index: Option<usize>,
    /// How long it would wait, in seconds, if it has a try left.
    pub retry_backoff_seconds: Option<i64>,
}

/// What is not ordinary about an execution that is a test, and what was seen of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Inspection {
    pub(crate) context: Option<Data>,
    mock: Option<Response>,
    pub(crate) retried: u64,
    pub(crate) failed_iterations: u64,
    pub(crate) items: Option<Data>,
    pub(crate) tested: Tested,
}

/// A state under test.
#[derive(Debug)]
pub struct StateTest {
    execution: Execution,
    actions: Vec<Action>,
    mocks: Mocks,
    now: Time,
    payload_bytes: Option<usize>,
}

impl StateTest {
    /// Begins a test of the state that `machine` starts with.
    #[must_use]
    pub fn start(machine: Arc<StateMachine>, start: Start, given: Given, now: Time) -> Self {
        let mut mocks = Mocks::default();
        if let Some(response) = given.mock.clone() {
            let name = machine.state(machine.start_at).name.clone();
            let responses = vec![(u64::MAX, response)];
            mocks.insert(name.clone(), Mock { name, responses });
        }
        let Given { context, variables, mock, retried, failed_iterations, items } = given;
        let inspection = Inspection {
            context: context.map(Data::from),
            mock,
            retried,
            failed_iterations,
            items: items.map(Data::from),
            tested: Tested::default(),
        };
        let variables = variables.into_iter().map(|(name, value)| (name, Data::from(value)));
        let payload_bytes = start.limits.payload_bytes;
        let mut actions = Vec::new();
        let execution =
            Execution::inspected(machine, start, inspection, variables, now, &mut actions);
        Self { execution, actions, mocks, now, payload_bytes }
    }

    /// Goes on until the state calls something, which is to be answered with [`Self::answer`], or ends.
    pub fn call(&mut self) -> Option<TaskRequest> {
        while !self.has_ended() {
            let mut told = None;
            for action in std::mem::take(&mut self.actions) {
                match action {
                    Action::RunTask(request) => {
                        match self.mocks.answer(&request, self.payload_bytes) {
                            Some(_) if !request.is_answered() => {}
                            Some(answer) => told = Some(answer),
                            None => return Some(request),
                        }
                    }
                    // Nobody waits in a test: a Wait state is over when its time is said to have come.
                    Action::StartTimer(timer, at) if self.execution.pauses_until(timer) => {
                        self.now = self.now.max(at);
                        told = Some(Event::TimerFired(timer));
                    }
                    Action::Yield => told = Some(Event::Continue),
                    Action::Finish(Outcome::Failed { error, cause }) => self.failed(error, cause),
                    _ => {}
                }
            }
            match told {
                Some(event) => self.answer(event),
                None => return None,
            }
        }
        None
    }

    /// Tells what came of a call.
    pub fn answer(&mut self, event: Event) {
        self.execution.handle(event, self.now, &mut self.actions);
    }

    /// What came of the test; a state that called something which nobody answered has no status.
    #[must_use]
    pub fn finish(self) -> Tested {
        self.execution.into_tested()
    }

    fn has_ended(&mut self) -> bool {
        self.execution.tested_mut().status.is_some()
    }

    fn failed(&mut self, error: Option<ArcStr>, cause: Option<ArcStr>) {
        let tested = self.execution.tested_mut();
        tested.status.get_or_insert(TestStatus::Failed);
        (tested.error, tested.cause) = (error, cause);
    }
}

impl Turn<'_> {
    /// Takes down what is seen at a step, if somebody looks.
    pub(crate) fn inspect(&mut self, step: &'static str, value: &Data) {
        if let Some(inspection) = &mut self.progress.inspection {
            inspection.tested.seen.push((step, value.clone()));
        }
    }

    /// Takes down the input of a state of JSONPath behind `InputPath`. Of a Parallel state AWS shows none.
    pub(crate) fn inspect_input(&mut self, kind: &Kind, input: &Data) {
        if !matches!(kind, Kind::Parallel(_)) {
            self.inspect("afterInputPath", input);
        }
    }

    /// Whether this execution is a test of a state, whose branches and iterations do not run.
    pub(crate) fn is_test(&self) -> bool {
        self.progress.inspection.is_some()
    }

    /// Whether the task of a state under test is mocked.
    pub(crate) fn is_mocked(&self) -> bool {
        self.progress.inspection.as_ref().is_some_and(|inspection| inspection.mock.is_some())
    }

    /// What the branches or iterations of a state under test have come to.
    pub(crate) fn mocked_children(
        &mut self,
        id: FlowId,
        handling: &Handling,
    ) -> Result<Step, Failure> {
        let inspection = self.progress.inspection.as_ref();
        match inspection.and_then(|inspection| inspection.mock.clone()) {
            Some(Response::Return(result)) => self.exit_with_result(id, handling, result.into()),
            Some(Response::Throw { error, cause }) => Err(Failure::of_task(error, cause)),
            None => Err(self.runtime_failure(id, "A test of this state needs a mock.")),
        }
    }

    /// How many iterations of a Map state under test have failed, if its mock does not fail it anyway.
    pub(crate) fn failed_iterations(&self) -> u64 {
        match self.progress.inspection.as_deref() {
            Some(Inspection { mock: Some(Response::Return(_)), failed_iterations, .. }) => {
                *failed_iterations
            }
            _ => 0,
        }
    }

    /// Takes down how a state under test is left; whether there is one, so that it goes no further.
    pub(crate) fn is_test_over(&mut self, id: FlowId, exit: &Exit) -> bool {
        if !self.is_test() {
            return false;
        }
        let machine = self.machine;
        let variables = self.progress.flow(id).variables.clone();
        let Some(inspection) = &mut self.progress.inspection else { return false };
        let tested = &mut inspection.tested;
        tested.output = Some(exit.output.clone());
        tested.next_state = match exit.next {
            Next::State(next) => Some(machine.state(next).name.clone()),
            Next::End => None,
        };
        let all = variables.with(exit.assigned.iter().cloned());
        tested.variables = all.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        tested.status = Some(match tested.catch_index {
            Some(_) => TestStatus::CaughtError,
            None => TestStatus::Succeeded,
        });
        true
    }

    /// Takes down which retrier a failure meets. `delay_ms` is none where it has no try left.
    pub(crate) fn inspect_retry(&mut self, at: usize, delay_ms: Option<i64>, failure: &Failure) {
        let Some(inspection) = &mut self.progress.inspection else { return };
        let tested = &mut inspection.tested;
        tested.retry_index = Some(at);
        if let Some(delay_ms) = delay_ms {
            tested.retry_backoff_seconds = Some(delay_ms.saturating_add(999) / 1000);
            tested.status = Some(TestStatus::Retriable);
            let ErrorDetails { error, cause } = failure.clone().into_details();
            (tested.error, tested.cause) = (error, cause);
        }
    }

    /// Takes down which catcher a failure meets.
    pub(crate) fn inspect_catch(&mut self, at: usize, failure: &Failure) {
        let Some(inspection) = &mut self.progress.inspection else { return };
        let tested = &mut inspection.tested;
        tested.catch_index = Some(at);
        let ErrorDetails { error, cause } = failure.clone().into_details();
        (tested.error, tested.cause) = (error, cause);
    }
}

/// Whether a Task calls something that `TestState` does not without a mock: "Testing state machines with
/// TestState API" in the AWS developer guide.
#[must_use]
pub fn needs_mock(resource: &Resource) -> bool {
    match resource {
        Resource::Function(_) => false,
        Resource::Activity(_) => true,
        Resource::Service(service) => {
            service.action.contains(".sync") || resource.waits_for_token()
        }
    }
}
