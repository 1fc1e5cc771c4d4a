//! Numbered slots that are used again: flows, and executions of Map Runs.

use serde::{Deserialize, Serialize};

/// Things in numbered slots.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Slab<T> {
    slots: Vec<Option<T>>,
    free: Vec<u32>,
}

impl<T> Slab<T> {
    pub(crate) const EMPTY: Self = Self { slots: Vec::new(), free: Vec::new() };

    /// Puts something into a slot, whose number is the answer.
    pub(crate) fn add(&mut self, thing: T) -> u32 {
        if let Some(slot) = self.free.pop() {
            self.slots[slot as usize] = Some(thing);
            return slot;
        }
        let slot = u32::try_from(self.slots.len()).expect("4 billion things do not fit in memory");
        self.slots.push(Some(thing));
        slot
    }

    /// Takes something out of its slot.
    pub(crate) fn remove(&mut self, slot: u32) -> Option<T> {
        let thing = self.slots.get_mut(slot as usize)?.take()?;
        self.free.push(slot);
        Some(thing)
    }

    pub(crate) fn get(&self, slot: u32) -> Option<&T> {
        self.slots.get(slot as usize)?.as_ref()
    }

    pub(crate) fn get_mut(&mut self, slot: u32) -> Option<&mut T> {
        self.slots.get_mut(slot as usize)?.as_mut()
    }

    /// The numbers of all slots, free ones included, from the first.
    pub(crate) fn slots(&self) -> std::ops::Range<u32> {
        0..u32::try_from(self.slots.len()).expect("numbers of slots have this type")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_used_again() {
        let mut slab = Slab::EMPTY;
        assert_eq!((slab.add('a'), slab.add('b')), (0, 1));
        assert_eq!(slab.remove(0), Some('a'));
        assert_eq!((slab.remove(0), slab.get(0)), (None, None));
        assert_eq!((slab.add('c'), slab.slots()), (0, 0..2));
        assert_eq!((slab.get(0), slab.get(1), slab.get(2)), (Some(&'c'), Some(&'b'), None));
    }
}
