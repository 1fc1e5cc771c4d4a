//! The orchestrator's heap, which can be put under a key of its own.

use crate::keys::Key;
use dlmalloc::{Allocator, Dlmalloc};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::UnsafeCell;
use std::ffi::c_int;
use std::hint::spin_loop;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering};
use std::{io, ptr, thread};

/// Address space of the protected heap.
const SIZE: usize = 64 << 30;
/// How much the heap grows at a time.
const STEP: usize = 1 << 20;
const PAGE: usize = 4096;

/// The system's allocator, until [`crate::keys::enable`] is called: after it, a heap that no lane may
/// read or write. Meant to be a program's `#[global_allocator]`; without keys it costs one test.
#[derive(Debug, Clone, Copy, Default)]
pub struct HostAllocator;

/// The start of the protected heap, or null while there is none.
static START: AtomicPtr<u8> = AtomicPtr::new(ptr::null_mut());

struct Heap {
    taken: AtomicBool,
    heap: UnsafeCell<Dlmalloc<Slice>>,
}

// SAFETY: only the holder of the lock reaches the heap.
unsafe impl Sync for Heap {}

static HEAP: Heap = Heap {
    taken: AtomicBool::new(false),
    heap: UnsafeCell::new(Dlmalloc::new_with_allocator(Slice)),
};

/// From now on the system's allocator keeps memory that was freed, as the protected heap does, but for
/// very large blocks. Otherwise it gives it back to the kernel, which clears every page when it is taken
/// again: a history, or an event of a megabyte, would cost that each time.
pub fn keep_freed_memory() {
    const MAPPED_FROM: c_int = 4 << 20;
    const GIVEN_BACK_FROM: c_int = 64 << 20;
    for (parameter, value) in
        [(libc::M_MMAP_THRESHOLD, MAPPED_FROM), (libc::M_TRIM_THRESHOLD, GIVEN_BACK_FROM)]
    {
        // SAFETY: changes numbers of the allocator; what it does not like it leaves as it is.
        unsafe { libc::mallopt(parameter, value) };
    }
}

/// From now on allocations come from memory with this key.
pub(crate) fn protect(key: u32) -> io::Result<()> {
    let start = crate::stack::reserve(SIZE)?;
    // SAFETY: memory that nobody uses yet.
    unsafe { Key(key).tag(start, SIZE) }?;
    START.store(start, Ordering::Release);
    Ok(())
}

/// Hands out the range from its start to its end.
struct Slice;

// SAFETY: every part is handed out once.
unsafe impl Allocator for Slice {
    fn alloc(&self, size: usize) -> (*mut u8, usize, u32) {
        static USED: AtomicUsize = AtomicUsize::new(0);
        let used = USED.load(Ordering::Relaxed);
        match size.checked_next_multiple_of(STEP) {
            Some(size) if size <= SIZE - used => {
                USED.store(used + size, Ordering::Relaxed);
                (START.load(Ordering::Relaxed).wrapping_add(used), size, 0)
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

impl Heap {
    fn with<R>(&self, work: impl FnOnce(&mut Dlmalloc<Slice>) -> R) -> R {
        let mut looks = 0;
        while self.taken.swap(true, Ordering::Acquire) {
            looks += 1;
            if looks % 64 == 0 { thread::yield_now() } else { spin_loop() }
        }
        // SAFETY: the lock is held, and `work` neither allocates nor panics.
        let result = work(unsafe { &mut *self.heap.get() });
        self.taken.store(false, Ordering::Release);
        result
    }
}

#[inline]
fn is_on() -> bool {
    !START.load(Ordering::Relaxed).is_null()
}

/// Whether the block lies in the protected heap. Others are from the time before there was one.
#[inline]
fn ours(block: *mut u8) -> bool {
    let start = START.load(Ordering::Relaxed);
    !start.is_null() && block.addr().wrapping_sub(start.addr()) < SIZE
}

// SAFETY: both allocators keep the rules, and a block goes back to the one that it came from.
unsafe impl GlobalAlloc for HostAllocator {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if is_on() {
            // SAFETY: the caller's promises.
            HEAP.with(|heap| unsafe { heap.malloc(layout.size(), layout.align()) })
        } else {
            // SAFETY: as above.
            unsafe { System.alloc(layout) }
        }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if is_on() {
            // SAFETY: the caller's promises.
            HEAP.with(|heap| unsafe { heap.calloc(layout.size(), layout.align()) })
        } else {
            // SAFETY: as above.
            unsafe { System.alloc_zeroed(layout) }
        }
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if ours(block) {
            // SAFETY: the block came from this heap.
            HEAP.with(|heap| unsafe { heap.free(block, layout.size(), layout.align()) });
        } else {
            // SAFETY: it came from the other one.
            unsafe { System.dealloc(block, layout) }
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if ours(block) {
            let (old, align) = (layout.size(), layout.align());
            // SAFETY: the block came from this heap.
            return HEAP.with(|heap| unsafe { heap.realloc(block, old, align, size) });
        }
        if !is_on() {
            // SAFETY: the block came from the system, as all do.
            return unsafe { System.realloc(block, layout, size) };
        }
        // SAFETY: the caller promises that the size is valid for this alignment.
        let new_layout = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        // SAFETY: as above.
        let new = unsafe { self.alloc(new_layout) };
        if !new.is_null() {
            // SAFETY: two blocks of at least so many bytes.
            unsafe { ptr::copy_nonoverlapping(block, new, layout.size().min(size)) };
            // SAFETY: the block came from the system.
            unsafe { System.dealloc(block, layout) };
        }
        new
    }
}
