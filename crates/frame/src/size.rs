//! How long the JSON text of a frame would be: limits count text, which nobody writes here.

use crate::Frame;
use crate::decode::text;
use crate::token::{Token, Tokens, floats};

/// A way to write JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spelling {
    /// Without spaces, non-ASCII characters as they are: as [`faastlane_value::json`] writes.
    Compact,
    /// As Python's `json.dumps(value, ensure_ascii=False)` writes.
    Python,
    /// As Python's `json.dumps(value)` writes: non-ASCII characters as `\uXXXX`.
    PythonAscii,
}

/// Most bytes of text that a byte of a frame can stand for: `false` and the `, ` after it.
const MOST_FOR_A_BYTE: usize = 7;
/// Most bytes of a frame for one byte of text: an integer such as 200 has nine.
const MOST_FOR_A_CHARACTER: usize = 9;

impl Frame {
    /// Length of its JSON text in bytes. The text is not made.
    #[must_use]
    pub fn json_size(&self, spelling: Spelling) -> usize {
        Counter { tokens: Tokens::new(self.as_bytes()), spelling }.value()
    }

    /// An upper bound of that for any spelling. Costs nothing.
    pub(crate) fn json_size_at_most(&self) -> usize {
        self.as_bytes().len().saturating_mul(MOST_FOR_A_BYTE)
    }

    /// A lower bound of that for any spelling. Costs nothing.
    pub(crate) fn json_size_at_least(&self) -> usize {
        self.as_bytes().len() / MOST_FOR_A_CHARACTER
    }

    /// Whether its JSON text is longer than `limit`; mostly known without a look at it.
    #[must_use]
    pub fn json_exceeds(&self, limit: usize, spelling: Spelling) -> bool {
        self.json_size_at_most() > limit
            && (self.json_size_at_least() > limit || self.json_size(spelling) > limit)
    }
}

struct Counter<'a> {
    tokens: Tokens<'a>,
    spelling: Spelling,
}

impl Counter<'_> {
    fn value(&mut self) -> usize {
        match self.tokens.next().expect("the frame was checked") {
            Token::Null | Token::Bool(true) => 4,
            Token::Bool(false) => 5,
            Token::Int(int) => {
                let digits = int.unsigned_abs().checked_ilog10().map_or(1, |log| log as usize + 1);
                digits + usize::from(int < 0)
            }
            Token::Float(float) => self.float(float),
            Token::Number(text) => text.len(),
            Token::String(text) => self.string(text),
            Token::Floats(bytes) => {
                let floats = floats(bytes);
                let separators = self.separators(floats.len());
                2 + separators + floats.map(|float| self.float(float)).sum::<usize>()
            }
            Token::Array(count) => {
                2 + self.separators(count) + (0..count).map(|_| self.value()).sum::<usize>()
            }
            Token::Object(count) => {
                let marks = self.separators(count) + self.separator() * count;
                let member = |_| {
                    let key = self.tokens.key().expect("the frame was checked");
                    self.string(key) + self.value()
                };
                2 + marks + (0..count).map(member).sum::<usize>()
            }
        }
    }

    /// All commas between `count` things.
    fn separators(&self, count: usize) -> usize {
        count.saturating_sub(1) * self.separator()
    }

    /// A comma or a colon.
    fn separator(&self) -> usize {
        if self.spelling == Spelling::Compact { 1 } else { 2 }
    }

    fn float(&self, float: f64) -> usize {
        let mut buffer = ryu::Buffer::new();
        let text = buffer.format_finite(float);
        if self.spelling == Spelling::Compact { text.len() } else { python_float(text) }
    }

    fn string(&self, bytes: &[u8]) -> usize {
        let text = text(bytes);
        // The only ASCII character that Python escapes, though JSON does not ask for it.
        let is_plain = || text.is_ascii() && !text.as_bytes().contains(&0x7F);
        let escapes: usize = if self.spelling == Spelling::PythonAscii && !is_plain() {
            text.chars().map(escaped_for_ascii).sum()
        } else {
            text.as_bytes().chunks(64).map(escaped).sum()
        };
        2 + text.len() + escapes
    }
}

/// How many more bytes than they are a few bytes take in a JSON string.
fn escaped(bytes: &[u8]) -> usize {
    let is_special = |byte: &u8| *byte < b' ' || *byte == b'"' || *byte == b'\\';
    // Without a branch for each: the compiler makes vector instructions of that.
    if !bytes.iter().fold(false, |any, byte| any | is_special(byte)) {
        return 0;
    }
    let more = |byte: &u8| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 0x08 | 0x0C => 1,
        control if *control < b' ' => 5,
        _ => 0,
    };
    bytes.iter().map(more).sum()
}

/// How many more bytes than in UTF-8 a character takes in a JSON string that is ASCII.
fn escaped_for_ascii(character: char) -> usize {
    match character {
        '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 1,
        ' '..='~' => 0,
        _ => r"\uXXXX".len() * character.len_utf16() - character.len_utf8(),
    }
}

/// Length of Python's `repr` of the float whose shortest digits are those of `text`.
///
/// Both write the shortest digits that mean this float, but Python's exponents begin below 1e-4 and
/// from 1e16 on, and have two digits (CPython, `format_float_short` with code `r`).
fn python_float(text: &str) -> usize {
    let (sign, text) = text.strip_prefix('-').map_or((0, text), |text| (1, text));
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let exponent: i32 = exponent.parse().expect("ryu writes small exponents");
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = || whole.bytes().chain(fraction.bytes());
    let Some(leading) = all().position(|digit| digit != b'0') else { return sign + "0.0".len() };
    let trailing = all().rev().take_while(|digit| *digit == b'0').count();
    let digits = whole.len() + fraction.len() - leading - trailing;
    let signed = |length: usize| i32::try_from(length).expect("ryu writes few digits");
    // The value is 0.DIGITS times ten to this power.
    let power = signed(whole.len()) - signed(leading) + exponent;
    let unsigned = |length: i32| usize::try_from(length).expect("the cases below are apart");
    sign + match power {
        -3..=0 => "0.".len() + unsigned(-power) + digits,
        1..=16 if signed(digits) <= power => unsigned(power) + ".0".len(),
        1..=16 => digits + ".".len(),
        _ => {
            let exponent_digits = if (power - 1).abs() < 100 { 2 } else { 3 };
            digits + usize::from(digits > 1) + "e+".len() + exponent_digits
        }
    }
}
