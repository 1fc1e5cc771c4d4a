//! The memory that a function may take: its workers are looked at while they run calls, and killed above
//! the limit, as Lambda does.
//!
//! Counted is what the kernel calls anonymous memory: objects and stacks, not the files that are mapped,
//! such as libraries, and not the exchange slot. Limits of the kernel (`RLIMIT_DATA`) were the other way:
//! they count address space, of which a lane reserves 64 GiB, and libraries ask for more than they use.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use super::Pool;
use super::slot::{Place, Slot, State};
use crate::process::anonymous_memory;
use crate::worker::Worker;
use crate::{Event, FunctionIndex, failure};

/// How long between two looks at the workers that run calls with a limit. One takes 10 µs; meanwhile a
/// function can touch some 50 MB.
const PAUSE: Duration = Duration::from_millis(20);
const MIB: u64 = 1 << 20;

impl Pool {
    /// When to look at the memory of workers; none if no call with a limit runs.
    pub(super) fn look_at_memory_at(&self) -> Option<Instant> {
        let is_limited = |slot: &Slot| {
            matches!(slot.state, State::Busy(_))
                && self.lanes[slot.lane].function.memory_limit_mib.is_some()
        };
        self.slots.iter().any(is_limited).then_some(self.memory_seen + PAUSE)
    }

    /// Kills workers that take more memory than their function may, if it is time to look.
    pub(super) fn enforce_memory(&mut self, now: Instant) {
        if self.look_at_memory_at().is_none_or(|at| at > now) {
            return;
        }
        self.memory_seen = now;
        for place in 0..self.slots.len() {
            if let Some((taken, limit)) = self.excess(place) {
                self.report_excess(place, taken, limit);
                let killed = ExitStatus::from_raw(9);
                self.fail(place, |request_id| failure::exit(request_id, killed));
            }
        }
    }

    /// What the worker takes and what it may, in bytes, if that is less.
    fn excess(&self, place: Place) -> Option<(u64, u64)> {
        let slot = &self.slots[place];
        let State::Busy(_) = slot.state else { return None };
        let limit = u64::from(self.lanes[slot.lane].function.memory_limit_mib?) * MIB;
        let taken = anonymous_memory(slot.worker().pid()?)?.saturating_sub(self.shared_by(slot));
        (taken > limit).then_some((taken, limit))
    }

    /// What a worker has inherited of other functions, in bytes: a fork has all of its template.
    fn shared_by(&self, slot: &Slot) -> u64 {
        let Worker::Forked(host) = slot.worker() else { return 0 };
        self.templates[host.template].running.as_ref().map_or(0, |running| running.shared_memory)
    }

    /// The function's log says why it ends.
    fn report_excess(&mut self, place: Place, taken: u64, limit: u64) {
        self.read_log(place);
        self.end_line(place);
        let slot = &self.slots[place];
        let request_id = slot.request_id().map(str::to_owned);
        let name = &self.lanes[slot.lane].function.name;
        let text = failure::too_much_memory(name, taken, limit);
        self.events.push(Event::Log { function: FunctionIndex(slot.lane), request_id, text });
    }
}
