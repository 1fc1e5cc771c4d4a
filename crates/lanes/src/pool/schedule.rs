//! When a call gets a worker, and when there are more workers or fewer.
//!
//! Work-conserving: as many workers of a function as there are processors start at once. When a
//! call has waited for `grow_after` and a processor is free, because the workers sleep or wait for
//! the network, more are started. So two hundred short calls share a few warm workers, and two
//! hundred sleeping ones end up side by side. At the limit, the worker that has been idle longest
//! makes room. The road not taken is a process for each branch at once: starting one costs more
//! than most calls.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::poll::Source;
use super::slot::{Place, Running};
use super::{Options, Pool, Queued, Slot, State};
use crate::portable::failure;
use crate::portable::worker::Worker;
use crate::{Call, Event};

/// How long to leave the system alone after it has refused to start a process.
const AFTER_REFUSAL: Duration = Duration::from_secs(1);
/// After so many times `grow_after`, a call gets a worker even if all processors are taken: those
/// that run may be waiting for it.
const PATIENCE: u32 = 100;
/// Most workers that are looked at to see whether they compute; each costs about 10 µs.
const SAMPLE: usize = 32;

impl Pool {
    /// Looks after every function with calls that wait.
    pub(super) fn schedule_waiting(&mut self, now: Instant) {
        for lane in 0..self.lanes.len() {
            if self.queued == 0 {
                return;
            }
            self.schedule(lane, now);
        }
    }

    /// Gives the calls that wait for a function to its free workers, and starts workers for others.
    pub(super) fn schedule(&mut self, lane: usize, now: Instant) {
        while !self.lanes[lane].queue.is_empty() {
            let Some(place) = self.lanes[lane].idle.pop() else { break };
            self.dispatch_next(place, now);
        }
        self.lanes[lane].grow_at = None;
        while self.wants_worker(lane, now) && self.make_room(lane) {
            if let Err(error) =
                self.start_worker(lane, State::Starting, now + self.options.init_timeout)
            {
                self.refuse(lane, &error, now);
            }
        }
    }

    /// Whether another worker is to be started now. If only time is missing, notes when to ask again.
    fn wants_worker(&mut self, index: usize, now: Instant) -> bool {
        let Options { vcpus, grow_after, .. } = self.options;
        let lane = &self.lanes[index];
        // Each worker that starts will take one of the calls, in order.
        let Some(next) = lane.queue.get(lane.starting) else { return false };
        let is_early = lane.workers < vcpus;
        let mut ask_at = lane.ask_again_at.unwrap_or(now);
        if !is_early {
            if lane.starting >= vcpus {
                return false;
            }
            ask_at = ask_at.max(next.since + grow_after);
        }
        let is_patient = now < next.since + grow_after * PATIENCE;
        if ask_at <= now && !is_early && is_patient && !self.has_free_processor() {
            ask_at = now + grow_after;
            self.lanes[index].ask_again_at = Some(ask_at);
        }
        if ask_at > now {
            self.lanes[index].grow_at = Some(ask_at);
        }
        ask_at <= now
    }

    /// Whether fewer workers are at work than there are processors. Another process would only take
    /// time from those that compute.
    fn has_free_processor(&self) -> bool {
        let starting: usize = self.lanes.iter().map(|lane| lane.starting).sum();
        let busy = self.slots.iter().filter(|slot| matches!(slot.state, State::Busy(_)));
        let running = busy.take(SAMPLE).filter(|slot| slot.worker().process.is_running());
        starting + running.take(self.options.vcpus).count() < self.options.vcpus
    }

    /// Whether one more worker may exist; ends the one that has been idle longest if that helps.
    fn make_room(&mut self, lane: usize) -> bool {
        if self.alive < self.options.max_workers {
            return true;
        }
        let idle = |(place, slot): (Place, &Slot)| match slot.state {
            State::Idle(since) if slot.lane != lane => Some((since, place)),
            _ => None,
        };
        let oldest = self.slots.iter().enumerate().filter_map(idle).min();
        oldest.map(|(_, place)| self.end(place)).is_some()
    }

    /// Starts a process in a free place.
    pub(super) fn start_worker(
        &mut self,
        index: usize,
        state: State,
        deadline: Instant,
    ) -> std::io::Result<()> {
        let lane = &mut self.lanes[index];
        let mut worker = Worker::start(&lane.function, &lane.environment)?;
        let place = match self.slots.iter().position(|slot| slot.worker.is_none()) {
            Some(place) => place,
            None => {
                self.slots.push(Slot {
                    worker: None,
                    lane: index,
                    state: State::Ending,
                    generation: 0,
                    deadline: None,
                });
                self.slots.len() - 1
            }
        };
        let generation = self.slots[place].generation.wrapping_add(1);
        let watched = (|| {
            self.poll.add(&worker.process.socket, place, generation, Source::Socket)?;
            self.poll.add(&worker.process.output, place, generation, Source::Output)?;
            self.poll.add(&worker.process.ended, place, generation, Source::Ended)?;
            if !worker.flush()? {
                self.poll.watch_writable(&worker.process.socket, place, generation, true)?;
            }
            Ok(())
        })();
        if let Err(error) = watched {
            worker.process.reap()?;
            return Err(error);
        }
        lane.starting += usize::from(matches!(state, State::Starting));
        lane.workers += 1;
        self.alive += 1;
        self.started += 1;
        let worker = Some(worker);
        self.slots[place] =
            Slot { worker, lane: index, state, generation, deadline: Some(deadline) };
        Ok(())
    }

    /// The system does not start a process: waits if there are others, else fails the next call.
    fn refuse(&mut self, index: usize, error: &std::io::Error, now: Instant) {
        let lane = &mut self.lanes[index];
        if lane.workers > 0 {
            lane.ask_again_at = Some(now + AFTER_REFUSAL);
        } else if let Some(Queued { call, .. }) = lane.queue.pop_front() {
            self.queued -= 1;
            let outcome = failure::start(&call.request_id, &lane.function, error);
            self.events.push(Event::Finished { id: call.id, outcome, log_tail: String::new() });
        }
    }

    /// Gives the worker the next call of its function, or lets it wait for one.
    pub(super) fn dispatch_next(&mut self, place: Place, now: Instant) {
        let lane = self.slots[place].lane;
        self.slots[place].state = State::Idle(now);
        self.slots[place].deadline = None;
        match self.lanes[lane].queue.pop_front() {
            Some(Queued { call, since }) => {
                self.queued -= 1;
                let deadline = now + self.lanes[lane].function.timeout;
                if let Err(call) = self.dispatch(place, call, deadline) {
                    // The worker has died while it was idle; the call has not begun.
                    self.lanes[lane].queue.push_front(Queued { call, since });
                    self.queued += 1;
                    self.end(place);
                }
            }
            None => self.lanes[lane].idle.push(place),
        }
    }

    /// Sends a call to a worker that has loaded its handler. Gives it back if nobody is there.
    pub(super) fn dispatch(
        &mut self,
        place: Place,
        mut call: Call,
        deadline: Instant,
    ) -> Result<(), Call> {
        let slot = &mut self.slots[place];
        let generation = slot.generation;
        let worker = slot.worker_mut();
        worker.take_log_tail();
        let left = deadline.saturating_duration_since(Instant::now());
        let end = (SystemTime::now() + left).duration_since(UNIX_EPOCH).unwrap_or_default();
        worker.request(&mut call, u64::try_from(end.as_millis()).unwrap_or(u64::MAX));
        match worker.flush() {
            Ok(true) => {}
            Ok(false) => {
                // Should it fail, the rest is never sent, and the deadline ends the call.
                let _ = self.poll.watch_writable(&worker.process.socket, place, generation, true);
            }
            Err(_) => {
                call.payload = worker.take_back_payload();
                return Err(call);
            }
        }
        slot.state = State::Busy(Running { id: call.id, request_id: call.request_id });
        slot.deadline = Some(deadline);
        Ok(())
    }
}
