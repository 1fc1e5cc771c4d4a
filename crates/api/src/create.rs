//! `CreateStateMachine`.

use faastlane_asl::{Diagnostic, MachineType, StateMachine};
use faastlane_value::Value;

use crate::definition::{read_definition, refusal};
use crate::{Error, members, python};

/// Checks a request of `CreateStateMachine` and gives the machine that it describes.
///
/// # Errors
/// `InvalidDefinition`, `InvalidLoggingConfiguration`, or `ValidationException` for a member that is
/// missing or of a wrong type.
pub fn create_state_machine(request: &Value) -> Result<StateMachine, Error> {
    let definition = members::required_text(request, "definition")?;
    let machine_type = match members::text(request, "type") {
        None | Some("STANDARD") => MachineType::Standard,
        Some("EXPRESS") => MachineType::Express,
        Some(other) => return Err(members::not_one_of(other, "type", "STANDARD, EXPRESS")),
    };
    if let Some(logging) = request.get("loggingConfiguration") {
        check_logging(logging)?;
    }
    check_definition(definition, machine_type)
}

/// The machine that a definition describes.
///
/// # Errors
/// `InvalidDefinition`
pub fn check_definition(
    definition: &str,
    machine_type: MachineType,
) -> Result<StateMachine, Error> {
    match read_definition(definition, machine_type) {
        (Some(machine), _) => Ok(machine),
        (None, diagnostics) => Err(match diagnostics.iter().find(|found| is_of_label(found)) {
            Some(found) => wrong_label(found, definition),
            None => refusal(&diagnostics),
        }),
    }
}

fn is_of_label(diagnostic: &Diagnostic) -> bool {
    diagnostic.location.ends_with("/Label") && diagnostic.message.starts_with("Label ")
}

/// What is said of a Map's `Label` that cannot be one. The wording is that of the recordings, which quote
/// an error of Python and the whole definition.
fn wrong_label(diagnostic: &Diagnostic, definition: &str) -> Error {
    let quoted = python::repr(&diagnostic.message);
    let message = format!("Error=ValueError Args=[{quoted}] in definition '{definition}'.");
    Error::new("InvalidDefinition", message)
}

/// Checks `loggingConfiguration`: what is to be logged needs one place to go to, and nothing has two.
///
/// # Errors
/// `InvalidLoggingConfiguration`
pub fn check_logging(logging: &Value) -> Result<(), Error> {
    let level = logging.get("level").and_then(Value::as_str).unwrap_or("OFF");
    let destinations = logging.get("destinations").and_then(Value::as_array);
    let count = destinations.map_or(0, |destinations| destinations.len());
    if count > 1 || (level != "OFF" && count == 0) {
        let message =
            "Invalid Logging Configuration: Must specify exactly one Log Destination.".to_owned();
        return Err(Error::new("InvalidLoggingConfiguration", message));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use faastlane_value::json;

    use super::*;

    #[test]
    fn labels_are_refused_with_an_error_of_python() {
        let check = |label: &str, expected: &str| {
            let definition = format!(
                r#"{{"StartAt":"M","States":{{"M":{{"Type":"Map","Label":"{label}","End":true,"ItemProcessor":{{"ProcessorConfig":{{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"}},"StartAt":"P","States":{{"P":{{"Type":"Pass","End":true}}}}}}}}}}}}"#
            );
            let request = Value::object([("definition", Value::from(definition.as_str()))]);
            let refused = create_state_machine(&request).err().map(|error| error.message);
            let expected =
                format!("Error=ValueError Args=[{expected}] in definition '{definition}'.");
            assert_eq!(refused, Some(expected));
        };
        check("a:b", r#""Label contains invalid character: ':'""#);
        check(r#"a\""#, r#"'Label contains invalid character: \'"\''"#);
        check(r"a\r", r#""Label contains invalid character: '\\r'""#);
        check(r"a\u0080", r#""Label contains invalid character: '\\x80'""#);
        check(&"x".repeat(41), "'Label cannot exceed 40 characters'");
    }

    #[test]
    fn requests_are_refused_with_the_codes_of_aws() {
        let pass =
            r#""definition": "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Succeed\"}}}""#;
        for (members, code) in [
            (pass.to_owned(), None),
            (format!(r#"{pass}, "type": "EXPRESS""#), None),
            (format!(r#"{pass}, "type": "QUICK""#), Some("ValidationException")),
            (r#""type": "STANDARD""#.to_owned(), Some("ValidationException")),
            (r#""definition": "{}""#.to_owned(), Some("InvalidDefinition")),
            (
                format!(r#"{pass}, "loggingConfiguration": {{"level": "ALL"}}"#),
                Some("InvalidLoggingConfiguration"),
            ),
            (format!(r#"{pass}, "loggingConfiguration": {{"level": "OFF"}}"#), None),
        ] {
            let request = json::parse(format!("{{{members}}}").as_bytes()).expect("it is JSON");
            let refused = create_state_machine(&request).err().map(|error| error.code);
            assert_eq!(refused, code, "{members}");
        }
    }
}
