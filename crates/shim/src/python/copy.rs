//! Copies bytes. Most strings and keys are so short that calling `memcpy` costs more than its work.

use std::ptr::copy_nonoverlapping;

/// Copies all of `from` to `to`.
///
/// # Safety
/// `to` has room for so many bytes, and they are not those of `from`.
#[inline]
pub(super) unsafe fn copy(from: &[u8], to: *mut u8) {
    // Two words that overlap in the middle, whatever the size in between.
    macro_rules! both_ends {
        ($word:ty) => {{
            let from_end = from.len() - size_of::<$word>();
            // SAFETY: the size is that of a word at least, so both words are inside of `from`.
            let (first, last) = unsafe {
                let start = from.as_ptr();
                (
                    start.cast::<$word>().read_unaligned(),
                    start.add(from_end).cast::<$word>().read_unaligned(),
                )
            };
            // SAFETY: as above; `to` has room for the same places.
            unsafe {
                to.cast::<$word>().write_unaligned(first);
                to.add(from_end).cast::<$word>().write_unaligned(last);
            }
        }};
    }
    match from {
        [] => {}
        // SAFETY: `to` has room for a byte.
        [only] => unsafe { to.write(*only) },
        _ => match from.len() {
            2..4 => both_ends!(u16),
            4..8 => both_ends!(u32),
            8..16 => both_ends!(u64),
            16..=32 => both_ends!(u128),
            // SAFETY: as the caller promises.
            size => unsafe { copy_nonoverlapping(from.as_ptr(), to, size) },
        },
    }
}
