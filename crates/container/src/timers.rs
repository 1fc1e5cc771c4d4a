//! The engine's timers, by time.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};

use faastlane_engine::{Time, TimerId};

/// Timers that have not fired. Of equal times the one started first fires first.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    queue: BinaryHeap<Reverse<(Time, u64, Entry)>>,
    cancelled: HashSet<TimerId>,
    started: u64,
}

/// A timer in the queue; its place there is decided by time and number alone.
#[derive(Debug, PartialEq, Eq)]
struct Entry(TimerId);

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Entry {
    fn cmp(&self, _: &Self) -> std::cmp::Ordering {
        std::cmp::Ordering::Equal
    }
}

impl Timers {
    pub(crate) fn start(&mut self, timer: TimerId, at: Time) {
        self.started += 1;
        self.queue.push(Reverse((at, self.started, Entry(timer))));
    }

    pub(crate) fn cancel(&mut self, timer: TimerId) {
        self.cancelled.insert(timer);
        self.drop_cancelled();
    }

    /// All timers that have not fired.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (TimerId, Time)> {
        let entries = self.queue.iter().map(|Reverse((at, _, Entry(timer)))| (*timer, *at));
        entries.filter(|(timer, _)| !self.cancelled.contains(timer))
    }

    /// When the next timer fires.
    pub(crate) fn next(&self) -> Option<Time> {
        self.queue.peek().map(|Reverse((at, ..))| *at)
    }

    /// The timer that fires next.
    pub(crate) fn first(&self) -> Option<TimerId> {
        self.queue.peek().map(|Reverse((_, _, Entry(timer)))| *timer)
    }

    /// Takes the next timer if its time has come.
    pub(crate) fn pop_due(&mut self, now: Time) -> Option<TimerId> {
        if self.next()? > now {
            return None;
        }
        let Reverse((_, _, Entry(timer))) = self.queue.pop()?;
        self.drop_cancelled();
        Some(timer)
    }

    /// Keeps a cancelled timer from being the next: nobody shall be woken for it.
    fn drop_cancelled(&mut self) {
        while let Some(Reverse((_, _, Entry(timer)))) = self.queue.peek()
            && self.cancelled.remove(timer)
        {
            self.queue.pop();
        }
    }
}
