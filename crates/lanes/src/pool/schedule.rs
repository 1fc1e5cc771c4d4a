//! When a call gets a worker, and when there are more workers or fewer.
//!
//! Work-conserving: as many workers of a function as there are processors start at once. Should
//! they all be busy for longer than `grow_after` while a call waits, they are probably blocked
//! (network, sleep), and one more helps. Two hundred short calls share a few warm workers, two
//! hundred sleeping ones end up side by side. At the limit, the worker that has been idle longest
//! makes room.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::poll::Source;
use super::slot::{Place, Running};
use super::{Pool, Queued, Slot, State};
use crate::portable::failure;
use crate::portable::worker::Worker;
use crate::{Call, Event};

/// How long to leave the system alone after it has refused to start a process.
const AFTER_REFUSAL: Duration = Duration::from_secs(1);

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
        let lane = &mut self.lanes[index];
        // Each worker that starts will take one of the calls, in order.
        let Some(next) = lane.queue.get(lane.starting) else { return false };
        let mut at = now;
        if lane.workers >= self.options.vcpus {
            if lane.starting >= self.options.vcpus {
                return false;
            }
            at = next.since + self.options.grow_after;
        }
        let at = lane.refused_until.map_or(at, |until| until.max(at));
        if at > now {
            lane.grow_at = Some(at);
        }
        at <= now
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
            lane.refused_until = Some(now + AFTER_REFUSAL);
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
