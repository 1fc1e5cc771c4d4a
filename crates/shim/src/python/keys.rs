//! Short keys that were seen lately, so that a list of like objects makes each key once.

use super::object::{Object, Result};

/// Longest key that is kept, in bytes.
pub(super) const LONGEST: usize = 31;
/// How many keys are kept, a power of two.
const KEPT: usize = 256;
/// How often a key is found before it is interned, which makes a handler's own look-ups a little
/// faster. Not at once: CPython 3.12 never frees what is interned, and keys may be random.
const INTERNED_AT: u8 = 100;

/// For each size the bits of so many bytes.
const MASKS: [[u64; 4]; LONGEST + 1] = {
    let mut masks = [[0; 4]; LONGEST + 1];
    let mut size = 0;
    while size <= LONGEST {
        let mut byte = 0;
        while byte < size {
            masks[size][byte / 8] |= 0xff << (byte % 8 * 8);
            byte += 1;
        }
        size += 1;
    }
    masks
};

/// A key of at most [`LONGEST`] bytes: its text, zeros, its length.
#[derive(Clone, Copy)]
pub(super) struct ShortKey([u64; 4]);

impl ShortKey {
    /// `ahead` are the bytes from the start of `text` on, if there are so many: they can be masked,
    /// which costs less than to copy just so many as there are.
    #[inline]
    pub(super) fn new(text: &[u8], ahead: Option<&[u8; LONGEST + 1]>) -> ShortKey {
        let size = text.len().min(LONGEST);
        let mut copy = [0; LONGEST + 1];
        let bytes = ahead.unwrap_or_else(|| {
            copy[..size].copy_from_slice(&text[..size]);
            &copy
        });
        let (words, _) = bytes.as_chunks::<8>();
        let [a, b, c, d] =
            [0, 1, 2, 3].map(|word| u64::from_le_bytes(words[word]) & MASKS[size][word]);
        ShortKey([a, b, c, d | (size as u64) << 56])
    }

    /// Word by word: wider loads would have to wait for the words, which were only just made.
    #[inline]
    fn is(self, other: &ShortKey) -> bool {
        let [a, b, c, d] = self.0;
        let [e, f, g, h] = other.0;
        (a ^ e) | (b ^ f) | (c ^ g) | (d ^ h) == 0
    }

    /// Where it is kept: all words count, mixed by a multiplication (Fibonacci hashing).
    #[inline]
    fn place(self) -> usize {
        let [a, b, c, d] = self.0;
        let mixed = a ^ b.rotate_left(17) ^ c.rotate_left(31) ^ d.rotate_left(47);
        (mixed.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as usize % KEPT
    }
}

/// The keys, each in its place; one that comes to the same place takes it.
pub(super) struct Keys {
    places: Vec<Option<Kept>>,
}

struct Kept {
    key: ShortKey,
    object: Object,
    /// How often it was found, up to [`INTERNED_AT`].
    found: u8,
}

impl Keys {
    pub(super) fn new() -> Keys {
        Keys { places: (0..KEPT).map(|_| None).collect() }
    }

    /// The `str` of this key; `make` makes it if it is not there.
    #[inline]
    pub(super) fn get(
        &mut self,
        key: ShortKey,
        make: impl FnOnce() -> Result<Object>,
    ) -> Result<Object> {
        let place = &mut self.places[key.place()];
        if let Some(kept) = place
            && key.is(&kept.key)
        {
            if kept.found < INTERNED_AT {
                kept.found += 1;
                if kept.found == INTERNED_AT {
                    kept.object = kept.object.borrow().to_owned().interned();
                }
            }
            return Ok(kept.object.borrow().to_owned());
        }
        let object = make()?;
        *place = Some(Kept { key, object: object.borrow().to_owned(), found: 0 });
        Ok(object)
    }
}
