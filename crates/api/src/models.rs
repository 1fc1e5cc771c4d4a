//! What a service's API answers, as far as its model says, and whether a mock could be such an answer.
//!
//! Models are the files `service-2.json` of botocore, which AWS's own tools read. None is part of this
//! project: whoever calls gives the one that the user has ([`Models`]).
//!
//! Messages are those that were recorded of `TestState`; where none was recorded they say the same of
//! another limit.

use faastlane_value::Value;

use crate::Error;

/// Models of services.
pub trait Models {
    /// The model of a service by the name that resources of Task states have for it, `dynamodb` or
    /// `aws-sdk:sfn`; none if there is none here.
    fn model(&mut self, service: &str) -> Option<Value>;
}

/// How closely a mock is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strictness {
    /// All required members must be there.
    Strict,
    /// Members that are there must be right.
    Present,
}

/// Checks that `result` could be the answer of an operation.
pub(crate) fn check(
    model: &Value,
    operation: &str,
    result: &Value,
    strictness: Strictness,
) -> Result<(), Error> {
    let operation = model.get("operations").and_then(|all| all.get(operation));
    let output = operation.and_then(|operation| operation.get("output")?.get("shape")?.as_str());
    let Some(output) = output else { return Ok(()) };
    let shapes = model.get("shapes").unwrap_or(&Value::Null);
    Shapes { shapes, strictness }.check(output, result, "")
}

struct Shapes<'a> {
    shapes: &'a Value,
    strictness: Strictness,
}

impl Shapes<'_> {
    fn check(&self, name: &str, value: &Value, field: &str) -> Result<(), Error> {
        let Some(shape) = self.shapes.get(name) else { return Ok(()) };
        if shape.get("document").and_then(Value::as_bool) == Some(true) {
            return Ok(());
        }
        let kind = shape.get("type").and_then(Value::as_str).unwrap_or_default();
        let must_be = |what: &str, is: bool| match is {
            true => Ok(()),
            false => Err(wrong(&format!("Field '{field}' must be {what}"))),
        };
        match kind {
            "structure" => self.structure(shape, value, field),
            "list" => {
                must_be("an array", value.as_array().is_some())?;
                let items = value.as_array().into_iter().flat_map(|items| items.iter());
                self.each(shape, "member", items, field)
            }
            "map" => {
                must_be("an object", value.as_object().is_some())?;
                let members = value.as_object().into_iter().flat_map(|object| object.iter());
                self.each(shape, "value", members.map(|(_, value)| value), field)
            }
            "string" => {
                must_be("a string", value.as_str().is_some())?;
                one_of(shape, value, field)
            }
            "timestamp" | "blob" => must_be("a string", value.as_str().is_some()),
            "integer" | "long" | "float" | "double" => {
                must_be("a number", value.as_number().is_some())?;
                in_range(shape, value, field)
            }
            "boolean" => must_be("a boolean", value.as_bool().is_some()),
            _ => Ok(()),
        }
    }

    fn structure(&self, shape: &Value, value: &Value, field: &str) -> Result<(), Error> {
        let Some(object) = value.as_object() else {
            return Err(match field {
                "" => Error::new("ValidationException", "Mock result must be a valid JSON object."),
                field => wrong(&format!("Field '{field}' must be an object")),
            });
        };
        if self.strictness == Strictness::Strict {
            let required = shape.get("required").and_then(Value::as_array);
            let required = required.into_iter().flat_map(|names| names.iter());
            for name in required.filter_map(Value::as_str).map(cased) {
                if object.get(&name).is_none() {
                    return Err(wrong(&format!("Required field '{name}' is missing")));
                }
            }
        }
        let members = shape.get("members").and_then(Value::as_object);
        for (name, value) in object.iter() {
            // A member that no model knows may be newer than the model.
            let mut known = members.into_iter().flat_map(|members| members.iter());
            let member = known.find(|(known, _)| cased(known) == *name);
            if let Some(shape) = member.and_then(|(_, member)| member.get("shape")?.as_str()) {
                self.check(shape, value, name)?;
            }
        }
        Ok(())
    }

    /// Checks the parts of a list or map.
    fn each<'v>(
        &self,
        shape: &Value,
        part: &str,
        values: impl Iterator<Item = &'v Value>,
        field: &str,
    ) -> Result<(), Error> {
        let inner = shape.get(part).and_then(|inner| inner.get("shape")?.as_str());
        let Some(inner) = inner else { return Ok(()) };
        for value in values {
            self.check(inner, value, field)?;
        }
        Ok(())
    }
}

fn one_of(shape: &Value, value: &Value, field: &str) -> Result<(), Error> {
    match shape.get("enum").and_then(Value::as_array) {
        Some(values) if values.iter().all(|known| known != value) => {
            Err(wrong(&format!("Field '{field}' is not an expected value")))
        }
        _ => Ok(()),
    }
}

fn in_range(shape: &Value, value: &Value, field: &str) -> Result<(), Error> {
    let limit =
        |name| shape.get(name).and_then(Value::as_number).map(faastlane_value::Number::as_f64);
    let number = value.as_number().map(faastlane_value::Number::as_f64).unwrap_or_default();
    if limit("min").is_some_and(|least| number < least) {
        return Err(wrong(&format!("Field '{field}' is less than the minimum value")));
    }
    if limit("max").is_some_and(|most| number > most) {
        return Err(wrong(&format!("Field '{field}' is greater than the maximum value")));
    }
    Ok(())
}

/// The name of a member as Step Functions writes it: with a capital.
fn cased(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

fn wrong(what: &str) -> Error {
    Error::new("ValidationException", format!("Mock result schema validation error: {what}"))
}

#[cfg(test)]
mod tests {
    use faastlane_value::json;

    use super::*;

    const MODEL: &str = r#"{
        "operations": {"GetThing": {"output": {"shape": "Thing"}}, "Drop": {}},
        "shapes": {
            "Thing": {"type": "structure", "required": ["name"], "members": {
                "name": {"shape": "Name"}, "Size": {"shape": "Size"}, "Kinds": {"shape": "Kinds"},
                "Tags": {"shape": "Tags"}, "Born": {"shape": "Time"}, "Parent": {"shape": "Thing"},
                "Open": {"shape": "Open"}, "Any": {"shape": "Any"}, "Data": {"shape": "Data"}}},
            "Name": {"type": "string"}, "Size": {"type": "integer", "min": 128, "max": 256},
            "Kinds": {"type": "list", "member": {"shape": "Kind"}},
            "Kind": {"type": "string", "enum": ["A", "B"]},
            "Tags": {"type": "map", "key": {"shape": "Name"}, "value": {"shape": "Name"}},
            "Time": {"type": "timestamp"}, "Open": {"type": "boolean"}, "Data": {"type": "blob"},
            "Any": {"type": "structure", "document": true, "members": {}}}}"#;

    #[track_caller]
    fn check_in(strictness: Strictness, result: &str, expected: Option<&str>) {
        let parse = |text: &str| json::parse(text.as_bytes()).expect("it is JSON");
        let found = check(&parse(MODEL), "GetThing", &parse(result), strictness);
        let prefix = "Mock result schema validation error: ";
        let found = found.err().map(|error| error.message.replace(prefix, ""));
        assert_eq!(found.as_deref(), expected, "{result}");
    }

    #[test]
    fn members_are_held_against_their_shapes() {
        let check = |result: &str, expected| check_in(Strictness::Present, result, expected);
        check(r#"{"Size": 128, "Kinds": ["A"], "Tags": {"a": "b"}, "Open": true}"#, None);
        check(r#"{"Born": "2026-01-01", "Any": [1], "Data": "AA==", "New": 1}"#, None);
        check(r#"{"Size": 127}"#, Some("Field 'Size' is less than the minimum value"));
        check(r#"{"Size": 257}"#, Some("Field 'Size' is greater than the maximum value"));
        check(r#"{"Size": "9"}"#, Some("Field 'Size' must be a number"));
        check(r#"{"Name": 1}"#, Some("Field 'Name' must be a string"));
        check(r#"{"Kinds": "A"}"#, Some("Field 'Kinds' must be an array"));
        check(r#"{"Kinds": ["A", "C"]}"#, Some("Field 'Kinds' is not an expected value"));
        check(r#"{"Tags": {"a": 1}}"#, Some("Field 'Tags' must be a string"));
        check(r#"{"Born": true}"#, Some("Field 'Born' must be a string"));
        check(r#"{"Data": 123}"#, Some("Field 'Data' must be a string"));
        check(r#"{"Open": "yes"}"#, Some("Field 'Open' must be a boolean"));
        check(r#"{"Parent": {"Size": 1}}"#, Some("Field 'Size' is less than the minimum value"));
        check("[]", Some("Mock result must be a valid JSON object."));
    }

    #[test]
    fn only_a_strict_check_asks_for_what_is_missing() {
        check_in(Strictness::Strict, "{}", Some("Required field 'Name' is missing"));
        check_in(Strictness::Strict, r#"{"Name": "n"}"#, None);
        check_in(Strictness::Present, "{}", None);
    }
}
