//! Runs a recorded execution here: through the engine, with its functions in Python lanes.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use faastlane_asl::StateMachine;
use faastlane_container::{Conditions, Container, EndedCall, Error, Ids, Observer, Request};
use faastlane_engine::{HistoryEvent, Limits, Outcome, Start};
use faastlane_lanes::{FunctionIndex, Handler, Options};
use faastlane_project::arn;
use faastlane_value::Value;

use crate::corpus::Function;

/// Runs an execution in lanes of its own: its outcome and its history.
pub(crate) fn execute(
    functions: &[Function],
    input: Value,
    machine: StateMachine,
) -> Result<(Outcome, Vec<Value>), Error> {
    let indices: HashMap<String, FunctionIndex> = functions
        .iter()
        .enumerate()
        .map(|(at, function)| (function.name.clone(), FunctionIndex(at)))
        .collect();
    let resolve = move |reference: &str| indices.get(arn::function_name(reference)?).copied();
    let functions = functions.iter().map(lane_function).collect();
    let mut ids = Ids::random();
    let start = start(input, &mut ids);
    let options = Options::default();
    let mut container = Container::new(functions, Box::new(resolve), options, ids)?;
    let mut history = History(Vec::new());
    let conditions = Conditions::default();
    let request = Request { machine: Arc::new(machine), start, conditions };
    let outcome = container.run(request, &mut history)?;
    Ok((outcome, history.0))
}

fn start(input: Value, ids: &mut Ids) -> Start {
    let machine_name = "recorded";
    let execution_name = ids.uuid();
    let machine_arn = arn::of_state_machine(machine_name);
    let prefix = machine_arn.replace(":stateMachine:", ":execution:");
    Start {
        execution_arn: format!("{prefix}:{execution_name}").into(),
        execution_name: execution_name.into(),
        machine_arn: machine_arn.into(),
        machine_name: machine_name.into(),
        role_arn: format!("arn:aws:iam::{}:role/recorded", arn::ACCOUNT).into(),
        input,
        seed: ids.seed(),
        limits: Limits::AWS,
    }
}

fn lane_function(function: &Function) -> faastlane_lanes::Function {
    let module = function.file.file_stem().unwrap_or_default().to_string_lossy();
    faastlane_lanes::Function {
        name: function.name.clone(),
        arn: function.arn.clone(),
        code_root: function.file.parent().map(Into::into).unwrap_or_default(),
        handler: Handler::Named(format!("{module}.{}", function.handler)),
        python: "python3".into(),
        libpython: None,
        layers: Vec::new(),
        environment: Vec::new(),
        // As long as on Lambda: what is timed out here is what the definition says.
        timeout: Duration::from_mins(15),
        memory_mib: 128,
        memory_limit_mib: None,
        runtime: function.runtime.clone(),
        debug: None,
        alone: false,
    }
}

/// Collects the history in the shape of `GetExecutionHistory`.
struct History(Vec<Value>);

impl Observer for History {
    fn recorded(&mut self, event: HistoryEvent, _: Instant) {
        self.0.push(event.to_value());
    }

    fn wrote(&mut self, _: FunctionIndex, _: &str) {}

    fn called(&mut self, _: EndedCall) {}
}

pub(crate) fn status(outcome: &Outcome) -> Value {
    Value::from(match outcome {
        Outcome::Succeeded(_) => "SUCCEEDED",
        Outcome::Failed { .. } => "FAILED",
        Outcome::TimedOut { .. } => "TIMED_OUT",
        Outcome::Aborted { .. } => "ABORTED",
    })
}

/// Output, error and cause.
pub(crate) fn parts(outcome: Outcome) -> (Option<Value>, Option<Value>, Option<Value>) {
    match outcome.into_output() {
        Ok(output) => (Some(output.into_value()), None, None),
        Err(failed) => (None, failed.error.map(Value::from), failed.cause.map(Value::from)),
    }
}
