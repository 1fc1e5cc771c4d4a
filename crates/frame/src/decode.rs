//! Frames to values of the orchestrator.

use std::borrow::Cow;

use faastlane_value::{ArcStr, Array, KeyCache, Number, Object, Value};

use crate::token::{Token, Tokens, floats};

/// The value of a frame that was checked.
pub(crate) fn decode(frame: &[u8]) -> Value {
    let keys = KeyCache::for_bytes(frame.len());
    Decoder { tokens: Tokens::new(frame), keys }.value()
}

struct Decoder<'a> {
    tokens: Tokens<'a>,
    keys: KeyCache,
}

impl Decoder<'_> {
    fn value(&mut self) -> Value {
        match self.tokens.next().expect("the frame was checked") {
            Token::Null => Value::Null,
            Token::Bool(bool) => Value::Bool(bool),
            Token::Int(int) => Value::Number(Number::Int(int)),
            Token::Float(float) => Value::Number(Number::Float(float)),
            Token::Number(number) => Value::Number(Number::from_literal(&text(number))),
            Token::String(bytes) => Value::String(ArcStr::from(&*text(bytes))),
            Token::Floats(bytes) => {
                let mut floats = floats(bytes);
                let mut next = || floats.next().expect("so many were counted");
                Value::Array(Array::of(bytes.len() / size_of::<f64>(), || {
                    Value::Number(Number::Float(next()))
                }))
            }
            Token::Array(count) => Value::Array(Array::of(count, || self.value())),
            Token::Object(count) => Value::Object(Object::of(count, || {
                let key = self.tokens.key().expect("the frame was checked");
                (self.keys.get(&text(key)), self.value())
            })),
        }
    }
}

/// UTF-8 as text, with U+FFFD for what is none.
pub(crate) fn text(bytes: &[u8]) -> Cow<'_, str> {
    // Asked first, because that is many times faster for text as it should be.
    str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}
