//! Gets threads out of gates when their time is up.
//!
//! Arming a deadline costs no system call as long as one that comes earlier is already awaited, and
//! that is the usual case: deadlines only move on, and the watchdog wakes up for the first of them,
//! long after its call is over.

use crate::fault::{RETRY, ask_to_leave};
use crate::gate::slot;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::SeqCst};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

/// When the watchdog wakes up by itself, nanoseconds since 1970.
static NEXT: AtomicU64 = AtomicU64::new(u64::MAX);
/// Changes when it has to look again.
static CHANGES: AtomicU32 = AtomicU32::new(0);
static RUNS: AtomicBool = AtomicBool::new(false);

/// A thread that has its deadline in its slot is about to enter a gate.
pub(crate) fn arm(deadline: u64) {
    if deadline < NEXT.load(SeqCst) {
        wake();
    }
}

/// Gets every thread out of its gate, as if its time were up.
pub fn interrupt() {
    for slot in slot::all() {
        slot.deadline.store(0, SeqCst);
    }
    wake();
}

/// Threads do not survive a fork.
pub(crate) fn after_fork_in_child() {
    RUNS.store(false, SeqCst);
    NEXT.store(u64::MAX, SeqCst);
}

fn wake() {
    CHANGES.fetch_add(1, SeqCst);
    if !RUNS.swap(true, SeqCst) {
        let started = thread::Builder::new().name("deadlines".to_owned()).spawn(watch);
        // Without it a function could run forever; better to stop here.
        started.expect("a thread for deadlines can be started");
        return;
    }
    // SAFETY: wakes whoever waits at that address.
    unsafe {
        libc::syscall(
            libc::SYS_futex,
            CHANGES.as_ptr(),
            libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG,
            1,
        )
    };
}

fn watch() {
    loop {
        let seen = CHANGES.load(SeqCst);
        // Whoever arms while we look wakes us; whoever armed before is seen.
        NEXT.store(u64::MAX, SeqCst);
        let next = look();
        NEXT.fetch_min(next, SeqCst);
        wait(seen, next);
    }
}

/// Asks the threads to leave whose time is up, and returns when to look again.
fn look() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = u64::try_from(now.as_nanos()).unwrap_or(u64::MAX);
    let mut next = u64::MAX;
    for slot in slot::all() {
        let pass = slot.passes.load(SeqCst);
        if pass % 2 == 0 {
            continue;
        }
        let deadline = slot.deadline.load(SeqCst);
        if deadline > now {
            next = next.min(deadline);
        } else {
            ask_to_leave(slot, pass);
            next = next.min(now + u64::try_from(RETRY.as_nanos()).unwrap_or(u64::MAX));
        }
    }
    next
}

/// Waits until `next`, or until something has changed since `seen`.
fn wait(seen: u32, next: u64) {
    const SECOND: u64 = 1_000_000_000;
    let until = libc::timespec {
        tv_sec: libc::time_t::try_from(next / SECOND).unwrap_or(libc::time_t::MAX),
        tv_nsec: libc::c_long::try_from(next % SECOND).unwrap_or(0),
    };
    let until = if next == u64::MAX { ptr::null() } else { &raw const until };
    let operation = libc::FUTEX_WAIT_BITSET | libc::FUTEX_PRIVATE_FLAG | libc::FUTEX_CLOCK_REALTIME;
    let everybody = libc::FUTEX_BITSET_MATCH_ANY;
    // SAFETY: the address is a static and the time valid; every reason to return is a reason to look.
    unsafe {
        libc::syscall(
            libc::SYS_futex,
            CHANGES.as_ptr(),
            operation,
            seen,
            until,
            ptr::null::<u32>(),
            everybody,
        )
    };
}
