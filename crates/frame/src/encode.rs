//! Values of the orchestrator to bytes.

use faastlane_value::{Array, Number, Value};

use crate::format;

/// A value that no frame can hold: nested too deep, or too large for 32-bit lengths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the value is nested deeper than {} levels, or 4 GiB large", format::MAX_DEPTH)]
pub struct TooLarge;

/// Appends the frame of `value` to `out`.
///
/// # Errors
/// A value that no frame can hold; `out` is as it was.
pub fn encode(value: &Value, out: &mut Vec<u8>) -> Result<(), TooLarge> {
    reserve(value.depth(), value.size_at_least(), out)?;
    append(value, out);
    Ok(())
}

/// Makes room for a value of this depth, whose JSON text has at least `size` bytes.
pub(crate) fn reserve(depth: usize, size: usize, out: &mut Vec<u8>) -> Result<(), TooLarge> {
    // A size of `u32::MAX` stands for all that are larger. Below it no length needs more than a u32.
    if depth > format::MAX_DEPTH || size >= u32::MAX as usize {
        return Err(TooLarge);
    }
    // Mostly enough: the size has a byte for each number and two for each string's quotes.
    out.reserve(size + size / 4 + 16);
    Ok(())
}

pub(crate) fn append(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.push(format::NULL),
        Value::Bool(false) => out.push(format::FALSE),
        Value::Bool(true) => out.push(format::TRUE),
        Value::Number(Number::Int(int)) => append_int(*int, out),
        Value::Number(Number::Float(float)) => {
            out.push(format::FLOAT);
            out.extend_from_slice(&float.to_le_bytes());
        }
        Value::Number(Number::Literal(text)) => {
            append_head(format::NUMBER, text.len(), out);
            out.extend_from_slice(text.as_bytes());
        }
        Value::String(text) => append_string(text, out),
        Value::Array(array) => append_array(array, out),
        Value::Object(object) => {
            append_head(format::OBJECT, object.len(), out);
            for (key, member) in object {
                append_key(key, out);
                append(member, out);
            }
        }
    }
}

fn append_int(int: i64, out: &mut Vec<u8>) {
    match u8::try_from(int) {
        Ok(small) if int <= format::LARGEST_SMALL => out.push(format::SMALL_INT + small),
        _ => {
            out.push(format::INT);
            out.extend_from_slice(&int.to_le_bytes());
        }
    }
}

fn append_string(text: &str, out: &mut Vec<u8>) {
    match u8::try_from(text.len()) {
        Ok(length) if text.len() <= format::LONGEST_SHORT => {
            out.push(format::SHORT_STRING + length);
        }
        _ => append_head(format::STRING, text.len(), out),
    }
    out.extend_from_slice(text.as_bytes());
}

pub(crate) fn append_key(key: &str, out: &mut Vec<u8>) {
    match u8::try_from(key.len()) {
        Ok(length) if length < format::LONG_KEY => out.push(length),
        _ => append_head(format::LONG_KEY, key.len(), out),
    }
    out.extend_from_slice(key.as_bytes());
}

fn append_array(array: &Array, out: &mut Vec<u8>) {
    let start = out.len();
    if let Some(Value::Number(Number::Float(_))) = array.first() {
        append_head(format::FLOATS, array.len(), out);
        if append_floats(array, out) {
            return;
        }
        out.truncate(start);
    }
    append_head(format::ARRAY, array.len(), out);
    for item in array.iter() {
        append(item, out);
    }
}

/// Appends the values as floats until one is none; whether all were.
fn append_floats(array: &Array, out: &mut Vec<u8>) -> bool {
    out.reserve(size_of::<f64>() * array.len());
    array.iter().all(|item| match item {
        Value::Number(Number::Float(float)) => {
            out.extend_from_slice(&float.to_le_bytes());
            true
        }
        _ => false,
    })
}

/// A tag and a length.
pub(crate) fn append_head(tag: u8, length: usize, out: &mut Vec<u8>) {
    let length = u32::try_from(length).expect("larger values are refused before");
    let [a, b, c, d] = length.to_le_bytes();
    out.extend_from_slice(&[tag, a, b, c, d]);
}
