//! The shortest way: the definition through `asl`, its states through `engine`, requests through `api`, all in
//! this process.

use faastlane_value::Value;

use crate::corpus::{Execution, Function};
use crate::definition::read;
use crate::execution::{execute, parts, status};
use crate::test_state;
use crate::way::{Ended, Operation, Refusal, Way};

/// The engine.
#[derive(Debug, Clone, Copy, Default)]
pub struct Engine;

impl Way for Engine {
    fn name(&self) -> &'static str {
        "the engine"
    }

    fn call(
        &self,
        operation: Operation,
        request: &Value,
        functions: &[Function],
    ) -> anyhow::Result<Result<Value, Refusal>> {
        let answer = match operation {
            Operation::CreateStateMachine => {
                faastlane_api::create_state_machine(request).map(|_| Value::Null)
            }
            Operation::ValidateStateMachineDefinition => {
                faastlane_api::validate_state_machine_definition(request)
            }
            Operation::TestState => test_state::answer(request, functions)?,
        };
        Ok(answer.map_err(|error| Refusal { code: error.code.to_owned(), message: error.message }))
    }

    fn execute(&self, execution: &Execution) -> anyhow::Result<Result<Ended, String>> {
        let machine = match read(&execution.definition) {
            Ok(machine) => machine,
            Err(diagnostics) => {
                let text: Vec<String> = diagnostics.iter().map(ToString::to_string).collect();
                return Ok(Err(text.join("; ")));
            }
        };
        let (outcome, events) = execute(&execution.functions, execution.input.clone(), machine)?;
        let status = status(&outcome);
        let (output, error, cause) = parts(outcome);
        Ok(Ok(Ended { status, output, error, cause, events }))
    }
}
