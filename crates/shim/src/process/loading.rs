//! `dlopen`: `RTLD_GLOBAL` crashes glibc 2.36 in a secondary namespace, so it is taken away, and
//! everything is bound at once, because lazy binding uses instructions that lock-down removes.
//!
//! The jump at the end keeps the caller's return address, from which ld.so finds the caller's
//! `RUNPATH`; a function that calls the real one would hide it.
//!
//! Without a name, glibc gives the main program of the base namespace, where there is no Python. What
//! is meant is all that is loaded here (`ctypes.pythonapi`): the shim and what it needs.

use super::next::{self, DLOPEN};
use std::arch::naked_asm;
use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::atomic::AtomicBool;

/// Set when objects may have been loaded that do not have the lane's key yet.
pub(super) static LOADED: AtomicBool = AtomicBool::new(false);

/// # Safety
/// As in C.
#[unsafe(naked)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dlopen() {
    naked_asm!(
        "test rdi, rdi",
        "jz {itself}",
        "and esi, {taken_away}",
        "or esi, {now}",
        "mov byte ptr [rip + {loaded}], 1",
        "jmp qword ptr [rip + {next}]",
        taken_away = const !(libc::RTLD_GLOBAL | libc::RTLD_LAZY),
        now = const libc::RTLD_NOW,
        loaded = sym LOADED,
        next = sym DLOPEN,
        itself = sym open_itself,
    )
}

/// A handle by which everything is found that is loaded in this namespace from its start.
extern "C" fn open_itself() -> *mut c_void {
    let mut here = MaybeUninit::<libc::Dl_info>::uninit();
    let address = (&raw const LOADED).cast();
    // SAFETY: the place can be written.
    if unsafe { libc::dladdr(address, here.as_mut_ptr()) } == 0 {
        return ptr::null_mut();
    }
    // SAFETY: filled, as `dladdr` says.
    let path = unsafe { here.assume_init() }.dli_fname;
    next::dlopen(path, libc::RTLD_NOW | libc::RTLD_NOLOAD)
}
