//! Spans as OTLP has them, in JSON.
//!
//! <https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding>: ids are hexadecimal, times are texts. Names of
//! attributes are OpenTelemetry's where it has some (`aws.step_functions.*`, `error.type`).

use faastlane_value::{ObjectBuilder, Value};

use super::Traced;
use super::spans::{Span, What};

const INTERNAL: i64 = 1;
const SERVER: i64 = 2;
const CLIENT: i64 = 3;
const ERROR: i64 = 2;

/// The body of a request that has `spans`, of what the resource's attributes say.
pub(super) fn request(resource: &[(String, String)], spans: Vec<Value>) -> Value {
    let attributes = resource.iter().map(|(name, value)| attribute(name, value.as_str()));
    let scope = [("name", Value::from("faastlane")), ("version", env!("CARGO_PKG_VERSION").into())];
    let scope_spans = [("scope", Value::object(scope)), ("spans", Value::array(spans))];
    let resource = Value::object([("attributes", Value::array(attributes))]);
    let resource_spans =
        [("resource", resource), ("scopeSpans", Value::array([Value::object(scope_spans)]))];
    Value::object([("resourceSpans", Value::array([Value::object(resource_spans)]))])
}

/// A span of an execution.
pub(super) fn span(traced: &Traced<'_>, span: &Span) -> Value {
    let mut value = ObjectBuilder::with_capacity(9);
    value.insert("traceId", format!("{:032x}", traced.context().trace));
    value.insert("spanId", format!("{:016x}", span.id));
    if let Some(parent) = span.parent {
        value.insert("parentSpanId", format!("{parent:016x}"));
    }
    let (name, kind, mut attributes) = described(traced, &span.what);
    value.insert("name", name);
    value.insert("kind", kind);
    value.insert("startTimeUnixNano", format!("{}000000", span.start));
    value.insert("endTimeUnixNano", format!("{}000000", span.end));
    if let Some(error) = &span.error {
        if !error.is_empty() {
            attributes.push(attribute("error.type", error.clone()));
        }
        let status = [("code", Value::from(ERROR)), ("message", error.clone().into())];
        value.insert("status", Value::object(status));
    }
    value.insert("attributes", Value::array(attributes));
    value.build()
}

/// Name, kind and attributes of a span.
fn described(traced: &Traced<'_>, what: &What) -> (String, i64, Vec<Value>) {
    match what {
        What::Execution(status) => {
            let machine = traced.machine_arn.rsplit(':').next().unwrap_or_default();
            let attributes = vec![
                attribute("aws.step_functions.state_machine.arn", traced.machine_arn),
                attribute("aws.step_functions.execution.arn", traced.arn),
                attribute("aws.step_functions.execution.status", *status),
            ];
            (machine.to_owned(), SERVER, attributes)
        }
        What::State { name, state_type } => {
            let attributes = vec![
                attribute("aws.step_functions.state.name", name.clone()),
                attribute("aws.step_functions.state.type", *state_type),
            ];
            (name.to_string(), INTERNAL, attributes)
        }
        What::Iteration { map, index } => {
            let index = i64::try_from(*index).unwrap_or(i64::MAX);
            let attributes = vec![number("aws.step_functions.map.iteration", index)];
            (format!("{map} #{index}"), INTERNAL, attributes)
        }
        What::Call { resource, attempt } => {
            let attempt = i64::try_from(*attempt).unwrap_or(i64::MAX);
            let attributes = vec![
                attribute("aws.step_functions.resource", resource.clone()),
                number("aws.step_functions.attempt", attempt),
            ];
            let name = match resource.split_once(":function:") {
                Some((_, function)) => function.to_owned(),
                None => resource.to_string(),
            };
            (name, CLIENT, attributes)
        }
    }
}

fn attribute(name: &str, text: impl Into<Value>) -> Value {
    let value = Value::object([("stringValue", text.into())]);
    Value::object([("key", Value::from(name)), ("value", value)])
}

/// An attribute that is a number. 64-bit ones are texts in JSON.
fn number(name: &str, number: i64) -> Value {
    let value = Value::object([("intValue", Value::from(number.to_string().as_str()))]);
    Value::object([("key", Value::from(name)), ("value", value)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_the_shape_of_the_protocol() {
        let header = "Root=1-5759e988-bd862e3fe1be46a994272793";
        let traced =
            Traced { arn: "e", machine_arn: "a:M", trace_header: Some(header), started: 0 };
        let check = |what: What, parent: Option<u64>, error: Option<&str>, expected: &str| {
            let error = error.map(Into::into);
            let made = Span {
                id: 0x1f,
                parent,
                what,
                start: 1_700_000_000_123,
                end: 1_700_000_000_124,
                error,
            };
            assert_eq!(span(&traced, &made).to_json(), expected);
        };
        check(
            What::Execution("SUCCEEDED"),
            None,
            None,
            r#"{"traceId":"5759e988bd862e3fe1be46a994272793","spanId":"000000000000001f","name":"M","kind":2,"startTimeUnixNano":"1700000000123000000","endTimeUnixNano":"1700000000124000000","attributes":[{"key":"aws.step_functions.state_machine.arn","value":{"stringValue":"a:M"}},{"key":"aws.step_functions.execution.arn","value":{"stringValue":"e"}},{"key":"aws.step_functions.execution.status","value":{"stringValue":"SUCCEEDED"}}]}"#,
        );
        check(
            What::Call { resource: "arn:aws:lambda:us-east-1:1:function:add".into(), attempt: 2 },
            Some(1),
            Some("ValueError"),
            r#"{"traceId":"5759e988bd862e3fe1be46a994272793","spanId":"000000000000001f","parentSpanId":"0000000000000001","name":"add","kind":3,"startTimeUnixNano":"1700000000123000000","endTimeUnixNano":"1700000000124000000","status":{"code":2,"message":"ValueError"},"attributes":[{"key":"aws.step_functions.resource","value":{"stringValue":"arn:aws:lambda:us-east-1:1:function:add"}},{"key":"aws.step_functions.attempt","value":{"intValue":"2"}},{"key":"error.type","value":{"stringValue":"ValueError"}}]}"#,
        );
        let resource = [("service.name".to_owned(), "s".to_owned())];
        assert_eq!(
            request(&resource, vec![Value::Null]).to_json(),
            format!(
                r#"{{"resourceSpans":[{{"resource":{{"attributes":[{{"key":"service.name","value":{{"stringValue":"s"}}}}]}},"scopeSpans":[{{"scope":{{"name":"faastlane","version":"{}"}},"spans":[null]}}]}}]}}"#,
                env!("CARGO_PKG_VERSION")
            )
        );
    }
}
