//! Memory that two processes share: a large sparse file, of which only what is written takes memory.
//!
//! The file is sealed so that nobody can shrink it under the other side.

use std::io;
use std::ops::Range;
use std::os::fd::{AsFd, OwnedFd};
use std::ptr::NonNull;
use std::sync::atomic::AtomicU64;

use rustix::fs::{SealFlags, fcntl_add_seals, ftruncate};
use rustix::mm::{Advice, MapFlags, ProtFlags, madvise, mmap, munmap};

use crate::{keys, lockdown};

/// Such memory, mapped into this process.
#[derive(Debug)]
pub struct SharedMemory {
    start: NonNull<u8>,
    size: usize,
}

// SAFETY: the mapping belongs to this value alone.
unsafe impl Send for SharedMemory {}

impl SharedMemory {
    /// New memory of `size` bytes, all zero, and the file that others map.
    ///
    /// # Errors
    /// The system refuses it.
    pub fn create(size: usize) -> io::Result<(Self, OwnedFd)> {
        let file = lockdown::memory_file()?;
        ftruncate(&file, size as u64)?;
        fcntl_add_seals(&file, SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL)?;
        Ok((Self::map(&file, size)?, file))
    }

    /// Maps memory that somebody else has created with this size.
    ///
    /// # Errors
    /// The system refuses it.
    pub fn map(file: impl AsFd, size: usize) -> io::Result<Self> {
        let protection = ProtFlags::READ | ProtFlags::WRITE;
        let flags = MapFlags::SHARED | MapFlags::NORESERVE;
        // SAFETY: a new mapping at an address that the kernel chooses replaces nothing.
        let start = unsafe { mmap(std::ptr::null_mut(), size, protection, flags, file, 0) }?;
        let start = NonNull::new(start.cast()).expect("nothing is mapped at address 0");
        Ok(Self { start, size })
    }

    /// From now on no lane may touch this mapping, if there are protection keys. To be done before
    /// lock-down.
    ///
    /// # Errors
    /// The kernel refuses it.
    pub fn protect(&self) -> io::Result<()> {
        // SAFETY: all of the range is mapped for reading and writing, and used by the orchestrator only.
        unsafe { keys::protect(self.start.as_ptr(), self.size) }
    }

    /// Its first byte.
    pub(crate) fn start(&self) -> *mut u8 {
        self.start.as_ptr()
    }

    /// The eight bytes at `offset` as a number that both sides read and write.
    ///
    /// # Panics
    /// If they are not inside, or `offset` is no multiple of eight.
    #[must_use]
    pub fn word(&self, offset: usize) -> &AtomicU64 {
        assert!(offset.is_multiple_of(8) && offset < self.size, "a word lies inside");
        let word = self.start().wrapping_add(offset).cast::<AtomicU64>();
        // SAFETY: the bytes are mapped as long as `self` lives, aligned, and this range is used as an
        // atomic only: `bytes` is for others.
        unsafe { &*word }
    }

    /// The bytes of a range, in which there are no words, and which the other side does not touch now.
    ///
    /// # Panics
    /// If it is not inside.
    pub fn bytes(&mut self, range: Range<usize>) -> &mut [u8] {
        assert!(range.start <= range.end && range.end <= self.size, "a range lies inside");
        let start = self.start().wrapping_add(range.start);
        // SAFETY: the range is inside of the mapping, and borrowed from `self` mutably. That the other
        // side leaves it alone is the protocol's promise; bytes have no invalid values.
        unsafe { std::slice::from_raw_parts_mut(start, range.len()) }
    }

    /// Gives the memory of a range back; it reads as zeros then. Both ends are multiples of a page's
    /// size, and nobody uses what lies there.
    pub fn free(&mut self, range: Range<usize>) {
        assert!(range.start <= range.end && range.end <= self.size, "a range lies inside");
        let start = self.start().wrapping_add(range.start);
        // SAFETY: inside of the mapping, and nobody refers to it, as `self` is borrowed mutably. If it
        // fails, the memory is kept, which does no harm.
        let _ = unsafe { madvise(start.cast(), range.len(), Advice::LinuxRemove) };
    }
}

impl Drop for SharedMemory {
    fn drop(&mut self) {
        // SAFETY: nothing refers to the mapping any more: its users borrow it.
        let _ = unsafe { munmap(self.start.as_ptr().cast(), self.size) };
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use super::*;

    #[test]
    fn both_sides_see_it_and_what_is_freed_is_gone() {
        const SIZE: usize = 1 << 30;
        let (mut ours, file) = SharedMemory::create(SIZE).unwrap();
        let mut theirs = SharedMemory::map(&file, SIZE).unwrap();
        ours.word(8).store(7, Ordering::Release);
        assert_eq!(theirs.word(8).load(Ordering::Acquire), 7);
        theirs.bytes(8192..8195).copy_from_slice(b"abc");
        assert_eq!(ours.bytes(8192..8195), b"abc");
        ours.free(8192..SIZE);
        assert_eq!(theirs.bytes(8192..8195), [0; 3]);
        assert_eq!(theirs.word(8).load(Ordering::Acquire), 7);
    }
}
