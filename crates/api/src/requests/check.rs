//! Holds a request against its shape.
//!
//! A wrong JSON type ends the reading with a `SerializationException`. What breaks a constraint is
//! collected, all of it, in one `ValidationException`.

use faastlane_value::Value;

use super::shape::{Measure, Member, Shape, Text};
use crate::Error;

/// Checks a body against the members of its request.
pub(super) fn check(members: &'static [Member], body: &Value) -> Result<(), Error> {
    if body.as_object().is_none() {
        return Err(mismatch(body, "Structure"));
    }
    let mut checker = Checker { broken: Vec::new() };
    checker.structure(members, body, "")?;
    match checker.broken.len() {
        0 => Ok(()),
        count => {
            let noun = if count == 1 { "error" } else { "errors" };
            let broken = checker.broken.join("; ");
            let message = format!("{count} validation {noun} detected: {broken}");
            Err(Error::new("ValidationException", message))
        }
    }
}

struct Checker {
    /// What is said of each constraint that is not satisfied.
    broken: Vec<String>,
}

impl Checker {
    fn structure(&mut self, members: &[Member], value: &Value, path: &str) -> Result<(), Error> {
        for Member { name, is_required, shape } in members {
            match value.get(name) {
                None | Some(Value::Null) if *is_required => {
                    let path = join(path, name);
                    self.broken.push(format!(
                        "Value null at '{path}' failed to satisfy constraint: Member must not be null"
                    ));
                }
                None | Some(Value::Null) => {}
                Some(member) => self.value(shape, member, &join(path, name))?,
            }
        }
        Ok(())
    }

    fn value(&mut self, shape: &Shape, value: &Value, path: &str) -> Result<(), Error> {
        match (shape, value) {
            (Shape::Text(text), Value::String(found)) => self.text(text, found, path),
            (Shape::Bool, Value::Bool(_)) => {}
            (Shape::Integer(least, most), Value::Number(number)) => {
                let number = number.as_i64().ok_or_else(|| mismatch(value, "Integer"))?;
                self.range(number < *least, number > *most, (*least, *most), value, path);
            }
            (Shape::Number(least, most), Value::Number(number)) => {
                #[expect(clippy::cast_precision_loss, reason = "limits are small numbers")]
                let (low, high) = (*least as f64, *most as f64);
                let number = number.as_f64();
                self.range(number < low, number > high, (*least, *most), value, path);
            }
            (Shape::List(item, least, most), Value::Array(items)) => {
                self.length(items.len(), (*least, *most), || shown(shape, value), path, "length");
                for (at, found) in items.iter().enumerate() {
                    let path = format!("{path}.{}.member", at + 1);
                    match found {
                        Value::Null => self.broken.push(format!(
                            "Value null at '{path}' failed to satisfy constraint: Member must not be null"
                        )),
                        found => self.value(item, found, &path)?,
                    }
                }
            }
            (Shape::Structure(_, members), Value::Object(_)) => {
                self.structure(members, value, path)?
            }
            (shape, value) => return Err(mismatch(value, java(shape))),
        }
        Ok(())
    }

    fn text(&mut self, text: &Text, found: &str, path: &str) {
        let value = || quoted(text, found);
        match text.measure {
            Measure::Units => {
                let length = found.encode_utf16().count();
                self.length(length, (text.min, text.max), value, path, "length");
            }
            Measure::Bytes if found.len() > text.max => self.breaks(
                &value(),
                path,
                &format!(
                    "Member must have size less than or equal to {} bytes in UTF-8 encoding",
                    text.max
                ),
            ),
            Measure::Bytes => {}
        }
        if !text.one_of.is_empty() && !text.one_of.contains(&found) {
            let known = text.one_of.join(", ");
            self.breaks(&value(), path, &format!("Member must satisfy enum value set: [{known}]"));
        }
        if let Some(pattern) = &text.pattern
            && !(pattern.fits)(found)
        {
            let pattern = pattern.text;
            let constraint = format!("Member must satisfy regular expression pattern: {pattern}");
            self.breaks(&value(), path, &constraint);
        }
    }

    fn length(
        &mut self,
        length: usize,
        (least, most): (usize, usize),
        value: impl Fn() -> String,
        path: &str,
        what: &str,
    ) {
        if length < least {
            let constraint = format!("Member must have {what} greater than or equal to {least}");
            self.breaks(&value(), path, &constraint);
        }
        if length > most {
            let constraint = format!("Member must have {what} less than or equal to {most}");
            self.breaks(&value(), path, &constraint);
        }
    }

    fn range(&mut self, low: bool, high: bool, limits: (i64, i64), value: &Value, path: &str) {
        let value = || format!(" '{}'", value.to_json());
        if low {
            let constraint =
                format!("Member must have value greater than or equal to {}", limits.0);
            self.breaks(&value(), path, &constraint);
        }
        if high {
            let constraint = format!("Member must have value less than or equal to {}", limits.1);
            self.breaks(&value(), path, &constraint);
        }
    }

    fn breaks(&mut self, value: &str, path: &str, constraint: &str) {
        self.broken
            .push(format!("Value{value} at '{path}' failed to satisfy constraint: {constraint}"));
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// A text in a message, with the space before it.
fn quoted(text: &Text, found: &str) -> String {
    if text.is_sensitive { String::new() } else { format!(" '{found}'") }
}

/// A list in a message: AWS shows what Java's `toString` gives.
fn shown(shape: &Shape, value: &Value) -> String {
    format!(" '{}'", written(shape, value))
}

fn written(shape: &Shape, value: &Value) -> String {
    match (shape, value) {
        (Shape::Text(text), _) if text.is_sensitive => "***".to_owned(),
        (Shape::List(item, ..), Value::Array(items)) => {
            let items: Vec<String> = items.iter().map(|value| written(item, value)).collect();
            format!("[{}]", items.join(", "))
        }
        (Shape::Structure(name, members), value) => {
            let members = members.iter().map(|member| {
                let value = value.get(member.name).unwrap_or(&Value::Null);
                format!("{}={}", member.name, written(&member.shape, value))
            });
            format!("{name}({})", members.collect::<Vec<_>>().join(", "))
        }
        (_, Value::String(text)) => text.to_string(),
        (_, value) => value.to_json(),
    }
}

/// The Java type that a shape is read as.
fn java(shape: &Shape) -> &'static str {
    match shape {
        Shape::Text(_) => "String",
        Shape::Bool => "Boolean",
        Shape::Integer(..) => "Integer",
        Shape::Number(..) => "Float",
        Shape::List(..) => "List",
        Shape::Structure(..) => "Structure",
    }
}

/// A value of a wrong type, in the words that AWS's JSON services have for it.
fn mismatch(value: &Value, expected: &str) -> Error {
    let found = match value {
        Value::Object(_) => {
            return Error::serialization("Start of structure or map found where not expected");
        }
        Value::Array(_) => return Error::serialization("Start of list found where not expected"),
        Value::Null => "NULL_VALUE",
        Value::Bool(true) => "TRUE_VALUE",
        Value::Bool(false) => "FALSE_VALUE",
        Value::Number(_) => "NUMBER_VALUE",
        Value::String(_) => "STRING_VALUE",
    };
    if matches!(expected, "List" | "Structure") {
        return Error::serialization("Unexpected token received from parser");
    }
    Error::serialization(format!("{found} cannot be converted to {expected}"))
}
