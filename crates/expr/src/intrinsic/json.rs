//! `States.JsonMerge` and `States.StringToJson`.

use faastlane_value::{ObjectBuilder, Value, json};

use super::arguments::Arguments;

/// A shallow merge: of equal keys the second object's value counts. Deep merging is not supported by
/// AWS, so the third argument has to be false.
pub(super) fn merge(arguments: &Arguments) -> Result<Value, String> {
    let (first, second) = (arguments.object(0)?, arguments.object(1)?);
    if *arguments.value(2) != Value::Bool(false) {
        return Err("argument 3 must be false: only shallow merging is supported".to_owned());
    }
    let mut merged = ObjectBuilder::with_capacity(first.len() + second.len());
    for (key, member) in first.iter().chain(second) {
        merged.insert(key.clone(), member.clone());
    }
    Ok(merged.build())
}

/// The value of a JSON text; null for an empty one.
pub(super) fn from_text(arguments: &Arguments) -> Result<Value, String> {
    let text = arguments.text(0)?;
    if text.trim().is_empty() {
        return Ok(Value::Null);
    }
    json::parse(text.as_bytes()).map_err(|error| format!("argument 1 is not JSON: {error}"))
}
