//! Who a thread is, from the lane's point of view.
//!
//! Lanes are started on helper threads, side by side, and called on the orchestrator's thread. For
//! CPython both must be its main thread, so `pthread_self` and the values of pthread keys are those
//! of the main thread on whichever thread is inside the gate. The thread that started the lane stays
//! parked: its `pthread_t` remains valid and nobody else gets it, not even in a fork.

use super::thread_keys;
use libc::pthread_t;
use std::arch::asm;
use std::cell::Cell;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// The `pthread_t` of the lane's main thread.
static MAIN: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static INSIDE: Cell<bool> = const { Cell::new(false) };
    static KNOWN: Cell<bool> = const { Cell::new(false) };
}

/// This thread is the lane's main thread from now on, also in forks, which may not have it.
pub(crate) fn become_main() {
    MAIN.store(real(), Relaxed);
    thread_keys::become_main();
}

/// This thread comes in through the gate and acts as the main thread until [`leave`].
pub(crate) fn enter() {
    if !KNOWN.replace(true) {
        use_global_locale();
    }
    INSIDE.set(true);
}

pub(crate) fn leave() {
    INSIDE.set(false);
}

/// Gives a thread the tables behind `isalpha`, which are per thread and per copy of the libc. The lane's
/// libc sets them only for threads that it makes itself.
pub(super) fn use_global_locale() {
    // SAFETY: `LC_GLOBAL_LOCALE`, a pointer of all ones, always stands for a valid locale.
    unsafe { libc::uselocale(ptr::without_provenance_mut(usize::MAX)) };
}

pub(super) fn is_main() -> bool {
    INSIDE.get()
}

/// # Safety
/// As in C.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pthread_self() -> pthread_t {
    if is_main() { MAIN.load(Relaxed) as pthread_t } else { real() as pthread_t }
}

fn real() -> usize {
    let itself: usize;
    // SAFETY: the x86-64 ABI of thread-local storage keeps a thread's own address at fs:0, and glibc
    // once more at fs:0x10, where its `pthread_self` reads it.
    unsafe {
        asm!("mov {}, fs:[0x10]", out(reg) itself, options(nostack, readonly, pure, preserves_flags))
    };
    itself
}
