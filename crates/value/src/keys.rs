//! Keys of records are the same again and again: one text for all of them saves most allocations.
//!
//! The first short texts that come are kept for as long as the process lives, in a table of fixed size.
//! What is kept so has no reference count, and a copy of an object is mostly copies of its keys.
//! Behind the table, a document that is read has a cache of its own for what came too late. The road not
//! taken: objects that share a list of their keys, which would cost each new object a second allocation.

use std::sync::OnceLock;

use arcstr::ArcStr;

/// Texts that are kept: at most so many, of at most so many bytes.
const KEPT: usize = 1024;
const LONGEST_KEPT: usize = 128;

/// Each text has one place; the first that comes there stays.
static TABLE: [OnceLock<ArcStr>; KEPT] = [const { OnceLock::new() }; KEPT];

/// `text`, for something that is copied often: a key, a name, an ARN. Copies of it cost nothing
/// unless it is long, or one of very many.
#[must_use]
pub fn intern(text: &str) -> ArcStr {
    kept(text).unwrap_or_else(|| text.into())
}

fn kept(text: &str) -> Option<ArcStr> {
    if text.len() > LONGEST_KEPT {
        return None;
    }
    let first = TABLE[hash(text) % KEPT].get_or_init(|| {
        let first = ArcStr::from(text);
        // What nobody ever frees is not counted.
        first.leak();
        first
    });
    (first == text).then(|| first.clone())
}

fn hash(text: &str) -> usize {
    text.bytes().fold(0_usize, |hash, byte| hash.wrapping_mul(31) ^ usize::from(byte))
}

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
        if key.len() > Self::LONGEST {
            return key.into();
        }
        if let Some(kept) = kept(key) {
            return kept;
        }
        if self.0.is_empty() {
            return key.into();
        }
        let slot = &mut self.0[hash(key) % Self::SLOTS];
        if slot != key {
            *slot = key.into();
        }
        slot.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_the_same_whether_it_is_kept_or_not() {
        for at in 0..10 * KEPT {
            let text = format!("key {at}");
            assert_eq!(intern(&text), text);
            assert_eq!(intern(&text), text);
        }
    }

    #[test]
    fn what_is_kept_is_there_once() {
        let kept: Vec<_> =
            (0..KEPT).map(|at| intern(&format!("name {at}"))).filter(ArcStr::is_static).collect();
        for text in kept {
            assert!(std::ptr::eq(intern(&text).as_str(), text.as_str()), "{text}");
        }
    }

    #[test]
    fn long_texts_are_not_kept() {
        assert!(!ArcStr::is_static(&intern(&"x".repeat(LONGEST_KEPT + 1))));
    }
}
