//! Runs one case and says at which levels it agrees with its recording.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use faastlane_asl::{Code, Diagnostic, Severity, StateMachine};
use faastlane_container::{Container, Ids, Observer, Request};
use faastlane_engine::{HistoryEvent, Limits, Outcome, Start};
use faastlane_lanes::{FunctionIndex, Handler, Options};
use faastlane_project::arn;
use faastlane_value::located::{self, Place};
use faastlane_value::{ArcStr, Value, json};

use crate::compare::{self, Difference, Volatile};
use crate::corpus::{Case, Definition, Execution, Function, Subject};
use crate::history;

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
}

impl Level {
    /// All levels, in the order in which they are shown.
    pub const ALL: [Self; 8] = [
        Self::Status,
        Self::Result,
        Self::Events,
        Self::Links,
        Self::Payloads,
        Self::ErrorCode,
        Self::Message,
        Self::Diagnostics,
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
pub fn run(case: &Case) -> Result<Vec<Finding>, faastlane_container::Error> {
    let finding = |level, outcome| Finding { level, outcome };
    Ok(match &case.subject {
        Subject::Execution(execution) => execution_findings(execution, &case.volatile)?,
        Subject::CreateError { definition, message, .. } => {
            let refusal = read(definition).err();
            let code = if refusal.is_some() {
                Ok(())
            } else {
                Err(Difference::new("definition", "refused", "accepted"))
            };
            let actual = refusal.map(|diagnostics| Value::from(refusal_message(&diagnostics)));
            let said = |expected: &Value| {
                compare::members("message", Some(expected), actual.as_ref(), &case.volatile)
            };
            let message = message.as_ref().map(|expected| finding(Level::Message, said(expected)));
            std::iter::once(finding(Level::ErrorCode, code)).chain(message).collect()
        }
        Subject::Validate { definition, response } => {
            let diagnostics = match read(definition) {
                Ok((_, diagnostics)) | Err(diagnostics) => diagnostics,
            };
            let outcome = compare::values(response, &answer(&diagnostics), &case.volatile);
            vec![finding(Level::Diagnostics, outcome)]
        }
        Subject::Other(_) => Vec::new(),
    })
}

fn execution_findings(
    execution: &Execution,
    volatile: &Volatile,
) -> Result<Vec<Finding>, faastlane_container::Error> {
    let expected = &execution.expected;
    let mut levels = vec![Level::Status, Level::Result];
    if expected.events.is_some() {
        levels.extend([Level::Events, Level::Links, Level::Payloads]);
    }
    let (machine, _) = match read(&execution.definition) {
        Ok(read) => read,
        Err(diagnostics) => {
            let text = refusal_message(&diagnostics);
            let refused = || Err(Difference::new("definition", "accepted", &text));
            let finding = |level| Finding { level, outcome: refused() };
            return Ok(levels.into_iter().map(finding).collect());
        }
    };
    let (outcome, events) = execute(execution, machine)?;
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

/// The machine of a definition and what was said about it; only the latter if it is refused.
fn read(definition: &Definition) -> Result<(StateMachine, Vec<Diagnostic>), Vec<Diagnostic>> {
    let node = located::parse(&definition.text).map_err(|error| vec![not_json(&error)])?;
    match faastlane_asl::read(&node, definition.machine_type) {
        (Some(machine), diagnostics) => Ok((machine, diagnostics)),
        (None, diagnostics) => Err(diagnostics),
    }
}

fn not_json(error: &json::Error) -> Diagnostic {
    let number = |number| u32::try_from(number).unwrap_or(u32::MAX);
    let place = Place { line: number(error.line), column: number(error.column) };
    Diagnostic {
        severity: Severity::Error,
        code: Code::InvalidJsonDescription,
        message: error.message.clone(),
        location: format!("line: {}, column: {}", place.line, place.column),
        place,
    }
}

/// What `CreateStateMachine` says of a definition that it refuses.
fn refusal_message(diagnostics: &[Diagnostic]) -> String {
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
    let errors = errors.map(|Diagnostic { code, message, location, .. }| {
        format!("{code}: {} at {location}", message.trim_end())
    });
    format!("Invalid State Machine Definition: '{}'", errors.collect::<Vec<_>>().join(", "))
}

/// What `ValidateStateMachineDefinition` answers.
fn answer(diagnostics: &[Diagnostic]) -> Value {
    let entry = |diagnostic: &Diagnostic| {
        Value::object(
            [
                ("code", diagnostic.code.to_string()),
                ("location", diagnostic.location.clone()),
                ("message", diagnostic.message.clone()),
                ("severity", diagnostic.severity.to_string().to_uppercase()),
            ]
            .map(|(key, text)| (key, Value::from(text))),
        )
    };
    let failed = diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
    Value::object([
        ("diagnostics", Value::array(diagnostics.iter().map(entry))),
        ("result", Value::from(if failed { "FAIL" } else { "OK" })),
        ("truncated", Value::from(false)),
    ])
}

/// Runs an execution in lanes of its own: its outcome and its history.
fn execute(
    execution: &Execution,
    machine: StateMachine,
) -> Result<(Outcome, Vec<Value>), faastlane_container::Error> {
    let functions = &execution.functions;
    let indices: HashMap<String, FunctionIndex> = functions
        .iter()
        .enumerate()
        .map(|(at, function)| (function.name.clone(), FunctionIndex(at)))
        .collect();
    let resolve = move |reference: &str| indices.get(arn::function_name(reference)?).copied();
    let functions = functions.iter().map(lane_function).collect();
    let mut ids = Ids::random();
    let start = start(execution, &mut ids);
    let options = Options::default();
    let mut container = Container::new(functions, Box::new(resolve), options, ids)?;
    let mut history = History(Vec::new());
    let request = Request { machine: Arc::new(machine), start };
    let outcome = container.run(request, &mut history)?;
    Ok((outcome, history.0))
}

fn start(execution: &Execution, ids: &mut Ids) -> Start {
    let machine_name = "recorded";
    let execution_name = ids.uuid();
    let machine_arn = arn::of_state_machine(machine_name);
    let prefix = machine_arn.replace(":stateMachine:", ":execution:");
    Start {
        execution_arn: format!("{prefix}:{execution_name}").into(),
        execution_name: execution_name.into(),
        machine_arn: machine_arn.into(),
        machine_name: machine_name.into(),
        role_arn: format!("arn:aws:iam::{}:role/recorded", arn::ACCOUNT).into(),
        input: execution.input.clone(),
        seed: ids.seed(),
        limits: Limits::AWS,
    }
}

fn lane_function(function: &Function) -> faastlane_lanes::Function {
    let module = function.file.file_stem().unwrap_or_default().to_string_lossy();
    faastlane_lanes::Function {
        name: function.name.clone(),
        arn: function.arn.clone(),
        code_root: function.file.parent().map(Into::into).unwrap_or_default(),
        handler: Handler::Named(format!("{module}.{}", function.handler)),
        python: "python3".into(),
        layers: Vec::new(),
        environment: Vec::new(),
        // As long as on Lambda: what is timed out here is what the definition says.
        timeout: Duration::from_mins(15),
        memory_mib: 128,
        runtime: function.runtime.clone(),
    }
}

/// Collects the history in the shape of `GetExecutionHistory`.
struct History(Vec<Value>);

impl Observer for History {
    fn recorded(&mut self, event: HistoryEvent) {
        self.0.push(event.to_value());
    }

    fn wrote(&mut self, _: FunctionIndex, _: &str) {}
}

fn status(outcome: &Outcome) -> Value {
    Value::from(match outcome {
        Outcome::Succeeded(_) => "SUCCEEDED",
        Outcome::Failed { .. } => "FAILED",
        Outcome::TimedOut { .. } => "TIMED_OUT",
        Outcome::Aborted { .. } => "ABORTED",
    })
}

/// Output, error and cause.
fn parts(outcome: Outcome) -> (Option<Value>, Option<Value>, Option<Value>) {
    match outcome {
        Outcome::Succeeded(output) => (Some(output), None, None),
        Outcome::Failed { error, cause }
        | Outcome::TimedOut { error, cause }
        | Outcome::Aborted { error, cause } => {
            let text = |text: Option<ArcStr>| text.map(Value::from);
            (None, text(error), text(cause))
        }
    }
}
