//! The body of an operation's request.

use faastlane_value::{ObjectBuilder, Value, json};
use hyper::HeaderMap;

use super::answer::Refusal;
use crate::telemetry::trace_of_headers;

/// The object that a body is. An empty body is an empty object, as some clients send it.
pub(super) fn object(body: &[u8]) -> Result<Value, Refusal> {
    if body.is_empty() {
        return Ok(Value::empty_object());
    }
    let refused = |message: String| Refusal::from(faastlane_api::Error::serialization(message));
    let value =
        json::parse(body).map_err(|error| refused(format!("the body is not JSON: {error}")))?;
    match value {
        Value::Object(_) => Ok(value),
        other => Err(refused(format!("the body is a JSON {}, not an object", other.kind()))),
    }
}

/// A request that starts an execution belongs to the trace of its HTTP headers, if it names none of its own.
pub(super) fn with_trace(operation: &str, body: Value, headers: &HeaderMap) -> Value {
    if !matches!(operation, "StartExecution" | "StartSyncExecution") {
        return body;
    }
    let Some(members) = body.as_object().filter(|members| members.get("traceHeader").is_none())
    else {
        return body;
    };
    let Some(trace) = trace_of_headers(headers) else { return body };
    let mut with_trace = ObjectBuilder::with_capacity(members.len() + 1);
    for (name, value) in members.iter() {
        with_trace.insert(name.clone(), value.clone());
    }
    with_trace.insert("traceHeader", trace.as_str());
    with_trace.build()
}
