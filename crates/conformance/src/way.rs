//! The ways in which a recorded case can be done again here.

use std::fmt;

use faastlane_value::Value;

use crate::corpus::{Execution, Function};

/// A way to answers. What is compared with a recording does not depend on it.
pub trait Way: fmt::Debug + Send + Sync {
    /// What the report calls it.
    fn name(&self) -> &'static str;

    /// Performs an operation that is no execution, where there are these functions.
    ///
    /// # Errors
    /// There is no answer, because the system or the server refuses what is needed for one.
    fn call(
        &self,
        operation: Operation,
        request: &Value,
        functions: &[Function],
    ) -> anyhow::Result<Result<Value, Refusal>>;

    /// Runs an execution to its end. What refuses its definition is the inner error.
    ///
    /// # Errors
    /// There is no answer, because the system or the server refuses what is needed for one.
    fn execute(&self, execution: &Execution) -> anyhow::Result<Result<Ended, String>>;
}

/// An operation of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Its answer is only looked at where it is a refusal.
    CreateStateMachine,
    /// The diagnostics of a definition.
    ValidateStateMachineDefinition,
    /// One state by itself.
    TestState,
}

impl Operation {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::CreateStateMachine => "CreateStateMachine",
            Self::ValidateStateMachineDefinition => "ValidateStateMachineDefinition",
            Self::TestState => "TestState",
        }
    }
}

/// An answer that is an error of the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Its code, such as `InvalidDefinition`.
    pub code: String,
    /// Its message.
    pub message: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

/// How an execution has ended.
#[derive(Debug)]
pub struct Ended {
    /// `SUCCEEDED`, `FAILED`, …
    pub status: Value,
    /// The output of one that succeeded.
    pub output: Option<Value>,
    /// The error of one that did not.
    pub error: Option<Value>,
    /// Its cause.
    pub cause: Option<Value>,
    /// Its history, in the shape of `GetExecutionHistory`.
    pub events: Vec<Value>,
}
