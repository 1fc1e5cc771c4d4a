//! Python objects, owned and borrowed, and the few things that the shim does with any of them.
//!
//! Both kinds of reference exist only while this thread holds the interpreter lock: they are made
//! from what CPython returns, which needs the lock, and `start`, `call` and the hooks around `fork`
//! drop theirs before they give it back (what a lane keeps is not touched in between). That is what
//! makes the functions here safe.

use std::ffi::{CStr, c_int};
use std::marker::PhantomData;
use std::ptr::{NonNull, null_mut};

use super::api::{self, PyObject};

/// A Python exception is set.
#[derive(Debug)]
pub(super) struct Raised;

/// What most of CPython's functions give.
pub(super) type Result<T, E = Raised> = std::result::Result<T, E>;

/// A reference that is counted, and given back when it is dropped. For C it is a `PyObject *`.
#[repr(transparent)]
pub(super) struct Object(NonNull<PyObject>);

/// A reference that lives as long as something else which holds the object. For C a `PyObject *`.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub(super) struct Borrowed<'a>(NonNull<PyObject>, PhantomData<&'a Object>);

impl Object {
    #[inline]
    pub(super) fn borrow(&self) -> Borrowed<'_> {
        Borrowed(self.0, PhantomData)
    }

    /// Hands the reference to somebody who gives it back.
    #[inline]
    pub(super) fn into_raw(self) -> *mut PyObject {
        let object = self.0.as_ptr();
        std::mem::forget(self);
        object
    }

    /// A `str` that is interned, as names in Python code are: dicts find it by its address.
    pub(super) fn name(text: &CStr) -> Result<Object> {
        // SAFETY: the text ends with a NUL.
        unsafe { api::PyUnicode_InternFromString(text.as_ptr()) }.ok_or(Raised)
    }

    /// The same text, interned. CPython 3.12 never frees such a `str`.
    pub(super) fn interned(mut self) -> Object {
        // SAFETY: one reference to a `str` is replaced by another.
        unsafe { api::PyUnicode_InternInPlace(&raw mut self) };
        self
    }

    /// A `str` from UTF-8; `errors` is what Python calls so.
    pub(super) fn decode(text: &[u8], errors: &CStr) -> Result<Object> {
        let (start, size) = (text.as_ptr().cast(), text.len().cast_signed());
        // SAFETY: pointer and size are those of a slice; the name ends with a NUL.
        unsafe { api::PyUnicode_DecodeUTF8(start, size, errors.as_ptr()) }.ok_or(Raised)
    }

    pub(super) fn bytes(bytes: &[u8]) -> Result<Object> {
        let (start, size) = (bytes.as_ptr().cast(), bytes.len().cast_signed());
        // SAFETY: pointer and size are those of a slice.
        unsafe { api::PyBytes_FromStringAndSize(start, size) }.ok_or(Raised)
    }

    pub(super) fn dict() -> Result<Object> {
        api::PyDict_New().ok_or(Raised)
    }
}

impl Drop for Object {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: the reference is ours, and this is the only place that gives it back.
        unsafe { api::Py_DecRef(self.0.as_ptr()) }
    }
}

impl<'a> Borrowed<'a> {
    /// # Safety
    /// Unless it is null, `object` stays alive during `'a`.
    #[inline]
    pub(super) unsafe fn new(object: *mut PyObject) -> Option<Borrowed<'a>> {
        NonNull::new(object).map(|object| Borrowed(object, PhantomData))
    }

    /// One of the objects that live as long as the interpreter.
    #[inline]
    pub(super) fn constant(object: *const PyObject) -> Borrowed<'static> {
        let object = NonNull::new(object.cast_mut()).expect("the loader has bound all names");
        Borrowed(object, PhantomData)
    }

    #[inline]
    pub(super) fn none() -> Borrowed<'static> {
        Borrowed::constant(&raw const api::NONE)
    }

    #[inline]
    pub(super) fn as_ptr(self) -> *mut PyObject {
        self.0.as_ptr()
    }

    #[inline]
    pub(super) fn to_owned(self) -> Object {
        // SAFETY: the object is alive, as `self` borrows it.
        unsafe { api::Py_IncRef(self) };
        Object(self.0)
    }

    /// Its type, to be compared with the address of one.
    #[inline]
    pub(super) fn kind(self) -> *const PyObject {
        // SAFETY: the object is alive, and every object begins with this head.
        unsafe { (*self.0.as_ptr()).kind }
    }

    #[inline]
    pub(super) fn is(self, object: *const PyObject) -> bool {
        self.0.as_ptr().cast_const() == object
    }

    /// Whether its type is `class` or is derived from it.
    pub(super) fn is_instance(self, class: *const PyObject) -> Result<bool> {
        match api::PyObject_IsInstance(self, Borrowed::constant(class)) {
            -1 => Err(Raised),
            yes => Ok(yes == 1),
        }
    }

    pub(super) fn attribute(self, name: &CStr) -> Result<Object> {
        // SAFETY: the name ends with a NUL.
        unsafe { api::PyObject_GetAttrString(self, name.as_ptr()) }.ok_or(Raised)
    }

    pub(super) fn set_attribute(self, name: &Object, value: Borrowed<'_>) -> Result<()> {
        done(api::PyObject_SetAttr(self, name.borrow(), value))
    }

    /// `self[key] = value`, for any object.
    pub(super) fn set_item(self, key: &Object, value: Borrowed<'_>) -> Result<()> {
        done(api::PyObject_SetItem(self, key.borrow(), value))
    }

    /// `del self[key]`, for any object.
    pub(super) fn delete_item(self, key: &Object) -> Result<()> {
        done(api::PyObject_DelItem(self, key.borrow()))
    }

    /// `self[key] = value`; an exception if it is not a dict.
    #[inline]
    pub(super) fn dict_set(self, key: &Object, value: Borrowed<'_>) -> Result<()> {
        done(api::PyDict_SetItem(self, key.borrow(), value))
    }

    /// What a dict holds under this key, if it does.
    pub(super) fn dict_get(self, key: &Object) -> Result<Option<Borrowed<'a>>> {
        let found = api::PyDict_GetItemWithError(self, key.borrow());
        if found.is_none() && !api::PyErr_Occurred().is_null() {
            return Err(Raised);
        }
        Ok(found)
    }

    /// Calls it with these arguments, three at most.
    #[inline]
    pub(super) fn call(self, arguments: &[Borrowed<'_>]) -> Result<Object> {
        let argument = |index: usize| arguments.get(index).map_or(null_mut(), |a| a.as_ptr());
        let (a, b, c) = (argument(0), argument(1), argument(2));
        let end = null_mut::<PyObject>();
        debug_assert!(arguments.len() <= 3);
        // SAFETY: all are alive; the list of arguments ends with the first null.
        unsafe { api::PyObject_CallFunctionObjArgs(self, a, b, c, end) }.ok_or(Raised)
    }

    /// The text of a `str` as UTF-8. An exception if it is none, or holds half of a surrogate pair.
    #[inline]
    pub(super) fn utf8(self) -> Result<&'a [u8]> {
        let mut size = 0;
        // SAFETY: a place to be filled.
        let text = unsafe { api::PyUnicode_AsUTF8AndSize(self, &raw mut size) };
        // SAFETY: pointer and size come from CPython, which keeps the bytes as long as the `str`.
        unsafe { slice(text.cast(), size) }
    }

    /// The content of a `bytes` object. An exception if it is none.
    pub(super) fn content(self) -> Result<&'a [u8]> {
        let (bytes, size) = (api::PyBytes_AsString(self), api::PyBytes_Size(self));
        // SAFETY: pointer and size come from CPython; `bytes` never change.
        unsafe { slice(bytes.cast(), size) }
    }
}

/// # Safety
/// Unless it is null, `start` points to `size` bytes that stay as they are during `'a`.
#[inline]
unsafe fn slice<'a>(start: *const u8, size: isize) -> Result<&'a [u8]> {
    if start.is_null() {
        return Err(Raised);
    }
    // SAFETY: as the caller promises; CPython's sizes are never negative.
    Ok(unsafe { std::slice::from_raw_parts(start, size.cast_unsigned()) })
}

/// Turns the 0 or -1 of C into a result.
#[inline]
fn done(status: c_int) -> Result<()> {
    if status == 0 { Ok(()) } else { Err(Raised) }
}

/// Takes the exception that is set, with its traceback.
pub(super) fn take_exception() -> Object {
    let (mut class, mut value, mut trace) = (None, None, None);
    // SAFETY: three places to be filled.
    unsafe { api::PyErr_Fetch(&raw mut class, &raw mut value, &raw mut trace) };
    // SAFETY: the three are what was fetched; they are replaced by others of the same kinds.
    unsafe { api::PyErr_NormalizeException(&raw mut class, &raw mut value, &raw mut trace) };
    let value = value.expect("an exception is set whenever this is called");
    if let Some(trace) = trace {
        // SAFETY: a normalised exception and its traceback.
        unsafe { api::PyException_SetTraceback(value.borrow(), trace.borrow()) };
    }
    value
}

/// Raises this exception.
pub(super) fn raise(exception: Borrowed<'_>) -> Raised {
    // SAFETY: an exception and its class.
    unsafe { api::PyErr_SetObject(exception.kind(), exception) };
    Raised
}

/// Raises `ValueError` with this text.
pub(super) fn raise_value_error(text: &CStr) -> Raised {
    // SAFETY: a class of CPython; the text ends with a NUL.
    unsafe { api::PyErr_SetString(api::PyExc_ValueError, text.as_ptr()) };
    Raised
}
