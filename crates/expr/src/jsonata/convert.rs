//! Values on their way into an evaluation and out of it.
//!
//! JSONata's numbers are doubles, so an integer beyond 2^53 that an expression calculates with is
//! rounded; one that a plain path leads to is not (`member`).

use std::rc::Rc;

use faastlane_frame::Data;
use faastlane_value::{ArcStr, Number, Value, intern};
use jsonata_core::value::{JMap, JValue};

use super::Error;

/// How deep a result may be nested.
const MAX_DEPTH: usize = 1_000;
/// How many values a result may have: parts that it holds more than once count each time.
const MAX_VALUES: usize = 4_000_000;
/// How many bytes of text a result may have, counted likewise.
const MAX_BYTES: usize = 512 * 1024 * 1024;

/// A value as expressions see it.
pub(super) fn into_jsonata(value: &Value) -> JValue {
    match value {
        Value::Null => JValue::Null,
        Value::Bool(value) => JValue::Bool(*value),
        Value::Number(number) => JValue::Number(number.as_f64()),
        Value::String(text) => JValue::String(Rc::from(text.as_str())),
        Value::Array(items) => JValue::array(items.iter().map(into_jsonata).collect()),
        Value::Object(members) => {
            let members = members.iter();
            let member = |(key, value): &(ArcStr, Value)| (key.to_string(), into_jsonata(value));
            JValue::Object(Rc::new(members.map(member).collect::<JMap>()))
        }
    }
}

/// The result of an evaluation.
///
/// # Errors
/// Nothing, a function, or more than a result may be.
pub(super) fn from_jsonata(value: &JValue) -> Result<Data, Error> {
    let mut left = Left { values: MAX_VALUES, bytes: MAX_BYTES };
    match left.read(value, MAX_DEPTH)? {
        Some(value) => Ok(value.into()),
        None => Err(Error::Undefined),
    }
}

/// What a result may still have.
struct Left {
    values: usize,
    bytes: usize,
}

impl Left {
    /// The value; `None` if it is nothing.
    fn read(&mut self, value: &JValue, depth: usize) -> Result<Option<Value>, Error> {
        self.values = self.values.checked_sub(1).ok_or_else(Error::memory)?;
        let depth = || depth.checked_sub(1).ok_or_else(Error::memory);
        Ok(Some(match value {
            JValue::Undefined => return Ok(None),
            JValue::Null => Value::Null,
            JValue::Bool(value) => (*value).into(),
            JValue::Number(number) => from_number(*number),
            JValue::String(text) => self.text(text)?.into(),
            JValue::Array(items) => {
                let depth = depth()?;
                let mut values = Vec::with_capacity(items.len().min(self.values));
                for item in items {
                    values.extend(self.read(item, depth)?);
                }
                Value::array(values)
            }
            JValue::Object(members) => {
                let depth = depth()?;
                let mut values = Vec::with_capacity(members.len());
                for (key, member) in members.iter() {
                    if let Some(member) = self.read(member, depth)? {
                        values.push((intern(self.text(key)?), member));
                    }
                }
                Value::object(values)
            }
            JValue::Lambda(_) | JValue::Builtin { .. } | JValue::Regex { .. } => {
                return Err(Error::UnsupportedType);
            }
        }))
    }

    fn text<'t>(&mut self, text: &'t str) -> Result<&'t str, Error> {
        self.bytes = self.bytes.checked_sub(text.len()).ok_or_else(Error::memory)?;
        Ok(text)
    }
}

/// A number; one that JSON has not is the text that JavaScript has for it, as on AWS (`{% 1/0 %}` gives
/// `"Infinity"` there).
#[expect(clippy::cast_possible_truncation, reason = "the range has been checked")]
fn from_number(number: f64) -> Value {
    let limit = 2_f64.powi(63);
    if number.fract() == 0.0 && (-limit..limit).contains(&number) {
        return Value::from(number as i64);
    }
    if number.is_finite() {
        return Number::Float(number).into();
    }
    let text = match number {
        _ if number.is_nan() => "NaN",
        _ if number > 0.0 => "Infinity",
        _ => "-Infinity",
    };
    text.into()
}
