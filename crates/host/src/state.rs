//! Why a lane is poisoned. Static memory, like the slots of the gate: handlers of signals write it.

use crate::gate::slot::Slot;
use faastlane_abi::Ending;
use std::cell::{Cell, UnsafeCell};
use std::ffi::c_int;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicU64, Ordering};

/// How many lanes a process can have: glibc has 16 namespaces, and one is the base.
pub(crate) const MOST: usize = 15;

/// One lane's.
pub(crate) struct State {
    taken: AtomicBool,
    /// `NONE`, `WRITING` or `SET`.
    progress: AtomicU32,
    cause: UnsafeCell<Cause>,
    /// The slot of the thread that is inside of the lane, or null.
    inside: AtomicPtr<Slot>,
    /// Which of that thread's passages this is.
    pass: AtomicU64,
}

// SAFETY: `cause` is written by whoever has won `progress`, and read after it is `SET`.
unsafe impl Sync for State {}

const NONE: u32 = 0;
const WRITING: u32 = 1;
const SET: u32 = 2;

/// Why a lane cannot go on.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Cause {
    /// See [`crate::Ended`].
    Ended(Ending, c_int),
    /// See [`crate::FaultInfo`].
    Fault { signal: c_int, address: usize, write: bool, key: Option<u32>, on_thread: bool },
}

static STATES: [State; MOST] = [const {
    State {
        taken: AtomicBool::new(false),
        progress: AtomicU32::new(NONE),
        cause: UnsafeCell::new(Cause::Ended(Ending::Exit, 0)),
        inside: AtomicPtr::new(ptr::null_mut()),
        pass: AtomicU64::new(0),
    }
}; MOST];

thread_local! {
    /// The lane in whose service this thread is.
    static LANE: Cell<*const State> = const { Cell::new(ptr::null()) };
}

/// A state for a new lane. Lanes are never unloaded, so it is never given back.
pub(crate) fn take() -> Option<&'static State> {
    STATES.iter().find(|state| !state.taken.swap(true, Ordering::AcqRel))
}

/// The lane that this thread works for. Safe in handlers of signals.
pub(crate) fn of_thread() -> Option<&'static State> {
    // SAFETY: null or one of the static states.
    unsafe { LANE.get().as_ref() }
}

/// From now on this thread works for that lane, or for none.
pub(crate) fn set_of_thread(state: Option<&'static State>) {
    LANE.set(state.map_or(ptr::null(), ptr::from_ref));
}

impl State {
    /// Notes why the lane cannot go on; only the first cause counts. Safe in handlers of signals.
    pub(crate) fn poison(&self, cause: Cause) {
        if self
            .progress
            .compare_exchange(NONE, WRITING, Ordering::AcqRel, Ordering::Relaxed)
            .is_ok()
        {
            // SAFETY: this thread alone has won.
            unsafe { *self.cause.get() = cause };
            self.progress.store(SET, Ordering::Release);
        }
    }

    pub(crate) fn cause(&self) -> Option<Cause> {
        // SAFETY: nobody writes it once it is set.
        (self.progress.load(Ordering::Acquire) == SET).then(|| unsafe { *self.cause.get() })
    }

    /// Whether a handler is about to note a cause.
    pub(crate) fn is_being_poisoned(&self) -> bool {
        self.progress.load(Ordering::Acquire) == WRITING
    }

    /// A thread is about to enter.
    pub(crate) fn entered(&self, slot: &'static Slot, pass: u64) {
        self.pass.store(pass, Ordering::Relaxed);
        self.inside.store(ptr::from_ref(slot).cast_mut(), Ordering::Release);
    }

    /// It has come out.
    pub(crate) fn left(&self) {
        self.inside.store(ptr::null_mut(), Ordering::Release);
    }

    /// The thread that is inside of the lane, and which passage that is.
    pub(crate) fn inside(&self) -> Option<(&'static Slot, u64)> {
        // SAFETY: null or one of the static slots.
        let slot = unsafe { self.inside.load(Ordering::Acquire).as_ref() }?;
        Some((slot, self.pass.load(Ordering::Relaxed)))
    }
}
