//! Members of requests, and what AWS says of those that are missing or wrong.

use faastlane_value::Value;

use crate::Error;

/// A text; none where it is absent or null.
pub(crate) fn text<'r>(request: &'r Value, name: &str) -> Option<&'r str> {
    request.get(name).and_then(Value::as_str)
}

/// A text that must be there.
pub(crate) fn required_text<'r>(request: &'r Value, name: &str) -> Result<&'r str, Error> {
    text(request, name).ok_or_else(|| {
        let message = format!(
            "1 validation error detected: Value null at '{name}' failed to satisfy constraint: \
             Member must not be null"
        );
        Error::new("ValidationException", message)
    })
}

/// A member whose value is none of `known`.
pub(crate) fn not_one_of(value: &str, name: &str, known: &str) -> Error {
    let message = format!(
        "1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: \
         Member must satisfy enum value set: [{known}]"
    );
    Error::new("ValidationException", message)
}
