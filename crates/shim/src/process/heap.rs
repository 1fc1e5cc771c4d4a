//! `malloc` and its family, inside the region.
//!
//! Blocks from elsewhere reach `free` too: the lane's libc frees data of threads which ld.so took from
//! the base heap. They go back to the base libc.

mod freed;
mod kept;

use super::lock::Lock;
use super::region;
use dlmalloc::{Allocator, Dlmalloc};
pub(crate) use freed::clear_kept;
use freed::{give_back, resize, size_of_block};
use kept::{Kept, LARGE};
use std::ffi::{c_int, c_void};
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// How much the heap grows at a time.
const STEP: usize = 1 << 20;
const PAGE: usize = 4096;

static HEAP: Lock<Heap> =
    Lock::new(Heap { all: Dlmalloc::new_with_allocator(Slice), kept: Kept::new() });

struct Heap {
    all: Dlmalloc<Slice>,
    kept: Kept,
}

impl Heap {
    /// A block of so many bytes, null if there is none.
    fn take(&mut self, size: usize) -> *mut u8 {
        let kept = if size < LARGE { None } else { self.kept.take(size) };
        // SAFETY: the heap is locked, or nobody would have this reference.
        kept.unwrap_or_else(|| unsafe { self.all.c_malloc(size) })
    }
}

pub(super) fn lock() {
    HEAP.take();
}

pub(super) fn unlock() {
    HEAP.release();
}

/// Hands out the heap's part of the region, from its start to its end.
struct Slice;

// SAFETY: every part is handed out once.
unsafe impl Allocator for Slice {
    fn alloc(&self, size: usize) -> (*mut u8, usize, u32) {
        static USED: AtomicUsize = AtomicUsize::new(0);
        let room = region::HEAP.end - region::HEAP.start;
        let used = USED.load(Relaxed);
        match size.checked_next_multiple_of(STEP) {
            Some(size) if size <= room - used => {
                USED.store(used + size, Relaxed);
                (region::start().wrapping_add(region::HEAP.start + used), size, 0)
            }
            _ => (ptr::null_mut(), 0, 0),
        }
    }
    fn remap(&self, _: *mut u8, _: usize, _: usize, _: bool) -> *mut u8 {
        ptr::null_mut()
    }
    fn free_part(&self, _: *mut u8, _: usize, _: usize) -> bool {
        false
    }
    fn free(&self, _: *mut u8, _: usize) -> bool {
        false
    }
    fn can_release_part(&self, _: u32) -> bool {
        false
    }
    fn allocates_zeros(&self) -> bool {
        true
    }
    fn page_size(&self) -> usize {
        PAGE
    }
}

fn ours(block: *const c_void) -> bool {
    region::offset(block.cast()).is_some_and(|offset| region::HEAP.contains(&offset))
}

fn or_no_memory(block: *mut u8) -> *mut c_void {
    if block.is_null() {
        // SAFETY: the place of this thread's `errno`.
        unsafe { *libc::__errno_location() = libc::ENOMEM };
    }
    block.cast()
}

/// # Safety
/// As in C, like all functions below.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn malloc(size: usize) -> *mut c_void {
    or_no_memory(HEAP.with(|heap| heap.take(size)))
}

/// # Safety
/// See [`malloc`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn free(block: *mut c_void) {
    if ours(block) {
        // SAFETY: the block is one of the heap's, and its owner gives it up.
        unsafe { give_back(block.cast()) };
    } else if let (Some(host), false) = (super::host::calls(), block.is_null()) {
        // SAFETY: what is not ours came from ld.so, which uses the base libc's heap.
        unsafe { (host.free)(block) };
    }
}

/// # Safety
/// See [`malloc`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn calloc(count: usize, size: usize) -> *mut c_void {
    let Some(size) = count.checked_mul(size) else {
        return or_no_memory(ptr::null_mut());
    };
    // SAFETY: as in C.
    let block = unsafe { malloc(size) };
    if !block.is_null() {
        // SAFETY: the block has `size` bytes.
        unsafe { ptr::write_bytes(block.cast::<u8>(), 0, size) };
    }
    block
}

/// # Safety
/// See [`malloc`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn realloc(block: *mut c_void, size: usize) -> *mut c_void {
    if block.is_null() {
        // SAFETY: as in C.
        return unsafe { malloc(size) };
    }
    if ours(block) {
        // SAFETY: as in C; the block is one of the heap's.
        return or_no_memory(unsafe { resize(block.cast(), size) });
    }
    // SAFETY: as in C.
    let new = unsafe { malloc(size) };
    if !new.is_null() {
        // SAFETY: the block is valid, so its size can be asked.
        let old_size = unsafe { malloc_usable_size(block) };
        // SAFETY: both blocks have so many bytes and are different.
        unsafe { ptr::copy_nonoverlapping::<u8>(block.cast(), new.cast(), old_size.min(size)) };
        // SAFETY: as in C.
        unsafe { free(block) };
    }
    new
}

/// # Safety
/// See [`malloc`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn reallocarray(
    block: *mut c_void,
    count: usize,
    size: usize,
) -> *mut c_void {
    match count.checked_mul(size) {
        // SAFETY: as in C.
        Some(size) => unsafe { realloc(block, size) },
        None => or_no_memory(ptr::null_mut()),
    }
}

/// # Safety
/// See [`malloc`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn malloc_usable_size(block: *mut c_void) -> usize {
    if ours(block) {
        // SAFETY: the block is one of the heap's.
        return unsafe { size_of_block(block.cast()) };
    }
    match super::host::calls() {
        // SAFETY: as in `free`.
        Some(host) if !block.is_null() => unsafe { (host.malloc_usable_size)(block) },
        _ => 0,
    }
}

/// # Safety
/// See [`malloc`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn memalign(alignment: usize, size: usize) -> *mut c_void {
    let alignment = alignment.checked_next_power_of_two().unwrap_or(usize::MAX / 2 + 1);
    // SAFETY: the heap is locked.
    or_no_memory(HEAP.with(|heap| unsafe { heap.all.c_memalign(alignment, size) }))
}

/// # Safety
/// See [`malloc`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aligned_alloc(alignment: usize, size: usize) -> *mut c_void {
    // SAFETY: as in C.
    unsafe { memalign(alignment, size) }
}

/// # Safety
/// See [`malloc`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn posix_memalign(
    place: *mut *mut c_void,
    alignment: usize,
    size: usize,
) -> c_int {
    if !alignment.is_power_of_two() || !alignment.is_multiple_of(size_of::<usize>()) {
        return libc::EINVAL;
    }
    // SAFETY: the heap is locked.
    let block = HEAP.with(|heap| unsafe { heap.all.c_memalign(alignment, size) });
    if block.is_null() {
        return libc::ENOMEM;
    }
    // SAFETY: as in C.
    unsafe { *place = block.cast() };
    0
}

/// # Safety
/// See [`malloc`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn valloc(size: usize) -> *mut c_void {
    // SAFETY: as in C.
    unsafe { memalign(PAGE, size) }
}

/// # Safety
/// See [`malloc`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pvalloc(size: usize) -> *mut c_void {
    match size.checked_next_multiple_of(PAGE) {
        // SAFETY: as in C.
        Some(size) => unsafe { memalign(PAGE, size) },
        None => or_no_memory(ptr::null_mut()),
    }
}

/// # Safety
/// See [`malloc`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cfree(block: *mut c_void) {
    // SAFETY: as in C.
    unsafe { free(block) };
}

/// # Safety
/// See [`malloc`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn malloc_trim(_pad: usize) -> c_int {
    0
}
