//! New processes, made by the function or by the host.

use super::next::{POPEN, POSIX_SPAWN, POSIX_SPAWNP, SYSTEM, VFORK};
use super::{fork_handlers, heap, maps, next, thread_keys, writing};
use libc::pid_t;
use std::arch::naked_asm;

/// Before the process is copied: what libraries want to do, and no other thread may be inside of the
/// allocator.
pub(crate) fn before() {
    fork_handlers::before();
    thread_keys::lock();
    heap::lock();
    maps::lock();
}

/// After it, in the process that was copied.
pub(crate) fn after_in_parent() {
    unlock();
    fork_handlers::in_parent();
}

/// After it, in the copy.
pub(crate) fn after_in_child() {
    unlock();
    fork_handlers::in_child();
}

fn unlock() {
    maps::unlock();
    heap::unlock();
    thread_keys::unlock();
}

/// # Safety
/// As in C.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fork() -> pid_t {
    writing::note();
    before();
    let child = next::fork();
    if child == 0 {
        after_in_child()
    } else {
        after_in_parent()
    }
    child
}

extern "C" fn note() {
    writing::note();
}

/// A function that notes that there may be output, and goes on in the libc's. A jump, because `vfork`
/// returns twice to the same frame, and for the others it costs least.
macro_rules! noted {
    ($($name:ident: $next:ident),* $(,)?) => {$(
        /// # Safety
        /// As in C.
        #[unsafe(naked)]
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name() {
            naked_asm!(
                "push rdi", "push rsi", "push rdx", "push rcx", "push r8", "push r9", "sub rsp, 8",
                "call {note}",
                "add rsp, 8", "pop r9", "pop r8", "pop rcx", "pop rdx", "pop rsi", "pop rdi",
                "jmp qword ptr [rip + {next}]",
                note = sym note,
                next = sym $next,
            )
        }
    )*};
}

noted! {
    vfork: VFORK,
    posix_spawn: POSIX_SPAWN,
    posix_spawnp: POSIX_SPAWNP,
    system: SYSTEM,
    popen: POPEN,
}
