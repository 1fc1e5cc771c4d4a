//! Bytes that may be anything become a frame, or are refused.

use std::fmt;

use bytes::Bytes;
use faastlane_value::Value;

use crate::decode;
use crate::format::MAX_DEPTH;
use crate::token::{Token, Tokens, floats};

/// Exactly one value in bytes that were checked: structure, lengths, depth and numbers are right.
///
/// What strings hold is not looked at, as that would cost as much as copying them: whoever decodes
/// them replaces what is not UTF-8. A clone is a reference count.
#[derive(Clone, PartialEq, Eq)]
pub struct Frame {
    bytes: Bytes,
    depth: usize,
}

/// Bytes that are no frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// The bytes end inside a value, or a length says more than there can be.
    #[error("a frame ends inside a value")]
    Truncated,
    /// There are bytes after the value.
    #[error("a frame goes on after its value")]
    TrailingBytes,
    /// A tag that means nothing.
    #[error("a frame has a value of an unknown kind, {0:#04x}")]
    UnknownTag(u8),
    /// A float that JSON does not have.
    #[error("a frame has a float that is not a finite number")]
    NotFinite,
    /// A number's text that is not a number.
    #[error("a frame has a number that is none")]
    NotANumber,
    /// Arrays or objects inside each other beyond [`MAX_DEPTH`].
    #[error("a frame is nested deeper than {MAX_DEPTH} levels")]
    TooDeep,
}

impl Frame {
    /// Takes bytes from wherever they come if they are a frame.
    ///
    /// # Errors
    /// Anything else. No memory is needed for it, whatever lengths the bytes claim.
    pub fn check(bytes: Vec<u8>) -> Result<Self, Malformed> {
        let mut tokens = Tokens::new(&bytes);
        let mut depth = 0;
        check(&mut tokens, 0, &mut depth)?;
        if !tokens.rest().is_empty() {
            return Err(Malformed::TrailingBytes);
        }
        Ok(Self { bytes: bytes.into(), depth })
    }

    /// Bytes that this crate has written.
    pub(crate) fn of_written(bytes: Vec<u8>, depth: usize) -> Self {
        debug_assert!(
            Self::check(bytes.clone()).is_ok_and(|frame| frame.depth == depth),
            "what is written can be read"
        );
        Self { bytes: bytes.into(), depth }
    }

    /// The value that comes next of those whose bytes this frame has; they are not copied.
    pub(crate) fn take_inner(&self, tokens: &mut Tokens<'_>) -> Self {
        let before = tokens.rest();
        let mut depth = 0;
        check(tokens, 0, &mut depth).expect("the frame was checked");
        let length = before.len() - tokens.rest().len();
        Self { bytes: self.bytes.slice_ref(&before[..length]), depth }
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How many levels of arrays and objects it has; 0 for anything else.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.depth
    }

    /// The value. What is not UTF-8 becomes U+FFFD, so there is nothing left that could fail.
    #[must_use]
    pub fn decode(&self) -> Value {
        decode::decode(&self.bytes)
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.decode().fmt(f)
    }
}

/// Checks one value inside `depth` others, and how deep it goes.
fn check(tokens: &mut Tokens<'_>, depth: usize, deepest: &mut usize) -> Result<(), Malformed> {
    let token = tokens.next()?;
    match token {
        Token::Null | Token::Bool(_) | Token::Int(_) | Token::String(_) => return Ok(()),
        Token::Float(float) if float.is_finite() => return Ok(()),
        Token::Float(_) => return Err(Malformed::NotFinite),
        Token::Number(text) if is_number(text) => return Ok(()),
        Token::Number(_) => return Err(Malformed::NotANumber),
        Token::Array(_) | Token::Object(_) | Token::Floats(_) => {}
    }
    let depth = depth + 1;
    if depth > MAX_DEPTH {
        return Err(Malformed::TooDeep);
    }
    *deepest = depth.max(*deepest);
    match token {
        Token::Array(count) => {
            for _ in 0..count {
                check(tokens, depth, deepest)?;
            }
        }
        Token::Object(count) => {
            for _ in 0..count {
                tokens.key()?;
                check(tokens, depth, deepest)?;
            }
        }
        // Without a branch for each: the compiler makes vector instructions of that.
        Token::Floats(bytes)
            if !floats(bytes).fold(true, |finite, float| finite & float.is_finite()) =>
        {
            return Err(Malformed::NotFinite);
        }
        _ => {}
    }
    Ok(())
}

/// Whether `text` is a number as JSON writes it (RFC 8259, section 6).
fn is_number(text: &[u8]) -> bool {
    let text = text.strip_prefix(b"-").unwrap_or(text);
    let (whole, text) = digits(text);
    let whole_is_right = !matches!(whole, [] | [b'0', _, ..]);
    let (fraction_is_right, text) = match text.strip_prefix(b".") {
        Some(text) => {
            let (fraction, text) = digits(text);
            (!fraction.is_empty(), text)
        }
        None => (true, text),
    };
    let exponent_is_right = match text {
        [] => true,
        [b'e' | b'E', text @ ..] => {
            let text = match text {
                [b'+' | b'-', text @ ..] => text,
                text => text,
            };
            let (exponent, text) = digits(text);
            !exponent.is_empty() && text.is_empty()
        }
        _ => false,
    };
    whole_is_right && fraction_is_right && exponent_is_right
}

fn digits(text: &[u8]) -> (&[u8], &[u8]) {
    let count = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    text.split_at(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_follow_the_grammar_of_json() {
        for text in ["0", "-0", "10", "1.0", "-1.25e+7", "1E-9", "12345678901234567890", "1e400"] {
            assert!(is_number(text.as_bytes()), "{text}");
        }
        for text in ["", "-", "01", "+1", ".5", "1.", "1e", "1e+", "1x", "NaN", " 1", "1 ", "0x1"] {
            assert!(!is_number(text.as_bytes()), "{text}");
        }
    }
}
