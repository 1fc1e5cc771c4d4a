//! A state machine of the project.

use crate::arn;
use crate::definition::Definition;

/// A state machine: its name and its definition, not yet checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Machine {
    /// The name that it is started by.
    pub name: String,
    /// What the template calls it; the name where there is no template.
    pub logical_id: String,
    /// Which service promises it asks for.
    pub kind: Kind,
    /// Its definition.
    pub definition: Definition,
}

impl Machine {
    /// Its ARN.
    #[must_use]
    pub fn arn(&self) -> String {
        arn::of_state_machine(&self.name)
    }
}

/// The two types of state machines that AWS has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Runs up to a year, with a history.
    Standard,
    /// Runs up to five minutes.
    Express,
}
