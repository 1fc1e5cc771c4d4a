//! `TestState`: one state by itself, with a look at what it does on the way.
//!
//! The state of the request is put into a machine of its own, in which it is called `StateName` as on
//! AWS, and stand-ins take the place of the states it leads to. So the reader and the engine are those of
//! any machine.
//!
//! - `definition`: that machine. `mock`: the mock and the rest of what is given, checked. `context`: the
//!   context object, checked. `answer`: what comes out, as the API writes it.
//!
//! Source: "TestState" in the API reference, and requests recorded on AWS.

mod answer;
mod context;
mod definition;
mod mock;

use std::sync::Arc;

use faastlane_asl::Kind;
use faastlane_engine::test_state::{Given, StateTest, Tested, needs_mock};
use faastlane_engine::{ErrorDetails, Event, Limits, Start, TaskRequest, TaskResult, Time};
use faastlane_value::{ArcStr, Value, json};

use crate::models::Models;
use crate::payload::read_input;
use crate::{Error, members};

/// What a test of a state needs from outside.
pub trait Surroundings: Models {
    /// The time at which the test begins.
    fn now(&self) -> Time;

    /// A new name, for an execution, a machine, a request.
    fn uuid(&mut self) -> String;

    /// Calls what a Task asks for: its result, or the error and its cause.
    ///
    /// # Errors
    /// The call failed.
    fn call(&mut self, request: &TaskRequest) -> Result<Value, ErrorDetails>;
}

/// How much of the way is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    /// Output or error.
    Info,
    /// Also what was seen between input and output. `TRACE` is the same but for HTTP tasks.
    Debug,
}

/// Tests the state of a request; the answer has the shape of the API's.
///
/// # Errors
/// `InvalidDefinition`, `InvalidExecutionInput` or `ValidationException`, as AWS refuses requests.
pub fn test_state(request: &Value, around: &mut dyn Surroundings) -> Result<Value, Error> {
    let definition = members::required_text(request, "definition")?;
    let state_name = members::text(request, "stateName");
    let level = match members::text(request, "inspectionLevel") {
        None | Some("INFO") => Level::Info,
        Some("DEBUG" | "TRACE") => Level::Debug,
        Some(other) => {
            return Err(members::not_one_of(other, "inspectionLevel", "INFO, DEBUG, TRACE"));
        }
    };
    let isolated = definition::isolate(definition, state_name)?;
    let machine = &isolated.machine;
    let state = machine.state(machine.start_at);
    let mock = mock::read(request, &state.kind, around)?;
    let configuration = mock::configuration(request, &isolated)?;
    let context = context::read(request, &state.kind, mock.is_some())?;
    let role = members::text(request, "roleArn");
    if let Kind::Task(task) = &state.kind
        && mock.is_none()
    {
        if role.is_none() {
            let message = "RoleArn must be specified when testing a Task state";
            return Err(Error::new("ValidationException", message));
        }
        if needs_mock(&task.resource) {
            // The API's own words are not known.
            let message = "TestState needs a mock for activities and for the patterns .sync and \
                           .waitForTaskToken";
            return Err(Error::new("InvalidDefinition", message));
        }
    }
    let input = read_input(members::text(request, "input").unwrap_or("{}"))?;
    let given = Given {
        context,
        variables: variables(request)?,
        mock,
        retried: configuration.retried,
        failed_iterations: configuration.failed_iterations,
        items: configuration.items,
    };
    let (name, machine_name) = (around.uuid(), around.uuid());
    let start = Start {
        // AWS runs tests as Express executions.
        execution_arn: format!("{}:express:{machine_name}:{name}", ARN).into(),
        execution_name: name.into(),
        machine_arn: format!("{}:stateMachine:{machine_name}", ARN).into(),
        machine_name: machine_name.into(),
        role_arn: role.unwrap_or_default().into(),
        input: input.clone(),
        seed: 0,
        limits: Limits::AWS,
    };
    let mut test = StateTest::start(Arc::new(isolated.machine), start, given, around.now());
    while let Some(call) = test.call() {
        let answer = answer_of(&call, around);
        test.answer(answer);
    }
    let tested: Tested = test.finish();
    Ok(answer::of(tested, &input, level))
}

/// Where everything here takes place.
const ARN: &str = "arn:aws:states:us-east-1:123456789012";

fn answer_of(call: &TaskRequest, around: &mut dyn Surroundings) -> Event {
    let task = call.task;
    match around.call(call) {
        Ok(output) => {
            let too_large =
                Limits::AWS.payload_bytes.is_some_and(|limit| json::size(&output) > limit);
            let request_id = around.uuid().into();
            let output = output.into();
            let result =
                TaskResult { output, too_large, log_tail: None, request_id, is_whole: false };
            Event::TaskSucceeded(task, result)
        }
        Err(ErrorDetails { error, cause }) => {
            Event::TaskFailed { task, error: error.unwrap_or_default(), cause }
        }
    }
}

fn variables(request: &Value) -> Result<Vec<(ArcStr, Value)>, Error> {
    let Some(text) = members::text(request, "variables") else { return Ok(Vec::new()) };
    let variables = json::parse(text.as_bytes()).ok();
    let variables = variables
        .as_ref()
        .and_then(Value::as_object)
        .ok_or_else(|| Error::new("ValidationException", "The variables must be a JSON object."))?;
    Ok(variables.iter().cloned().collect())
}
