//! Events of histories as `GetExecutionHistory` answers them.

use faastlane_value::{ObjectBuilder, Value};

/// Members of details that hold data of the execution.
const DATA: [&str; 4] = ["input", "output", "parameters", "assignedVariables"];

/// An event for somebody who asked for none of the execution's data: it is left out, and what tells
/// whether data was cut says so.
///
/// Which members are left out is the guide's `includeExecutionData` read literally: input and output of
/// events, and what else is made of them. Errors and causes stay.
#[must_use]
pub fn without_data(event: &Value) -> Value {
    let Some(members) = event.as_object() else { return event.clone() };
    let mut built = ObjectBuilder::with_capacity(members.len());
    for (name, member) in members.iter() {
        let member = match name.ends_with("EventDetails") {
            true => details(member),
            false => member.clone(),
        };
        built.insert(name.clone(), member);
    }
    built.build()
}

fn details(details: &Value) -> Value {
    let members = details.as_object().into_iter().flat_map(|members| members.iter());
    let kept = members.filter(|(name, _)| !DATA.contains(&name.as_str()));
    Value::object(kept.map(|(name, member)| {
        let is_about_data = name.strip_suffix("Details").is_some_and(|data| DATA.contains(&data));
        let member = match is_about_data {
            true => Value::object([("truncated", Value::Bool(true))]),
            false => member.clone(),
        };
        (name.clone(), member)
    }))
}

#[cfg(test)]
mod tests {
    use faastlane_value::json;

    use super::*;

    #[test]
    fn data_is_left_out_and_said_to_be_cut() {
        let check = |event: &str, expected: &str| {
            let event = json::parse(event.as_bytes()).expect("it is JSON");
            assert_eq!(without_data(&event).to_json(), expected);
        };
        check(
            r#"{"id":2,"stateEnteredEventDetails":{"name":"A","input":"{}","inputDetails":{"truncated":false}}}"#,
            r#"{"id":2,"stateEnteredEventDetails":{"name":"A","inputDetails":{"truncated":true}}}"#,
        );
        check(
            r#"{"id":3,"taskScheduledEventDetails":{"resource":"invoke","parameters":"{}","region":"r"}}"#,
            r#"{"id":3,"taskScheduledEventDetails":{"resource":"invoke","region":"r"}}"#,
        );
        check(
            r#"{"id":4,"executionFailedEventDetails":{"error":"E","cause":"c"}}"#,
            r#"{"id":4,"executionFailedEventDetails":{"error":"E","cause":"c"}}"#,
        );
    }
}
