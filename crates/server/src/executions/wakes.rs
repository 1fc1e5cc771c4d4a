//! When to look at which execution next.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Instant;

use super::live::Key;

/// A queue of moments. One that an execution does not need any more costs a look at it.
#[derive(Debug, Default)]
pub(super) struct Wakes(BinaryHeap<Reverse<(Instant, Key)>>);

impl Wakes {
    pub(super) fn add(&mut self, at: Instant, key: Key) {
        self.0.push(Reverse((at, key)));
    }

    /// The next moment.
    pub(super) fn next(&self) -> Option<Instant> {
        self.0.peek().map(|Reverse((at, _))| *at)
    }

    /// Takes the next execution whose moment has come.
    pub(super) fn pop_due(&mut self, now: Instant) -> Option<Key> {
        self.next().filter(|at| *at <= now)?;
        self.0.pop().map(|Reverse((_, key))| key)
    }
}
