//! What a YAML scalar means.
//!
//! CloudFormation's reading lies between YAML 1.1 and 1.2: `true` and `false` in any usual spelling
//! are booleans, while `yes`, `no`, `on` and `off` stay text, as do dates (`2012-10-17` is a policy
//! version). What JSON cannot hold (`.inf`, `1_000`, `1:30`) stays text too, and so does a number
//! with a leading zero: `012345678901` is an account id.

use faastlane_value::Number;
use faastlane_value::located::Data;

/// The value of a plain (unquoted) scalar.
pub(super) fn plain(text: &str) -> Data {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Data::Null,
        "true" | "True" | "TRUE" => Data::Bool(true),
        "false" | "False" | "FALSE" => Data::Bool(false),
        _ => number(text).map_or_else(|| Data::String(text.into()), Data::Number),
    }
}

/// The value of a scalar with a tag of YAML's own, `!!suffix`; `None` if it cannot be that.
pub(super) fn tagged(suffix: &str, text: &str) -> Option<Data> {
    let data = plain(text);
    match suffix {
        "int" | "float" => matches!(data, Data::Number(_)).then_some(data),
        "bool" => matches!(data, Data::Bool(_)).then_some(data),
        "null" => matches!(data, Data::Null).then_some(data),
        "str" | "timestamp" | "binary" => Some(Data::String(text.into())),
        _ => None,
    }
}

fn number(text: &str) -> Option<Number> {
    if let Some(digits) = text.strip_prefix("0x") {
        return i64::from_str_radix(digits, 16).ok().map(Number::Int);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return i64::from_str_radix(digits, 8).ok().map(Number::Int);
    }
    json_literal(text).map(|literal| Number::from_literal(&literal))
}

/// A decimal number as JSON writes it: YAML also allows `+1`, `.5` and `5.`.
fn json_literal(text: &str) -> Option<String> {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let (mantissa, exponent) = match rest.find(['e', 'E']) {
        Some(position) => (&rest[..position], Some(&rest[position + 1..])),
        None => (rest, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let nothing = whole.is_empty() && fraction.is_empty();
    let leading_zero = whole.len() > 1 && whole.starts_with('0');
    if nothing || leading_zero || !digits(whole) || !digits(fraction) {
        return None;
    }
    let mut literal = format!("{sign}{}", if whole.is_empty() { "0" } else { whole });
    if mantissa.contains('.') {
        literal.push('.');
        literal.push_str(if fraction.is_empty() { "0" } else { fraction });
    }
    if let Some(exponent) = exponent {
        let unsigned = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        if unsigned.is_empty() || !digits(unsigned) {
            return None;
        }
        literal.push('e');
        literal.push_str(exponent);
    }
    Some(literal)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let shown = match plain(text) {
            Data::String(text) => format!("{text:?}"),
            Data::Number(number) => number.to_string(),
            other => format!("{other:?}"),
        };
        assert_eq!(shown, expected, "for {text:?}");
    }

    #[test]
    fn booleans_and_nulls() {
        check("true", "Bool(true)");
        check("TRUE", "Bool(true)");
        check("False", "Bool(false)");
        check("yes", "\"yes\"");
        check("On", "\"On\"");
        check("~", "Null");
        check("", "Null");
    }

    #[test]
    fn numbers_are_exact() {
        check("0", "0");
        check("-7", "-7");
        check("+7", "7");
        check("12345678901234567890", "12345678901234567890");
        check("1.10", "1.1");
        check(".5", "0.5");
        check("5.", "5.0");
        check("1e3", "1000.0");
        check("0x1F", "31");
    }

    #[test]
    fn what_only_looks_like_a_number_is_text() {
        check("2012-10-17", "\"2012-10-17\"");
        check("012345678901", "\"012345678901\"");
        check("1_000", "\"1_000\"");
        check("1:30", "\"1:30\"");
        check(".inf", "\".inf\"");
        check(".", "\".\"");
        check("1e", "\"1e\"");
        check("arn:aws:lambda", "\"arn:aws:lambda\"");
    }
}
