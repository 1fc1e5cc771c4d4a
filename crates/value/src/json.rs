//! JSON text to values and back.
//!
//! Reading is `jiter`'s tokenizer under a builder of ours: it gives numbers as they are written and
//! places of mistakes. Writing keeps every number and key order, and is compact as Java's and
//! `json.dumps(x, separators=(",", ":"), ensure_ascii=False)` are.

use std::io::{self, Write};

use arcstr::ArcStr;
use jiter::{Jiter, JiterError, JsonErrorType, Peek};

use crate::keys::KeyCache;
use crate::stack::Stack;
use crate::{Array, Number, Object, Value};

/// How deep arrays and objects may be nested; deeper text is refused.
pub const MAX_DEPTH: usize = 512;

/// Text that is not JSON.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct Error {
    /// What is wrong there.
    pub message: String,
    /// Line of the mistake, from 1.
    pub line: usize,
    /// Column of the mistake in bytes, from 1.
    pub column: usize,
}

/// Reads one JSON value from UTF-8 `text`; nothing but white space may follow it.
///
/// A byte order mark is skipped. Of equal keys in one object the last counts. A lone surrogate
/// (`"\ud800"`) is refused, since no UTF-8 text can hold it.
///
/// # Errors
/// Text that is not JSON, not UTF-8, or nested deeper than [`MAX_DEPTH`].
pub fn parse(text: &[u8]) -> Result<Value, Error> {
    let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
    let mut reader = Reader::new(text);
    let value = reader.document().map_err(|mistake| mistake.at(text))?;
    Ok(value)
}

/// Compact JSON text of `value`.
#[must_use]
pub fn to_string(value: &Value) -> String {
    let mut text = Vec::new();
    write(value, &mut text).expect("writing to memory does not fail");
    String::from_utf8(text).expect("all parts are UTF-8")
}

/// Writes `value` as compact JSON text.
///
/// # Errors
/// What `out` reports.
pub fn write(value: &Value, out: &mut impl Write) -> io::Result<()> {
    Writer { out, indent: None }.value(value, 0)
}

/// Length of the compact JSON text of `value`, in bytes.
#[must_use]
pub fn size(value: &Value) -> usize {
    let mut counter = Counter(0);
    write(value, &mut counter).expect("counting does not fail");
    counter.0
}

/// Writes `value` as JSON text for people: one member or element a line, two spaces a level.
///
/// # Errors
/// What `out` reports.
pub fn write_pretty(value: &Value, out: &mut impl Write) -> io::Result<()> {
    Writer { out, indent: Some("  ") }.value(value, 0)
}

/// Writes `text` as a JSON string with its quotes.
///
/// # Errors
/// What `out` reports.
pub fn write_str(text: &str, out: &mut impl Write) -> io::Result<()> {
    out.write_all(b"\"")?;
    let mut rest = text.as_bytes();
    loop {
        let plain = plain_prefix(rest);
        out.write_all(&rest[..plain])?;
        let Some(special) = rest.get(plain) else { break };
        match special {
            b'"' => out.write_all(b"\\\"")?,
            b'\\' => out.write_all(b"\\\\")?,
            b'\n' => out.write_all(b"\\n")?,
            b'\r' => out.write_all(b"\\r")?,
            b'\t' => out.write_all(b"\\t")?,
            0x08 => out.write_all(b"\\b")?,
            0x0C => out.write_all(b"\\f")?,
            control => write!(out, "\\u{control:04x}")?,
        }
        rest = &rest[plain + 1..];
    }
    out.write_all(b"\"")
}

/// How many bytes from the start stand for themselves in a JSON string.
fn plain_prefix(bytes: &[u8]) -> usize {
    let is_special = |byte: &u8| *byte < b' ' || *byte == b'"' || *byte == b'\\';
    // Whole chunks without a branch inside: the compiler makes vector instructions of that.
    let any = |chunk: &[u8]| chunk.iter().fold(false, |any, byte| any | is_special(byte));
    let chunks = bytes.chunks_exact(32).take_while(|chunk| !any(chunk)).count() * 32;
    let rest = &bytes[chunks..];
    chunks + rest.iter().position(is_special).unwrap_or(rest.len())
}

/// A mistake and the byte at which it stands.
pub(crate) struct Mistake {
    pub(crate) message: String,
    pub(crate) offset: usize,
}

impl Mistake {
    /// The mistake with the line and column that its offset has in `text`.
    pub(crate) fn at(self, text: &[u8]) -> Error {
        let offset = self.offset.min(text.len());
        let line_start = text[..offset].iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
        let line = text[..offset].iter().filter(|b| **b == b'\n').count() + 1;
        Error { message: self.message, line, column: offset - line_start + 1 }
    }

    pub(crate) fn too_deep(offset: usize) -> Self {
        Self { message: format!("nested deeper than {MAX_DEPTH} levels"), offset }
    }
}

impl From<JiterError> for Mistake {
    fn from(error: JiterError) -> Self {
        let message = match error.error_type {
            jiter::JiterErrorType::JsonError(kind) => said(&kind),
            jiter::JiterErrorType::WrongType { expected, actual } => {
                format!("expected {expected}, found {actual}")
            }
        };
        Self { message, offset: error.index }
    }
}

/// The tokenizer's messages, some in plainer words.
fn said(kind: &JsonErrorType) -> String {
    let plain = match kind {
        JsonErrorType::EofWhileParsingList => "the text ends inside an array",
        JsonErrorType::EofWhileParsingObject => "the text ends inside an object",
        JsonErrorType::EofWhileParsingString => "the text ends inside a string",
        JsonErrorType::EofWhileParsingValue => "the text ends where a value is expected",
        JsonErrorType::ExpectedSomeIdent => "expected true, false or null",
        JsonErrorType::TrailingCharacters => "unexpected text after the value",
        other => return other.to_string(),
    };
    plain.to_owned()
}

struct Reader<'a> {
    tokens: Jiter<'a>,
    /// Values of the arrays being read, innermost last: containers are cut off its end at their
    /// exact size.
    values: Stack<Value>,
    members: Vec<(ArcStr, Value)>,
    keys: KeyCache,
}

impl<'a> Reader<'a> {
    fn new(text: &'a [u8]) -> Self {
        let tokens = Jiter::new(text);
        let keys = KeyCache::for_bytes(text.len());
        Self { tokens, values: Stack::new(), members: Vec::new(), keys }
    }

    fn document(&mut self) -> Result<Value, Mistake> {
        let peek = self.tokens.peek()?;
        let value = self.value(peek, 0)?;
        self.tokens.finish()?;
        Ok(value)
    }

    fn value(&mut self, peek: Peek, depth: usize) -> Result<Value, Mistake> {
        Ok(match peek {
            Peek::Null => {
                self.tokens.known_null()?;
                Value::Null
            }
            Peek::True | Peek::False => Value::Bool(self.tokens.known_bool(peek)?),
            Peek::String => Value::String(self.tokens.known_str()?.into()),
            Peek::Array => self.array(depth + 1)?,
            Peek::Object => self.object(depth + 1)?,
            _ => Value::Number(number(&mut self.tokens, peek)?),
        })
    }

    fn array(&mut self, depth: usize) -> Result<Value, Mistake> {
        if depth > MAX_DEPTH {
            return Err(Mistake::too_deep(self.tokens.current_index()));
        }
        let start = self.values.len();
        let mut next = self.tokens.known_array()?;
        while let Some(peek) = next {
            let value = self.value(peek, depth)?;
            self.values.push(value);
            next = self.tokens.array_step()?;
        }
        Ok(Value::Array(Array::from_stack(&mut self.values, start)))
    }

    fn object(&mut self, depth: usize) -> Result<Value, Mistake> {
        if depth > MAX_DEPTH {
            return Err(Mistake::too_deep(self.tokens.current_index()));
        }
        let start = self.members.len();
        let mut next = self.tokens.known_object()?.map(|key| self.keys.get(key));
        while let Some(key) = next {
            let peek = self.tokens.peek()?;
            let value = self.value(peek, depth)?;
            self.members.push((key, value));
            next = self.tokens.next_key()?.map(|key| self.keys.get(key));
        }
        Ok(Value::Object(Object::from_stack(&mut self.members, start)))
    }
}

/// The number that starts where `tokens` stands. `NaN` and `Infinity` are no JSON.
pub(crate) fn number(tokens: &mut Jiter<'_>, peek: Peek) -> Result<Number, Mistake> {
    let offset = tokens.current_index();
    if !peek.is_num() {
        let message = "expected value".to_owned();
        return Err(Mistake { message, offset });
    }
    let literal = tokens.known_number_bytes(peek)?;
    let literal = std::str::from_utf8(literal).expect("a number's bytes are ASCII");
    Ok(Number::from_literal(literal))
}

/// Counts what is written to it.
struct Counter(usize);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Writer<'a, W> {
    out: &'a mut W,
    indent: Option<&'static str>,
}

impl<W: Write> Writer<'_, W> {
    fn value(&mut self, value: &Value, depth: usize) -> io::Result<()> {
        match value {
            Value::Null => self.out.write_all(b"null"),
            Value::Bool(true) => self.out.write_all(b"true"),
            Value::Bool(false) => self.out.write_all(b"false"),
            Value::Number(Number::Float(float)) => {
                self.out.write_all(ryu::Buffer::new().format_finite(*float).as_bytes())
            }
            Value::Number(number) => write!(self.out, "{number}"),
            Value::String(text) => write_str(text, self.out),
            Value::Array(array) if array.is_empty() => self.out.write_all(b"[]"),
            Value::Object(object) if object.is_empty() => self.out.write_all(b"{}"),
            Value::Array(array) => {
                for (at, item) in array.iter().enumerate() {
                    self.separator(if at == 0 { b"[" } else { b"," }, depth + 1)?;
                    self.value(item, depth + 1)?;
                }
                self.separator(b"", depth)?;
                self.out.write_all(b"]")
            }
            Value::Object(object) => {
                for (at, (key, member)) in object.iter().enumerate() {
                    self.separator(if at == 0 { b"{" } else { b"," }, depth + 1)?;
                    write_str(key, self.out)?;
                    self.out.write_all(if self.indent.is_some() { b": " } else { b":" })?;
                    self.value(member, depth + 1)?;
                }
                self.separator(b"", depth)?;
                self.out.write_all(b"}")
            }
        }
    }

    fn separator(&mut self, mark: &[u8], depth: usize) -> io::Result<()> {
        self.out.write_all(mark)?;
        if let Some(indent) = self.indent {
            self.out.write_all(b"\n")?;
            for _ in 0..depth {
                self.out.write_all(indent.as_bytes())?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_survives_the_round_trip() {
        for text in [
            r#"{"b":1,"a":[null,true,false,1.0,-2.5e-7,12345678901234567890,1e400],"":{}}"#,
            r#""é \" \\ \n \u0001 😀""#,
            "[]",
            "3.3",
        ] {
            let value = parse(text.as_bytes()).unwrap();
            assert_eq!(value.to_json(), text);
        }
    }

    #[test]
    fn characters_are_escaped_wherever_they_stand() {
        for special in ["\"", "\\", "\n", "\u{1}", "é\""] {
            for before in 0..70 {
                let text = format!("{}{special}{}", "a".repeat(before), "b".repeat(70 - before));
                let value = Value::from(text.as_str());
                assert_eq!(parse(value.to_json().as_bytes()), Ok(value));
            }
        }
    }

    #[test]
    fn numbers_keep_their_kind() {
        let check = |text: &str, expected: &str| {
            assert_eq!(parse(text.as_bytes()).unwrap().to_json(), expected);
        };
        check("1E2", "100.0");
        check("-0", "0");
        check("-0.0", "-0.0");
        check("1.10", "1.1");
        check("0.1", "0.1");
        check("123456789012345680000.0", "1.2345678901234568e20");
    }

    #[test]
    fn mistakes_have_a_place() {
        let check = |text: &[u8], expected: &str| {
            assert_eq!(parse(text).unwrap_err().to_string(), expected);
        };
        check(b"{\n  \"a\": 1,\n}", "line 3, column 1: trailing comma");
        check(b"[1, 2", "line 1, column 6: the text ends inside an array");
        check(b"", "line 1, column 1: the text ends where a value is expected");
        check(b"{} x", "line 1, column 4: unexpected text after the value");
        check(b"[NaN]", "line 1, column 2: expected value");
        check(b"[01]", "line 1, column 3: invalid number");
        check(b"\"\xFF\"", "line 1, column 2: invalid unicode code point");
        check(br#""\ud800""#, "line 1, column 8: unexpected end of hex escape");
    }

    #[test]
    fn depth_is_limited() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(parse(nested(MAX_DEPTH).as_bytes()).is_ok());
        let error = parse(nested(MAX_DEPTH + 1).as_bytes()).unwrap_err();
        assert_eq!(error.message, "nested deeper than 512 levels");
    }

    #[test]
    fn pretty_text_has_a_line_for_each_part() {
        let value = parse(br#"{"a":[1,{}],"b":{"c":[]}}"#).unwrap();
        let mut text = Vec::new();
        write_pretty(&value, &mut text).unwrap();
        let expected = "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": {\n    \"c\": []\n  }\n}";
        assert_eq!(String::from_utf8(text).unwrap(), expected);
    }
}
