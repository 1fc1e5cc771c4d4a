//! When a function gets another worker.
//!
//! As many as there are processors come without hesitation, and more when calls have waited while a
//! processor is free, because the workers sleep or wait for the network. Whether one is free is seen from
//! what the kernel says of each worker, the state in `/proc/PID/stat`; what a worker has used of a
//! processor since the last look was the other way, but one that gets none, because other programs have
//! them, looks like one that sleeps.
//!
//! Forks of a loaded template come in bursts: each look that finds a processor free doubles the next
//! burst, so two hundred sleepers need ten looks. A look that finds them taken ends it. Workers that
//! still have to load their module start no more at a time than there are processors.

use std::time::{Duration, Instant};

use super::memory::{self, Budget};
use super::{Options, Pool, Slot, State};

/// When no call has got a worker for so long, one is added even if all processors are taken: those
/// that compute may be waiting for the others.
const STUCK: Duration = Duration::from_secs(1);
/// Most workers that are looked at to see whether they compute; each costs about 10 µs.
const SAMPLE: usize = 32;
/// Most forks that are ordered at once. A template needs about a millisecond for each.
const LARGEST_BURST: usize = 32;
/// The longest time between two looks, while calls wait.
const LONGEST_PAUSE: Duration = Duration::from_millis(10);

/// What the looks so far have shown.
#[derive(Debug)]
pub(super) struct Growth {
    /// When a call last got a worker, or a worker was started.
    pub(super) moved_at: Instant,
    /// Not to look again before this.
    look_again_at: Instant,
    /// How long that was after the last look.
    pause: Duration,
    /// How many workers the last look allowed.
    burst: usize,
    /// How many of them have not been started.
    left: usize,
    memory: Budget,
}

impl Growth {
    pub(super) fn new() -> Growth {
        let now = Instant::now();
        let pause = Duration::ZERO;
        Growth {
            moved_at: now,
            look_again_at: now,
            pause,
            burst: 0,
            left: 0,
            memory: Budget::new(),
        }
    }

    /// Nothing can be started now.
    fn pause(&mut self, now: Instant, shortest: Duration) {
        self.burst = 0;
        self.left = 0;
        self.pause = (2 * self.pause).clamp(shortest, LONGEST_PAUSE.max(shortest));
        self.look_again_at = now + self.pause;
    }
}

impl Pool {
    /// Whether another worker is to be started now. If only time is missing, notes when to ask again.
    pub(super) fn wants_worker(&mut self, index: usize, now: Instant) -> bool {
        let at = self.next_start(index, now);
        self.lanes[index].grow_at = at.filter(|at| *at > now);
        at.is_some_and(|at| at <= now)
    }

    /// When to think about another worker for this function; not later than `now` means that it
    /// is to be started. None if there is no call for it.
    fn next_start(&mut self, index: usize, now: Instant) -> Option<Instant> {
        let Options { vcpus, grow_after, .. } = self.options;
        let lane = &self.lanes[index];
        if lane.workers >= lane.max_workers {
            return None;
        }
        // Each worker that starts will take one of the calls, in order.
        let next = lane.queue.get(lane.starting)?;
        let starting: usize = self.lanes.iter().map(|lane| lane.starting).sum();
        let at = lane.refused_until.unwrap_or(now);
        if lane.workers < vcpus && starting < vcpus {
            return Some(at);
        }
        let waited_since = next.since;
        let at = at.max(waited_since + grow_after).max(self.growth.look_again_at);
        if at > now {
            return Some(at);
        }
        let is_stuck = self.growth.moved_at.max(waited_since) + STUCK <= now;
        if is_stuck || self.takes_part_in_burst(index) || self.look(starting, now) {
            return Some(now);
        }
        Some(self.growth.look_again_at)
    }

    /// Uses what the last look has allowed.
    fn takes_part_in_burst(&mut self, index: usize) -> bool {
        let template = self.lanes[index].template;
        let running = template.and_then(|template| self.templates[template].running.as_ref());
        let is_fork = running.is_some_and(|running| running.loaded);
        if self.growth.left == 0 || !is_fork {
            return false;
        }
        self.growth.left -= 1;
        true
    }

    /// Looks whether a processor and memory are free for another worker.
    fn look(&mut self, starting: usize, now: Instant) -> bool {
        if starting >= self.options.vcpus || !self.has_free_processor() {
            self.growth.pause(now, self.options.grow_after);
            return false;
        }
        let burst = (2 * self.growth.burst).clamp(1, LARGEST_BURST);
        if self.growth.memory.is_old(self.alive) {
            let taken = self.sample_of_memory();
            self.growth.memory.learn(self.alive, taken);
        }
        let fit = self.growth.memory.room();
        if fit == 0 {
            self.growth.pause(now, LONGEST_PAUSE);
            return false;
        }
        self.growth.pause = Duration::ZERO;
        self.growth.burst = burst.min(fit);
        self.growth.left = self.growth.burst - 1;
        true
    }

    /// Whether fewer workers compute than there are processors. Another process would only take
    /// time from them.
    fn has_free_processor(&self) -> bool {
        let is_starting =
            |slot: &&Slot| matches!(slot.state, State::Starting | State::StartingFor(_));
        let is_busy = |slot: &&Slot| matches!(slot.state, State::Busy(_));
        let starting = self.slots.iter().filter(is_starting);
        let busy = self.slots.iter().filter(is_busy);
        let looked_at = starting.chain(busy).take(SAMPLE);
        let running = looked_at.filter(|slot| slot.worker().is_running());
        running.take(self.options.vcpus).count() < self.options.vcpus
    }

    /// What a worker that has been called takes for itself, in bytes: the largest of a few.
    fn sample_of_memory(&self) -> Option<u64> {
        let called = |slot: &&Slot| matches!(slot.state, State::Idle(_) | State::Busy(_));
        let pids = self.slots.iter().filter(called).filter_map(|slot| slot.worker().pid());
        pids.take(3).filter_map(memory::private).max()
    }
}
