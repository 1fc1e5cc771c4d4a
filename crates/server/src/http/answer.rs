//! Answers, in the shapes that clients of each API expect.

use bytes::Bytes;
use faastlane_value::{Value, json};
use http_body_util::Full;
use hyper::header::{ALLOW, CONNECTION, CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};

/// An answer of the server.
pub(super) type Answer = Response<Full<Bytes>>;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");
const FUNCTION_ERROR: HeaderName = HeaderName::from_static("x-amz-function-error");
const EXECUTED_VERSION: HeaderName = HeaderName::from_static("x-amz-executed-version");
const LOG_RESULT: HeaderName = HeaderName::from_static("x-amz-log-result");

/// The API in whose shape errors are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// AWS JSON 1.0.
    StepFunctions,
    /// REST JSON of Lambda.
    Lambda,
    /// Text for people.
    Plain,
}

/// A request that is not performed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    /// The error's code, `SerializationException`.
    pub(super) code: &'static str,
    pub(super) message: String,
    /// See [`faastlane_api::Error::detail`].
    detail: Option<(&'static str, String)>,
}

impl From<faastlane_api::Error> for Refusal {
    fn from(error: faastlane_api::Error) -> Self {
        let status = error.status();
        let faastlane_api::Error { code, message, detail } = error;
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
        Self { status, code, message, detail }
    }
}

impl Refusal {
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), detail: None }
    }

    pub(super) fn answer(self, dialect: Dialect) -> Answer {
        let Self { status, code, message, detail } = self;
        let mut answer = match dialect {
            Dialect::StepFunctions => {
                let error = faastlane_api::Error { code, message, detail };
                of_value(status, &error.to_value())
            }
            Dialect::Lambda => {
                let side = if status.is_server_error() { "Service" } else { "User" };
                let body = [("Type", side.into()), ("Message", message.as_str().into())];
                json_text(status, &Value::object(body), "application/json")
            }
            Dialect::Plain => text(status, "text/plain; charset=utf-8", message + "\n"),
        };
        if dialect != Dialect::Plain {
            answer.headers_mut().insert(ERROR_TYPE, HeaderValue::from_static(code));
        }
        answer
    }
}

/// An answer of an operation.
pub(super) fn of_value(status: StatusCode, value: &Value) -> Answer {
    json_text(status, value, "application/x-amz-json-1.0")
}

fn json_text(status: StatusCode, value: &Value, content_type: &'static str) -> Answer {
    let mut body = Vec::with_capacity(value.size_at_least() + value.size_at_least() / 8 + 32);
    json::write(value, &mut body).expect("writing to memory does not fail");
    text(status, content_type, body)
}

/// An answer with a body of any kind.
pub(super) fn text(
    status: StatusCode,
    content_type: &'static str,
    body: impl Into<Bytes>,
) -> Answer {
    let mut answer = Response::new(Full::new(body.into()));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    answer
}

/// An answer without a body, to an invocation that has no result.
pub(super) fn empty(status: StatusCode) -> Answer {
    let mut answer = Response::new(Full::default());
    *answer.status_mut() = status;
    answer
}

/// The result of a function, or its error.
pub(super) fn of_function(payload: Bytes, failed: bool, log_tail: Option<String>) -> Answer {
    let mut answer = text(StatusCode::OK, "application/json", payload);
    let headers = answer.headers_mut();
    headers.insert(EXECUTED_VERSION, HeaderValue::from_static("$LATEST"));
    if failed {
        headers.insert(FUNCTION_ERROR, HeaderValue::from_static("Unhandled"));
    }
    // Base64 is always a header's value.
    if let Some(Ok(tail)) = log_tail.map(HeaderValue::try_from) {
        headers.insert(LOG_RESULT, tail);
    }
    answer
}

/// Gives `answer` the id of its request.
pub(super) fn identify(answer: &mut Answer, request_id: &str) {
    if let Ok(value) = HeaderValue::from_str(request_id) {
        answer.headers_mut().insert(REQUEST_ID, value);
    }
}

/// Says which methods there are instead.
pub(super) fn allow(answer: &mut Answer, methods: &'static str) {
    answer.headers_mut().insert(ALLOW, HeaderValue::from_static(methods));
}

/// The connection ends with this answer.
pub(super) fn close(answer: &mut Answer) {
    answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
}
