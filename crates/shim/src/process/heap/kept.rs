//! Large blocks that a call has freed, not cleared yet.
//!
//! To clear a megabyte costs about as much as to copy it. But the next large block of the same call may
//! have the same memory as it is, since nothing in it is news to that call; and what the shim itself
//! fills, such as a long text of the next event, need not be cleared before. So a few of them wait here,
//! and what is left is cleared before the next handler begins.

use crate::process::region;

/// Smaller ones are cleared at once.
pub(super) const LARGE: usize = 256 << 10;
/// How many wait.
const MOST: usize = 4;
/// How large they are together.
const MOST_BYTES: usize = 8 << 20;

#[derive(Clone, Copy)]
struct Block {
    /// Where it is in the region.
    at: usize,
    size: usize,
}

pub(super) struct Kept {
    count: usize,
    bytes: usize,
    blocks: [Block; MOST],
}

impl Kept {
    pub(super) const fn new() -> Kept {
        Kept { count: 0, bytes: 0, blocks: [Block { at: 0, size: 0 }; MOST] }
    }

    /// Keeps a block of the heap, if there is room.
    pub(super) fn put(&mut self, block: *mut u8, size: usize) -> bool {
        let at = region::offset(block).filter(|_| size >= LARGE && self.bytes + size <= MOST_BYTES);
        let Some((at, place)) = at.zip(self.blocks.get_mut(self.count)) else { return false };
        *place = Block { at, size };
        self.count += 1;
        self.bytes += size;
        true
    }

    /// A block of at least `size` bytes, and not many more.
    pub(super) fn take(&mut self, size: usize) -> Option<*mut u8> {
        let most = size.saturating_add(size / 4);
        let fits = |block: &Block| (size..=most).contains(&block.size);
        let index = self.blocks[..self.count].iter().position(fits)?;
        Some(self.remove(index).0)
    }

    /// Any block, and its size.
    pub(super) fn pop(&mut self) -> Option<(*mut u8, usize)> {
        (self.count > 0).then(|| self.remove(self.count - 1))
    }

    fn remove(&mut self, index: usize) -> (*mut u8, usize) {
        let Block { at, size } = self.blocks[index];
        self.count -= 1;
        self.bytes -= size;
        self.blocks[index] = self.blocks[self.count];
        (region::start().wrapping_add(at), size)
    }
}
