//! What the gate has to know about the processor. It is read with a lane's rights, so it lies on a
//! page of its own that nobody can write to once it is set.

use std::arch::is_x86_feature_detected;
use std::cell::UnsafeCell;
use std::io;
use std::sync::Once;

/// There are protection keys, and they are in use.
pub(crate) const KEYS: u8 = 1;
/// There are registers of 256 bits.
pub(crate) const AVX: u8 = 2;
/// There are registers of 512 bits.
pub(crate) const AVX512: u8 = 4;

const PAGE: usize = 4096;

#[repr(C, align(4096))]
pub(crate) struct Page {
    flags: UnsafeCell<u8>,
    _rest: [u8; PAGE - 1],
}

// SAFETY: written once, under `SET`, before any gate is used.
unsafe impl Sync for Page {}

pub(crate) static CONSTANTS: Page = Page { flags: UnsafeCell::new(0), _rest: [0; PAGE - 1] };
static SET: Once = Once::new();

/// Sets the page and closes it. Only the first call counts.
pub(crate) fn set(keys: bool) {
    SET.call_once(|| {
        let mut flags = 0;
        for (present, flag) in [
            (keys, KEYS),
            (is_x86_feature_detected!("avx"), AVX),
            (is_x86_feature_detected!("avx512f"), AVX512),
        ] {
            if present {
                flags |= flag;
            }
        }
        // SAFETY: nobody reads the page before this is done.
        unsafe { *CONSTANTS.flags.get() = flags };
        let page = (&raw const CONSTANTS).cast_mut().cast();
        // SAFETY: the page is a static of that size and alignment, and only this function writes it.
        let closed = unsafe { libc::mprotect(page, PAGE, libc::PROT_READ) };
        assert_eq!(
            closed,
            0,
            "the page of constants cannot be closed: {}",
            io::Error::last_os_error()
        );
    });
}

/// Whether keys are in use.
pub(crate) fn keys() -> bool {
    // SAFETY: written before any gate is used, and never again.
    unsafe { *CONSTANTS.flags.get() & KEYS != 0 }
}
