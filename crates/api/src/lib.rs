//! What the Step Functions API says of requests: errors with AWS's codes and messages, and answers.
//!
//! No network, no clock, no state: a request comes in as a value. Where AWS's own wording is known it is
//! used, which is not always the one that `faastlane validate` has for people.

mod arn;
mod create;
mod definition;
mod error;
mod history;
mod jackson;
mod members;
mod models;
mod name;
mod payload;
mod python;
mod requests;
mod test_state;
mod variables;

pub use arn::{Arn, Place, Qualifier, Resource};
pub use create::{check_definition, check_logging, create_state_machine};
pub use definition::{read_definition, validate_state_machine_definition};
pub use error::{Error, Reason};
pub use history::without_data;
pub use models::Models;
pub use name::check_name;
pub use payload::{read_input, read_output};
pub use requests::{check_request, operation, operations};
pub use test_state::{Surroundings, test_state};
pub use variables::variable_references;
