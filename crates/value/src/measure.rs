//! How deep and how large a value is, kept in every container so that asking costs nothing.
//!
//! A workflow can build values that no text could hold: a loop that wraps its input once a turn, or
//! `States.Array($, $)` a hundred times, which shares one value 2^100 times. Whoever builds values asks
//! for these numbers and refuses in time.

use crate::Value;

/// Depth and size of a container, both without counting what exceeds 32 bits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Measure {
    /// Levels of arrays and objects, itself included.
    pub(crate) depth: u32,
    /// A lower bound of the length of its JSON text, in bytes; shared parts count each time.
    pub(crate) size: u32,
}

impl Measure {
    /// The measure of a container with these values, and keys of `keys` bytes in all.
    pub(crate) fn of_container<'v>(values: impl Iterator<Item = &'v Value>, keys: usize) -> Self {
        let mut all = Self::empty_container();
        all.add_bytes(keys);
        values.for_each(|value| all.add(value));
        all
    }

    /// The measure of `[]` and `{}`, to which values are added.
    pub(crate) fn empty_container() -> Self {
        Self { depth: 1, size: 2 }
    }

    /// Counts a value of this container.
    #[inline]
    pub(crate) fn add(&mut self, value: &Value) {
        let one = Self::of(value);
        self.depth = self.depth.max(one.depth.saturating_add(1));
        self.size = self.size.saturating_add(one.size);
    }

    /// Counts the bytes of a key of this container.
    #[inline]
    pub(crate) fn add_bytes(&mut self, length: usize) {
        self.size = self.size.saturating_add(saturated(length));
    }

    #[inline]
    pub(crate) fn of(value: &Value) -> Self {
        match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => Self { depth: 0, size: 1 },
            Value::String(text) => Self { depth: 0, size: saturated(text.len()).saturating_add(2) },
            Value::Array(array) => array.measure(),
            Value::Object(object) => object.measure(),
        }
    }
}

#[inline]
fn saturated(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_and_size_grow_with_what_is_inside() {
        let check = |text: &str, depth, size| {
            let value = crate::json::parse(text.as_bytes()).unwrap();
            assert_eq!(Measure::of(&value), Measure { depth, size }, "{text}");
        };
        check("1", 0, 1);
        check(r#""abc""#, 0, 5);
        check("[]", 1, 2);
        check(r#"[1,["ab"]]"#, 2, 9);
        check(r#"{"key":{"k":[1]}}"#, 3, 11);
    }

    #[test]
    fn a_value_shared_many_times_is_as_large_as_its_text_would_be() {
        let mut value = Value::from("x");
        for _ in 0..100 {
            value = Value::array([value.clone(), value]);
        }
        assert_eq!(Measure::of(&value), Measure { depth: 100, size: u32::MAX });
    }
}
