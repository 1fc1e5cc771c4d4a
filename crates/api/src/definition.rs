//! Definitions as the API checks them.

use faastlane_asl::{Code, Diagnostic, MachineType, Severity, StateMachine};
use faastlane_value::Value;
use faastlane_value::located::{self, Place};

use crate::{Error, jackson, members};

/// The machine that a definition describes, unless something is wrong with it, and what there is to
/// say.
#[must_use]
pub fn read_definition(
    text: &str,
    machine_type: MachineType,
) -> (Option<StateMachine>, Vec<Diagnostic>) {
    if text.trim().is_empty() {
        return (None, vec![no_object()]);
    }
    match located::parse(text) {
        Ok(node) => faastlane_asl::read(&node, machine_type),
        Err(error) => {
            let number = |number| u32::try_from(number).unwrap_or(u32::MAX);
            let place = Place { line: number(error.line), column: number(error.column) };
            let (message, location) = jackson::complaint(text).unwrap_or_else(|| {
                let location = format!("line: {}, column: {}", place.line, place.column);
                (error.message, location)
            });
            let (severity, code) = (Severity::Error, Code::InvalidJsonDescription);
            (None, vec![Diagnostic { severity, code, message, location, place, hint: None }])
        }
    }
}

fn no_object() -> Diagnostic {
    Diagnostic {
        severity: Severity::Error,
        code: Code::SchemaValidationFailed,
        message: "Definition must be a valid JSON object".to_owned(),
        location: String::new(),
        place: Place { line: 1, column: 1 },
        hint: None,
    }
}

/// What `CreateStateMachine` says of a definition that it refuses.
pub(crate) fn refusal(diagnostics: &[Diagnostic]) -> Error {
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
    let errors = errors.map(|Diagnostic { code, message, location, .. }| {
        let message = message.trim_end();
        match location.as_str() {
            "" => format!("{code}: {message}"),
            location => format!("{code}: {message} at {location}"),
        }
    });
    let errors = errors.collect::<Vec<_>>().join(", ");
    Error::new("InvalidDefinition", format!("Invalid State Machine Definition: '{errors}'"))
}

/// How many diagnostics there are in an answer by default, and at most.
const MOST_DIAGNOSTICS: usize = 100;

/// What `ValidateStateMachineDefinition` answers to a request.
///
/// # Errors
/// `ValidationException` for a request without a definition.
pub fn validate_state_machine_definition(request: &Value) -> Result<Value, Error> {
    let text = |name: &str| members::text(request, name);
    let definition = members::required_text(request, "definition")?;
    let machine_type = match text("type") {
        Some("EXPRESS") => MachineType::Express,
        _ => MachineType::Standard,
    };
    let (_, mut diagnostics) = read_definition(definition, machine_type);
    // Warnings are left out unless they are asked for.
    if text("severity") != Some("WARNING") {
        diagnostics.retain(|diagnostic| diagnostic.severity == Severity::Error);
    }
    let failed = diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
    let most = request.get("maxResults").and_then(Value::as_number).and_then(|n| n.as_i64());
    let most = most.and_then(|most| usize::try_from(most).ok()).filter(|most| *most > 0);
    let most = most.map_or(MOST_DIAGNOSTICS, |most| most.min(MOST_DIAGNOSTICS));
    Ok(Value::object([
        ("diagnostics", Value::array(diagnostics.iter().take(most).map(entry))),
        ("result", Value::from(if failed { "FAIL" } else { "OK" })),
        ("truncated", Value::from(diagnostics.len() > most)),
    ]))
}

fn entry(diagnostic: &Diagnostic) -> Value {
    let members = [
        ("code", diagnostic.code.to_string()),
        ("location", diagnostic.location.clone()),
        ("message", diagnostic.message.clone()),
        ("severity", diagnostic.severity.to_string().to_uppercase()),
    ];
    let present = members.into_iter().filter(|(_, text)| !text.is_empty());
    Value::object(present.map(|(key, text)| (key, Value::from(text))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn validate(definition: &str, more: &[(&str, Value)]) -> String {
        let members = [("definition", Value::from(definition))].into_iter().chain(more.to_vec());
        let answer = validate_state_machine_definition(&Value::object(members));
        answer.expect("there is a definition").to_json()
    }

    #[test]
    fn answers_have_the_shape_of_the_api() {
        let good = r#"{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}"#;
        assert_eq!(validate(good, &[]), r#"{"diagnostics":[],"result":"OK","truncated":false}"#);
        assert_eq!(
            validate("{}", &[]),
            r#"{"diagnostics":[{"code":"SCHEMA_VALIDATION_FAILED","location":"/","message":"These fields are required: [States, StartAt]","severity":"ERROR"}],"result":"FAIL","truncated":false}"#
        );
        assert_eq!(
            validate("", &[]),
            r#"{"diagnostics":[{"code":"SCHEMA_VALIDATION_FAILED","message":"Definition must be a valid JSON object","severity":"ERROR"}],"result":"FAIL","truncated":false}"#
        );
    }

    #[test]
    fn warnings_and_more_than_were_asked_for_are_left_out() {
        let two = r#"{"StartAt":"A","States":{"A":{"Type":"X"},"B":{"Type":"Y"}}}"#;
        assert!(validate(two, &[]).contains(r#""truncated":false"#));
        assert!(validate(two, &[("maxResults", 1.into())]).contains(r#""truncated":true"#));
        let doubtful = r#"{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"f","Retry":[{"ErrorEquals":["States.None"]}],"End":true}}}"#;
        assert!(validate(doubtful, &[]).contains(r#""diagnostics":[]"#));
        let asked = [("severity", Value::from("WARNING"))];
        assert!(validate(doubtful, &asked).contains(r#""severity":"WARNING""#));
    }
}
