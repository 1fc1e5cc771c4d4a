//! Signals belong to the process, not to a lane. What a function does with them is written down and
//! has no effect outside: handlers are remembered and run only for signals that the function sends to
//! itself. In a process that the function has made, for instance to run another program, they do what
//! they always do. That a function has handlers is told to the host, which can move it to a process of its own.

use super::lock::Lock;
use super::{deeds, ending, next};
use faastlane_abi::{Ending, deeds::HANDLES_SIGNALS};
use libc::{c_int, pid_t, pthread_t, sigaction as Action, sigset_t, stack_t};
use std::{mem, ptr};

const SIGNALS: usize = 65;

/// Those that the host needs for itself: a lane may not block them.
const HOST: [c_int; 6] =
    [libc::SIGSEGV, libc::SIGBUS, libc::SIGILL, libc::SIGFPE, libc::SIGABRT, LEAVE];
/// How the host gets a thread out of a gate.
const LEAVE: c_int = faastlane_abi::LEAVE_SIGNAL;

/// What the function believes to be in effect.
static ACTIONS: Lock<[Option<Action>; SIGNALS]> = Lock::new([None; SIGNALS]);

fn fail(error: c_int) -> c_int {
    // SAFETY: the place of this thread's `errno`.
    unsafe { *libc::__errno_location() = error };
    -1
}

fn default() -> Action {
    // SAFETY: all zeros are a valid action: the default one.
    unsafe { mem::zeroed() }
}

/// # Safety
/// As in C, like all functions below.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sigaction(signal: c_int, new: *const Action, old: *mut Action) -> c_int {
    let index = match usize::try_from(signal) {
        Ok(index @ 1..SIGNALS) => index,
        _ => return fail(libc::EINVAL),
    };
    if !ending::in_process_of_lane() {
        return next::sigaction(signal, new, old);
    }
    // SAFETY: as in C: null or valid.
    let new = unsafe { new.as_ref() }.copied();
    let before = ACTIONS.with(|actions| {
        let before = actions[index].unwrap_or_else(default);
        actions[index] = new.or(actions[index]);
        before
    });
    if !old.is_null() {
        // SAFETY: as in C.
        unsafe { *old = before };
    }
    let handler = new.map_or(libc::SIG_DFL, |new| new.sa_sigaction);
    // A handler of faults only reports them (`faulthandler`), which the host does as well. That of
    // SIGINT is installed by Python itself when its module `signal` is imported, and the signal is
    // one of terminals, which no lane has.
    if handler != libc::SIG_DFL
        && handler != libc::SIG_IGN
        && !HOST.contains(&signal)
        && signal != libc::SIGINT
    {
        deeds::note(HANDLES_SIGNALS);
    }
    0
}

/// # Safety
/// See [`sigaction`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn signal(signal: c_int, handler: libc::sighandler_t) -> libc::sighandler_t {
    let mut new = default();
    new.sa_sigaction = handler;
    new.sa_flags = libc::SA_RESTART;
    let mut old = default();
    // SAFETY: both are valid.
    match unsafe { sigaction(signal, &raw const new, &raw mut old) } {
        0 => old.sa_sigaction,
        _ => libc::SIG_ERR,
    }
}

/// # Safety
/// See [`sigaction`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sigaltstack(_: *const stack_t, old: *mut stack_t) -> c_int {
    if !old.is_null() {
        let none = stack_t { ss_sp: ptr::null_mut(), ss_flags: libc::SS_DISABLE, ss_size: 0 };
        // SAFETY: as in C.
        unsafe { *old = none };
    }
    0
}

/// # Safety
/// See [`sigaction`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pthread_sigmask(
    how: c_int,
    new: *const sigset_t,
    old: *mut sigset_t,
) -> c_int {
    // SAFETY: as in C: null or valid.
    let mut set = unsafe { new.as_ref() }.copied();
    if let (Some(set), true) = (&mut set, how != libc::SIG_UNBLOCK) {
        for signal in HOST {
            // SAFETY: the set is valid and so is the signal.
            unsafe { libc::sigdelset(set, signal) };
        }
    }
    let new = set.as_ref().map_or(ptr::null(), ptr::from_ref);
    const KERNEL_SET_SIZE: usize = 8;
    // SAFETY: null or valid.
    let done = unsafe { libc::syscall(libc::SYS_rt_sigprocmask, how, new, old, KERNEL_SET_SIZE) };
    // SAFETY: the place of this thread's `errno`.
    if done == 0 { 0 } else { unsafe { *libc::__errno_location() } }
}

/// # Safety
/// See [`sigaction`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sigprocmask(
    how: c_int,
    new: *const sigset_t,
    old: *mut sigset_t,
) -> c_int {
    // SAFETY: as in C.
    match unsafe { pthread_sigmask(how, new, old) } {
        0 => 0,
        error => fail(error),
    }
}

/// # Safety
/// See [`sigaction`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn kill(process: pid_t, signal: c_int) -> c_int {
    // SAFETY: the call takes nothing and cannot fail.
    if process == unsafe { libc::getpid() } {
        return raise_here(signal);
    }
    // SAFETY: as in C.
    unsafe { libc::syscall(libc::SYS_kill, process, signal) as c_int }
}

/// # Safety
/// See [`sigaction`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn raise(signal: c_int) -> c_int {
    raise_here(signal)
}

/// # Safety
/// See [`sigaction`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tgkill(process: pid_t, thread: pid_t, signal: c_int) -> c_int {
    // SAFETY: the call takes nothing and cannot fail.
    if process == unsafe { libc::getpid() } {
        return raise_here(signal);
    }
    // SAFETY: as in C.
    unsafe { libc::syscall(libc::SYS_tgkill, process, thread, signal) as c_int }
}

/// # Safety
/// See [`sigaction`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pthread_kill(_: pthread_t, signal: c_int) -> c_int {
    if raise_here(signal) == 0 { 0 } else { libc::EINVAL }
}

/// What the signal would do to a process of the function's own.
fn raise_here(signal: c_int) -> c_int {
    let index = match usize::try_from(signal) {
        Ok(0) => return 0,
        Ok(index @ 1..SIGNALS) => index,
        _ => return fail(libc::EINVAL),
    };
    if !ending::in_process_of_lane() {
        send_to_itself(signal);
        return 0;
    }
    let action = ACTIONS.with(|actions| actions[index].unwrap_or_else(default));
    let harmless = [
        libc::SIGCHLD,
        libc::SIGCONT,
        libc::SIGURG,
        libc::SIGWINCH,
        libc::SIGSTOP,
        libc::SIGTSTP,
        libc::SIGTTIN,
        libc::SIGTTOU,
    ];
    match action.sa_sigaction {
        libc::SIG_IGN => {}
        libc::SIG_DFL if harmless.contains(&signal) => {}
        libc::SIG_DFL => {
            ending::end_lane(Ending::Signal, signal);
        }
        handler => call(handler, action.sa_flags, signal),
    }
    0
}

fn call(handler: libc::sighandler_t, flags: c_int, signal: c_int) {
    if flags & libc::SA_SIGINFO == 0 {
        // SAFETY: whoever installed it without SA_SIGINFO promised that it takes one number.
        let handler: unsafe extern "C" fn(c_int) = unsafe { mem::transmute(handler) };
        // SAFETY: a handler may be called at any time.
        unsafe { handler(signal) };
        return;
    }
    type Handler = unsafe extern "C" fn(c_int, *mut libc::siginfo_t, *mut libc::c_void);
    // SAFETY: with SA_SIGINFO it takes three arguments.
    let handler: Handler = unsafe { mem::transmute(handler) };
    // SAFETY: all zeros are valid.
    let mut info: libc::siginfo_t = unsafe { mem::zeroed() };
    info.si_signo = signal;
    // SAFETY: as above.
    unsafe { handler(signal, &raw mut info, ptr::null_mut()) };
}

/// In a process of the function's own: really sends it, to this thread.
pub(super) fn send_to_itself(signal: c_int) {
    // SAFETY: the calls take numbers only.
    unsafe {
        let thread = libc::syscall(libc::SYS_gettid);
        libc::syscall(libc::SYS_tgkill, libc::getpid(), thread, signal);
    }
}
