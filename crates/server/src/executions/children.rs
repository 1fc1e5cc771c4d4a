//! Executions that other executions start: `arn:aws:states:::states:startExecution`, `.sync`, `.sync:2`.
//!
//! A child begins in the transaction that its parent's task is written in, and its name follows from that task where
//! none is given: a server that is killed between the two starts no second one.

use faastlane_engine::{Event, Outcome, Pattern, TaskRequest, TaskResult, TaskTarget, Time};
use faastlane_frame::Data;
use faastlane_value::{ArcStr, Number, ObjectBuilder, Value, str_literal};
use uuid::Uuid;

use super::Refused;
use super::driver::Driver;
use super::handle::Start;
use super::live::{Key, Live, Parent};
use super::new::New;
use crate::resolve;

/// What `states` can be asked for.
const ACTIONS: [&str; 4] = [
    "startExecution",
    "startExecution.sync",
    "startExecution.sync:2",
    "startExecution.waitForTaskToken",
];

fn action(request: &TaskRequest) -> &str {
    match &request.target {
        TaskTarget::Service(service) if service.service == "states" => &service.action,
        _ => "",
    }
}

impl Driver {
    /// Starts the execution that a task asks for.
    pub(super) fn start_child(&mut self, key: Key, request: &TaskRequest) {
        if let Err((error, cause)) = self.try_to_start(key, request) {
            let (error, cause) = (error.into(), Some(cause.into()));
            let failed = Event::TaskFailed { task: request.task, error, cause };
            self.next.push_back((key, request.pattern.of_call(failed)));
        }
    }

    fn try_to_start(
        &mut self,
        key: Key,
        request: &TaskRequest,
    ) -> Result<(), (&'static str, String)> {
        let task = request.task;
        if !ACTIONS.contains(&action(request)) {
            let why = format!("Step Functions has no action '{}'.", action(request));
            return Err(("States.TaskFailed", why));
        }
        let parent = self.live.get(&key).map(|live| live.observed.arn.clone()).unwrap_or_default();
        let new = self.new_child(request, &parent).map_err(|refused| match refused {
            Refused::MachineDoesNotExist => refusal("StateMachineDoesNotExist", &refused),
            _ => ("States.TaskFailed", refused.to_string()),
        })?;
        let arn = new.begin.execution_arn.clone();
        // The same task may have begun it before the server was killed.
        let known = self.same_name(&new).map_err(|refused| match refused {
            Refused::ExecutionAlreadyExists => refusal("ExecutionAlreadyExists", &refused),
            _ => ("States.TaskFailed", refused.to_string()),
        })?;
        let at = known.as_ref().map_or_else(|| self.now(), |known| Time(known.start_date));
        // The parent hears of the start before it hears of an end.
        let result = TaskResult::of_answer(start_result(&arn, at).into(), None);
        self.next.push_back((key, request.pattern.of_call(Event::TaskSucceeded(task, result))));
        if known.is_none() {
            let is_waited_for = request.pattern == Pattern::Sync;
            let parent = is_waited_for.then_some(Parent { arn: parent, task });
            self.begin(New { parent, ..new }, at);
        }
        Ok(())
    }

    fn new_child(&self, request: &TaskRequest, parent: &str) -> Result<New, Refused> {
        let parameters = request.input.value();
        let text = |name: &str| parameters.get(name).and_then(Value::as_str).map(str::to_owned);
        let resolved = resolve::machine(&self.store, &text("StateMachineArn").unwrap_or_default())?;
        let input = parameters.get("Input").cloned().unwrap_or_else(Value::empty_object);
        let derived = || {
            let origin = format!("{parent}/{}", request.task);
            Uuid::new_v5(&Uuid::NAMESPACE_URL, origin.as_bytes()).to_string()
        };
        let start = Start {
            machine: resolved.machine,
            version_arn: resolved.version_arn,
            alias_arn: resolved.alias_arn,
            name: Some(text("Name").unwrap_or_else(derived)),
            input: input.to_json(),
            trace_header: text("TraceHeader"),
            test_case: None,
        };
        let known = self.machines.get(&start.machine)?;
        New::make(known, start, &self.settings)
    }

    /// Tells the task that waits for a child how that ended.
    pub(super) fn child_ended(
        &mut self,
        parent: &Parent,
        live: &Live,
        outcome: &Outcome,
        at: Time,
    ) {
        let Some(key) = self.by_arn.get(&parent.arn).copied() else { return };
        let asked = self.live.get(&key).and_then(|live| live.tasks.get(&parent.task));
        let Some(asked) = asked else { return };
        let parsed = action(&asked.request).ends_with(":2");
        let record = Record { live, outcome, at }.to_value(parsed);
        let (task, limit) = (parent.task, self.live[&key].size_limit);
        self.next.push_back((
            key,
            match outcome {
                Outcome::Succeeded(_) => {
                    Event::TaskSucceeded(task, TaskResult::of_answer(record.into(), limit))
                }
                _ => Event::TaskFailed {
                    task,
                    error: str_literal!("States.TaskFailed"),
                    cause: Some(record.to_json().into()),
                },
            },
        ));
    }

    /// Stops the child of a task that nobody waits for any more, as AWS does for `.sync`.
    pub(super) fn cancel_child(&mut self, parent: &ArcStr, request: &TaskRequest) {
        if request.pattern != Pattern::Sync || action(request).is_empty() {
            return;
        }
        let is_child = |live: &Live| {
            live.parent.as_ref().is_some_and(|p| p.task == request.task && p.arn == *parent)
        };
        let child = self.live.iter().find(|(_, live)| is_child(live)).map(|(key, _)| *key);
        if let Some(child) = child {
            self.next.push_back((child, Event::Stop { error: None, cause: None }));
        }
    }
}

fn refusal(code: &'static str, why: &dyn std::fmt::Display) -> (&'static str, String) {
    let error = match code {
        "ExecutionAlreadyExists" => "StepFunctions.ExecutionAlreadyExistsException",
        _ => "StepFunctions.StateMachineDoesNotExistException",
    };
    let cause = format!(
        "{why} (Service: AWSStepFunctions; Status Code: 400; Error Code: {code}; Request ID: {}; Proxy: null)",
        Uuid::new_v4()
    );
    (error, cause)
}

/// What `startExecution` returns.
#[expect(clippy::cast_precision_loss, reason = "milliseconds stay exact up to the year 287396")]
fn start_result(arn: &ArcStr, at: Time) -> Value {
    let metadata = Value::object([
        (str_literal!("AllHttpHeaders"), Value::empty_object()),
        (str_literal!("HttpHeaders"), Value::empty_object()),
        (str_literal!("HttpStatusCode"), Value::from(200)),
    ]);
    let request = Uuid::new_v4().to_string();
    let response = Value::object([(str_literal!("RequestId"), Value::from(request.as_str()))]);
    Value::object([
        (str_literal!("ExecutionArn"), Value::from(arn.clone())),
        (str_literal!("SdkHttpMetadata"), metadata),
        (str_literal!("SdkResponseMetadata"), response),
        (str_literal!("StartDate"), Value::from(Number::Float(at.0 as f64 / 1000.0))),
    ])
}

/// A child that has ended, as `DescribeExecution` shows it, in the spelling of the SDK for Java.
struct Record<'a> {
    live: &'a Live,
    outcome: &'a Outcome,
    at: Time,
}

impl Record<'_> {
    /// `parsed`: input and output are values, else JSON text.
    fn to_value(&self, parsed: bool) -> Value {
        let Self { live, outcome, at } = self;
        let data = |data: &Data| if parsed { data.value().clone() } else { data.to_json().into() };
        let included = || Value::object([(str_literal!("Included"), Value::Bool(true))]);
        let mut record = ObjectBuilder::with_capacity(12);
        match outcome {
            Outcome::Failed { error, cause }
            | Outcome::TimedOut { error, cause }
            | Outcome::Aborted { error, cause } => {
                for (name, text) in [("Cause", cause), ("Error", error)] {
                    if let Some(text) = text {
                        record.insert(name, text.clone());
                    }
                }
            }
            Outcome::Succeeded(_) => {}
        }
        record.insert("ExecutionArn", live.observed.arn.clone());
        record.insert("Input", data(&live.input));
        record.insert("InputDetails", included());
        record.insert("Name", live.observed.name.clone());
        if let Outcome::Succeeded(output) = outcome {
            record.insert("Output", data(output));
            record.insert("OutputDetails", included());
        }
        record.insert("StartDate", live.observed.started.0);
        record.insert("StateMachineArn", live.known.runnable.arn.as_str());
        record.insert("Status", super::journal::status(outcome).as_str());
        record.insert("StopDate", at.0);
        record.build()
    }
}
