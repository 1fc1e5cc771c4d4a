//! A spin lock that yields. The allocator cannot use the standard library's locks: they may allocate,
//! and they say nothing about what happens across `fork`.

use std::cell::UnsafeCell;
use std::hint::spin_loop;
use std::sync::atomic::{AtomicBool, Ordering};

/// How often to look before the processor is given to somebody else.
const LOOKS: u32 = 64;

pub(crate) struct Lock<T> {
    taken: AtomicBool,
    value: UnsafeCell<T>,
}

// SAFETY: only the holder of the lock reaches the value.
unsafe impl<T: Send> Sync for Lock<T> {}

impl<T> Lock<T> {
    pub(crate) const fn new(value: T) -> Lock<T> {
        Lock { taken: AtomicBool::new(false), value: UnsafeCell::new(value) }
    }

    /// Runs `work` with the value. `work` must not come back to the same lock.
    pub(crate) fn with<R>(&self, work: impl FnOnce(&mut T) -> R) -> R {
        self.take();
        // SAFETY: the lock is held.
        let result = work(unsafe { &mut *self.value.get() });
        self.release();
        result
    }

    /// For `fork`: the lock must not be in another thread's hands while the process is copied.
    pub(crate) fn take(&self) {
        let mut looks = 0;
        while self.taken.swap(true, Ordering::Acquire) {
            while self.taken.load(Ordering::Relaxed) {
                looks += 1;
                if looks % LOOKS == 0 {
                    // SAFETY: the call takes nothing and changes no memory.
                    unsafe { libc::sched_yield() };
                } else {
                    spin_loop();
                }
            }
        }
    }

    /// To be called by whoever took it with [`Lock::take`].
    pub(crate) fn release(&self) {
        self.taken.store(false, Ordering::Release);
    }
}
