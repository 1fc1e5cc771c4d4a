//! Where CPython keeps the content of three types, to read and fill it without a call for each item.
//!
//! The places are the same in all versions that are served, but for that of a string's text. They
//! are tried out when a lane starts, so a Python that differs is refused instead of misread.

use std::ptr::copy_nonoverlapping;

use super::api::{self, PyObject};
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

/// Knowledge of the Python that runs.
#[derive(Clone, Copy)]
pub(super) struct Layout {
    /// From the start of an ASCII-only `str` to its text.
    text_at: usize,
}

impl Layout {
    /// Tries the places out; none if they are not as expected.
    pub(super) fn probe() -> Result<Option<Layout>> {
        const TEXT: &[u8] = b"probe";
        let text = Object::str("probe")?;
        let content = text.borrow().utf8()?;
        let distance = (content.as_ptr() as usize).wrapping_sub(text.borrow().as_ptr() as usize);
        // The head, the length, the hash and the state; 48 bytes until Python 3.11, then 40.
        if content != TEXT || !(32..=64).contains(&distance) {
            return Ok(None);
        }
        let float = api::PyFloat_FromDouble(0.5).ok_or(Raised)?;
        let list = api::PyList_New(1).ok_or(Raised)?;
        api::PyList_SetItem(list.borrow(), 0, float.borrow().to_owned());
        let items = Layout::items(list.borrow());
        let fits = matches!(items, [item] if *item == float.borrow().as_ptr());
        let fits = fits && Layout::float(float.borrow()).to_bits() == 0.5_f64.to_bits();
        Ok(fits.then_some(Layout { text_at: distance }))
    }

    /// The items of a list, which must not be changed meanwhile: nothing of Python may run.
    #[inline]
    pub(super) fn items(list: Borrowed<'_>) -> &[*mut PyObject] {
        let list: *mut List = list.as_ptr().cast();
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

    /// A list of so many items; if one of them fails, so does the list.
    #[inline]
    pub(super) fn list(
        self,
        count: usize,
        mut item: impl FnMut() -> Result<Object>,
    ) -> Result<Object> {
        let list = api::PyList_New(count.cast_signed()).ok_or(Raised)?;
        let inner: *mut List = list.borrow().as_ptr().cast();
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

    /// A `str` of ASCII text of two characters or more.
    #[inline]
    pub(super) fn ascii(self, text: &[u8]) -> Result<Object> {
        // SAFETY: any size will do; 127 says that the text is ASCII.
        let string = unsafe { api::PyUnicode_New(text.len().cast_signed(), 127) }.ok_or(Raised)?;
        // SAFETY: `probe` has found the text at this place, which is inside of the object.
        let start = unsafe { string.borrow().as_ptr().cast::<u8>().add(self.text_at) };
        // SAFETY: the string is new, and has room for so many bytes.
        unsafe { copy_nonoverlapping(text.as_ptr(), start, text.len()) };
        Ok(string)
    }
}
