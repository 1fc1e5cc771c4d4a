//! Writes Python objects as a frame, if they are plain: the exact types that JSON knows, nothing
//! nested too deeply, nothing that JSON cannot say.
//!
//! All that is odd (subclasses, `Decimal`, keys that are not strings, NaN …) is refused, and goes
//! through the runner, which knows the rules of Lambda for it. No code of Python runs in here, so
//! nothing that is walked can change meanwhile.

use faastlane_frame::format;

use super::api;
use super::layout::Layout;
use super::object::Borrowed;
use super::slot::{Full, Writer};

/// Why a value was not written. No exception is set.
#[derive(Debug)]
pub(super) enum Stop {
    /// Only the runner knows how to write it.
    Odd,
    /// It is larger than the slot.
    Full,
}

impl From<Full> for Stop {
    fn from(_: Full) -> Stop {
        Stop::Full
    }
}

/// Writes one value.
#[inline]
pub(super) fn encode(value: Borrowed<'_>, layout: Layout, out: &mut Writer) -> Result<(), Stop> {
    Encoder { layout, out }.value(value, 0)
}

struct Encoder<'a> {
    layout: Layout,
    out: &'a mut Writer,
}

impl Encoder<'_> {
    fn value(&mut self, value: Borrowed<'_>, depth: usize) -> Result<(), Stop> {
        let kind = value.kind();
        if kind == &raw const api::STR {
            self.string(value)
        } else if kind == &raw const api::INT {
            self.int(value)
        } else if kind == &raw const api::DICT {
            self.object(value, depth)
        } else if kind == &raw const api::LIST {
            self.list(value, depth)
        } else if kind == &raw const api::FLOAT {
            let word = finite(value).ok_or(Stop::Odd)?;
            Ok(self.out.tagged(format::FLOAT, word)?)
        } else if value.is(&raw const api::NONE) {
            Ok(self.out.byte(format::NULL)?)
        } else if value.is(&raw const api::TRUE) {
            Ok(self.out.byte(format::TRUE)?)
        } else if value.is(&raw const api::FALSE) {
            Ok(self.out.byte(format::FALSE)?)
        } else if kind == &raw const api::TUPLE {
            self.tuple(value, depth)
        } else {
            Err(Stop::Odd)
        }
    }

    #[inline]
    fn string(&mut self, value: Borrowed<'_>) -> Result<(), Stop> {
        let text = self.utf8(value)?;
        match u8::try_from(text.len()) {
            Ok(short) if text.len() <= format::LONGEST_SHORT => {
                self.out.byte(format::SHORT_STRING + short)?;
            }
            _ => self.out.counted(format::STRING, count(text.len())?)?,
        }
        Ok(self.out.bytes(text)?)
    }

    #[inline]
    fn int(&mut self, value: Borrowed<'_>) -> Result<(), Stop> {
        let mut overflow = 0;
        // SAFETY: an `int`, of which none raises an exception, and a place to be filled.
        let int = unsafe { api::PyLong_AsLongLongAndOverflow(value, &raw mut overflow) };
        if overflow != 0 {
            return self.large_int(value);
        }
        match u8::try_from(int) {
            Ok(small) if int <= format::LARGEST_SMALL => {
                Ok(self.out.byte(format::SMALL_INT + small)?)
            }
            _ => Ok(self.out.tagged(format::INT, int.to_le_bytes())?),
        }
    }

    /// As text, if Python is willing to write so many digits.
    #[cold]
    fn large_int(&mut self, value: Borrowed<'_>) -> Result<(), Stop> {
        let Some(text) = api::PyObject_Str(value) else {
            api::PyErr_Clear();
            return Err(Stop::Odd);
        };
        let text = self.utf8(text.borrow())?;
        self.out.counted(format::NUMBER, count(text.len())?)?;
        Ok(self.out.bytes(text)?)
    }

    fn object(&mut self, dict: Borrowed<'_>, depth: usize) -> Result<(), Stop> {
        let depth = deeper(depth)?;
        let size = api::PyDict_Size(dict);
        self.out.counted(format::OBJECT, count(size.cast_unsigned())?)?;
        let mut place = 0;
        while let Some((key, value)) = next(dict, &mut place) {
            if key.kind() != &raw const api::STR {
                return Err(Stop::Odd);
            }
            let key = self.utf8(key)?;
            match u8::try_from(key.len()) {
                Ok(short) if short != format::LONG_KEY => self.out.byte(short)?,
                _ => self.out.counted(format::LONG_KEY, count(key.len())?)?,
            }
            self.out.bytes(key)?;
            self.value(value, depth)?;
        }
        Ok(())
    }

    fn list(&mut self, list: Borrowed<'_>, depth: usize) -> Result<(), Stop> {
        let depth = deeper(depth)?;
        let items = Layout::items(list);
        if self.floats(items)? {
            return Ok(());
        }
        self.out.counted(format::ARRAY, count(items.len())?)?;
        for item in items {
            self.value(item_of(*item)?, depth)?;
        }
        Ok(())
    }

    /// Writes the items of a list if all of them are floats; else nothing.
    fn floats(&mut self, items: &[*mut api::PyObject]) -> Result<bool, Stop> {
        let start = self.out.at();
        for (index, item) in items.iter().enumerate() {
            let item = item_of(*item)?;
            if item.kind() != &raw const api::FLOAT {
                self.out.back_to(start);
                return Ok(false);
            }
            if index == 0 {
                self.out.counted(format::FLOATS, count(items.len())?)?;
            }
            self.out.bytes(&finite(item).ok_or(Stop::Odd)?)?;
        }
        Ok(!items.is_empty())
    }

    fn tuple(&mut self, tuple: Borrowed<'_>, depth: usize) -> Result<(), Stop> {
        let depth = deeper(depth)?;
        let size = api::PyTuple_Size(tuple);
        self.out.counted(format::ARRAY, count(size.cast_unsigned())?)?;
        for index in 0..size {
            self.value(api::PyTuple_GetItem(tuple, index).ok_or(Stop::Odd)?, depth)?;
        }
        Ok(())
    }

    #[inline]
    fn utf8<'a>(&self, text: Borrowed<'a>) -> Result<&'a [u8], Stop> {
        if let Some(text) = self.layout.ascii_text(text) {
            return Ok(text);
        }
        text.utf8().map_err(|_| {
            api::PyErr_Clear();
            Stop::Odd
        })
    }
}

/// The next entry of a dict that nobody changes.
#[inline]
fn next<'a>(dict: Borrowed<'a>, place: &mut isize) -> Option<(Borrowed<'a>, Borrowed<'a>)> {
    let (mut key, mut value) = (None, None);
    // SAFETY: places to be filled. The dict keeps what it holds, as no code of Python runs.
    unsafe { api::PyDict_Next(dict, place, &raw mut key, &raw mut value) };
    key.zip(value)
}

#[inline]
fn item_of<'a>(item: *mut api::PyObject) -> Result<Borrowed<'a>, Stop> {
    // SAFETY: the list holds its items, and keeps them, as no code of Python runs. A list that C
    // code has not filled yet has places that are null.
    unsafe { Borrowed::new(item) }.ok_or(Stop::Odd)
}

/// The depth of what is inside of a container at this depth.
#[inline]
fn deeper(depth: usize) -> Result<usize, Stop> {
    if depth < format::MAX_DEPTH { Ok(depth + 1) } else { Err(Stop::Odd) }
}

#[inline]
fn finite(float: Borrowed<'_>) -> Option<[u8; 8]> {
    let value = Layout::float(float);
    value.is_finite().then(|| value.to_le_bytes())
}

#[inline]
fn count(count: usize) -> Result<u32, Stop> {
    u32::try_from(count).map_err(|_| Stop::Odd)
}
