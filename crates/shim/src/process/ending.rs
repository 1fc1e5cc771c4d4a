//! A function may not end the process: `exit` and its family go to the host, which turns them into an
//! error of the lane. In a process that the function made itself they do what they always do.

use super::{host, next};
use faastlane_abi::Ending;
use libc::c_int;
use std::sync::atomic::{AtomicI32, Ordering::Relaxed};

/// The process of the lane.
static PROCESS: AtomicI32 = AtomicI32::new(0);

/// This process is the lane's, and not a child that the function has made.
pub(crate) fn set_process() {
    // SAFETY: the call takes nothing and cannot fail.
    PROCESS.store(unsafe { libc::getpid() }, Relaxed);
}

/// Ends this process, whoever it belongs to.
pub(crate) fn end_now(status: c_int) -> ! {
    loop {
        // SAFETY: nothing is left to be harmed.
        unsafe { libc::syscall(libc::SYS_exit_group, status) };
    }
}

/// Whether this is the process that the lane shares with others, and not one that belongs to the
/// function alone.
pub(super) fn in_process_of_lane() -> bool {
    // SAFETY: the call takes nothing and cannot fail.
    host::own_namespace() && PROCESS.load(Relaxed) == unsafe { libc::getpid() }
}

/// Leaves the lane for good; returns in a process of the function's own.
pub(super) fn end_lane(how: Ending, code: c_int) {
    if let Some(host) = host::calls().filter(|_| in_process_of_lane()) {
        // SAFETY: this thread belongs to the lane.
        unsafe { (host.ended)(how, code) };
    }
}

/// # Safety
/// As in C, like all functions below.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn exit(status: c_int) -> ! {
    // What C libraries have printed must not be lost.
    // SAFETY: null stands for all streams.
    unsafe { libc::fflush(std::ptr::null_mut()) };
    end_lane(Ending::Exit, status);
    next::exit(status);
    end_now(status)
}

/// # Safety
/// See [`exit`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _exit(status: c_int) -> ! {
    end_lane(Ending::Exit, status);
    end_now(status)
}

/// # Safety
/// See [`exit`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _Exit(status: c_int) -> ! {
    // SAFETY: as in C.
    unsafe { _exit(status) }
}

/// # Safety
/// See [`exit`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn abort() -> ! {
    end_lane(Ending::Signal, libc::SIGABRT);
    super::signals::send_to_itself(libc::SIGABRT);
    end_now(128 + libc::SIGABRT)
}
