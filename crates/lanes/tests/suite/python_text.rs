//! Values as Python's `json.dumps` writes them, so that results are compared whatever way they took.

use faastlane_value::{Number, Value};

/// The JSON text; `ascii` escapes everything else, as runtimes up to `python3.11` do.
pub(crate) fn python_text(value: &Value, ascii: bool) -> String {
    let mut out = String::new();
    write(value, ascii, &mut out);
    out
}

fn write(value: &Value, ascii: bool, out: &mut String) {
    match value {
        Value::Number(Number::Float(number)) => out.push_str(&float(*number)),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                write(item, ascii, out);
            }
            out.push(']');
        }
        Value::Object(members) => {
            out.push('{');
            for (index, (key, value)) in members.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                text(key, ascii, out);
                out.push_str(": ");
                write(value, ascii, out);
            }
            out.push('}');
        }
        Value::String(string) => text(string, ascii, out),
        other => out.push_str(&other.to_json()),
    }
}

fn text(text: &str, ascii: bool, out: &mut String) {
    for char in serde_json::Value::from(text).to_string().chars() {
        if (' '..='~').contains(&char) || !ascii {
            out.push(char);
        } else {
            for unit in char.encode_utf16(&mut [0; 2]) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
}

/// As Python's `repr`: the shortest digits, with an exponent below 1e-4 and from 1e16 on.
fn float(number: f64) -> String {
    let scientific = format!("{number:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap();
    let exponent: i32 = exponent.parse().unwrap();
    if (-4..16).contains(&exponent) {
        return format!("{number:?}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}
