//! What is wrong with a definition, and where.

use std::fmt;

use faastlane_value::located::Place;

/// One finding in a definition, as `ValidateStateMachineDefinition` of the Step Functions API has
/// them, and with the place in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Whether the definition can be used.
    pub severity: Severity,
    /// What kind of finding it is.
    pub code: Code,
    /// What is wrong and what to do.
    pub message: String,
    /// JSON pointer to the part that is meant, `/States/Check/Next`.
    pub location: String,
    /// Line and column of that part.
    pub place: Place,
    /// What was perhaps meant. Not part of the API.
    pub hint: Option<String>,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The definition cannot be used.
    Error,
    /// It can, and probably does not do what was meant.
    Warning,
}

/// Kinds of findings, by the names of the Step Functions API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// The text is not JSON (or YAML).
    InvalidJsonDescription,
    /// A field is missing, unknown, of the wrong type, or has a wrong value.
    SchemaValidationFailed,
    /// `Next`, `Default` or `StartAt` names no state, or nothing leads to a state.
    MissingTransitionTarget,
    /// From a state no end can be reached.
    NoPathToTerminalState,
    /// Two states have one name.
    DuplicateStateName,
    /// A path, intrinsic function or payload template cannot be read.
    InvalidPath,
    /// A JSONata expression cannot be read.
    InvalidJsonata,
    /// Nobody defines the function that a Task names.
    UnknownFunction,
    /// Amazon States Language has it, Faastlane does not have it yet.
    NotSupported,
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InvalidJsonDescription => "INVALID_JSON_DESCRIPTION",
            Self::SchemaValidationFailed => "SCHEMA_VALIDATION_FAILED",
            Self::MissingTransitionTarget => "MISSING_TRANSITION_TARGET",
            Self::NoPathToTerminalState => "NO_PATH_TO_TERMINAL_STATE",
            Self::DuplicateStateName => "DUPLICATE_STATE_NAME",
            Self::InvalidPath => "INVALID_PATH",
            Self::InvalidJsonata => "INVALID_JSONATA_EXPRESSION",
            Self::UnknownFunction => "UNKNOWN_FUNCTION",
            Self::NotSupported => "NOT_SUPPORTED",
        })
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
        })
    }
}

/// `line:column: error: message at /States/Check/Next (CODE)`
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { severity, code, message, location, place, .. } = self;
        let message = message.trim_end();
        write!(f, "{}:{}: {severity}: {message}", place.line, place.column)?;
        write!(f, " at {location} ({code})")
    }
}
