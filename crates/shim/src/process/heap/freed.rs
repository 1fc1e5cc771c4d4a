//! What is freed is cleared, so that a call finds nothing of the call before: most of it at once, while
//! it is in the processor's caches, and a few large blocks before the next call ([`super::kept`]).
//!
//! The other way was to write down all that is freed and to clear it when the call is over. That
//! clears less where memory is taken and freed again and again, but `dlmalloc` hands it out meanwhile.

use super::HEAP;
use super::kept::LARGE;
use std::ptr;

/// What `dlmalloc` keeps before a block: its size and, in the lowest three bits, flags.
const HEAD: usize = size_of::<usize>();
/// Where `dlmalloc` keeps its own data in a block that is free: eight words less the two before it,
/// and its size once more in the last word.
const LINKS: usize = 6 * size_of::<usize>();
const FOOT: usize = size_of::<usize>();
/// Blocks up to this size are moved when they grow.
const SMALL: usize = 1 << 10;

/// How many bytes a block of the heap has.
///
/// # Safety
/// The block is one of the heap's, and in use.
pub(super) unsafe fn size_of_block(block: *mut u8) -> usize {
    // SAFETY: the word before a block belongs to the heap and holds the size of the chunk.
    let chunk = unsafe { *block.cast::<usize>().sub(1) } & !7;
    chunk - HEAD
}

/// Frees a block.
///
/// # Safety
/// The block is one of the heap's, and nobody uses it any more.
pub(super) unsafe fn give_back(block: *mut u8) {
    // SAFETY: the caller's promise.
    let size = unsafe { size_of_block(block) };
    if size < LARGE || !HEAP.with(|heap| heap.kept.put(block, size)) {
        // SAFETY: as above; so many bytes are the block's.
        unsafe { clear_and_free(block, size) };
    }
}

/// Clears what a call has freed and is not cleared yet. To be called before the next handler begins.
pub(crate) fn clear_kept() {
    while let Some((block, size)) = HEAP.with(|heap| heap.kept.pop()) {
        // SAFETY: nobody else has a block that was kept.
        unsafe { clear_and_free(block, size) };
    }
}

/// # Safety
/// As for [`give_back`]; the block has `size` bytes.
unsafe fn clear_and_free(block: *mut u8, size: usize) {
    // SAFETY: the caller's promise.
    unsafe { ptr::write_bytes(block, 0, size) };
    // SAFETY: as above.
    HEAP.with(|heap| unsafe { heap.all.c_free(block) });
}

/// `realloc`.
///
/// # Safety
/// As for that, with a block of the heap.
pub(super) unsafe fn resize(block: *mut u8, size: usize) -> *mut u8 {
    // SAFETY: the block is one of the heap's.
    let old_size = unsafe { size_of_block(block) };
    if size <= old_size {
        // SAFETY: the end of the block, which its owner gives up.
        unsafe { ptr::write_bytes(block.wrapping_add(size), 0, old_size - size) };
        // SAFETY: the block is one of the heap's.
        return HEAP.with(|heap| unsafe { heap.all.c_realloc(block, size) });
    }
    if old_size > SMALL {
        // SAFETY: the caller's promise, and the block is large enough.
        return unsafe { grow(block, old_size, size) };
    }
    let new = HEAP.with(|heap| heap.take(size));
    if !new.is_null() {
        // SAFETY: both blocks have so many bytes and are different.
        unsafe { ptr::copy_nonoverlapping(block, new, old_size) };
        // SAFETY: the content has moved.
        unsafe { give_back(block) };
    }
    new
}

/// Has `dlmalloc` make a block larger: in place if there is room behind it. If not, it moves the content
/// and frees the old block by itself, and that is cleared then but for the places where it may have
/// data of its own now; those were cleared before.
///
/// # Safety
/// As for [`resize`]; the block has `old_size` bytes, more than [`SMALL`].
unsafe fn grow(block: *mut u8, old_size: usize, size: usize) -> *mut u8 {
    let (mut links, mut foot) = ([0_u8; LINKS], [0_u8; FOOT]);
    let foot_at = old_size - FOOT;
    // SAFETY: the beginning of the block.
    unsafe { ptr::copy_nonoverlapping(block, links.as_mut_ptr(), LINKS) };
    // SAFETY: its end.
    unsafe { ptr::copy_nonoverlapping(block.add(foot_at), foot.as_mut_ptr(), FOOT) };
    let new = HEAP.with(|heap| {
        // SAFETY: as above.
        unsafe { ptr::write_bytes(block, 0, LINKS) };
        // SAFETY: as above.
        unsafe { ptr::write_bytes(block.add(foot_at), 0, FOOT) };
        // SAFETY: the block is one of the heap's.
        let new = unsafe { heap.all.c_realloc(block, size) };
        if !new.is_null() && new != block {
            // SAFETY: the old block is free now and the heap is locked, so nobody has it. `dlmalloc`
            // keeps nothing between the links and the foot, wherever the free chunk begins and ends.
            unsafe { ptr::write_bytes(block.add(LINKS), 0, foot_at - LINKS) };
        }
        new
    });
    let whole = if new.is_null() { block } else { new };
    // SAFETY: the block that is in use has at least `old_size` bytes.
    unsafe { ptr::copy_nonoverlapping(links.as_ptr(), whole, LINKS) };
    // SAFETY: as above.
    unsafe { ptr::copy_nonoverlapping(foot.as_ptr(), whole.add(foot_at), FOOT) };
    new
}
