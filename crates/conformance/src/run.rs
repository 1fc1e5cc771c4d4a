//! Runs one case and says at which levels it agrees with its recording.

use faastlane_value::{Value, json};

use crate::compare::{self, Difference, Volatile};
use crate::corpus::{Case, Execution, Subject};
use crate::history;
use crate::way::{Ended, Operation, Refusal, Way};

/// How closely something is compared. A case is judged at the levels that its recording allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// The status of an execution.
    Status,
    /// Status, output, error and cause.
    Result,
    /// Types and names of the history's events.
    Events,
    /// Ids and previous ids of the history's events.
    Links,
    /// Details of the history's events.
    Payloads,
    /// The error code of a refused request.
    ErrorCode,
    /// Its message.
    Message,
    /// The diagnostics of a definition.
    Diagnostics,
    /// The answer of `TestState`.
    Answer,
}

impl Level {
    /// All levels, in the order in which they are shown.
    pub const ALL: [Self; 9] = [
        Self::Status,
        Self::Result,
        Self::Events,
        Self::Links,
        Self::Payloads,
        Self::ErrorCode,
        Self::Message,
        Self::Diagnostics,
        Self::Answer,
    ];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Result => "result",
            Self::Events => "events",
            Self::Links => "links",
            Self::Payloads => "payloads",
            Self::ErrorCode => "error code",
            Self::Message => "message",
            Self::Diagnostics => "diagnostics",
            Self::Answer => "answer",
        }
    }
}

/// What came of comparing at one level.
#[derive(Debug)]
pub struct Finding {
    /// The level.
    pub level: Level,
    /// The first difference, if there is one.
    pub outcome: Result<(), Difference>,
}

/// Runs a case in a way and compares it with its recording.
///
/// # Errors
/// The system or the server refuses what is needed for an answer.
pub fn run(case: &Case, way: &dyn Way) -> anyhow::Result<Vec<Finding>> {
    let volatile = &case.volatile;
    Ok(match &case.subject {
        Subject::Execution(execution) => {
            execution_findings(execution, way.execute(execution)?, volatile)
        }
        Subject::CreateError { request, error_code, message } => {
            let answer = way.call(Operation::CreateStateMachine, request, &[])?;
            refusal_findings(error_code, message.as_ref(), answer.err(), volatile)
        }
        Subject::Validate { request, response } => {
            let answer = way.call(Operation::ValidateStateMachineDefinition, request, &[])?;
            vec![answer_finding(Level::Diagnostics, response, answer, volatile)]
        }
        Subject::TestState { request, functions, expected } => {
            let answer = way.call(Operation::TestState, request, functions)?;
            match expected {
                Ok(expected) => {
                    let answer = answer.map(|answer| with_output_parsed(&answer));
                    vec![answer_finding(Level::Answer, expected, answer, volatile)]
                }
                Err((code, message)) => {
                    refusal_findings(code, message.as_ref(), answer.err(), volatile)
                }
            }
        }
        Subject::Other(_) => Vec::new(),
    })
}

/// Compares a refusal; a request that was not refused has the code `accepted`.
fn refusal_findings(
    code: &str,
    message: Option<&Value>,
    refusal: Option<Refusal>,
    volatile: &Volatile,
) -> Vec<Finding> {
    let (found, said) = match refusal {
        Some(refusal) => (refusal.code, Value::from(refusal.message)),
        None => ("accepted".to_owned(), Value::Null),
    };
    let same = found == code;
    let outcome = if same { Ok(()) } else { Err(Difference::new("request", code, &found)) };
    let message = message.map(|message| {
        let outcome = compare::members("message", Some(message), Some(&said), volatile);
        Finding { level: Level::Message, outcome }
    });
    std::iter::once(Finding { level: Level::ErrorCode, outcome }).chain(message).collect()
}

fn answer_finding(
    level: Level,
    expected: &Value,
    answer: Result<Value, Refusal>,
    volatile: &Volatile,
) -> Finding {
    let outcome = match answer {
        Ok(answer) => compare::values(expected, &answer, volatile),
        Err(refusal) => Err(Difference::new("answer", "one", &refusal.to_string())),
    };
    Finding { level, outcome }
}

/// An answer of `TestState` with its output as the recordings have it: as a value and not as text.
fn with_output_parsed(answer: &Value) -> Value {
    let members = answer.as_object().into_iter().flat_map(|members| members.iter());
    Value::object(members.map(|(name, value)| {
        let parsed = match value.as_str() {
            Some(text) if name == "output" => json::parse(text.as_bytes()).ok(),
            _ => None,
        };
        (name.clone(), parsed.unwrap_or_else(|| value.clone()))
    }))
}

fn execution_findings(
    execution: &Execution,
    ended: Result<Ended, String>,
    volatile: &Volatile,
) -> Vec<Finding> {
    let expected = &execution.expected;
    let mut levels = vec![Level::Status, Level::Result];
    if expected.events.is_some() {
        levels.extend([Level::Events, Level::Links, Level::Payloads]);
    }
    let ended = match ended {
        Ok(ended) => ended,
        Err(text) => {
            let refused = || Err(Difference::new("definition", "accepted", &text));
            let finding = |level| Finding { level, outcome: refused() };
            return levels.into_iter().map(finding).collect();
        }
    };
    let member = |name, expected: &Option<Value>, actual: &Option<Value>| {
        compare::members(name, expected.as_ref(), actual.as_ref(), volatile)
    };
    let status = compare::members("status", Some(&expected.status), Some(&ended.status), volatile);
    let result = status.clone().and_then(|()| {
        member("output", &expected.output, &ended.output)?;
        member("error", &expected.error, &ended.error)?;
        member("cause", &expected.cause, &ended.cause)
    });
    let mut outcomes = vec![status, result];
    if let Some(recorded) = &expected.events {
        let sorted = expected.sorted_inside_parallel;
        let agreement = history::compare(recorded, sorted, &ended.events, volatile);
        outcomes.extend([agreement.events, agreement.links, agreement.payloads]);
    }
    let findings = levels.into_iter().zip(outcomes);
    findings.map(|(level, outcome)| Finding { level, outcome }).collect()
}
