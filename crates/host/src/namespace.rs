//! Loads a shim, and with it a libpython and a libc, into a namespace.

use crate::{LoadError, Space};
use faastlane_abi::{ENTRY, HostCalls, LaneCalls, LaneEntry, VERSION};
use std::ffi::{CStr, CString};
use std::mem;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr;

/// Loads the shim at `path` and exchanges tables with it.
pub(crate) fn load(
    function: &str,
    path: &Path,
    space: Space,
    host: &'static HostCalls,
) -> Result<&'static LaneCalls, LoadError> {
    let failed = |text: String| LoadError::Namespace { function: function.to_owned(), text };
    let name =
        CString::new(path.as_os_str().as_bytes()).map_err(|error| failed(error.to_string()))?;
    let handle = match space {
        // SAFETY: the constructors of the shim and of libpython only set themselves up.
        Space::Own => unsafe { libc::dlmopen(libc::LM_ID_NEWLM, name.as_ptr(), libc::RTLD_NOW) },
        // Global, so that extension modules find libpython.
        // SAFETY: as above.
        Space::Base => unsafe { libc::dlopen(name.as_ptr(), libc::RTLD_NOW | libc::RTLD_GLOBAL) },
    };
    if handle.is_null() {
        return Err(failed(last_error()));
    }
    let entry = CString::new(ENTRY).expect("the name has no NUL");
    // SAFETY: the handle is valid, the name a C string.
    let entry = unsafe { libc::dlsym(handle, entry.as_ptr()) };
    if entry.is_null() {
        return Err(failed(last_error()));
    }
    // SAFETY: the function of that name has this type in every version of the shim.
    let entry: LaneEntry = unsafe { mem::transmute(entry) };
    // SAFETY: the table lives as long as the process.
    let calls = unsafe { entry(ptr::from_ref(host)) };
    // SAFETY: null or a table that lives as long as the process.
    match unsafe { calls.as_ref() } {
        Some(calls) if calls.version == VERSION => Ok(calls),
        _ => Err(failed("the shim is of another version".to_owned())),
    }
}

/// What ld.so says about the last failure on this thread.
fn last_error() -> String {
    // SAFETY: the call takes nothing.
    let text = unsafe { libc::dlerror() };
    if text.is_null() {
        return "the loader gives no reason".to_owned();
    }
    // SAFETY: a C string, valid until the next call on this thread.
    unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
}
