//! Where CPython keeps the content of three types, to read and fill it without a call for each item.
//!
//! The places are the same in all versions that are served, but for that of a string's text. They
//! are tried out when a lane starts, so a Python that differs is refused instead of misread.

use super::api::{self, PyObject};
use super::copy::copy;
use super::object::{Borrowed, Object, Raised, Result};

/// `PyListObject`, as far as it is used.
#[repr(C)]
struct List {
    head: PyObject,
    size: isize,
    items: *mut *mut PyObject,
}

/// `PyFloatObject`.
#[repr(C)]
struct Float {
    head: PyObject,
    value: f64,
}

/// `PyASCIIObject`, as far as it is used.
#[repr(C)]
struct Text {
    head: PyObject,
    length: isize,
    hash: isize,
    state: u32,
}

/// The bits `compact` and `ascii` of a string's state: its text follows the object, a byte each.
const ASCII: u32 = 0x60;
/// Text is looked at and copied in pieces that stay in the nearest cache in between.
const PIECE: usize = 8 << 10;

/// Knowledge of the Python that runs.
#[derive(Clone, Copy)]
pub(super) struct Layout {
    /// From the start of an ASCII-only `str` to its text.
    text_at: usize,
}

impl Layout {
    /// Tries the places out; none if they are not as expected.
    pub(super) fn probe() -> Result<Option<Layout>> {
        let string = Object::decode(b"probe", c"strict")?;
        let start = string.borrow().utf8()?.as_ptr();
        // The head, the length, the hash and the state; 48 bytes until Python 3.11, then 40.
        let text_at = (start as usize).wrapping_sub(string.borrow().as_ptr() as usize);
        let layout = Layout { text_at };
        if !(size_of::<Text>()..=64).contains(&text_at) {
            return Ok(None);
        }
        let accented = Object::decode("pröbe".as_bytes(), c"strict")?;
        let float = api::PyFloat_FromDouble(0.5).ok_or(Raised)?;
        let list = api::PyList_New(1).ok_or(Raised)?;
        api::PyList_SetItem(list.borrow(), 0, float.borrow().to_owned());
        let fits = layout.ascii_text(string.borrow()) == Some(b"probe")
            && layout.ascii_text(accented.borrow()).is_none()
            && Layout::items(list.borrow()) == [float.borrow().as_ptr()]
            && Layout::float(float.borrow()).to_bits() == 0.5_f64.to_bits();
        Ok(fits.then_some(layout))
    }

    /// The items of a list, which must not be changed meanwhile: nothing of Python may run.
    #[inline]
    pub(super) fn items(list: Borrowed<'_>) -> &[*mut PyObject] {
        let list: *const List = list.as_ptr().cast_const().cast();
        // SAFETY: the caller has looked at the type, and `probe` at the places.
        let List { size, items, .. } = unsafe { &*list };
        if items.is_null() {
            return &[];
        }
        // SAFETY: so many items does a list have.
        unsafe { std::slice::from_raw_parts(*items, size.cast_unsigned()) }
    }

    /// The value of a float.
    #[inline]
    pub(super) fn float(float: Borrowed<'_>) -> f64 {
        let float: *const Float = float.as_ptr().cast_const().cast();
        // SAFETY: the caller has looked at the type, and `probe` at the place.
        unsafe { (*float).value }
    }

    /// The text of a `str`, if it is all ASCII.
    #[inline]
    pub(super) fn ascii_text<'a>(self, string: Borrowed<'a>) -> Option<&'a [u8]> {
        let text: *const Text = string.as_ptr().cast_const().cast();
        // SAFETY: the caller has looked at the type, and `probe` at the places.
        let Text { length, state, .. } = unsafe { &*text };
        if state & ASCII != ASCII {
            return None;
        }
        // SAFETY: `probe` has found the text of such a string at this place in the object.
        let start = unsafe { text.cast::<u8>().add(self.text_at) };
        // SAFETY: so many bytes does it have, and they never change.
        Some(unsafe { std::slice::from_raw_parts(start, length.cast_unsigned()) })
    }

    /// A list of so many items; if one of them fails, so does the list.
    #[inline]
    pub(super) fn list(
        self,
        count: usize,
        mut item: impl FnMut() -> Result<Object>,
    ) -> Result<Object> {
        let list = api::PyList_New(count.cast_signed()).ok_or(Raised)?;
        let inner: *const List = list.borrow().as_ptr().cast_const().cast();
        // SAFETY: the list is new, and `probe` has looked at the places.
        let items = unsafe { (*inner).items };
        for index in 0..count {
            // SAFETY: the list has `count` places.
            let place = unsafe { items.add(index) };
            // SAFETY: the place holds null. Nobody sees the list but the garbage collector, which
            // knows empty places. The list takes over the item.
            unsafe { place.write(item()?.into_raw()) };
        }
        Ok(list)
    }

    /// A `str` of this text, of two characters or more; none if it is not ASCII.
    #[inline]
    pub(super) fn ascii(self, text: &[u8]) -> Result<Option<Object>> {
        if !text[..text.len().min(PIECE)].is_ascii() {
            return Ok(None);
        }
        // SAFETY: any size will do; 127 says that the text is ASCII.
        let string = unsafe { api::PyUnicode_New(text.len().cast_signed(), 127) }.ok_or(Raised)?;
        // SAFETY: `probe` has found the text at this place, which is inside of the object.
        let mut to = unsafe { string.borrow().as_ptr().cast::<u8>().add(self.text_at) };
        for (index, piece) in text.chunks(PIECE).enumerate() {
            if index > 0 && !piece.is_ascii() {
                return Ok(None);
            }
            // SAFETY: the string is new, seen by nobody else, and has room for all pieces.
            unsafe { copy(piece, to) };
            // SAFETY: not beyond the end of the text, where there is a NUL.
            to = unsafe { to.add(piece.len()) };
        }
        Ok(Some(string))
    }
}
