//! What stops a lane: faults, the end of its process, and the request to leave.
//!
//! The kernel gives a handler of signals the rights to shared memory only. So handlers run on a stack
//! of their own and touch nothing but statics; they allocate nothing and take no locks.

mod base;
mod stack;

use crate::gate;
use crate::gate::slot::Slot;
use crate::lockdown;
use crate::state::{self, Cause, State};
use faastlane_abi::{Ending, LEAVE_SIGNAL};
use std::cell::UnsafeCell;
use std::ffi::{c_int, c_void};
use std::mem::{self, MaybeUninit};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};
use std::{io, ptr};

pub(crate) use stack::prepare_thread;

/// `SIGABRT` among them: a libc aborts with it when it finds its memory damaged.
const SIGNALS: [c_int; 5] =
    [libc::SIGSEGV, libc::SIGBUS, libc::SIGILL, libc::SIGFPE, libc::SIGABRT];

/// `si_code` of an access that a protection key forbids.
const SEGV_PKUERR: c_int = 4;
/// Where `siginfo_t` has the number of that key; the C library has no name for it everywhere.
const SI_PKEY_AT: usize = 32;
/// In the error code of a page fault: it was a write.
const WAS_WRITE: i64 = 2;

/// What was in effect before, for faults of the host itself.
struct Before(UnsafeCell<[MaybeUninit<libc::sigaction>; SIGNALS.len()]>);
// SAFETY: written once by `install`, before any handler can run.
unsafe impl Sync for Before {}
static BEFORE: Before = Before(UnsafeCell::new([MaybeUninit::uninit(); SIGNALS.len()]));

/// A page that is zero in every process that was forked without our doing.
static MARK: AtomicPtr<u8> = AtomicPtr::new(ptr::null_mut());
/// This process is a fork of the one that loaded the lanes.
static FORKED: AtomicBool = AtomicBool::new(false);

/// Installs the handlers, once.
pub(crate) fn install() -> io::Result<()> {
    static DONE: Once = Once::new();
    if DONE.is_completed() {
        return Ok(());
    }
    let mark = crate::stack::reserve(1)?;
    DONE.call_once(|| {
        // SAFETY: one page of our own.
        unsafe { libc::madvise(mark.cast(), 1, libc::MADV_WIPEONFORK) };
        MARK.store(mark, Ordering::Release);
        mark_process();
        base::find();
        for (index, signal) in SIGNALS.into_iter().enumerate() {
            let before = BEFORE.0.get().cast::<libc::sigaction>().wrapping_add(index);
            set_handler(signal, on_fault, before);
        }
        set_handler(LEAVE_SIGNAL, on_leave, ptr::null_mut());
    });
    Ok(())
}

type Handler = extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void);

fn set_handler(signal: c_int, handler: Handler, before: *mut libc::sigaction) {
    // SAFETY: all zeros are a valid action.
    let mut action: libc::sigaction = unsafe { mem::zeroed() };
    action.sa_sigaction = handler as usize;
    // No signal is blocked while a handler runs: when it leaves through the gate, no mask must be restored.
    action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_NODEFER;
    // SAFETY: both actions are valid, or null where that is allowed.
    unsafe { libc::sigaction(signal, &raw const action, before) };
}

/// This process is one that we know of.
fn mark_process() {
    // SAFETY: the page is mapped and ours.
    unsafe { MARK.load(Ordering::Acquire).write_volatile(1) };
}

/// Whether this is a process that a function has made by forking.
pub(crate) fn in_child_of_function() -> bool {
    // SAFETY: as in `mark_process`; lanes exist only after `install`.
    unsafe { MARK.load(Ordering::Relaxed).read_volatile() == 0 }
}

/// To be called in a child that the host has made.
pub(crate) fn after_fork_in_child() {
    if !MARK.load(Ordering::Acquire).is_null() {
        mark_process();
    }
    FORKED.store(true, Ordering::Relaxed);
}

extern "C" fn on_fault(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: the kernel gives handlers of this kind a valid pointer.
    let info = unsafe { &*info };
    let at = context;
    // SAFETY: as above.
    let context = unsafe { &*context.cast::<libc::ucontext_t>() };
    let inside = gate::current();
    let Some(lane) = state::of_thread().filter(|_| !in_child_of_function()) else {
        hand_on(signal);
        // SAFETY: it is what the kernel gave, and nothing is left to drop.
        unsafe { lockdown::return_from_signal(at) }
    };
    let code = info.si_code;
    // SAFETY: faults have an address; for signals that were sent it is not looked at.
    let address = unsafe { info.si_addr() }.addr();
    let cause = if signal == libc::SIGABRT || code <= 0 {
        Cause::Ended(Ending::Signal, signal)
    } else {
        let key = (signal == libc::SIGSEGV && code == SEGV_PKUERR).then(|| {
            // SAFETY: for this code the kernel writes the key there.
            unsafe { ptr::from_ref(info).wrapping_byte_add(SI_PKEY_AT).cast::<u32>().read() }
        });
        let error = context.uc_mcontext.gregs[libc::REG_ERR as usize];
        let write = signal == libc::SIGSEGV && error & WAS_WRITE != 0;
        Cause::Fault { signal, address, write, key, on_thread: inside.is_none() }
    };
    stop(lane, inside, cause, signal);
}

/// `HostCalls::ended`: the function wants to end its process.
pub(crate) unsafe extern "C" fn ended(how: Ending, code: c_int) -> ! {
    let inside = gate::current();
    match state::of_thread() {
        Some(lane) => stop(lane, inside, Cause::Ended(how, code), libc::SIGKILL),
        // The shim calls this from threads of a lane only.
        None => end_process(libc::SIGKILL),
    }
}

/// Stops the lane for good. On a thread that the function had started there is no gate to leave: the
/// thread sleeps forever and the one inside of the gate, if there is one, leaves.
fn stop(lane: &'static State, inside: Option<&'static Slot>, cause: Cause, signal: c_int) -> ! {
    lane.poison(cause);
    if inside.is_some() {
        // SAFETY: this thread is in a gate.
        unsafe { gate::leave() };
    }
    let is_forked = FORKED.load(Ordering::Relaxed);
    match cause {
        // A forked host serves one function at a time: its end tells all there is to tell.
        // SAFETY: nothing of this process is needed any more.
        Cause::Ended(Ending::Exit, code) if is_forked => unsafe { libc::_exit(code) },
        Cause::Ended(Ending::Signal, signal) if is_forked => end_process(signal),
        // What a fault was can be told by the thread that is inside, if there is one.
        Cause::Fault { .. } if is_forked && lane.inside().is_none() => end_process(signal),
        _ => {}
    }
    let pause = libc::timespec { tv_sec: 0, tv_nsec: libc::c_long::from(RETRY.subsec_nanos()) };
    let mut patience = TRIES;
    loop {
        if let Some((slot, pass)) = lane.inside() {
            ask_to_leave(slot, pass);
        }
        patience -= u32::from(is_forked);
        if patience == 0 {
            // It waits for a lock that this thread holds.
            end_process(signal);
        }
        // SAFETY: the time is valid, and nothing is written.
        unsafe { libc::nanosleep(&raw const pause, ptr::null_mut()) };
    }
}

/// How long to wait before a thread is asked again to leave: the first time it may have been in the
/// middle of something that all lanes share.
pub(crate) const RETRY: std::time::Duration = std::time::Duration::from_millis(10);

/// So often a thread of a forked host is asked to tell of a fault.
const TRIES: u32 = 100;

/// Asks the thread of `slot` to leave the passage `pass`, if it is still there.
pub(crate) fn ask_to_leave(slot: &Slot, pass: u64) {
    if slot.passes.load(Ordering::SeqCst) == pass {
        slot.leave.store(pass, Ordering::SeqCst);
        let thread = slot.thread.load(Ordering::Acquire);
        // SAFETY: the call takes nothing and cannot fail.
        let process = unsafe { libc::getpid() };
        // SAFETY: the call takes numbers only. If the thread has come out meanwhile, its handler
        // sees that.
        unsafe { libc::syscall(libc::SYS_tgkill, process, thread, LEAVE_SIGNAL) };
    }
}

extern "C" fn on_leave(_: c_int, _: *mut libc::siginfo_t, context: *mut c_void) {
    leave_if_possible(context);
    // SAFETY: it is what the kernel gave, and nothing is left to drop.
    unsafe { lockdown::return_from_signal(context) }
}

fn leave_if_possible(context: *mut c_void) {
    let (Some(slot), Some(lane)) = (gate::current(), state::of_thread()) else { return };
    if slot.leave.load(Ordering::SeqCst) != slot.passes.load(Ordering::SeqCst)
        || lane.is_being_poisoned()
        || in_child_of_function()
    {
        return;
    }
    // SAFETY: the kernel gives handlers of this kind valid pointers.
    let context = unsafe { &*context.cast::<libc::ucontext_t>() };
    let at = context.uc_mcontext.gregs[libc::REG_RIP as usize];
    if base::may_leave(at as usize) {
        // SAFETY: this thread is in a gate.
        unsafe { gate::leave() };
    }
}

/// A fault of the host itself: what was in effect before is in effect again, and happens when the
/// instruction is tried once more. One of a process that a function has forked ends it.
fn hand_on(signal: c_int) {
    if in_child_of_function() {
        end_process(signal);
    }
    let Some(index) = SIGNALS.iter().position(|&other| other == signal) else { return };
    let before = BEFORE.0.get().cast::<libc::sigaction>().wrapping_add(index);
    // SAFETY: `install` has written it.
    if unsafe { libc::sigaction(signal, before, ptr::null_mut()) } != 0 {
        // Lock-down refuses that; tried again, the instruction would come back here.
        end_process(signal);
    }
}

/// Ends this process by a signal, also where its action cannot be changed any more.
fn end_process(signal: c_int) -> ! {
    if lockdown::reset_signal(signal).is_ok() {
        // SAFETY: the call takes a number.
        unsafe { libc::raise(signal) };
    }
    // SAFETY: nothing of this process is needed any more.
    unsafe { libc::_exit(128 + signal) }
}
