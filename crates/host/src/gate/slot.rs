//! What a thread that passes gates needs while it is inside. Static memory: the handlers of signals
//! read it, and they run with the rights to nothing but shared memory.

use std::cell::{Cell, UnsafeCell};
use std::ptr;
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};

/// How many threads can pass gates.
const MOST: usize = 64;

/// One thread's.
#[repr(C, align(64))]
pub(crate) struct Slot {
    /// Where the host's stack goes on. Written and read by the gate; its place is known there.
    saved_stack: UnsafeCell<usize>,
    /// The number of the thread, 0 while the slot is free.
    pub(crate) thread: AtomicI32,
    /// Goes up by one at each entry and each exit, so it is odd inside.
    pub(crate) passes: AtomicU64,
    /// When the thread has to be out: nanoseconds since 1970.
    pub(crate) deadline: AtomicU64,
    /// The passage that has to be left now, as `passes` counts them.
    pub(crate) leave: AtomicU64,
}

// SAFETY: `saved_stack` is touched only by the thread whose slot it is.
unsafe impl Sync for Slot {}

static SLOTS: [Slot; MOST] = [const {
    Slot {
        saved_stack: UnsafeCell::new(0),
        thread: AtomicI32::new(0),
        passes: AtomicU64::new(0),
        deadline: AtomicU64::new(u64::MAX),
        leave: AtomicU64::new(0),
    }
}; MOST];

thread_local! {
    static OWN: Cell<*const Slot> = const { Cell::new(ptr::null()) };
}

pub(crate) fn all() -> &'static [Slot] {
    &SLOTS
}

/// This thread's slot; `None` if too many threads have one. `prepare` runs when the thread is new.
pub(crate) fn own(prepare: impl FnOnce()) -> Option<&'static Slot> {
    // SAFETY: null or one of the static slots.
    if let Some(slot) = unsafe { OWN.get().as_ref() } {
        return Some(slot);
    }
    // SAFETY: the call takes nothing and cannot fail.
    let thread = unsafe { libc::gettid() };
    let free = |slot: &&Slot| {
        slot.thread.compare_exchange(0, thread, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    };
    let slot = SLOTS.iter().find(free)?;
    prepare();
    OWN.set(slot);
    Some(slot)
}

/// This thread passes no more gates.
pub(crate) fn give_back() {
    // SAFETY: null or one of the static slots.
    if let Some(slot) = unsafe { OWN.replace(ptr::null()).as_ref() } {
        slot.thread.store(0, Ordering::Release);
    }
}

/// After a fork: this thread has a new number, and there are no others.
pub(crate) fn after_fork_in_child() {
    let own = OWN.get();
    for slot in &SLOTS {
        // SAFETY: the call takes nothing and cannot fail.
        let thread = if ptr::eq(slot, own) { unsafe { libc::gettid() } } else { 0 };
        slot.thread.store(thread, Ordering::Release);
    }
}
