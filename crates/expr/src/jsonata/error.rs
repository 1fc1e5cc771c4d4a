//! Why an expression has no value, in AWS's words.

use faastlane_value::ArcStr;
use jsonata_core::evaluator::{EvaluatorError, error_code_prefix};
use jsonata_core::parser::ParserError;

use super::words;
use crate::ParseError;

/// Why an expression has no value.
///
/// What it displays is how AWS ends the cause of a `States.QueryEvaluationError`: `returned nothing
/// (undefined)`, `T2001: The left side of …`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It gave nothing.
    #[error("returned nothing (undefined)")]
    Undefined,
    /// A function, or another thing that JSON has not.
    #[error("returned an unsupported result type")]
    UnsupportedType,
    /// An error of JSONata or of one of its functions.
    #[error("{}{message}", code.as_ref().map(|code| format!("{code}: ")).unwrap_or_default())]
    Raised {
        /// Which, as JSONata numbers them: `T2001`.
        code: Option<ArcStr>,
        /// What is wrong, without the code.
        message: String,
    },
    /// It needs more time, depth or memory than an expression may have.
    #[error("{message}")]
    Limit {
        /// Which limit.
        message: String,
    },
}

/// Text that is no JSONata.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{error}")]
pub struct SyntaxError {
    /// What is wrong, as JSONata numbers it: `S0201`.
    pub code: Option<ArcStr>,
    /// The same in words, without the code.
    pub error: ParseError,
}

impl SyntaxError {
    fn new(code: &str, message: &str) -> Self {
        let error = ParseError { message: message.to_owned(), offset: 0 };
        Self { code: Some(code.into()), error }
    }
}

impl From<ParserError> for SyntaxError {
    fn from(error: ParserError) -> Self {
        if matches!(error, ParserError::UnclosedComment) {
            return Self::new("S0106", "Comment has no closing tag");
        }
        let text = error.to_string();
        // Some errors say what kind they are before their code.
        let text = text.strip_prefix("Invalid syntax: ").unwrap_or(&text);
        let text = text.strip_prefix("Invalid number: ").unwrap_or(text);
        let code = error_code_prefix(text);
        let message = match code {
            Some(code) => text[code.len() + 1..].trim_start(),
            None => text,
        };
        let message = words::of_syntax(code.unwrap_or_default(), message);
        Self { code: code.map(ArcStr::from), error: ParseError { message, offset: 0 } }
    }
}

/// AWS's words for an evaluation that is nested too deep (seen in causes).
const STACK_OVERFLOW: &str = "Stack overflow error: Check for non-terminating recursive function. \
                              Consider rewriting as tail-recursive.";
/// The words of JSONata's own time box.
const TIMEOUT: &str = "Expression evaluation timeout: Check for infinite loop";
/// AWS's words for values that are too large (seen in causes).
pub(super) const MEMORY: &str =
    "Expression evaluation memory limit exceeded: Check for excessive memory usage";

impl Error {
    /// The same, if it can only be that function of JSONata which did not like its arguments.
    pub(super) fn of_function(mut self, name: Option<&str>) -> Self {
        if let (Self::Raised { code: Some(code), message }, Some(name)) = (&mut self, name) {
            *message = words::of_function(code, message, name);
        }
        self
    }

    pub(super) fn memory() -> Self {
        Self::Limit { message: MEMORY.to_owned() }
    }
}

impl From<EvaluatorError> for Error {
    fn from(error: EvaluatorError) -> Self {
        // A lambda's signature says so before its code.
        let text = error.message();
        let text = text.strip_prefix("Signature validation failed: ").unwrap_or(text);
        if text == MEMORY {
            return Self::memory();
        }
        let limit = |message: &str| Self::Limit { message: message.to_owned() };
        let (code, message) = match error_code_prefix(text) {
            Some("D1011" | "U1001") => return limit(STACK_OVERFLOW),
            Some("D1012" | "U1003") => return limit(TIMEOUT),
            Some("D2014" | "D2015") => return Self::memory(),
            Some(code) => (Some(code), text[code.len() + 1..].trim_start()),
            None => (None, text),
        };
        let message = words::of_evaluation(code.unwrap_or_default(), message);
        Self::Raised { code: code.map(ArcStr::from), message }
    }
}
