//! System calls of the host itself that lock-down refuses to everybody else: they carry the word.
//!
//! The word is a random number in an argument that the call does not use. It lies in shared memory,
//! because handlers of signals and threads of functions need it: it keeps out who does not look for
//! it.

use std::arch::asm;
use std::ffi::{c_int, c_void};
use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::{FromRawFd as _, OwnedFd};
use std::sync::atomic::{AtomicU64, Ordering};

use super::Error;

/// What the host's own calls carry.
#[derive(Clone, Copy)]
pub(super) struct Word(pub(super) u64);

static WORD: AtomicU64 = AtomicU64::new(0);

impl Word {
    /// A new one, in effect as soon as filters ask for it.
    pub(super) fn new() -> Result<Self, Error> {
        let mut bytes = [0; 8];
        File::open("/dev/urandom")
            .and_then(|mut file| file.read_exact(&mut bytes))
            .map_err(|source| Error::System { what: "reading /dev/urandom".to_owned(), source })?;
        let word = u64::from_ne_bytes(bytes);
        WORD.store(word, Ordering::Relaxed);
        Ok(Self(word))
    }
}

/// Ends a handler of signals, as returning from it would, which is refused after lock-down.
///
/// # Safety
/// `context` is the third argument of the handler that runs on this thread, where the kernel put it.
/// Nothing on the handler's stack needs to be dropped.
pub unsafe fn return_from_signal(context: *mut c_void) -> ! {
    let word = WORD.load(Ordering::Relaxed);
    // SAFETY: the call expects the stack pointer at the context of the frame that the kernel wrote: a
    // return would have taken the word before it. It does not come back.
    unsafe {
        asm!(
            "mov rsp, {context}",
            "mov eax, {number}",
            "syscall",
            "ud2",
            context = in(reg) context,
            number = const libc::SYS_rt_sigreturn,
            in("rdi") word,
            options(noreturn),
        )
    }
}

/// `sigaltstack` for this thread.
///
/// # Safety
/// As for that.
pub(crate) unsafe fn set_signal_stack(stack: &libc::stack_t) -> io::Result<()> {
    let word = WORD.load(Ordering::Relaxed);
    let stack = std::ptr::from_ref(stack);
    // SAFETY: the caller's promise; nothing is written, and the word is not looked at by the call.
    match unsafe { libc::syscall(libc::SYS_sigaltstack, stack, 0_usize, word) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Gives a signal its default action. Safe in handlers of signals.
pub(crate) fn reset_signal(signal: c_int) -> io::Result<()> {
    // The kernel's `struct sigaction`: handler, flags, where handlers return to, signals to block.
    let default = [0_u64; 4];
    let word = WORD.load(Ordering::Relaxed);
    let call = libc::SYS_rt_sigaction;
    let mask = size_of::<u64>();
    // SAFETY: the action lives during the call, which reads it; the word is not looked at.
    match unsafe { libc::syscall(call, signal, &raw const default, 0_usize, mask, word) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// A file that is memory, for the exchange slot of a forked host.
pub(crate) fn memory_file() -> io::Result<OwnedFd> {
    let word = WORD.load(Ordering::Relaxed);
    let flags = libc::MFD_CLOEXEC | libc::MFD_ALLOW_SEALING;
    let name = c"faastlane-exchange".as_ptr();
    // SAFETY: the name lives as long as the program; the word is not looked at by the call.
    let file = unsafe { libc::syscall(libc::SYS_memfd_create, name, flags, word) };
    let file = c_int::try_from(file).ok().filter(|file| *file >= 0);
    // SAFETY: a descriptor that the kernel has just made.
    file.map(|file| unsafe { OwnedFd::from_raw_fd(file) }).ok_or_else(io::Error::last_os_error)
}

/// `pkey_mprotect` for memory to be read and written: 0, or an `errno`.
///
/// # Safety
/// The range is mapped for reading and writing, and whoever uses it has the rights.
pub(crate) unsafe extern "C" fn tag(start: *mut c_void, size: usize, key: c_int) -> c_int {
    let word = WORD.load(Ordering::Relaxed);
    let rights = libc::PROT_READ | libc::PROT_WRITE;
    // SAFETY: the caller's promise; the word is not looked at by the call.
    match unsafe { libc::syscall(libc::SYS_pkey_mprotect, start, size, rights, key, word) } {
        0 => 0,
        _ => io::Error::last_os_error().raw_os_error().unwrap_or(libc::EIO),
    }
}
