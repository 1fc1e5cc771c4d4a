//! Stacks for handlers of signals. They are shared memory: a handler has the rights to nothing else.

use crate::lockdown::set_signal_stack;
use std::ffi::c_void;
use std::ptr;
use std::sync::OnceLock;

/// Enough for what the kernel saves of the largest processors, and for the handlers.
const SIZE: usize = 64 << 10;

/// Gives this thread a stack for handlers, which is given back when the thread ends.
pub(crate) fn prepare_thread() {
    static KEY: OnceLock<libc::pthread_key_t> = OnceLock::new();
    let Ok(start) = crate::stack::reserve(SIZE) else {
        // Then handlers run on the thread's own stack: all but an overflow of that is still handled.
        return;
    };
    let stack = libc::stack_t { ss_sp: start.cast(), ss_flags: 0, ss_size: SIZE };
    // If this fails, handlers run there as well.
    // SAFETY: new memory that nothing else uses.
    let _ = unsafe { set_signal_stack(&stack) };
    let key = KEY.get_or_init(|| {
        let mut key = 0;
        // SAFETY: the destructor takes what is stored below.
        unsafe { libc::pthread_key_create(&raw mut key, Some(give_back)) };
        key
    });
    // A destructor of the base libc, because it also runs for threads that end by `pthread_exit`.
    // SAFETY: the key exists.
    unsafe { libc::pthread_setspecific(*key, start.cast::<c_void>()) };
}

unsafe extern "C" fn give_back(start: *mut c_void) {
    let none = libc::stack_t { ss_sp: ptr::null_mut(), ss_flags: libc::SS_DISABLE, ss_size: 0 };
    // SAFETY: the thread ends; no handler runs.
    let _ = unsafe { set_signal_stack(&none) };
    // SAFETY: made by `prepare_thread` for this thread.
    unsafe { libc::munmap(start, SIZE) };
}
