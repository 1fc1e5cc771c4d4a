//! `dlopen`: `RTLD_GLOBAL` crashes glibc 2.36 in a secondary namespace, so it is taken away, and
//! everything is bound at once, because lazy binding uses instructions that lock-down removes.
//!
//! The jump at the end keeps the caller's return address, from which ld.so finds the caller's
//! `RUNPATH`; a function that calls the real one would hide it.

use super::next::DLOPEN;
use std::arch::naked_asm;
use std::sync::atomic::AtomicBool;

/// Set when objects may have been loaded that do not have the lane's key yet.
pub(super) static LOADED: AtomicBool = AtomicBool::new(false);

/// # Safety
/// As in C.
#[unsafe(naked)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dlopen() {
    naked_asm!(
        "and esi, {taken_away}",
        "or esi, {now}",
        "mov byte ptr [rip + {loaded}], 1",
        "jmp qword ptr [rip + {next}]",
        taken_away = const !(libc::RTLD_GLOBAL | libc::RTLD_LAZY),
        now = const libc::RTLD_NOW,
        loaded = sym LOADED,
        next = sym DLOPEN,
    )
}
