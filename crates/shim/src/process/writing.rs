//! Whether the function has written to stdout or stderr, or started a process that may have. If not,
//! its host need not look for output after the call.
//!
//! Both belong to all lanes of the process: a function that closes them closes them for itself.
//!
//! What C libraries print through their own buffers is not seen here; they keep it until the buffer
//! is full or the process ends anyway.

use libc::{c_int, c_void, iovec, size_t, ssize_t};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

static WROTE: AtomicU32 = AtomicU32::new(0);
/// The standard streams that the function has closed, a bit for each.
static CLOSED: AtomicU32 = AtomicU32::new(0);

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

/// A write is about to happen; whether it may.
fn look(file: c_int) -> bool {
    if !is_output(file) {
        return true;
    }
    note();
    CLOSED.load(Relaxed) & (1 << file) == 0
}

fn is_output(file: c_int) -> bool {
    matches!(file, libc::STDOUT_FILENO | libc::STDERR_FILENO)
}

fn refuse() -> ssize_t {
    // SAFETY: the libc's own variable of this thread.
    unsafe { *libc::__errno_location() = libc::EBADF };
    -1
}

/// # Safety
/// As in C.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn close(file: c_int) -> c_int {
    if !is_output(file) || !super::host::own_namespace() {
        // SAFETY: as in C.
        return unsafe { libc::syscall(libc::SYS_close, file) as c_int };
    }
    match CLOSED.fetch_or(1 << file, Relaxed) & (1 << file) {
        0 => 0,
        _ => refuse() as c_int,
    }
}

/// # Safety
/// As in C.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn write(file: c_int, data: *const c_void, size: size_t) -> ssize_t {
    if !look(file) {
        return refuse();
    }
    // SAFETY: as in C.
    unsafe { libc::syscall(libc::SYS_write, file, data, size) as ssize_t }
}

/// # Safety
/// As in C.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn writev(file: c_int, parts: *const iovec, count: c_int) -> ssize_t {
    if !look(file) {
        return refuse();
    }
    // SAFETY: as in C.
    unsafe { libc::syscall(libc::SYS_writev, file, parts, count) as ssize_t }
}
