//! The thread on which a lane is loaded: for the lane's CPython it is the main thread, as long as the
//! process lives and in all its forks. So it never ends, and nobody else ever gets its `pthread_t`.
//!
//! That is why its stack is our own. The libc keeps the stacks that it makes itself, and hands them to
//! new threads, in a fork also those of the threads that the fork does not have.

use crate::stack;
use std::ffi::{CString, c_void};
use std::mem::MaybeUninit;
use std::{io, panic, thread};

/// For loading objects; the lane's own code runs on the lane's stack. Thread-local data of all lanes lie
/// in it as well.
const STACK: usize = 2 << 20;

type Work = Box<dyn FnOnce() + Send>;

/// Runs `work` on a new thread, which then sleeps forever.
pub(super) fn start(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let start = stack::reserve(STACK)?;
    let mut attributes = MaybeUninit::uninit();
    // SAFETY: the place can be written.
    check(unsafe { libc::pthread_attr_init(attributes.as_mut_ptr()) })?;
    // SAFETY: new memory, which is never unmapped.
    check(unsafe { libc::pthread_attr_setstack(attributes.as_mut_ptr(), start.cast(), STACK) })?;
    let work: Box<Work> = Box::new(Box::new(work));
    let work = Box::into_raw(work);
    let mut created = MaybeUninit::uninit();
    // SAFETY: the attributes are initialised, and `run` takes what it is given.
    let error = unsafe {
        libc::pthread_create(created.as_mut_ptr(), attributes.as_ptr(), run, work.cast())
    };
    if error != 0 {
        // SAFETY: no thread has taken it.
        drop(unsafe { Box::from_raw(work) });
        return check(error);
    }
    // The kernel takes 15 bytes. A thread without a name is as good.
    let short: String = name.chars().filter(char::is_ascii_graphic).take(15).collect();
    if let Ok(name) = CString::new(short) {
        // SAFETY: it has been created.
        let created = unsafe { created.assume_init() };
        // SAFETY: the thread never ends, and the name is a C string.
        unsafe { libc::pthread_setname_np(created, name.as_ptr()) };
    }
    Ok(())
}

fn check(error: i32) -> io::Result<()> {
    match error {
        0 => Ok(()),
        error => Err(io::Error::from_raw_os_error(error)),
    }
}

extern "C" fn run(work: *mut c_void) -> *mut c_void {
    // SAFETY: `start` has made it for this thread.
    let work = unsafe { Box::from_raw(work.cast::<Work>()) };
    // A panic has printed its message, and whoever waits for a result sees that there is none.
    let _ = panic::catch_unwind(panic::AssertUnwindSafe(work));
    loop {
        thread::park();
    }
}
