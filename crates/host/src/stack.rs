//! The stack of a lane, with a page below it that nobody may touch.
//!
//! What a passage leaves on it is cleared when it is over. To clear all of it would cost more than a
//! small call, so only the part that every call uses is always cleared; below it lies a window, and if
//! that was touched, so is cleared what lies deeper. A frame with a large buffer that it does not fill
//! can step over the window; so now and then the deeper part is cleared in any case.

use crate::keys::Key;
use std::io;
use std::ptr;

/// As large as the stack of a process usually is. Only what is touched takes memory.
const SIZE: usize = 8 << 20;
const GUARD: usize = 4096;
/// So much is cleared after every passage.
const ALWAYS: usize = 8 << 10;
/// The window below it.
const WINDOW: usize = 4 << 10;
/// So much is cleared by hand if the window was touched; deeper pages are given back to the system.
const BY_HAND: usize = 128 << 10;
/// After so many passages the deeper part is cleared in any case.
const IN_ANY_CASE: u32 = 256;

/// The stack of a lane.
#[derive(Debug)]
pub(crate) struct Stack {
    start: *mut u8,
    /// Passages since the deeper part was cleared.
    passages: u32,
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
        Ok(Stack { start, passages: 0 })
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

    /// Clears what the last passage left.
    pub(crate) fn clear(&mut self) {
        let always = self.top().wrapping_sub(ALWAYS);
        // SAFETY: the highest part of the stack, and nobody is on it.
        unsafe { ptr::write_bytes(always, 0, ALWAYS) };
        self.passages += 1;
        if self.passages == IN_ANY_CASE || !is_zero(always.wrapping_sub(WINDOW)) {
            self.passages = 0;
            self.clear_deeper();
        }
    }

    #[cold]
    fn clear_deeper(&self) {
        let low = self.top().wrapping_sub(BY_HAND);
        // SAFETY: a part of the stack, and nobody is on it.
        unsafe { ptr::write_bytes(low, 0, BY_HAND - ALWAYS) };
        let (deepest, size) = (self.start.wrapping_add(GUARD), SIZE - BY_HAND);
        // SAFETY: whole pages of the stack, which read as zeros afterwards.
        unsafe { libc::madvise(deepest.cast(), size, libc::MADV_DONTNEED) };
    }
}

/// Whether there are only zeros in the window.
fn is_zero(window: *const u8) -> bool {
    (0..WINDOW / size_of::<u64>()).fold(0, |all, index| {
        // SAFETY: inside of the window, which is a part of the stack; it is aligned to a page.
        all | unsafe { *window.cast::<u64>().wrapping_add(index) }
    }) == 0
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes into the stack at so many bytes below its top, clears it, and looks.
    fn is_cleared(stack: &mut Stack, depth: usize) -> bool {
        let place = stack.top().wrapping_sub(depth);
        // SAFETY: a place on the stack.
        unsafe { place.write(1) };
        stack.clear();
        // SAFETY: as above.
        let left = unsafe { place.read() };
        left == 0
    }

    #[test]
    fn what_a_call_leaves_is_cleared() {
        let mut stack = Stack::new().unwrap();
        for depth in [1, 100, ALWAYS, ALWAYS + 1, ALWAYS + WINDOW] {
            assert!(is_cleared(&mut stack, depth), "{depth}");
        }
    }

    #[test]
    fn deep_calls_are_cleared_with_the_window() {
        let mut stack = Stack::new().unwrap();
        for depth in [BY_HAND / 2, BY_HAND + 1, SIZE - 1] {
            let window = stack.top().wrapping_sub(ALWAYS + 8);
            // SAFETY: a place on the stack, as a call that goes deeper leaves one.
            unsafe { window.write(1) };
            assert!(is_cleared(&mut stack, depth), "{depth}");
        }
    }

    #[test]
    fn what_steps_over_the_window_is_cleared_after_some_calls() {
        let mut stack = Stack::new().unwrap();
        assert!(!is_cleared(&mut stack, BY_HAND));
        for _ in 0..IN_ANY_CASE {
            stack.clear();
        }
        let place = stack.top().wrapping_sub(BY_HAND);
        // SAFETY: a place on the stack.
        assert_eq!(unsafe { place.read() }, 0);
    }
}
