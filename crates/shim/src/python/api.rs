//! What the shim uses of CPython's C API: declarations, bound when the lane is loaded.
//!
//! Only what every version from 3.9 to 3.13 exports, with the same meaning; so one shim serves them
//! all, and no header is needed. One name that is missing would fail the load, because the shim is
//! bound at once.
//!
//! The types say who owns what. `Option<Object>` is a new reference, or null with an exception set;
//! `Option<Borrowed>` is held by an argument. `safe` are those functions that ask nothing but that
//! objects are alive and that the interpreter lock is held, which [`Object`] and [`Borrowed`] stand
//! for: a wrong type of object is an exception, not undefined behaviour.

use std::ffi::{c_char, c_int, c_longlong, c_ulonglong, c_void};

use super::object::{Borrowed, Object};

/// The start of every object, in builds with a global interpreter lock.
#[repr(C)]
pub(super) struct PyObject {
    _references: isize,
    /// Its type: the address of one of the types below, or of another.
    pub(super) kind: *const PyObject,
}

/// `PyStatus`, which some functions return by value (PEP 587).
#[repr(C)]
pub(super) struct PyStatus {
    /// 0 if all went well.
    pub(super) kind: c_int,
    _function: *const c_char,
    /// What failed, or null.
    pub(super) message: *const c_char,
    _exit_code: c_int,
}

/// For `PyType_GetSlot`: the number of `tp_new`.
pub(super) const PY_TP_NEW: c_int = 65;
/// The type of `tp_new`: class, arguments, keywords.
pub(super) type NewFunction =
    unsafe extern "C" fn(Borrowed<'_>, Borrowed<'_>, Option<Borrowed<'_>>) -> Option<Object>;
/// For `Py_CompileStringExFlags`: a whole file.
pub(super) const PY_FILE_INPUT: c_int = 257;

// Constants. Of the types only the addresses are used.
unsafe extern "C" {
    #[link_name = "_Py_NoneStruct"]
    pub(super) static NONE: PyObject;
    #[link_name = "_Py_TrueStruct"]
    pub(super) static TRUE: PyObject;
    #[link_name = "_Py_FalseStruct"]
    pub(super) static FALSE: PyObject;
    #[link_name = "PyUnicode_Type"]
    pub(super) static STR: PyObject;
    #[link_name = "PyLong_Type"]
    pub(super) static INT: PyObject;
    #[link_name = "PyFloat_Type"]
    pub(super) static FLOAT: PyObject;
    #[link_name = "PyDict_Type"]
    pub(super) static DICT: PyObject;
    #[link_name = "PyList_Type"]
    pub(super) static LIST: PyObject;
    #[link_name = "PyTuple_Type"]
    pub(super) static TUPLE: PyObject;
    #[link_name = "PyBytes_Type"]
    pub(super) static BYTES: PyObject;
    pub(super) static PyExc_Exception: Borrowed<'static>;
    pub(super) static PyExc_KeyboardInterrupt: Borrowed<'static>;
    pub(super) static PyExc_ValueError: Borrowed<'static>;
}

// The interpreter.
unsafe extern "C" {
    /// Such as `3.12.1 (main, …`; may be asked for at any time.
    pub(super) safe fn Py_GetVersion() -> *const c_char;
    pub(super) fn PyPreConfig_InitPythonConfig(config: *mut c_void);
    pub(super) fn Py_PreInitialize(config: *const c_void) -> PyStatus;
    pub(super) fn Py_DecodeLocale(text: *const c_char, size: *mut usize) -> *mut i32;
    pub(super) fn Py_SetProgramName(name: *const i32);
    pub(super) fn Py_InitializeEx(signal_handlers: c_int);
    pub(super) fn Py_FinalizeEx() -> c_int;
    pub(super) fn PyEval_SaveThread() -> *mut c_void;
    pub(super) fn PyEval_RestoreThread(state: *mut c_void);
    pub(super) safe fn PyEval_GetBuiltins() -> Option<Borrowed<'static>>;
    pub(super) fn Py_CompileStringExFlags(
        source: *const c_char,
        name: *const c_char,
        start: c_int,
        flags: *const c_void,
        optimise: c_int,
    ) -> Option<Object>;
    pub(super) fn PyEval_EvalCode(
        code: Borrowed<'_>,
        globals: Borrowed<'_>,
        locals: Borrowed<'_>,
    ) -> Option<Object>;
    pub(super) fn PyOS_BeforeFork();
    pub(super) fn PyOS_AfterFork_Parent();
    pub(super) fn PyOS_AfterFork_Child();
}

// Any object.
unsafe extern "C" {
    pub(super) fn Py_IncRef(object: Borrowed<'_>);
    pub(super) fn Py_DecRef(object: *mut PyObject);
    pub(super) safe fn PyObject_Str(object: Borrowed<'_>) -> Option<Object>;
    /// 1, 0, or -1 with an exception.
    pub(super) safe fn PyObject_IsInstance(object: Borrowed<'_>, class: Borrowed<'_>) -> c_int;
    pub(super) fn PyObject_GetAttrString(
        object: Borrowed<'_>,
        name: *const c_char,
    ) -> Option<Object>;
    pub(super) safe fn PyObject_SetAttr(
        object: Borrowed<'_>,
        name: Borrowed<'_>,
        value: Borrowed<'_>,
    ) -> c_int;
    pub(super) safe fn PyObject_SetItem(
        object: Borrowed<'_>,
        key: Borrowed<'_>,
        value: Borrowed<'_>,
    ) -> c_int;
    pub(super) safe fn PyObject_DelItem(object: Borrowed<'_>, key: Borrowed<'_>) -> c_int;
    /// The arguments are objects; a null pointer ends them.
    pub(super) fn PyObject_CallFunctionObjArgs(callable: Borrowed<'_>, ...) -> Option<Object>;
    pub(super) fn PyType_GetSlot(class: Borrowed<'_>, slot: c_int) -> *mut c_void;
}

// Numbers.
unsafe extern "C" {
    pub(super) safe fn PyLong_FromLongLong(value: c_longlong) -> Option<Object>;
    pub(super) safe fn PyLong_FromUnsignedLongLong(value: c_ulonglong) -> Option<Object>;
    /// Of a `str`.
    pub(super) fn PyLong_FromUnicodeObject(text: Borrowed<'_>, base: c_int) -> Option<Object>;
    pub(super) fn PyLong_AsLongLongAndOverflow(
        int: Borrowed<'_>,
        overflow: *mut c_int,
    ) -> c_longlong;
    pub(super) safe fn PyFloat_FromDouble(value: f64) -> Option<Object>;
    pub(super) safe fn PyFloat_FromString(text: Borrowed<'_>) -> Option<Object>;
}

// Text and bytes.
unsafe extern "C" {
    pub(super) fn PyUnicode_New(size: isize, largest: u32) -> Option<Object>;
    pub(super) fn PyUnicode_DecodeUTF8(
        text: *const c_char,
        size: isize,
        errors: *const c_char,
    ) -> Option<Object>;
    /// One object for each text, which is found by its address.
    pub(super) fn PyUnicode_InternFromString(text: *const c_char) -> Option<Object>;
    /// Replaces a `str` by the one object for its text.
    pub(super) fn PyUnicode_InternInPlace(text: *mut Object);
    pub(super) fn PyUnicode_AsUTF8AndSize(text: Borrowed<'_>, size: *mut isize) -> *const c_char;
    pub(super) fn PyBytes_FromStringAndSize(bytes: *const c_char, size: isize) -> Option<Object>;
    /// Null with an exception if it is not `bytes`.
    pub(super) safe fn PyBytes_AsString(bytes: Borrowed<'_>) -> *const c_char;
    pub(super) safe fn PyBytes_Size(bytes: Borrowed<'_>) -> isize;
}

// Containers.
unsafe extern "C" {
    pub(super) safe fn PyDict_New() -> Option<Object>;
    pub(super) safe fn PyDict_Copy(dict: Borrowed<'_>) -> Option<Object>;
    pub(super) safe fn PyDict_Size(dict: Borrowed<'_>) -> isize;
    pub(super) safe fn PyDict_SetItem(
        dict: Borrowed<'_>,
        key: Borrowed<'_>,
        value: Borrowed<'_>,
    ) -> c_int;
    /// Without an exception if there is none.
    pub(super) safe fn PyDict_GetItemWithError<'a>(
        dict: Borrowed<'a>,
        key: Borrowed<'_>,
    ) -> Option<Borrowed<'a>>;
    pub(super) fn PyDict_Next<'a>(
        dict: Borrowed<'a>,
        place: *mut isize,
        key: *mut Option<Borrowed<'a>>,
        value: *mut Option<Borrowed<'a>>,
    ) -> c_int;
    pub(super) safe fn PyList_New(size: isize) -> Option<Object>;
    pub(super) safe fn PyList_SetItem(list: Borrowed<'_>, index: isize, item: Object) -> c_int;
    pub(super) safe fn PyTuple_New(size: isize) -> Option<Object>;
    pub(super) safe fn PyTuple_Size(tuple: Borrowed<'_>) -> isize;
    pub(super) safe fn PyTuple_GetItem(tuple: Borrowed<'_>, index: isize) -> Option<Borrowed<'_>>;
}

// Exceptions.
unsafe extern "C" {
    pub(super) safe fn PyErr_Occurred() -> *mut PyObject;
    pub(super) safe fn PyErr_Clear();
    pub(super) fn PyErr_PrintEx(set_last: c_int);
    pub(super) fn PyErr_SetString(class: Borrowed<'_>, text: *const c_char);
    pub(super) fn PyErr_SetObject(class: *const PyObject, value: Borrowed<'_>);
    /// An exception must be set.
    pub(super) fn PyErr_ExceptionMatches(class: Borrowed<'_>) -> c_int;
    pub(super) fn PyErr_Fetch(
        class: *mut Option<Object>,
        value: *mut Option<Object>,
        trace: *mut Option<Object>,
    );
    pub(super) fn PyErr_NormalizeException(
        class: *mut Option<Object>,
        value: *mut Option<Object>,
        trace: *mut Option<Object>,
    );
    pub(super) fn PyException_SetTraceback(value: Borrowed<'_>, trace: Borrowed<'_>) -> c_int;
}
