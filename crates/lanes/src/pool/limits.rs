//! What a function may take: its workers are looked at while they run calls, and killed above a limit.
//!
//! Memory is limited by `MemorySize`, as on Lambda. Counted is what the kernel calls anonymous memory:
//! objects and stacks, not the files that are mapped, such as libraries, and not the exchange slot.
//! Limits of the kernel (`RLIMIT_DATA`) were the other way: they count address space, of which a lane
//! reserves 64 GiB, and libraries ask for more than they use.
//!
//! Processes and threads are limited to what Lambda has. `RLIMIT_NPROC` counts those of a user on the
//! whole machine, and not those of root.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use super::Pool;
use super::slot::{Place, Slot, State};
use crate::process::{anonymous_memory, tasks, threads_below};
use crate::worker::Worker;
use crate::{Event, FunctionIndex, failure};

/// How long between two looks at the workers that run calls. One at the memory of a worker takes 10 µs;
/// meanwhile a function can touch some 50 MB.
const PAUSE: Duration = Duration::from_millis(20);
const MIB: u64 = 1 << 20;

/// Processes and threads of one function ("Lambda quotas" in the AWS Lambda developer guide).
const MOST_THREADS: usize = 1024;
/// Workers are counted when the machine has so many more processes and threads than before.
const GROWTH: usize = MOST_THREADS / 2;

/// When what was seen last.
#[derive(Debug)]
pub(super) struct Seen {
    at: Instant,
    /// The processes and threads of the machine.
    tasks: usize,
}

impl Seen {
    pub(super) fn now() -> Self {
        Self { at: Instant::now(), tasks: tasks().unwrap_or(0) }
    }
}

impl Pool {
    /// When to look at the workers; none if no call runs.
    pub(super) fn look_at(&self) -> Option<Instant> {
        self.slots.iter().any(is_busy).then_some(self.seen.at + PAUSE)
    }

    /// Kills workers that take more than their function may, if it is time to look.
    pub(super) fn enforce_limits(&mut self, now: Instant) {
        if self.look_at().is_none_or(|at| at > now) {
            return;
        }
        self.seen.at = now;
        let counts = self.has_grown();
        for place in 0..self.slots.len() {
            if let Some(why) = self.excess(place, counts) {
                self.report_excess(place, why);
                let killed = ExitStatus::from_raw(9);
                self.fail(place, |request_id| failure::exit(request_id, killed));
            }
        }
    }

    /// Whether a function may have started many processes since this was asked last.
    fn has_grown(&mut self) -> bool {
        let tasks = tasks().unwrap_or(0);
        let grown = tasks >= self.seen.tasks + GROWTH;
        if grown || tasks < self.seen.tasks {
            self.seen.tasks = tasks;
        }
        grown
    }

    /// What a worker takes too much of, for its log.
    fn excess(&self, place: Place, counts: bool) -> Option<String> {
        let slot = &self.slots[place];
        if !is_busy(slot) {
            return None;
        }
        let (pid, function) = (slot.worker().pid()?, &self.lanes[slot.lane].function);
        if counts && threads_below(pid, MOST_THREADS + 1) > MOST_THREADS {
            return Some(failure::too_many_processes(&function.name, MOST_THREADS));
        }
        let limit = u64::from(function.memory_limit_mib?) * MIB;
        let taken = anonymous_memory(pid)?.saturating_sub(self.shared_by(slot));
        (taken > limit).then(|| failure::too_much_memory(&function.name, taken, limit))
    }

    /// What a worker has inherited of other functions, in bytes: a fork has all of its template.
    fn shared_by(&self, slot: &Slot) -> u64 {
        let Worker::Forked(host) = slot.worker() else { return 0 };
        self.templates[host.template].running.as_ref().map_or(0, |running| running.shared_memory)
    }

    /// The function's log says why it ends.
    fn report_excess(&mut self, place: Place, text: String) {
        self.read_log(place);
        self.end_line(place);
        let slot = &self.slots[place];
        let request_id = slot.request_id().map(str::to_owned);
        self.events.push(Event::Log { function: FunctionIndex(slot.lane), request_id, text });
    }
}

fn is_busy(slot: &Slot) -> bool {
    matches!(slot.state, State::Busy(_))
}
