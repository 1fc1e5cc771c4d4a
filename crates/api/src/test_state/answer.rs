//! The answer of `TestState`.

use faastlane_engine::test_state::{TestStatus, Tested};
use faastlane_value::{ObjectBuilder, Value, json};

use super::Level;

/// Members of `inspectionData` that are numbers and not JSON texts.
const NUMBERS: [&str; 3] =
    ["maxConcurrency", "toleratedFailureCount", "toleratedFailurePercentage"];

/// The API's answer.
pub(super) fn of(tested: Tested, input: &Value, level: Level) -> Value {
    let mut answer = ObjectBuilder::default();
    if let Some(output) = &tested.output {
        answer.insert("output", spaced(output.value()));
    }
    for (name, text) in [("error", &tested.error), ("cause", &tested.cause)] {
        if let Some(text) = text {
            answer.insert(name, text.clone());
        }
    }
    if level == Level::Debug {
        answer.insert("inspectionData", inspection(&tested, input));
    }
    if let Some(next) = &tested.next_state {
        answer.insert("nextState", next.clone());
    }
    answer.insert(
        "status",
        match tested.status {
            Some(TestStatus::Succeeded) => "SUCCEEDED",
            Some(TestStatus::Retriable) => "RETRIABLE",
            Some(TestStatus::CaughtError) => "CAUGHT_ERROR",
            Some(TestStatus::Failed) | None => "FAILED",
        },
    );
    answer.build()
}

fn inspection(tested: &Tested, input: &Value) -> Value {
    let mut data = ObjectBuilder::default();
    data.insert("input", spaced(input));
    for (step, value) in &tested.seen {
        let value = value.value();
        match NUMBERS.contains(step) {
            true => data.insert(*step, value.clone()),
            false => data.insert(*step, spaced(value)),
        }
    }
    let mut details = ObjectBuilder::default();
    let numbers = [
        ("catchIndex", tested.catch_index.map(number)),
        ("retryIndex", tested.retry_index.map(number)),
        ("retryBackoffIntervalSeconds", tested.retry_backoff_seconds),
    ];
    for (name, number) in numbers {
        if let Some(number) = number {
            details.insert(name, number);
        }
    }
    if let details @ Value::Object(_) = details.build()
        && details != Value::empty_object()
    {
        data.insert("errorDetails", details);
    }
    if !tested.variables.is_empty() {
        let variables = tested.variables.iter();
        let variables = variables.map(|(name, value)| (name.clone(), value.value().clone()));
        data.insert("variables", spaced(&Value::object(variables)));
    }
    data.build()
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// JSON text with a space behind each comma and colon, as AWS was recorded to write it in this answer.
fn spaced(value: &Value) -> String {
    let mut text = String::new();
    write(value, &mut text);
    text
}

fn write(value: &Value, text: &mut String) {
    match value {
        Value::Array(items) => {
            text.push('[');
            for (at, item) in items.iter().enumerate() {
                text.push_str(if at == 0 { "" } else { ", " });
                write(item, text);
            }
            text.push(']');
        }
        Value::Object(members) => {
            text.push('{');
            for (at, (name, member)) in members.iter().enumerate() {
                text.push_str(if at == 0 { "" } else { ", " });
                text.push_str(&json::to_string(&Value::from(name.clone())));
                text.push_str(": ");
                write(member, text);
            }
            text.push('}');
        }
        plain => text.push_str(&json::to_string(plain)),
    }
}
