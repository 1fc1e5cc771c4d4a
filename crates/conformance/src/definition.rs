//! Definitions: read by `asl`, and what the API of AWS answers about them.

use faastlane_asl::{Code, Diagnostic, Severity, StateMachine};
use faastlane_value::located::{self, Place};
use faastlane_value::{Value, json};

use crate::corpus::Definition;

/// The machine of a definition and what was said about it; only the latter if it is refused.
pub(crate) fn read(
    definition: &Definition,
) -> Result<(StateMachine, Vec<Diagnostic>), Vec<Diagnostic>> {
    let node = located::parse(&definition.text).map_err(|error| vec![not_json(&error)])?;
    match faastlane_asl::read(&node, definition.machine_type) {
        (Some(machine), diagnostics) => Ok((machine, diagnostics)),
        (None, diagnostics) => Err(diagnostics),
    }
}

fn not_json(error: &json::Error) -> Diagnostic {
    let number = |number| u32::try_from(number).unwrap_or(u32::MAX);
    let place = Place { line: number(error.line), column: number(error.column) };
    Diagnostic {
        severity: Severity::Error,
        code: Code::InvalidJsonDescription,
        message: error.message.clone(),
        location: format!("line: {}, column: {}", place.line, place.column),
        place,
        hint: None,
    }
}

/// What `CreateStateMachine` says of a definition that it refuses.
pub(crate) fn refusal_message(diagnostics: &[Diagnostic]) -> String {
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
    let errors = errors.map(|Diagnostic { code, message, location, .. }| {
        format!("{code}: {} at {location}", message.trim_end())
    });
    format!("Invalid State Machine Definition: '{}'", errors.collect::<Vec<_>>().join(", "))
}

/// What `ValidateStateMachineDefinition` answers.
pub(crate) fn answer(diagnostics: &[Diagnostic]) -> Value {
    let entry = |diagnostic: &Diagnostic| {
        Value::object(
            [
                ("code", diagnostic.code.to_string()),
                ("location", diagnostic.location.clone()),
                ("message", diagnostic.message.clone()),
                ("severity", diagnostic.severity.to_string().to_uppercase()),
            ]
            .map(|(key, text)| (key, Value::from(text))),
        )
    };
    let failed = diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
    Value::object([
        ("diagnostics", Value::array(diagnostics.iter().map(entry))),
        ("result", Value::from(if failed { "FAIL" } else { "OK" })),
        ("truncated", Value::from(false)),
    ])
}
