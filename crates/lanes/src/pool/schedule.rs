//! When a call gets a worker, and how one is started.
//!
//! Work-conserving: `growth.rs` says when another worker pays, so two hundred short calls share a few
//! warm workers, and two hundred sleeping ones end up side by side. At the limit, the worker that has
//! been idle longest makes room. The road not taken is a process for each branch at once: starting one
//! costs more than most calls.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::poll::Source;
use super::slot::{Place, Running};
use super::templates::leaving::PATIENCE;
use super::{Lane, Pool, Queued, Slot, State};
use crate::Event;
use crate::failure;
use crate::portable;
use crate::worker::Worker;

/// How long to leave the system alone after it has refused to start a process.
const AFTER_REFUSAL: Duration = Duration::from_secs(1);
/// The longest time that is waited for, so that every clock can hold its end.
pub(crate) const A_CENTURY: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

impl Pool {
    /// Looks after every function with calls that wait; the one that has waited longest is first.
    pub(super) fn schedule_waiting(&mut self, now: Instant) {
        if self.queued == 0 {
            return;
        }
        let waiting = self
            .lanes
            .iter()
            .enumerate()
            .filter_map(|(index, lane)| Some((lane.waits_since()?, index)));
        let mut waiting: Vec<_> = waiting.collect();
        waiting.sort_unstable();
        for (_, lane) in waiting {
            self.schedule(lane, now);
        }
    }

    /// Gives the calls that wait for a function to its free workers, and starts workers for others.
    pub(super) fn schedule(&mut self, lane: usize, now: Instant) {
        while !self.lanes[lane].queue.is_empty() {
            let idle = self.lanes[lane].idle.pop();
            let Some(place) = idle.or_else(|| self.borrow_host(lane)) else { break };
            self.dispatch_next(place, now);
        }
        self.lanes[lane].grow_at = None;
        while self.has_room(lane) && self.wants_worker(lane, now) {
            self.make_room(lane);
            let deadline = later(now, self.lanes[lane].init_timeout);
            if let Err(error) = self.start_worker(lane, State::Starting, deadline) {
                self.refuse(lane, &error, now);
            }
        }
    }

    /// Whether one more worker of this function may exist, perhaps in place of an idle one.
    fn has_room(&self, lane: usize) -> bool {
        self.alive < self.options.max_workers || self.longest_idle(lane).is_some()
    }

    /// Keeps the number of workers below the limit, for one more to come.
    fn make_room(&mut self, lane: usize) {
        if self.alive >= self.options.max_workers {
            let place = self.longest_idle(lane).expect("`has_room` was asked before");
            self.end(place);
        }
    }

    /// The worker of another function that has been idle longest.
    fn longest_idle(&self, lane: usize) -> Option<Place> {
        let idle = |(place, slot): (Place, &Slot)| match slot.state {
            State::Idle(since) if slot.lane != lane => Some((since, place)),
            _ => None,
        };
        let (_, place) = self.slots.iter().enumerate().filter_map(idle).min()?;
        Some(place)
    }

    /// Starts a worker in a free place, of the kind that its function has.
    pub(super) fn start_worker(
        &mut self,
        index: usize,
        state: State,
        deadline: Instant,
    ) -> std::io::Result<()> {
        let place = self.free_place();
        let generation = self.slots[place].generation.wrapping_add(1);
        let worker = match self.lanes[index].template {
            Some(template) => {
                let is_second = matches!(state, State::StartingFor(_));
                self.start_host(template, is_second, (index, place, generation))?
            }
            None => {
                let lane = &self.lanes[index];
                let worker = portable::worker::Worker::start(&lane.function, &lane.environment)?;
                Worker::Portable(self.watch(worker, place, generation)?)
            }
        };
        let lane = &mut self.lanes[index];
        lane.starting += usize::from(matches!(state, State::Starting));
        lane.workers += 1;
        self.growth.moved_at = Instant::now();
        self.alive += 1;
        self.started += 1;
        let is_forked = matches!((&worker, &state), (Worker::Forked(_), State::Starting));
        let deadline = if is_forked { deadline.min(Instant::now() + PATIENCE) } else { deadline };
        let (worker, deadline) = (Some(worker), Some(deadline));
        self.slots[place] = Slot { worker, lane: index, state, generation, deadline };
        Ok(())
    }

    fn free_place(&mut self) -> Place {
        if let Some(place) = self.slots.iter().position(|slot| slot.worker.is_none()) {
            return place;
        }
        self.slots.push(Slot::default());
        self.slots.len() - 1
    }

    /// Has what the worker does wake us, and sends it what it is to load. On error it is ended.
    fn watch(
        &mut self,
        mut worker: portable::worker::Worker,
        place: Place,
        generation: u32,
    ) -> std::io::Result<portable::worker::Worker> {
        let add = |descriptor, source| self.poll.add(descriptor, place, generation, source);
        let watched = add(&worker.socket, Source::Socket)
            .and_then(|()| add(&worker.output.pipe, Source::Output))
            .and_then(|()| add(&worker.process.ended, Source::Ended))
            .and_then(|()| match worker.flush() {
                // It has died already; its end, which is watched, tells how.
                Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(true),
                sent => sent,
            })
            .and_then(|done| match done {
                true => Ok(()),
                false => self.poll.watch_writable(&worker.socket, place, generation, true),
            });
        match watched {
            Ok(()) => Ok(worker),
            Err(error) => {
                worker.process.reap()?;
                Err(error)
            }
        }
    }

    /// The system does not start a process: waits if there are others, else fails the next call.
    pub(super) fn refuse(&mut self, index: usize, error: &std::io::Error, now: Instant) {
        let lane = &mut self.lanes[index];
        if lane.workers > 0 {
            lane.refused_until = Some(now + AFTER_REFUSAL);
        } else if let Some(queued) = lane.queue.pop_front() {
            self.queued -= 1;
            self.fail_to_start(index, &(&queued).into(), error);
        }
    }

    /// Reports that there is no process for this call.
    pub(super) fn fail_to_start(&mut self, lane: usize, call: &Running, error: &std::io::Error) {
        let outcome = failure::start(&call.request_id, &self.lanes[lane].function, error);
        let (id, times, log_tail) = (call.id, call.times(None), String::new());
        self.events.push(Event::Finished { id, outcome, log_tail, times });
    }

    /// Gives the worker the next call of its function, or lets it wait for one.
    pub(super) fn dispatch_next(&mut self, place: Place, now: Instant) {
        let lane = self.slots[place].lane;
        self.slots[place].state = State::Idle(now);
        self.slots[place].deadline = None;
        match self.lanes[lane].queue.pop_front() {
            Some(queued) => {
                self.queued -= 1;
                self.growth.moved_at = now;
                let deadline = later(now, self.lanes[lane].function.timeout);
                if let Some(queued) = self.dispatch(place, queued, deadline) {
                    // The worker has died while it was idle; the call has not begun.
                    self.lanes[lane].queue.push_front(queued);
                    self.queued += 1;
                    self.end(place);
                }
            }
            None => self.lanes[lane].idle.push(place),
        }
    }

    /// Sends a call to a worker that has loaded its handler. Gives it back only if nobody is there.
    pub(super) fn dispatch(
        &mut self,
        place: Place,
        mut queued: Queued,
        deadline: Instant,
    ) -> Option<Queued> {
        if queued.only_load {
            self.finish_load(place, &queued);
            return None;
        }
        self.tell(|watch| watch.begins(queued.call.id, &queued.call.request_id));
        let slot = &mut self.slots[place];
        let generation = slot.generation;
        let worker = slot.worker_mut();
        worker.take_log_tail();
        let started = Instant::now();
        let left = deadline.saturating_duration_since(started);
        let end = (SystemTime::now() + left).duration_since(UNIX_EPOCH).unwrap_or_default();
        worker.request(&mut queued.call, u64::try_from(end.as_millis()).unwrap_or(u64::MAX));
        match worker.flush() {
            Ok(true) => {}
            Ok(false) => {
                if let Worker::Portable(worker) = worker {
                    // Should it fail, the rest is never sent, and the deadline ends the call.
                    let _ = self.poll.watch_writable(&worker.socket, place, generation, true);
                }
            }
            Err(_) => {
                if let Worker::Portable(worker) = worker {
                    queued.call.payload = worker.take_back_payload();
                }
                return Some(queued);
            }
        }
        let Queued { call, since, .. } = queued;
        let (id, request_id) = (call.id, call.request_id);
        slot.state = State::Busy(Running { id, request_id, called: since, started: Some(started) });
        slot.deadline = Some(deadline);
        None
    }
}

impl Lane {
    /// Since when the first call in the queue has waited.
    pub(super) fn waits_since(&self) -> Option<Instant> {
        self.queue.front().map(|queued| queued.since)
    }
}

/// `now + duration`; a century stands for anything that a clock cannot hold.
pub(super) fn later(now: Instant, duration: Duration) -> Instant {
    now + duration.min(A_CENTURY)
}
