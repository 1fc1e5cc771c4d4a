//! Keys of records are the same again and again: one text for all of them saves most allocations.

use arcstr::ArcStr;

/// Short keys seen lately, so that a million records share one `"id"`.
#[derive(Debug)]
pub struct KeyCache(Vec<ArcStr>);

impl KeyCache {
    const SLOTS: usize = 256;
    /// Shorter documents repeat few keys: making and dropping the slots would cost more than it
    /// saves.
    const WORTH_IT: usize = 1024;
    const LONGEST: usize = 32;

    /// A cache for reading a document of so many bytes.
    #[must_use]
    pub fn for_bytes(bytes: usize) -> Self {
        let slots = if bytes < Self::WORTH_IT { 0 } else { Self::SLOTS };
        Self(vec![ArcStr::new(); slots])
    }

    /// `key`, shared with the last one like it.
    pub fn get(&mut self, key: &str) -> ArcStr {
        if self.0.is_empty() || key.len() > Self::LONGEST {
            return key.into();
        }
        let hash =
            key.bytes().fold(0_usize, |hash, byte| hash.wrapping_mul(31) ^ usize::from(byte));
        let slot = &mut self.0[hash % Self::SLOTS];
        if slot != key {
            *slot = key.into();
        }
        slot.clone()
    }
}
