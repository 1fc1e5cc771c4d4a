//! From a task to the call of a function, and from its end to what the engine is told. It is the same
//! whether the engine is in this process ([`crate::Container`]) or not ([`crate::process::Calls`]).

use base64::Engine as _;
use faastlane_asl::Service;
use faastlane_engine::{Event, TaskId, TaskRequest, TaskResult, TaskTarget};
use faastlane_frame::{Data, Spelling};
use faastlane_lanes::{FunctionIndex, Outcome, Payload, Returned};
use faastlane_value::{ArcStr, Value, json, str_literal};

/// The name of the function that calls services for the states of a machine, if one of them needs it. No
/// function of a user can be called so: Lambda knows no names with a dot.
pub const SERVICES: &str = "faastlane.services";

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
        TaskTarget::Service(service) => match resolve(SERVICES) {
            Some(function) => return Ok((function, service_event(request, service).into())),
            None => {
                let cause = format!("Nothing here calls '{}'; mock it.", service.arn);
                ("States.TaskFailed", cause)
            }
        },
        TaskTarget::Activity(arn) => {
            let cause = format!("No worker can be asked for the activity '{arn}' yet.");
            ("States.TaskFailed", cause)
        }
    };
    let cause = Some(cause.into());
    Err(Event::TaskFailed { task: request.task, error: error.into(), cause })
}

/// The event of the function that calls services.
fn service_event(request: &TaskRequest, service: &Service) -> Data {
    let text = |text: &ArcStr| Data::from(Value::from(text.clone()));
    Data::object(vec![
        (str_literal!("State"), text(&request.state)),
        (str_literal!("Service"), text(&service.service)),
        (str_literal!("Action"), text(&service.action)),
        (str_literal!("Parameters"), request.input.clone()),
    ])
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
    /// Whether the task is a service's, and the call that of [`SERVICES`].
    pub(crate) is_service: bool,
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
        let Self { task, is_service, outcome, log_tail, wants_log, request_id, .. } = self;
        let (spelling, size_limit) = (self.spelling, self.size_limit);
        let returned = match outcome {
            Outcome::Failed { payload, .. } if is_service => return not_served(task, &payload),
            Outcome::Failed { error_type, payload } => return failed(task, error_type, &payload),
            Outcome::Returned(returned) => returned,
        };
        if is_service {
            return served(task, returned, request_id.into(), size_limit);
        }
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

/// What a service answered.
fn served(task: TaskId, returned: Returned, request_id: ArcStr, limit: Option<usize>) -> Event {
    let answer: Data = match returned {
        Returned::Frame(frame) => frame.into(),
        Returned::Text(text) => json::parse(&text).unwrap_or(Value::Null).into(),
    };
    if let Some(output) = answer.get("Output") {
        let too_large = limit.is_some_and(|limit| output.json_exceeds(limit));
        let output = if too_large { Value::Null.into() } else { output };
        let result = TaskResult { output, too_large, log_tail: None, request_id, is_whole: false };
        return Event::TaskSucceeded(task, result);
    }
    let text = |name| answer.get(name).and_then(|text| text.value().as_str().map(ArcStr::from));
    match text("Error") {
        Some(error) => Event::TaskFailed { task, error, cause: text("Cause") },
        None => not_served(task, answer.to_json().as_bytes()),
    }
}

/// The function that calls services has failed itself: its process was ended, or it is wrong.
fn not_served(task: TaskId, payload: &[u8]) -> Event {
    let payload = String::from_utf8_lossy(payload);
    let cause = format!("The function that calls services failed: {payload}");
    Event::TaskFailed { task, error: str_literal!("States.TaskFailed"), cause: Some(cause.into()) }
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

#[cfg(test)]
mod tests {
    use super::*;

    const TASK: u64 = 7;

    /// What the engine is told of an answer of the function that calls services.
    fn told(outcome: Outcome, size_limit: Option<usize>) -> Event {
        let ended = Ended {
            task: TaskId::from_bits(TASK),
            is_service: true,
            outcome,
            log_tail: "",
            wants_log: false,
            request_id: "r".to_owned(),
            spelling: Spelling::Python,
            size_limit,
        };
        ended.event()
    }

    fn answered(text: &str, size_limit: Option<usize>) -> Event {
        told(Outcome::Returned(Returned::Text(text.into())), size_limit)
    }

    #[test]
    fn a_service_has_a_result() {
        let check = |limit, expected: &str, expected_too_large| match answered(
            r#"{"Output": {"a": "bc"}}"#,
            limit,
        ) {
            Event::TaskSucceeded(task, TaskResult { output, too_large, .. }) => {
                let found = (task.to_bits(), output.to_json(), too_large);
                assert_eq!(found, (TASK, expected.to_owned(), expected_too_large));
            }
            event => panic!("{event:?}"),
        };
        let text = r#"{"a":"bc"}"#;
        check(None, text, false);
        // What is around it does not count.
        check(Some(text.len()), text, false);
        check(Some(text.len() - 1), "null", true);
    }

    #[test]
    fn a_service_fails() {
        let check = |event: Event, expected: (&str, Option<&str>)| match event {
            Event::TaskFailed { error, cause, .. } => {
                assert_eq!((error.as_str(), cause.as_deref()), expected);
            }
            event => panic!("{event:?}"),
        };
        check(answered(r#"{"Error": "S3.X", "Cause": "y"}"#, None), ("S3.X", Some("y")));
        check(answered(r#"{"Error": "S3.X"}"#, None), ("S3.X", None));
        let broken = ("States.TaskFailed", Some("The function that calls services failed: [1]"));
        check(answered("[1]", None), broken);
        let (error_type, payload) = ("KeyError".to_owned(), b"[1]".to_vec());
        check(told(Outcome::Failed { error_type, payload }, None), broken);
    }
}
