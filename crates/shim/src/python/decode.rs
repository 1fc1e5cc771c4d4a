//! Makes Python objects from a frame (`faastlane_frame::format` is the format).
//!
//! Every length is checked against what is left, so a frame that is not one costs an exception and
//! nothing else. Fast because sizes are known before a list is made, ASCII text is copied and never
//! looked at twice, and short keys are kept: an object's keys are mostly those of the one before.

use faastlane_frame::format;

use super::api;
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
        let text = self.take(size)?;
        self.keys.get(text, self.layout)
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
    if text.len() > 1 && text.is_ascii() {
        return layout.ascii(text);
    }
    Object::decode(text, c"strict")
}

/// Short keys that were seen lately. They are not interned: CPython 3.12 never frees what is.
pub(super) struct Keys {
    slots: Vec<Option<(Object, KeyText)>>,
}

/// The bytes of a key and their number in the last place.
type KeyText = [u8; LONGEST_KEPT + 1];

const LONGEST_KEPT: usize = 31;
/// How many keys are kept, a power of two.
const KEPT: usize = 256;

impl Keys {
    pub(super) fn new() -> Keys {
        Keys { slots: (0..KEPT).map(|_| None).collect() }
    }

    #[inline]
    fn get(&mut self, text: &[u8], layout: Layout) -> Result<Object> {
        if text.len() > LONGEST_KEPT {
            return string(text, layout);
        }
        let slot = &mut self.slots[place(text)];
        if let Some((key, kept)) = slot
            && usize::from(kept[LONGEST_KEPT]) == text.len()
            && kept[..text.len()] == *text
        {
            return Ok(key.borrow().to_owned());
        }
        let key = string(text, layout)?;
        let mut kept = [0; LONGEST_KEPT + 1];
        kept[..text.len()].copy_from_slice(text);
        kept[LONGEST_KEPT] = u8::try_from(text.len()).unwrap_or(u8::MAX);
        *slot = Some((key.borrow().to_owned(), kept));
        Ok(key)
    }
}

/// A slot for this key: from its length, its first, middle and last byte.
#[inline]
fn place(text: &[u8]) -> usize {
    let [first, .., last] = text else { return text.first().map_or(0, |byte| usize::from(*byte)) };
    let middle = text[text.len() / 2];
    let mixed = usize::from(*first)
        .wrapping_mul(31)
        .wrapping_add(usize::from(middle))
        .wrapping_mul(31)
        .wrapping_add(usize::from(*last))
        .wrapping_mul(31)
        .wrapping_add(text.len());
    mixed % KEPT
}
