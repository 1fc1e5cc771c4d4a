//! The lane's memory: one range, reserved in one piece, so that one protection key covers all to come.
//!
//! ```text
//! 0            8 GiB                      32 GiB                               64 GiB
//! | exchange   | heap: malloc             | maps: anonymous mmap               |
//! ```
//!
//! It is address space, not memory: pages come when they are touched.

use super::lock::Lock;
use std::ops::Range;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

const GIB: usize = 1 << 30;
/// A huge page.
const ALIGNMENT: usize = 2 << 20;

pub(crate) const SIZE: usize = 64 * GIB;
pub(crate) const EXCHANGE: Range<usize> = 0..8 * GIB;
pub(crate) const HEAP: Range<usize> = 8 * GIB..32 * GIB;
pub(crate) const MAPS: Range<usize> = 32 * GIB..SIZE;

static START: AtomicPtr<u8> = AtomicPtr::new(ptr::null_mut());
static RESERVE: Lock<()> = Lock::new(());

/// The first byte. Reserved by the first call, which comes from the first `malloc`.
pub(crate) fn start() -> *mut u8 {
    let start = START.load(Ordering::Acquire);
    if !start.is_null() {
        return start;
    }
    RESERVE.with(|()| {
        if START.load(Ordering::Acquire).is_null() {
            START.store(reserve(), Ordering::Release);
        }
    });
    START.load(Ordering::Acquire)
}

/// Where `address` lies in the region, if it does.
pub(crate) fn offset(address: *const u8) -> Option<usize> {
    let start = START.load(Ordering::Acquire);
    let offset = address.addr().wrapping_sub(start.addr());
    (!start.is_null() && offset < SIZE).then_some(offset)
}

fn reserve() -> *mut u8 {
    // SAFETY: a new mapping at a place of the kernel's choice. By number, because `mmap` is ours.
    let address = unsafe {
        libc::syscall(
            libc::SYS_mmap,
            0,
            SIZE + ALIGNMENT,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
            -1,
            0,
        )
    };
    if address == -1 {
        // Nothing can run without memory, and who called cannot be told: it is often ld.so.
        super::ending::end_now(OUT_OF_ADDRESS_SPACE);
    }
    let address = ptr::with_exposed_provenance_mut::<u8>(address as usize);
    address.wrapping_add(address.align_offset(ALIGNMENT))
}

/// The exit status of a process whose limits leave no room for a lane.
const OUT_OF_ADDRESS_SPACE: i32 = 71;
