//! Whether the function has written to stdout or stderr, or started a process that may have. If not,
//! its host need not look for output after the call.
//!
//! What C libraries print through their own buffers is not seen here; they keep it until the buffer
//! is full or the process ends anyway.

use libc::{c_int, c_void, iovec, size_t, ssize_t};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

static WROTE: AtomicU32 = AtomicU32::new(0);

/// A new call begins. In the base namespace nothing can be known.
pub(crate) fn reset() {
    WROTE.store(u32::from(!super::host::own_namespace()), Relaxed);
}

pub(crate) fn wrote() -> u32 {
    WROTE.load(Relaxed)
}

pub(super) fn note() {
    WROTE.store(1, Relaxed);
}

fn look(file: c_int) {
    if matches!(file, libc::STDOUT_FILENO | libc::STDERR_FILENO) {
        note();
    }
}

/// # Safety
/// As in C.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn write(file: c_int, data: *const c_void, size: size_t) -> ssize_t {
    look(file);
    // SAFETY: as in C.
    unsafe { libc::syscall(libc::SYS_write, file, data, size) as ssize_t }
}

/// # Safety
/// As in C.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn writev(file: c_int, parts: *const iovec, count: c_int) -> ssize_t {
    look(file);
    // SAFETY: as in C.
    unsafe { libc::syscall(libc::SYS_writev, file, parts, count) as ssize_t }
}
