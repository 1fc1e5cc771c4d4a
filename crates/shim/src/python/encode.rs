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
pub(super) fn encode(value: Borrowed<'_>, out: &mut Writer) -> Result<(), Stop> {
    write(value, out, 0)
}

fn write(value: Borrowed<'_>, out: &mut Writer, depth: usize) -> Result<(), Stop> {
    let kind = value.kind();
    if kind == &raw const api::STR {
        string(value, out)
    } else if kind == &raw const api::INT {
        int(value, out)
    } else if kind == &raw const api::DICT {
        object(value, out, depth)
    } else if kind == &raw const api::LIST {
        list(value, out, depth)
    } else if kind == &raw const api::FLOAT {
        let word = finite(value).ok_or(Stop::Odd)?;
        Ok(out.tagged(format::FLOAT, word)?)
    } else if value.is(&raw const api::NONE) {
        Ok(out.byte(format::NULL)?)
    } else if value.is(&raw const api::TRUE) {
        Ok(out.byte(format::TRUE)?)
    } else if value.is(&raw const api::FALSE) {
        Ok(out.byte(format::FALSE)?)
    } else if kind == &raw const api::TUPLE {
        tuple(value, out, depth)
    } else {
        Err(Stop::Odd)
    }
}

#[inline]
fn string(value: Borrowed<'_>, out: &mut Writer) -> Result<(), Stop> {
    let text = utf8(value)?;
    if text.len() <= format::LONGEST_SHORT {
        let short = u8::try_from(text.len()).map_err(|_| Stop::Odd)?;
        out.byte(format::SHORT_STRING + short)?;
    } else {
        out.counted(format::STRING, count(text.len())?)?;
    }
    Ok(out.bytes(text)?)
}

#[inline]
fn int(value: Borrowed<'_>, out: &mut Writer) -> Result<(), Stop> {
    let mut overflow = 0;
    // SAFETY: an `int`, of which none raises an exception, and a place to be filled.
    let int = unsafe { api::PyLong_AsLongLongAndOverflow(value, &raw mut overflow) };
    if overflow != 0 {
        return large_int(value, out);
    }
    if (0..=format::LARGEST_SMALL).contains(&int) {
        let small = u8::try_from(int).map_err(|_| Stop::Odd)?;
        return Ok(out.byte(format::SMALL_INT + small)?);
    }
    Ok(out.tagged(format::INT, int.to_le_bytes())?)
}

/// As text, if Python is willing to write so many digits.
#[cold]
fn large_int(value: Borrowed<'_>, out: &mut Writer) -> Result<(), Stop> {
    let Some(text) = api::PyObject_Str(value) else {
        api::PyErr_Clear();
        return Err(Stop::Odd);
    };
    let text = utf8(text.borrow())?;
    out.counted(format::NUMBER, count(text.len())?)?;
    Ok(out.bytes(text)?)
}

fn object(dict: Borrowed<'_>, out: &mut Writer, depth: usize) -> Result<(), Stop> {
    let depth = deeper(depth)?;
    let size = api::PyDict_Size(dict);
    out.counted(format::OBJECT, count(size.cast_unsigned())?)?;
    let mut place = 0;
    while let Some((key, value)) = next(dict, &mut place) {
        if key.kind() != &raw const api::STR {
            return Err(Stop::Odd);
        }
        let key = utf8(key)?;
        match u8::try_from(key.len()) {
            Ok(short) if short != format::LONG_KEY => out.byte(short)?,
            _ => out.counted(format::LONG_KEY, count(key.len())?)?,
        }
        out.bytes(key)?;
        write(value, out, depth)?;
    }
    Ok(())
}

/// The next entry of a dict that nobody changes.
#[inline]
fn next<'a>(dict: Borrowed<'a>, place: &mut isize) -> Option<(Borrowed<'a>, Borrowed<'a>)> {
    let (mut key, mut value) = (None, None);
    // SAFETY: places to be filled. The dict keeps what it holds, as no code of Python runs.
    unsafe { api::PyDict_Next(dict, place, &raw mut key, &raw mut value) };
    key.zip(value)
}

fn list(list: Borrowed<'_>, out: &mut Writer, depth: usize) -> Result<(), Stop> {
    let depth = deeper(depth)?;
    let items = Layout::items(list);
    let size = count(items.len())?;
    let start = out.at();
    if is_float(items.first()) {
        out.counted(format::FLOATS, size)?;
        if floats(items, out)? {
            return Ok(());
        }
        out.back_to(start);
    }
    out.counted(format::ARRAY, size)?;
    for item in items {
        write(item_of(*item)?, out, depth)?;
    }
    Ok(())
}

/// Writes a list of floats; false if one of them is something else.
fn floats(items: &[*mut api::PyObject], out: &mut Writer) -> Result<bool, Stop> {
    for item in items {
        let item = item_of(*item)?;
        if item.kind() != &raw const api::FLOAT {
            return Ok(false);
        }
        out.bytes(&finite(item).ok_or(Stop::Odd)?)?;
    }
    Ok(true)
}

fn is_float(item: Option<&*mut api::PyObject>) -> bool {
    item.and_then(|item| item_of(*item).ok())
        .is_some_and(|item| item.kind() == &raw const api::FLOAT)
}

#[inline]
fn item_of<'a>(item: *mut api::PyObject) -> Result<Borrowed<'a>, Stop> {
    // SAFETY: the list holds its items, and keeps them, as no code of Python runs. A list that C
    // code has not filled yet has places that are null.
    unsafe { Borrowed::new(item) }.ok_or(Stop::Odd)
}

fn tuple(tuple: Borrowed<'_>, out: &mut Writer, depth: usize) -> Result<(), Stop> {
    let depth = deeper(depth)?;
    let size = api::PyTuple_Size(tuple);
    out.counted(format::ARRAY, count(size.cast_unsigned())?)?;
    for index in 0..size {
        write(api::PyTuple_GetItem(tuple, index).ok_or(Stop::Odd)?, out, depth)?;
    }
    Ok(())
}

/// The depth of what is inside of a container at this depth.
#[inline]
fn deeper(depth: usize) -> Result<usize, Stop> {
    if depth < format::MAX_DEPTH { Ok(depth + 1) } else { Err(Stop::Odd) }
}

#[inline]
fn utf8(text: Borrowed<'_>) -> Result<&[u8], Stop> {
    text.utf8().map_err(|_| {
        api::PyErr_Clear();
        Stop::Odd
    })
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
