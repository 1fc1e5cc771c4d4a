//! The stack of a lane, with a page below it that nobody may touch.

use crate::keys::Key;
use std::io;
use std::ptr;

/// As large as the stack of a process usually is. Only what is touched takes memory.
const SIZE: usize = 8 << 20;
const GUARD: usize = 4096;
/// So much is cleared after every passage.
const ALWAYS: usize = 8 << 10;

/// The stack of a lane.
#[derive(Debug)]
pub(crate) struct Stack {
    start: *mut u8,
}

// SAFETY: the mapping belongs to this value alone.
unsafe impl Send for Stack {}

impl Stack {
    pub(crate) fn new() -> io::Result<Stack> {
        let start = reserve(GUARD + SIZE)?;
        // SAFETY: the lowest page of the new mapping.
        if unsafe { libc::mprotect(start.cast(), GUARD, libc::PROT_NONE) } != 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(Stack { start })
    }

    /// Gives the stack to whoever has the key.
    pub(crate) fn protect(&self, key: Key) -> io::Result<()> {
        // SAFETY: the usable part of our own mapping, on which nobody is yet.
        unsafe { key.tag(self.start.wrapping_add(GUARD), SIZE) }
    }

    /// Where the first frame begins; aligned to a page.
    pub(crate) fn top(&self) -> *mut u8 {
        self.start.wrapping_add(GUARD + SIZE)
    }

    /// Clears what the last passage left on it.
    pub(crate) fn clear(&mut self) {
        // SAFETY: the highest part of the stack, and nobody is on it.
        unsafe { ptr::write_bytes(self.top().wrapping_sub(ALWAYS), 0, ALWAYS) };
    }
}

/// Memory for reading and writing, which takes none until it is touched.
pub(crate) fn reserve(size: usize) -> io::Result<*mut u8> {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
    let protection = libc::PROT_READ | libc::PROT_WRITE;
    // SAFETY: a new mapping at a place of the kernel's choice.
    let start = unsafe { libc::mmap(ptr::null_mut(), size, protection, flags, -1, 0) };
    if start == libc::MAP_FAILED {
        return Err(io::Error::last_os_error());
    }
    Ok(start.cast())
}
