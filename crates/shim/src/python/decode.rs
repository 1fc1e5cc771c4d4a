//! Makes Python objects from a frame (`faastlane_frame::format` is the format).
//!
//! Every length is checked against what is left, so a frame that is not one costs an exception and
//! nothing else. Fast because sizes are known before a list is made, ASCII text is looked at and copied
//! in one go, and short keys are kept: an object's keys are mostly those of the one before.

use faastlane_frame::format;

use super::api;
use super::keys::{self, Keys, ShortKey};
use super::layout::Layout;
use super::object::{Borrowed, Object, Raised, Result, raise_value_error};

/// The value in this frame; an exception if it is not exactly one.
pub(super) fn decode(frame: &[u8], layout: Layout, keys: &mut Keys) -> Result<Object> {
    let mut decoder = Decoder { left: frame, layout, keys };
    let value = decoder.value(0)?;
    if decoder.left.is_empty() { Ok(value) } else { Err(malformed()) }
}

fn malformed() -> Raised {
    raise_value_error(c"malformed frame")
}

struct Decoder<'a> {
    left: &'a [u8],
    layout: Layout,
    keys: &'a mut Keys,
}

impl<'a> Decoder<'a> {
    #[inline]
    fn value(&mut self, depth: usize) -> Result<Object> {
        let tag = self.byte()?;
        match tag {
            format::SMALL_INT.. => int(i64::from(tag - format::SMALL_INT)),
            format::SHORT_STRING.. => {
                let text = self.take(usize::from(tag - format::SHORT_STRING))?;
                string(text, self.layout)
            }
            format::STRING => {
                let size = self.count()?;
                string(self.take(size)?, self.layout)
            }
            format::OBJECT => self.object(depth),
            format::ARRAY => self.array(depth),
            format::INT => int(i64::from_le_bytes(self.word()?)),
            format::FLOAT => float(f64::from_le_bytes(self.word()?)),
            format::FLOATS => self.floats(),
            format::NULL => Ok(Borrowed::none().to_owned()),
            format::FALSE => Ok(Borrowed::constant(&raw const api::FALSE).to_owned()),
            format::TRUE => Ok(Borrowed::constant(&raw const api::TRUE).to_owned()),
            format::NUMBER => {
                let size = self.count()?;
                number(self.take(size)?)
            }
            _ => Err(malformed()),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Object> {
        let count = self.count()?;
        if depth >= format::MAX_DEPTH {
            return Err(malformed());
        }
        let dict = Object::dict()?;
        for _ in 0..count {
            let key = self.key()?;
            let value = self.value(depth + 1)?;
            dict.borrow().dict_set(&key, value.borrow())?;
        }
        Ok(dict)
    }

    fn key(&mut self) -> Result<Object> {
        let size = match self.byte()? {
            format::LONG_KEY => self.count()?,
            size => usize::from(size),
        };
        if size > keys::LONGEST {
            return string(self.take(size)?, self.layout);
        }
        let ahead = self.left.first_chunk();
        let text = self.take(size)?;
        let key = ShortKey::new(text, ahead);
        self.keys.get(key, || string(text, self.layout))
    }

    fn array(&mut self, depth: usize) -> Result<Object> {
        let count = self.count()?;
        // An element takes a byte at least: no list is made that cannot be filled.
        if depth >= format::MAX_DEPTH || count > self.left.len() {
            return Err(malformed());
        }
        self.layout.list(count, || self.value(depth + 1))
    }

    fn floats(&mut self) -> Result<Object> {
        let count = self.count()?;
        let bytes = self.take(count.checked_mul(8).ok_or_else(malformed)?)?;
        let (words, _) = bytes.as_chunks::<8>();
        let mut words = words.iter();
        self.layout.list(count, || float(f64::from_le_bytes(*words.next().ok_or_else(malformed)?)))
    }

    #[inline]
    fn byte(&mut self) -> Result<u8> {
        let (byte, left) = self.left.split_first().ok_or_else(malformed)?;
        self.left = left;
        Ok(*byte)
    }

    #[inline]
    fn take(&mut self, size: usize) -> Result<&'a [u8]> {
        let (taken, left) = self.left.split_at_checked(size).ok_or_else(malformed)?;
        self.left = left;
        Ok(taken)
    }

    #[inline]
    fn word(&mut self) -> Result<[u8; 8]> {
        let (word, left) = self.left.split_first_chunk().ok_or_else(malformed)?;
        self.left = left;
        Ok(*word)
    }

    #[inline]
    fn count(&mut self) -> Result<usize> {
        let (count, left) = self.left.split_first_chunk().ok_or_else(malformed)?;
        self.left = left;
        Ok(u32::from_le_bytes(*count) as usize)
    }
}

#[inline]
fn int(value: i64) -> Result<Object> {
    api::PyLong_FromLongLong(value).ok_or(Raised)
}

#[inline]
fn float(value: f64) -> Result<Object> {
    api::PyFloat_FromDouble(value).ok_or(Raised)
}

/// A number as `json.loads` reads it: an integer unless it has a fraction or an exponent.
fn number(text: &[u8]) -> Result<Object> {
    let is_float = text.iter().any(|byte| matches!(byte, b'.' | b'e' | b'E'));
    let text = Object::decode(text, c"strict")?;
    if is_float {
        return api::PyFloat_FromString(text.borrow()).ok_or(Raised);
    }
    // SAFETY: it is a `str`.
    unsafe { api::PyLong_FromUnicodeObject(text.borrow(), 10) }.ok_or(Raised)
}

#[inline]
fn string(text: &[u8], layout: Layout) -> Result<Object> {
    // CPython has one object for each text of one character; only its own functions know them.
    if text.len() > 1
        && let Some(string) = layout.ascii(text)?
    {
        return Ok(string);
    }
    // What is not UTF-8 is read as the orchestrator reads it.
    Object::decode(text, c"replace")
}
