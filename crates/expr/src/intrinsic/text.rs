//! `States.Format`, `States.StringSplit`, `States.Base64…` and `States.Hash`.

use std::fmt::Write;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use faastlane_value::Value;
use sha2::Digest;

use super::arguments::Arguments;

/// The longest text that the encoding functions take, in characters (AWS developer guide).
const MAX_TEXT: usize = 10_000;

/// How deep a value may be nested that `States.Format` writes.
const MAX_DEPTH: usize = 1_000;

/// Java's `Base64.getDecoder()`: padding may be missing, bits after the end are ignored.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Replaces each `{}` in the template, the first argument, with the next argument. `\{`, `\}`, `\'` and
/// `\\` stand for the second character.
pub(super) fn format(arguments: &Arguments) -> Result<Value, String> {
    let template = arguments.text(0)?;
    let mut text = String::with_capacity(template.len());
    let mut values = arguments.values()[1..].iter();
    let mut chars = template.chars().peekable();
    while let Some(char) = chars.next() {
        let escaped =
            if char == '\\' { chars.next_if(|next| r"{}'\".contains(*next)) } else { None };
        if let Some(escaped) = escaped {
            text.push(escaped);
        } else if char == '{' && chars.next_if_eq(&'}').is_some() {
            let value = values.next().ok_or("there are more {} than arguments for them")?;
            write_value(value, &mut text, 0)?;
        } else {
            text.push(char);
        }
    }
    match values.next() {
        None => Ok(Value::from(text)),
        Some(_) => Err("there are more arguments than {} for them".to_owned()),
    }
}

/// Writes a value as Java prints it: `{key=value, …}` and `[item, …]`, strings without quotes.
fn write_value(value: &Value, text: &mut String, depth: usize) -> Result<(), String> {
    if depth > MAX_DEPTH {
        return Err(format!("an argument is nested deeper than {MAX_DEPTH} levels"));
    }
    match value {
        Value::String(string) => text.push_str(string),
        Value::Array(array) => {
            text.push('[');
            for (at, item) in array.iter().enumerate() {
                text.push_str(if at == 0 { "" } else { ", " });
                write_value(item, text, depth + 1)?;
            }
            text.push(']');
        }
        Value::Object(object) => {
            text.push('{');
            for (at, (key, member)) in object.iter().enumerate() {
                text.push_str(if at == 0 { "" } else { ", " });
                text.push_str(key);
                text.push('=');
                write_value(member, text, depth + 1)?;
            }
            text.push('}');
        }
        plain => text.push_str(&plain.to_json()),
    }
    Ok(())
}

/// The parts of the first argument between any of the characters of the second; empty parts are left
/// out.
pub(super) fn split(arguments: &Arguments) -> Result<Value, String> {
    let (text, delimiters) = (arguments.text(0)?, arguments.text(1)?);
    let parts = text.split(|char| delimiters.contains(char)).filter(|part| !part.is_empty());
    Ok(Value::array(parts.map(Value::from)))
}

pub(super) fn base64_encode(arguments: &Arguments) -> Result<Value, String> {
    Ok(Value::from(BASE64.encode(arguments.short_text(0, MAX_TEXT)?)))
}

/// Bytes that are no UTF-8 become replacement characters, as in Java.
pub(super) fn base64_decode(arguments: &Arguments) -> Result<Value, String> {
    let text = arguments.short_text(0, MAX_TEXT)?;
    let bytes =
        BASE64.decode(text).map_err(|error| format!("argument 1 is not Base64: {error}"))?;
    Ok(Value::from(String::from_utf8_lossy(&bytes).into_owned()))
}

pub(super) fn hash(arguments: &Arguments) -> Result<Value, String> {
    let text = arguments.short_text(0, MAX_TEXT)?;
    let digits = hash_text(text, arguments.text(1)?);
    let refusal = || arguments.refusal(1, "MD5, SHA-1, SHA-256, SHA-384 or SHA-512");
    digits.map(Value::from).ok_or_else(refusal)
}

/// The digest of a text by the algorithm of that name, if there is one.
pub(crate) fn hash_text(text: &str, algorithm: &str) -> Option<String> {
    Some(match algorithm {
        "MD5" => digest::<md5::Md5>(text),
        "SHA-1" => digest::<sha1::Sha1>(text),
        "SHA-256" => digest::<sha2::Sha256>(text),
        "SHA-384" => digest::<sha2::Sha384>(text),
        "SHA-512" => digest::<sha2::Sha512>(text),
        _ => return None,
    })
}

/// The digest of a text in lower case hexadecimal digits.
fn digest<D: Digest>(text: &str) -> String {
    D::digest(text).iter().fold(String::new(), |mut digits, byte| {
        write!(digits, "{byte:02x}").expect("writing to a String does not fail");
        digits
    })
}
