//! The ends of a process that has this lane: that of a handler which wants to exit, and that of a
//! copy which a handler has forked.

use std::ffi::c_int;
use std::sync::atomic::{AtomicBool, Ordering};

use super::api;

/// Whether this process is a fork that the handler has made, or something that it called.
static IS_FORK_OF_HANDLER: AtomicBool = AtomicBool::new(false);

/// Has the C library note every `fork` of this lane from now on.
pub(super) fn watch_forks() {
    unsafe extern "C" fn in_child() {
        IS_FORK_OF_HANDLER.store(true, Ordering::Relaxed);
    }
    // SAFETY: the function does nothing but store a flag, and is never unloaded. If there is no
    // memory for it, Python does not start either.
    unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
}

/// This process was forked by the host, and goes on as a lane.
pub(super) fn is_lane() {
    IS_FORK_OF_HANDLER.store(false, Ordering::Relaxed);
}

/// A fork of the handler that comes back from it has nobody to reply to: that is for its parent.
pub(super) fn leave_if_forked() {
    if IS_FORK_OF_HANDLER.load(Ordering::Relaxed) {
        // SAFETY: the kernel ends the process. `_exit` would mean the end of the handler here.
        unsafe { libc::syscall(libc::SYS_exit_group, 0) };
    }
}

/// Ends the process as the command `python3` does when this exception reaches the top: prints it
/// unless it is `SystemExit`, runs what was registered for the end, and exits with its status.
pub(super) fn end_process() -> ! {
    // SAFETY: an exception is set, and this is a class.
    let interrupted = unsafe { api::PyErr_ExceptionMatches(api::PyExc_KeyboardInterrupt) } != 0;
    // SAFETY: an exception is set. For `SystemExit` this does not return.
    unsafe { api::PyErr_PrintEx(1) };
    // SAFETY: this thread holds the interpreter lock, and never uses Python again.
    let failed = unsafe { api::Py_FinalizeEx() } < 0;
    if interrupted {
        end_by_interrupt();
    }
    let status: c_int = if failed { 120 } else { 1 };
    // SAFETY: the functions that run at the exit are those of this libc and of what is loaded.
    unsafe { libc::exit(status) }
}

/// As if the signal had never been handled, so that whoever waits for the process sees it.
fn end_by_interrupt() {
    // SAFETY: the default action calls nothing of this program.
    unsafe { libc::signal(libc::SIGINT, libc::SIG_DFL) };
    let this = std::process::id().cast_signed();
    // SAFETY: a signal to this very process.
    unsafe { libc::kill(this, libc::SIGINT) };
}
