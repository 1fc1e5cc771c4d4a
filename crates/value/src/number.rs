//! Numbers that come out as they went in.
//!
//! A number is a 64-bit integer, a double, or, where neither holds it, the text it was written as.
//! So `1` stays `1`, `1.0` stays `1.0`, and a 20-digit integer keeps its digits
//! (functions on AWS Lambda see the same, as Python's integers have no upper bound).

use std::cmp::Ordering;
use std::fmt;

use arcstr::ArcStr;

/// A JSON number.
#[derive(Clone, PartialEq)]
pub enum Number {
    /// An integer that fits 64 bits.
    Int(i64),
    /// A finite double.
    Float(f64),
    /// A number as it was written: an integer beyond 64 bits, or a decimal beyond a double (`1e400`).
    Literal(ArcStr),
}

impl Number {
    /// The number that a JSON literal means. `text` must follow JSON's grammar for numbers.
    #[must_use]
    pub fn from_literal(text: &str) -> Self {
        if let Ok(int) = text.parse::<i64>() {
            return Self::Int(int);
        }
        if text.contains(['.', 'e', 'E'])
            && let Ok(float) = text.parse::<f64>()
            && float.is_finite()
        {
            return Self::Float(float);
        }
        Self::Literal(text.into())
    }

    /// The integer, if it is one that fits 64 bits. `2.0` is not.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        if let Self::Int(int) = self { Some(*int) } else { None }
    }

    /// The nearest double; infinite beyond a double's range.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "the nearest double is what is asked for")]
    pub fn as_f64(&self) -> f64 {
        match self {
            Self::Int(int) => *int as f64,
            Self::Float(float) => *float,
            Self::Literal(text) => text.parse().unwrap_or(f64::NAN),
        }
    }

    /// Compares by value, whatever the notation: `1` equals `1.0`.
    ///
    /// Integers within 64 bits compare exactly, everything else as doubles.
    #[must_use]
    pub fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => a.cmp(b),
            (Self::Literal(a), Self::Literal(b)) if a == b => Ordering::Equal,
            _ => self.as_f64().partial_cmp(&other.as_f64()).unwrap_or(Ordering::Equal),
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(int) => write!(f, "{int}"),
            Self::Float(float) => f.write_str(ryu::Buffer::new().format_finite(*float)),
            Self::Literal(text) => f.write_str(text),
        }
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_come_out_as_they_went_in() {
        for text in
            ["0", "-7", "1.0", "1.5", "9223372036854775807", "12345678901234567890", "1e400"]
        {
            assert_eq!(Number::from_literal(text).to_string(), text);
        }
    }

    #[test]
    fn comparison_ignores_notation() {
        let check = |a: &str, b: &str, expected| {
            assert_eq!(Number::from_literal(a).compare(&Number::from_literal(b)), expected);
        };
        check("1", "1.0", Ordering::Equal);
        check("9007199254740993", "9007199254740992", Ordering::Greater);
        check("12345678901234567890", "1", Ordering::Greater);
        check("-1e400", "0", Ordering::Less);
    }
}
