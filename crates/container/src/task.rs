//! From a task to the call of a function, and from its end to what the engine is told. It is the same
//! whether the engine is in this process ([`crate::Container`]) or not ([`crate::process::Calls`]).

use base64::Engine as _;
use faastlane_engine::{Event, TaskId, TaskRequest, TaskResult, TaskTarget};
use faastlane_frame::Spelling;
use faastlane_lanes::{FunctionIndex, Outcome, Payload, Returned};
use faastlane_value::{ArcStr, Value, json};

/// The call that a task needs.
///
/// # Errors
/// There is none: what the engine is told of the task at once.
pub(crate) fn call_of(
    request: &TaskRequest,
    resolve: &dyn Fn(&str) -> Option<FunctionIndex>,
    request_id: &str,
) -> Result<(FunctionIndex, Payload), Event> {
    let (error, cause) = match &request.target {
        TaskTarget::Function(reference) => match resolve(reference) {
            Some(function) => return Ok((function, request.input.clone().into())),
            None => {
                let cause = function_not_found(reference, request_id);
                ("Lambda.ResourceNotFoundException", cause)
            }
        },
        TaskTarget::Service(service) => {
            let cause = format!("Faastlane does not call '{}' yet.", service.arn);
            ("States.TaskFailed", cause)
        }
        TaskTarget::Activity(arn) => {
            let cause = format!("No worker can be asked for the activity '{arn}' yet.");
            ("States.TaskFailed", cause)
        }
    };
    let cause = Some(cause.into());
    Err(Event::TaskFailed { task: request.task, error: error.into(), cause })
}

/// What Lambda's Invoke API says of a function that does not exist, as Step Functions quotes it.
fn function_not_found(reference: &str, request_id: &str) -> String {
    let mut parts: Vec<&str> = reference.split(':').collect();
    let arn = match parts[..] {
        ["arn", _, "lambda", _, _, "function", _] => format!("{reference}:$LATEST"),
        ["arn", ..] => reference.to_owned(),
        _ => {
            let qualifier = if parts.len() > 1 { parts.pop() } else { None };
            let name = parts.pop().unwrap_or_default();
            let qualifier = qualifier.unwrap_or("$LATEST");
            format!("arn:aws:lambda:us-east-1:123456789012:function:{name}:{qualifier}")
        }
    };
    format!(
        "Function not found: {arn} (Service: AWSLambda; Status Code: 404; Error Code: \
         ResourceNotFoundException; Request ID: {request_id}; Proxy: null)"
    )
}

/// A call that has ended, for a task.
#[derive(Debug)]
pub(crate) struct Ended<'a> {
    pub(crate) task: TaskId,
    pub(crate) outcome: Outcome,
    /// The end of its log.
    pub(crate) log_tail: &'a str,
    /// Whether the task wants that.
    pub(crate) wants_log: bool,
    pub(crate) request_id: String,
    /// How the function's runtime writes results as JSON text.
    pub(crate) spelling: Spelling,
    /// Most bytes of a result's JSON text.
    pub(crate) size_limit: Option<usize>,
}

impl Ended<'_> {
    /// What the engine is told of it.
    pub(crate) fn event(self) -> Event {
        let Self { task, outcome, log_tail, wants_log, request_id, spelling, size_limit } = self;
        let returned = match outcome {
            Outcome::Failed { error_type, payload } => return failed(task, error_type, &payload),
            Outcome::Returned(returned) => returned,
        };
        let too_large = size_limit.is_some_and(|limit| returned.exceeds(limit, spelling));
        let output = match returned {
            // Nobody looks at it.
            _ if too_large => Value::Null.into(),
            Returned::Frame(frame) => frame.into(),
            Returned::Text(text) => match json::parse(&text) {
                Ok(output) => output.into(),
                Err(error) => return not_json(task, &error),
            },
        };
        let tail = || base64::engine::general_purpose::STANDARD.encode(log_tail);
        let result = TaskResult {
            output,
            too_large,
            log_tail: wants_log.then(|| tail().into()),
            request_id: request_id.into(),
            is_whole: false,
        };
        Event::TaskSucceeded(task, result)
    }
}

/// A call failed.
pub(crate) fn failed(task: TaskId, error_type: String, payload: &[u8]) -> Event {
    let cause = String::from_utf8_lossy(payload).as_ref().into();
    Event::TaskFailed { task, error: error_type.into(), cause: Some(cause) }
}

/// A handler returned `bytes` or a number that JSON does not have.
fn not_json(task: TaskId, error: &json::Error) -> Event {
    let cause: ArcStr = format!("The function's result is not JSON: {error}").into();
    Event::TaskFailed { task, error: "Lambda.Unknown".into(), cause: Some(cause) }
}
