//! The engine alone: a null lane answers every task at once, the full history is kept.
//!
//! A sample is one whole execution, divided by its states: from its start until its history and
//! everything else of it is freed. A single state is too short to be timed by itself.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::ensure;
use faastlane_asl::StateMachine;
use faastlane_engine::{Action, Event, Execution, Outcome, Start, TaskId, TaskResult, Time};
use faastlane_value::{Value, str_literal};
use serde_json::json;

use crate::case::{Case, Contender, Subject, Unit};
use crate::definition;
use crate::payload;

/// States in a chain: enough that beginning and end of an execution do not count.
const STATES: u32 = 200;
/// Items of the Map.
const ITEMS: u32 = 1000;

/// Chains of one type of state each, and a Map.
pub(crate) fn cases() -> Vec<Case> {
    vec![
        of_states("Pass", json!({"Type": "Pass"})),
        of_states(
            "Pass with Parameters and ResultPath",
            json!({
                "Type": "Pass",
                "Parameters": {"id.$": "$.id", "customer.$": "$.customer.name", "fixed": 1},
                "ResultPath": "$.items",
            }),
        ),
        of_states(
            "Task of a function ARN",
            json!({
                "Type": "Task",
                "Resource": "arn:aws:lambda:us-east-1:123456789012:function:step",
            }),
        ),
        of_states(
            "Task of lambda:invoke",
            json!({
                "Type": "Task",
                "Resource": "arn:aws:states:::lambda:invoke",
                "Parameters": {"FunctionName": "step", "Payload.$": "$"},
                "OutputPath": "$.Payload",
            }),
        ),
        case("Choice", STATES, || definition::read(&choices())),
        case("Map of Pass", ITEMS, || definition::read(&map())),
    ]
}

fn of_states(name: &str, state: serde_json::Value) -> Case {
    case(name, STATES, move || definition::chain((0..STATES).map(|_| state.clone()).collect()))
}

fn case<F>(name: &str, states: u32, machine: F) -> Case
where
    F: FnOnce() -> anyhow::Result<Arc<StateMachine>> + 'static,
{
    let contenders = move || {
        let small = definition::value(&payload::small())?;
        let input = match states {
            ITEMS => Value::array((0..ITEMS).map(|_| small.clone())),
            _ => small.clone(),
        };
        let start = definition::start(input);
        let least_events = 2 * states as usize;
        let lane = NullLane::new(machine()?, start, states);
        let subject = NullLane { answer: small, least_events, ..lane };
        Ok(vec![Contender::new("engine", subject).goal("≤ 500 ns")])
    };
    Case {
        name: format!("engine/{name}"),
        unit: Unit::Nanoseconds,
        pinned: true,
        contenders: Box::new(contenders),
    }
}

/// Choice states that each look at a number and two more members before they go on.
fn choices() -> serde_json::Value {
    let choice = |at: u32| {
        let next = if at + 1 == STATES { "Done".to_owned() } else { format!("S{}", at + 1) };
        let state = json!({
            "Type": "Choice",
            "Choices": [
                {"Variable": "$.amount", "NumericGreaterThan": 1000, "Next": "Done"},
                {"And": [
                    {"Variable": "$.status", "StringEquals": "open"},
                    {"Variable": "$.customer.priority", "BooleanEquals": true},
                ], "Next": next},
            ],
            "Default": "Done",
        });
        (format!("S{at}"), state)
    };
    let mut states: serde_json::Map<_, _> = (0..STATES).map(choice).collect();
    states.insert("Done".to_owned(), json!({"Type": "Succeed"}));
    json!({"StartAt": "S0", "States": states})
}

fn map() -> serde_json::Value {
    json!({
        "StartAt": "Each",
        "States": {
            "Each": {
                "Type": "Map",
                "ItemProcessor": {
                    "StartAt": "Pass",
                    "States": {"Pass": {"Type": "Pass", "End": true}},
                },
                "End": true,
            },
        },
    })
}

/// Executions whose tasks all succeed at once with `answer`.
pub(crate) struct NullLane {
    machine: Arc<StateMachine>,
    start: Start,
    answer: Value,
    /// What the time of an execution is divided by: states, or rules of one.
    parts: u32,
    least_events: usize,
}

impl Subject for NullLane {
    fn measure(&mut self, budget: Duration) -> anyhow::Result<Vec<f64>> {
        let mut samples = Vec::new();
        let until = Instant::now() + budget;
        while samples.is_empty() || Instant::now() < until {
            let begun = Instant::now();
            let (outcome, events) = self.execute();
            let elapsed = begun.elapsed();
            ensure!(matches!(outcome, Outcome::Succeeded(_)), "an execution ended: {outcome:?}");
            ensure!(events > self.least_events, "the history has only {events} events");
            samples.push(elapsed.as_secs_f64() * 1e9 / f64::from(self.parts));
        }
        Ok(samples)
    }
}

impl NullLane {
    /// Executions without tasks.
    pub(crate) fn new(machine: Arc<StateMachine>, start: Start, parts: u32) -> Self {
        Self { machine, start, answer: Value::Null, parts, least_events: 2 }
    }

    /// Runs one execution; tells how it ended and how long its history was.
    fn execute(&self) -> (Outcome, usize) {
        // The engine only records time.
        let now = Time(1_700_000_000_000);
        let (mut history, mut answers) = (Vec::new(), Vec::new());
        let (mut actions, mut asked_for) = (Vec::new(), Vec::new());
        let start = self.start.clone();
        let mut execution = Execution::start(Arc::clone(&self.machine), start, now, &mut asked_for);
        loop {
            std::mem::swap(&mut actions, &mut asked_for);
            for action in actions.drain(..) {
                match action {
                    Action::Emit(event) => history.push(event),
                    Action::RunTask(request) => answers.push(self.answer(request.task)),
                    Action::Yield => answers.push(Event::Continue),
                    Action::Finish(outcome) => return (outcome, history.len()),
                    Action::CancelTask(_) | Action::StartTimer(..) | Action::CancelTimer(_) => {}
                    // Its machines have no distributed Maps.
                    Action::ReadItems(_) | Action::WriteResults(_) => {}
                    Action::ChildEnded(_) | Action::ShowMapRun(_) => {}
                }
            }
            let answer = answers.pop().expect("an execution that waits for nothing has ended");
            execution.handle(answer, now, &mut asked_for);
        }
    }

    fn answer(&self, task: TaskId) -> Event {
        let result = TaskResult {
            output: self.answer.clone().into(),
            too_large: false,
            log_tail: None,
            request_id: str_literal!("8f7d2c1e-0000-4000-8000-000000000000"),
            is_whole: false,
        };
        Event::TaskSucceeded(task, result)
    }
}
