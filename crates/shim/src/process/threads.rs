//! Threads of a lane are made by the base libc: only its thread exit frees what ld.so allocates for a
//! thread in the base heap. What the lane's own libc does at the start and the end of a thread is
//! done here.

use super::{host, identity, next};
use libc::{c_int, c_ulong, c_void};
use std::sync::atomic::Ordering::Relaxed;

type Routine = extern "C" fn(*mut c_void) -> *mut c_void;

struct Start {
    routine: Routine,
    argument: *mut c_void,
}

/// # Safety
/// As in C.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pthread_create(
    thread: *mut c_ulong,
    attributes: *const c_void,
    routine: Routine,
    argument: *mut c_void,
) -> c_int {
    let Some(host) = host::calls() else { return libc::EAGAIN };
    let start = Box::into_raw(Box::new(Start { routine, argument }));
    // SAFETY: as in C; `run` takes the box that it is given.
    let error = unsafe { (host.pthread_create)(thread, attributes, run, start.cast()) };
    if error != 0 {
        // SAFETY: no thread has taken it.
        drop(unsafe { Box::from_raw(start) });
    }
    error
}

unsafe extern "C" fn run(start: *mut c_void) -> *mut c_void {
    // SAFETY: `pthread_create` made the box for this thread alone.
    let Start { routine, argument } = *unsafe { Box::from_raw(start.cast::<Start>()) };
    identity::use_global_locale();
    let result = routine(argument);
    next::call_tls_dtors();
    result
}

/// # Safety
/// As in C.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn pthread_exit(result: *mut c_void) -> ! {
    next::call_tls_dtors();
    type Exit = unsafe extern "C-unwind" fn(*mut c_void) -> !;
    // SAFETY: `pthread_exit` of the libc has this signature.
    let exit: Option<Exit> = unsafe { std::mem::transmute(next::PTHREAD_EXIT.load(Relaxed)) };
    match exit {
        // SAFETY: as in C.
        Some(exit) => unsafe { exit(result) },
        None => super::ending::end_now(1),
    }
}
