//! `CreateStateMachine`.

use faastlane_asl::{MachineType, StateMachine};
use faastlane_value::Value;

use crate::definition::{read_definition, refusal};
use crate::{Error, members};

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
    match read_definition(definition, machine_type) {
        (Some(machine), _) => Ok(machine),
        (None, diagnostics) => Err(refusal(&diagnostics)),
    }
}

/// What is to be logged needs one place to go to.
fn check_logging(logging: &Value) -> Result<(), Error> {
    let level = logging.get("level").and_then(Value::as_str).unwrap_or("OFF");
    let destinations = logging.get("destinations").and_then(Value::as_array);
    if level != "OFF" && destinations.is_none_or(|destinations| destinations.len() != 1) {
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
