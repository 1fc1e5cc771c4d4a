//! Private anonymous mappings come out of the region, so that they carry the lane's key without a
//! system call. What is given back is cleared at once and stays mapped for reuse: touching a page for
//! the first time costs far more than clearing it.

use super::lock::Lock;
use super::region;
use libc::{c_int, c_void, off_t, size_t};
use std::ptr;

const PAGE: usize = 4096;
/// How many bytes that were given back keep their pages.
const KEEP: usize = 64 << 20;
/// Larger pieces are handed back to the system at once.
const KEEP_EACH: usize = 8 << 20;
/// How many pieces that were given back are remembered. More are lost as address space only.
const PIECES: usize = 1024;

/// Flags of mappings that the region cannot stand in for.
const SPECIAL: c_int = libc::MAP_FIXED
    | libc::MAP_FIXED_NOREPLACE
    | libc::MAP_GROWSDOWN
    | libc::MAP_32BIT
    | libc::MAP_HUGETLB
    | libc::MAP_SHARED;

static MAPS: Lock<Maps> = Lock::new(Maps {
    used: 0,
    kept: 0,
    count: 0,
    free: [Piece { at: 0, size: 0, kept: false }; PIECES],
});

pub(super) fn lock() {
    MAPS.take();
}

pub(super) fn unlock() {
    MAPS.release();
}

/// Bytes from `at` in the region, all of them zero; `kept` if they still have their pages.
#[derive(Clone, Copy)]
struct Piece {
    at: usize,
    size: usize,
    kept: bool,
}

struct Maps {
    /// How far the range has been handed out.
    used: usize,
    /// Bytes in pieces that still have their pages.
    kept: usize,
    count: usize,
    free: [Piece; PIECES],
}

impl Maps {
    fn take(&mut self, size: usize) -> Option<Piece> {
        for index in 0..self.count {
            let piece = &mut self.free[index];
            if piece.size >= size {
                let taken = Piece { size, ..*piece };
                piece.at += size;
                piece.size -= size;
                if piece.size == 0 {
                    self.count -= 1;
                    self.free[index] = self.free[self.count];
                }
                if taken.kept {
                    self.kept -= size;
                }
                return Some(taken);
            }
        }
        let at = region::MAPS.start + self.used;
        (size <= region::MAPS.end - at).then(|| {
            self.used += size;
            Piece { at, size, kept: false }
        })
    }

    fn give(&mut self, piece: Piece) {
        if piece.kept {
            self.kept += piece.size;
        }
        for other in &mut self.free[..self.count] {
            if other.kept == piece.kept {
                if other.at + other.size == piece.at {
                    other.size += piece.size;
                    return;
                }
                if piece.at + piece.size == other.at {
                    other.at = piece.at;
                    other.size += piece.size;
                    return;
                }
            }
        }
        if self.count < PIECES {
            self.free[self.count] = piece;
            self.count += 1;
        }
    }
}

/// The place of a mapping in the region, if it is one of ours.
fn ours(address: *mut c_void) -> Option<usize> {
    region::offset(address.cast_const().cast()).filter(|offset| region::MAPS.contains(offset))
}

fn fail(error: c_int) -> c_int {
    // SAFETY: the place of this thread's `errno`.
    unsafe { *libc::__errno_location() = error };
    -1
}

/// # Safety
/// As in C, like all functions below.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmap(
    address: *mut c_void,
    size: size_t,
    protection: c_int,
    flags: c_int,
    file: c_int,
    offset: off_t,
) -> *mut c_void {
    let special = flags & SPECIAL != 0 || protection & libc::PROT_EXEC != 0;
    if !address.is_null() || flags & libc::MAP_ANONYMOUS == 0 || special || size == 0 {
        // SAFETY: as in C.
        let place = unsafe {
            libc::syscall(libc::SYS_mmap, address, size, protection, flags, file, offset)
        };
        return ptr::with_exposed_provenance_mut(place as usize);
    }
    let piece =
        size.checked_next_multiple_of(PAGE).and_then(|size| MAPS.with(|maps| maps.take(size)));
    let Some(piece) = piece else {
        fail(libc::ENOMEM);
        return libc::MAP_FAILED;
    };
    let place = region::start().wrapping_add(piece.at);
    let usual = libc::PROT_READ | libc::PROT_WRITE;
    if protection != usual {
        // SAFETY: the piece is ours alone.
        unsafe { libc::mprotect(place.cast(), piece.size, protection) };
    }
    place.cast()
}

/// # Safety
/// See [`mmap`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmap64(
    address: *mut c_void,
    size: size_t,
    protection: c_int,
    flags: c_int,
    file: c_int,
    offset: off_t,
) -> *mut c_void {
    // SAFETY: as in C.
    unsafe { mmap(address, size, protection, flags, file, offset) }
}

/// # Safety
/// See [`mmap`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn munmap(address: *mut c_void, size: size_t) -> c_int {
    let Some(at) = ours(address) else {
        // SAFETY: as in C.
        return unsafe { libc::syscall(libc::SYS_munmap, address, size) } as c_int;
    };
    let Some(size) = size.checked_next_multiple_of(PAGE) else { return fail(libc::EINVAL) };
    if at % PAGE != 0 || size == 0 || size > region::MAPS.end - at {
        return fail(libc::EINVAL);
    }
    // SAFETY: the range was handed out by `mmap`, and its owner gives it back.
    unsafe { libc::mprotect(address, size, libc::PROT_READ | libc::PROT_WRITE) };
    let kept = size <= KEEP_EACH && MAPS.with(|maps| maps.kept + size <= KEEP);
    if kept {
        // SAFETY: as above.
        unsafe { ptr::write_bytes(address.cast::<u8>(), 0, size) };
    } else {
        // SAFETY: as above. The pages read as zeros afterwards.
        unsafe { libc::madvise(address, size, libc::MADV_DONTNEED) };
    }
    MAPS.with(|maps| maps.give(Piece { at, size, kept }));
    0
}

/// Moves by hand what lies in the region: the kernel would move it out of the range of the lane's key.
///
/// # Safety
/// See [`mmap`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mremap(
    address: *mut c_void,
    old_size: size_t,
    new_size: size_t,
    flags: c_int,
    new_address: *mut c_void,
) -> *mut c_void {
    if ours(address).is_none() {
        let call = libc::SYS_mremap;
        // SAFETY: as in C.
        let place = unsafe { libc::syscall(call, address, old_size, new_size, flags, new_address) };
        return ptr::with_exposed_provenance_mut(place as usize);
    }
    let (old, new) = (old_size.next_multiple_of(PAGE), new_size.next_multiple_of(PAGE));
    if new <= old {
        if new < old {
            // SAFETY: the rest of the caller's own range.
            unsafe { munmap(address.wrapping_byte_add(new), old - new) };
        }
        return address;
    }
    if flags != libc::MREMAP_MAYMOVE {
        fail(libc::ENOMEM);
        return libc::MAP_FAILED;
    }
    let protection = libc::PROT_READ | libc::PROT_WRITE;
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
    // SAFETY: a new mapping.
    let place = unsafe { mmap(ptr::null_mut(), new, protection, flags, -1, 0) };
    if place != libc::MAP_FAILED {
        // SAFETY: both ranges have `old` bytes and are different.
        unsafe { ptr::copy_nonoverlapping::<u8>(address.cast(), place.cast(), old) };
        // SAFETY: the caller's own range, which it gives up.
        unsafe { munmap(address, old) };
    }
    place
}
