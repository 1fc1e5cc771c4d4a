//! Runs one case and says at which levels it agrees with its recording.

use faastlane_container::Error;
use faastlane_value::Value;

use crate::compare::{self, Difference, Volatile};
use crate::corpus::{Case, Execution, Subject};
use crate::definition::read;
use crate::execution::{execute, parts, status};
use crate::{history, test_state};

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

/// Runs a case and compares it with its recording.
///
/// # Errors
/// The system refuses what Python lanes need.
pub fn run(case: &Case) -> Result<Vec<Finding>, Error> {
    let finding = |level, outcome| Finding { level, outcome };
    Ok(match &case.subject {
        Subject::Execution(execution) => execution_findings(execution, &case.volatile)?,
        Subject::CreateError { request, error_code, message } => {
            let refusal = faastlane_api::create_state_machine(request).err();
            let (code, said) = match &refusal {
                Some(refusal) => (refusal.code, Value::from(refusal.message.as_str())),
                None => ("accepted", Value::Null),
            };
            let code = match code == error_code {
                true => Ok(()),
                false => Err(Difference::new("request", error_code, code)),
            };
            let compared = message.as_ref().map(|expected| {
                compare::members("message", Some(expected), Some(&said), &case.volatile)
            });
            let message = compared.map(|outcome| finding(Level::Message, outcome));
            std::iter::once(finding(Level::ErrorCode, code)).chain(message).collect()
        }
        Subject::Validate { request, response } => {
            let outcome = match faastlane_api::validate_state_machine_definition(request) {
                Ok(answer) => compare::values(response, &answer, &case.volatile),
                Err(error) => Err(Difference::new("answer", "one", &error.to_string())),
            };
            vec![finding(Level::Diagnostics, outcome)]
        }
        Subject::TestState { request, functions, expected } => {
            test_state::findings(request, functions, expected, &case.volatile)?
        }
        Subject::Other(_) => Vec::new(),
    })
}

fn execution_findings(execution: &Execution, volatile: &Volatile) -> Result<Vec<Finding>, Error> {
    let expected = &execution.expected;
    let mut levels = vec![Level::Status, Level::Result];
    if expected.events.is_some() {
        levels.extend([Level::Events, Level::Links, Level::Payloads]);
    }
    let machine = match read(&execution.definition) {
        Ok(machine) => machine,
        Err(diagnostics) => {
            let text: Vec<String> = diagnostics.iter().map(ToString::to_string).collect();
            let text = text.join("; ");
            let refused = || Err(Difference::new("definition", "accepted", &text));
            let finding = |level| Finding { level, outcome: refused() };
            return Ok(levels.into_iter().map(finding).collect());
        }
    };
    let (outcome, events) = execute(&execution.functions, execution.input.clone(), machine)?;
    let status =
        compare::members("status", Some(&expected.status), Some(&status(&outcome)), volatile);
    let result = status.clone().and_then(|()| {
        let (output, error, cause) = parts(outcome);
        compare::members("output", expected.output.as_ref(), output.as_ref(), volatile)?;
        compare::members("error", expected.error.as_ref(), error.as_ref(), volatile)?;
        compare::members("cause", expected.cause.as_ref(), cause.as_ref(), volatile)
    });
    let mut outcomes = vec![status, result];
    if let Some(recorded) = &expected.events {
        let sorted = expected.sorted_inside_parallel;
        let agreement = history::compare(recorded, sorted, &events, volatile);
        outcomes.extend([agreement.events, agreement.links, agreement.payloads]);
    }
    let findings = levels.into_iter().zip(outcomes);
    Ok(findings.map(|(level, outcome)| Finding { level, outcome }).collect())
}
