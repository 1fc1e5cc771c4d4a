//! The values that a function is called with, and the checks that all functions share.

use faastlane_value::{ArcStr, Array, Number, Object, Value};

/// The values of a call's arguments. Their number has been checked when the call was parsed.
pub(super) struct Arguments(Vec<Value>);

impl Arguments {
    pub(super) fn new(values: Vec<Value>) -> Self {
        Self(values)
    }

    pub(super) fn values(&self) -> &[Value] {
        &self.0
    }

    /// The argument at `at`, from 0.
    pub(super) fn value(&self, at: usize) -> &Value {
        &self.0[at]
    }

    pub(super) fn text(&self, at: usize) -> Result<&ArcStr, String> {
        match self.value(at) {
            Value::String(text) => Ok(text),
            _ => Err(self.refusal(at, "a string")),
        }
    }

    /// A string of at most `limit` characters.
    pub(super) fn short_text(&self, at: usize, limit: usize) -> Result<&str, String> {
        let text = self.text(at)?;
        // No character takes less than a byte, so most texts need no counting.
        if text.len() > limit && text.chars().count() > limit {
            return Err(format!("argument {} is longer than {limit} characters", at + 1));
        }
        Ok(text)
    }

    pub(super) fn array(&self, at: usize) -> Result<&Array, String> {
        self.value(at).as_array().ok_or_else(|| self.refusal(at, "an array"))
    }

    pub(super) fn object(&self, at: usize) -> Result<&Object, String> {
        self.value(at).as_object().ok_or_else(|| self.refusal(at, "an object"))
    }

    /// A number, rounded to the nearest integer as `java.lang.Math.round` does: halves go up.
    pub(super) fn integer(&self, at: usize) -> Result<i64, String> {
        match self.value(at) {
            Value::Number(Number::Int(integer)) => Ok(*integer),
            Value::Number(number) => {
                round(number.as_f64()).ok_or_else(|| self.refusal(at, "a 64-bit number"))
            }
            _ => Err(self.refusal(at, "a number")),
        }
    }

    /// "argument 1 must be a string, not the number 5"
    pub(super) fn refusal(&self, at: usize, wanted: &str) -> String {
        let found = match self.value(at) {
            Value::Null => "null".to_owned(),
            value @ (Value::Array(_) | Value::Object(_)) => format!("an {}", value.kind()),
            value => format!("the {} {}", value.kind(), shortened(&value.to_json())),
        };
        format!("argument {} must be {wanted}, not {found}", at + 1)
    }
}

/// The nearest integer, halves rounded up; `None` outside 64 bits.
#[expect(clippy::cast_possible_truncation, reason = "the range has been checked")]
fn round(number: f64) -> Option<i64> {
    // Not `(number + 0.5).floor()`, which is 1 for the double just below a half.
    let floor = number.floor();
    let rounded = if number - floor >= 0.5 { floor + 1.0 } else { floor };
    let limit = 2_f64.powi(63);
    (-limit..limit).contains(&rounded).then_some(rounded as i64)
}

/// At most 60 characters of `text`.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_is_javas() {
        let check = |number: f64, expected: Option<i64>| assert_eq!(round(number), expected);
        check(1.49, Some(1));
        check(1.5, Some(2));
        check(-1.5, Some(-1));
        check(-1.51, Some(-2));
        check(-0.5, Some(0));
        check(0.499_999_999_999_999_94, Some(0));
        check(9_007_199_254_740_993.0, Some(9_007_199_254_740_992));
        check(1e19, None);
        check(f64::INFINITY, None);
        check(f64::NAN, None);
    }
}
