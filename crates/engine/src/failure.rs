//! Errors of states: their names and causes.
//!
//! Names are those of the Amazon States Language ("Errors") and of the AWS developer guide; the
//! wording of causes is AWS's.

use faastlane_asl::Kind;
use faastlane_expr::Path;
use faastlane_frame::Data;
use faastlane_value::{ArcStr, ObjectBuilder, Value, str_literal};

use crate::EventKind;
use crate::flow::FlowId;
use crate::history::ErrorDetails;
use crate::turn::Turn;

/// Why a state failed.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    error: Option<ArcStr>,
    cause: Option<ArcStr>,
    /// Whether `Retry` and `Catch` may handle it.
    catchable: bool,
    /// Whether an expression in JSONata could not be evaluated.
    query: bool,
}

const ALL: &str = "States.ALL";
const TASK_FAILED: &str = "States.TaskFailed";
const TIMEOUT: &str = "States.Timeout";
const HEARTBEAT_TIMEOUT: &str = "States.HeartbeatTimeout";
const RUNTIME: &str = "States.Runtime";

impl Failure {
    fn named(error: ArcStr, cause: Option<ArcStr>) -> Self {
        Self { error: Some(error), cause, catchable: true, query: false }
    }

    /// What a task reported.
    pub(crate) fn of_task(error: ArcStr, cause: Option<ArcStr>) -> Self {
        Self::named(error, cause)
    }

    /// What a Fail state says.
    pub(crate) fn of_fail_state(error: Option<ArcStr>, cause: Option<ArcStr>) -> Self {
        Self { error, cause, catchable: true, query: false }
    }

    /// What Lambda says of a payload that is not JSON.
    pub(crate) fn payload_not_json(error: &faastlane_value::json::Error) -> Self {
        let cause = format!(
            "Could not parse request body into json: Could not parse payload into json: {error} \
             (Service: AWSLambda; Status Code: 400; Error Code: InvalidRequestContentException)"
        );
        Self::named(str_literal!("Lambda.InvalidRequestContentException"), Some(cause.into()))
    }

    pub(crate) fn timeout() -> Self {
        Self::named(str_literal!(TIMEOUT), None)
    }

    pub(crate) fn heartbeat_timeout() -> Self {
        Self::named(str_literal!(HEARTBEAT_TIMEOUT), None)
    }

    /// A result larger than AWS allows; `what` is a state's or a service's name.
    pub(crate) fn data_limit_exceeded(what: &str) -> Self {
        let cause = format!(
            "The state/task '{what}' returned a result with a size exceeding the maximum number of \
             bytes service limit."
        );
        Self::named(str_literal!("States.DataLimitExceeded"), Some(cause.into()))
    }

    pub(crate) fn history_full(limit: u64) -> Self {
        let cause =
            format!("The execution reached the maximum number of history events ({limit}).");
        Self::named(str_literal!(RUNTIME), Some(cause.into())).uncatchable()
    }

    /// The same failure, beyond the reach of `Retry` and `Catch`.
    pub(crate) fn uncatchable(self) -> Self {
        Self { catchable: false, ..self }
    }

    /// The same failure, as one of the query language.
    pub(crate) fn of_query(self) -> Self {
        Self { query: true, ..self }
    }

    /// What a state that fails so records before its end: AWS says of Parallel and Map states that
    /// they failed, also if they had not begun.
    pub(crate) fn ending_of(&self, kind: &Kind) -> Option<EventKind> {
        match kind {
            Kind::Map(_) if self.query => Some(EventKind::MapStateFailed),
            Kind::Parallel(_) if self.query => Some(EventKind::ParallelStateFailed),
            _ => None,
        }
    }

    pub(crate) fn into_details(self) -> ErrorDetails {
        ErrorDetails { error: self.error, cause: self.cause }
    }

    /// Whether an `ErrorEquals` names it.
    ///
    /// `States.ALL` matches any error but `States.Runtime`, `States.TaskFailed` any but timeouts,
    /// and `States.Timeout` includes missed heartbeats.
    pub(crate) fn is_named_in(&self, names: &[ArcStr]) -> bool {
        let error = self.error.as_deref().unwrap_or("");
        let is_timeout = error == TIMEOUT || error == HEARTBEAT_TIMEOUT;
        let matches = |name: &ArcStr| match name.as_str() {
            ALL => error != RUNTIME,
            TASK_FAILED => error != RUNTIME && !is_timeout,
            TIMEOUT => is_timeout,
            name => name == error,
        };
        self.catchable && names.iter().any(matches)
    }

    /// What a state puts out whose error is caught.
    pub(crate) fn to_value(&self) -> Value {
        let text = |text: &Option<ArcStr>| text.clone().unwrap_or_default();
        let mut output = ObjectBuilder::with_capacity(2);
        output.insert("Error", text(&self.error));
        output.insert("Cause", text(&self.cause));
        output.build()
    }
}

impl Turn<'_> {
    /// A failure that AWS calls `States.Runtime`: the definition does not fit the data.
    pub(crate) fn runtime_failure(&self, id: FlowId, message: &str) -> Failure {
        self.failure(id, str_literal!(RUNTIME), message)
    }

    /// A failure of the state itself, with AWS's preface to the cause.
    pub(crate) fn failure(&self, id: FlowId, error: ArcStr, message: &str) -> Failure {
        let event = self.progress.flow(id).entered_event;
        let name = &self.state(id).name;
        let cause = match self.is_test() {
            // A test has no events.
            true => message.to_owned(),
            false => format!(
                "An error occurred while executing the state '{name}' (entered at the event id \
                 #{event}). {message}"
            ),
        };
        Failure::named(error, Some(cause.into()))
    }

    /// `InputPath`, `OutputPath` or `ItemsPath` leads nowhere.
    pub(crate) fn invalid_path(
        &self,
        id: FlowId,
        error: &faastlane_expr::Error,
        input: &Data,
    ) -> Failure {
        match error {
            faastlane_expr::Error::NotFound { path } => {
                let why = self.why_not_found(id, path, input);
                self.runtime_failure(id, &format!("Invalid path '{path}' : {why}"))
            }
            other => self.expression_failure(id, "", other, input),
        }
    }

    /// What Jayway JsonPath, which AWS uses, says of a path that leads nowhere: it names the first
    /// part that is missing, or the whole path if only its last part is.
    fn why_not_found(&self, id: FlowId, path: &str, input: &Data) -> String {
        let root = if path.starts_with("$$") { "$" } else { "" };
        let place = bracket_notation(path);
        for (end, _) in place.match_indices("][") {
            let parent = &place[..=end];
            let found = Path::parse(&format!("{root}{parent}"))
                .is_ok_and(|parent| self.select(id, &parent, input).is_ok());
            if !found {
                return format!("Missing property in path {parent}");
            }
        }
        format!("No results for path: {place}")
    }

    /// The path of `field`, which takes a time or a count, leads nowhere.
    pub(crate) fn no_input_value(
        &self,
        id: FlowId,
        field: &str,
        error: &faastlane_expr::Error,
        input: &Data,
    ) -> Failure {
        match error {
            faastlane_expr::Error::NotFound { path } => {
                let message =
                    format!("The {field} parameter does not reference an input value: {path}");
                self.runtime_failure(id, &message)
            }
            other => self.expression_failure(id, field, other, input),
        }
    }

    /// An expression in `field` that could not be evaluated over `input`.
    pub(crate) fn expression_failure(
        &self,
        id: FlowId,
        field: &str,
        error: &faastlane_expr::Error,
        input: &Data,
    ) -> Failure {
        match error {
            faastlane_expr::Error::NotFound { path } => {
                let message = format!(
                    "The JSONPath '{path}' specified for the field '{field}' could not be found in \
                     the input '{}'",
                    input.to_json()
                );
                self.runtime_failure(id, &message)
            }
            faastlane_expr::Error::Path { path, message } => {
                let message = format!("Invalid path '{path}' : {message}");
                self.runtime_failure(id, &message)
            }
            faastlane_expr::Error::Intrinsic { .. } => {
                let error_name = str_literal!("States.IntrinsicFailure");
                self.failure(id, error_name, &sentence(&error.to_string()))
            }
        }
    }
}

/// `$.a.b` as Jayway JsonPath writes it in messages, `$['a']['b']`.
fn bracket_notation(path: &str) -> String {
    let mut text = String::from("$");
    for step in path.trim_start_matches('$').split('.').filter(|step| !step.is_empty()) {
        let (name, rest) = step.split_at(step.find('[').unwrap_or(step.len()));
        if !name.is_empty() {
            text.push_str(&format!("['{name}']"));
        }
        text.push_str(rest);
    }
    text
}

/// `text` with a capital at its start.
pub(crate) fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_leave_out_what_they_must() {
        let check = |error: &str, names: &[&str], expected: bool| {
            let failure = Failure::named(error.into(), None);
            let names: Vec<ArcStr> = names.iter().map(|name| ArcStr::from(*name)).collect();
            assert_eq!(failure.is_named_in(&names), expected, "{error} in {names:?}");
        };
        check("ValueError", &["ValueError"], true);
        check("ValueError", &["KeyError", "States.TaskFailed"], true);
        check("ValueError", &[], false);
        check("States.Timeout", &["States.TaskFailed"], false);
        check("States.Timeout", &["States.ALL"], true);
        check("States.HeartbeatTimeout", &["States.Timeout"], true);
        check("States.Timeout", &["States.HeartbeatTimeout"], false);
        check("States.Runtime", &["States.ALL"], false);
        check("States.Runtime", &["States.TaskFailed"], false);
    }

    #[test]
    fn paths_are_written_in_brackets() {
        assert_eq!(bracket_notation("$.a.b[0].c"), "$['a']['b'][0]['c']");
    }
}
