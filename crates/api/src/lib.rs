//! What the Step Functions API says of requests: errors with AWS's codes and messages, and answers.
//!
//! No network, no clock, no state: a request comes in as a value. Where AWS's own wording is known it is
//! used, which is not always the one that `faastlane validate` has for people.

mod create;
mod definition;
mod jackson;
mod members;
mod models;
mod python;
mod test_state;

pub use create::create_state_machine;
pub use definition::{read_definition, validate_state_machine_definition};
pub use models::Models;
pub use test_state::{Surroundings, test_state};

/// A request that is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct Error {
    /// The error's code, `InvalidDefinition`.
    pub code: &'static str,
    /// AWS's message.
    pub message: String,
}

impl Error {
    fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}
