//! What follows when a worker says something, writes something, ends, or takes too long.

use std::process::ExitStatus;
use std::time::{Duration, Instant};

use super::poll::{Ready, Source};
use super::schedule::later;
use super::slot::{Place, Running};
use super::templates::leaving::PATIENCE;
use super::{Lane, Pool, Queued, Slot, State};
use crate::failure;
use crate::log::Output;
use crate::portable::frame::Reply;
use crate::worker::{Received, Worker};
use crate::{CallId, Error, Event, FunctionIndex, Outcome, Returned, Times};

/// How long a worker that has closed its socket may take to end by itself.
const TO_LEAVE: Duration = Duration::from_secs(1);

impl Pool {
    /// Waits once and handles all that happened; true if the waker was woken.
    pub(super) fn poll_once(&mut self, deadline: Option<Instant>) -> Result<bool, Error> {
        let mut ready = Vec::new();
        let woken = self.poll.wait(deadline, &mut ready)?;
        for Ready { place, generation, source, writable } in ready {
            let is_current = |slot: &Slot| slot.generation == generation && slot.worker.is_some();
            match source {
                Source::Template | Source::TemplateOutput | Source::TemplateEnded => {
                    self.on_template(place, generation, source);
                }
                _ if !is_current(&self.slots[place]) => {}
                Source::Socket | Source::Doorbell => self.on_socket(place, writable),
                Source::Output => self.read_log(place),
                Source::Ended => self.on_ended(place, None),
            }
        }
        Ok(woken)
    }

    /// The first moment at which something must be done although nothing happens.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        let workers = self.slots.iter().filter_map(|slot| slot.deadline);
        // A worker may have taken the last call that another one was thought of for.
        let waiting = self.lanes.iter().filter(|lane| !lane.queue.is_empty());
        let growth = waiting.filter_map(|lane| lane.grow_at);
        workers.chain(growth).chain(self.look_at()).min()
    }

    /// Deals with every worker whose time is over.
    pub(super) fn expire(&mut self, now: Instant) {
        for place in 0..self.slots.len() {
            if self.slots[place].deadline.is_some_and(|deadline| deadline <= now) {
                self.on_deadline(place, now);
            }
        }
    }

    fn on_deadline(&mut self, place: Place, now: Instant) {
        let forked_by = self.template_of(place);
        let slot = &mut self.slots[place];
        slot.deadline = None;
        let lane = slot.lane;
        match (&slot.state, forked_by) {
            (State::Starting | State::Ending, Some(template)) => self.on_stuck_template(template),
            (State::Starting, None) => {
                let template = slot.worker().waits_for();
                let is_slow = template.is_none_or(|template| self.is_loading(template, lane));
                if is_slow {
                    self.end(place);
                }
                if let Some(template) = template {
                    self.on_slow_template(template, now);
                }
                if is_slow {
                    self.load_once_more(lane, now);
                }
            }
            (State::Busy(_) | State::StartingFor(_), _) => {
                let timeout = self.lanes[lane].function.timeout;
                self.fail(place, |request_id| failure::timeout(request_id, timeout));
            }
            // How it ended is reported once it has.
            (State::Leaving(_), _) => self.kill(place),
            (State::Idle(_) | State::Ending, _) => {}
        }
    }

    /// The module did not load in time: the next call gets a worker of its own, and its timeout
    /// counts for both the module and the call, as on Lambda.
    fn load_once_more(&mut self, lane: usize, now: Instant) {
        let Some(queued) = self.lanes[lane].queue.pop_front() else { return };
        self.queued -= 1;
        let deadline = later(now, self.lanes[lane].function.timeout);
        let call = Running::from(&queued);
        if let Err(error) = self.start_worker(lane, State::StartingFor(queued), deadline) {
            self.fail_to_start(lane, &call, &error);
        }
    }

    fn on_socket(&mut self, place: Place, writable: bool) {
        if writable {
            self.on_writable(place);
        }
        let worker = self.slots[place].worker_mut();
        match worker.receive(&mut self.scratch) {
            Received::Nothing => {}
            Received::Reply(reply) => self.on_reply(place, reply),
            Received::Malformed(what) => self.on_garbage(place, what),
            Received::Closed => self.on_closed(place),
        }
    }

    fn on_writable(&mut self, place: Place) {
        let slot = &mut self.slots[place];
        let generation = slot.generation;
        if let Worker::Portable(worker) = slot.worker_mut()
            && !matches!(worker.flush(), Ok(false))
        {
            // A socket that is gone is noticed when it is read.
            let _ = self.poll.watch_writable(&worker.socket, place, generation, false);
        }
    }

    pub(super) fn on_reply(&mut self, place: Place, reply: Reply) {
        let state = std::mem::replace(&mut self.slots[place].state, State::Ending);
        let lane = self.slots[place].lane;
        match (state, reply) {
            (State::Busy(running), Reply::Returned { result, function }) => {
                let outcome = self.returned(lane, result);
                self.complete(place, running, outcome, function);
            }
            (State::Busy(running), Reply::Failed { error_type, payload, function }) => {
                self.complete(place, running, Outcome::Failed { error_type, payload }, function);
            }
            (State::Starting, Reply::Ready) => {
                self.lanes[lane].starting -= 1;
                self.read_log(place);
                self.end_line(place);
                self.dispatch_next(place, Instant::now());
            }
            (State::StartingFor(queued), Reply::Ready) => self.begin(place, queued),
            (
                state @ (State::Starting | State::StartingFor(_)),
                Reply::LoadFailed { error_type, payload },
            ) => {
                self.slots[place].state = state;
                self.fail(place, |_| Outcome::Failed { error_type, payload });
            }
            (state, _) => {
                self.slots[place].state = state;
                self.on_garbage(place, "a reply that nobody asked for");
            }
        }
    }

    /// The call for which the module was loaded once more can begin, in the time that is left.
    fn begin(&mut self, place: Place, queued: Queued) {
        let deadline = self.slots[place].deadline.expect("a worker that starts has a deadline");
        if let Some(queued) = self.dispatch(place, queued, deadline) {
            // The process has just died. `on_ended` says how.
            self.slots[place].state = State::StartingFor(queued);
        }
    }

    /// What becomes of a result: it may be larger than Lambda allows.
    fn returned(&self, lane: usize, returned: Returned) -> Outcome {
        let spelling = self.lanes[lane].function.spelling();
        match self.options.response_limit {
            Some(limit) if returned.exceeds(limit, spelling) => failure::response_too_large(limit),
            _ => Outcome::Returned(returned),
        }
    }

    fn complete(&mut self, place: Place, call: Running, outcome: Outcome, function: Duration) {
        let (id, times) = (call.id, call.times(Some(function)));
        // Still this call's: what it wrote is reported before its end.
        self.slots[place].state = State::Busy(call);
        self.read_log(place);
        self.finish(place, id, outcome, times);
        let lane = self.slots[place].lane;
        if self.alive >= self.options.max_workers && self.someone_starves(lane) {
            self.end(place);
        } else {
            self.dispatch_next(place, Instant::now());
        }
    }

    /// Whether another function has no worker at all, and a call that has waited longer than those
    /// of this one.
    fn someone_starves(&self, lane: usize) -> bool {
        let own = self.lanes[lane].waits_since();
        let starves = |other: &Lane| match (other.waits_since(), own) {
            (Some(other_since), Some(own)) => other.workers == 0 && other_since < own,
            _ => false,
        };
        self.lanes.iter().any(starves)
    }

    fn on_garbage(&mut self, place: Place, what: &'static str) {
        self.fail(place, |request_id| failure::garbage(request_id, what));
    }

    /// The socket is closed. Usually the process is about to end, and its exit status says why.
    fn on_closed(&mut self, place: Place) {
        let slot = &mut self.slots[place];
        if let Worker::Portable(worker) = slot.worker() {
            self.poll.remove(&worker.socket);
        }
        slot.state = match std::mem::replace(&mut slot.state, State::Ending) {
            State::Busy(running) => State::Leaving(running),
            other => other,
        };
        if matches!(slot.state, State::Idle(_)) {
            self.end(place);
        } else {
            slot.deadline = Some(Instant::now() + TO_LEAVE);
        }
    }

    /// The process has ended: reports what it still said, and then how it ended. Of a host, its
    /// template tells the status.
    pub(super) fn on_ended(&mut self, place: Place, told: Option<ExitStatus>) {
        if !matches!(self.slots[place].state, State::Ending) {
            self.on_socket(place, false);
        }
        // Again, because what it said may have been the end of it.
        if !matches!(self.slots[place].state, State::Ending) {
            self.read_log(place);
            self.end_line(place);
        }
        let victim = self.victim(place);
        self.end(place);
        self.slots[place].deadline = None;
        let worker = self.slots[place].worker.take();
        let mut worker = worker.expect("only here does a worker leave its place");
        let log_tail = worker.take_log_tail();
        let status = match worker {
            Worker::Portable(worker) => {
                self.poll.remove(&worker.process.ended);
                // It fails only if somebody else has waited for our child; then nobody knows.
                worker.process.reap().unwrap_or_default()
            }
            Worker::Forked(_) | Worker::Waiting { .. } => told.unwrap_or_default(),
        };
        if let Some(call) = victim {
            let outcome = failure::exit(&call.request_id, status);
            let (id, times) = (call.id, call.times(None));
            self.events.push(Event::Finished { id, outcome, log_tail, times });
        }
    }

    /// Ends a worker and fails the call that it had, if any.
    pub(super) fn fail(&mut self, place: Place, outcome: impl FnOnce(&str) -> Outcome) {
        self.read_log(place);
        if let Some(call) = self.victim(place) {
            self.finish(place, call.id, outcome(&call.request_id), call.times(None));
        }
        self.end(place);
    }

    /// The call that a failure of this worker is the failure of: the one it runs, or else, if it
    /// is loading its module, the next one that waits for such a worker.
    fn victim(&mut self, place: Place) -> Option<Running> {
        let slot = &self.slots[place];
        match &slot.state {
            State::Busy(running) | State::Leaving(running) => Some(running.clone()),
            State::StartingFor(queued) => Some(queued.into()),
            State::Starting => {
                let queued = self.lanes[slot.lane].queue.pop_front()?;
                self.queued -= 1;
                Some((&queued).into())
            }
            State::Idle(_) | State::Ending => None,
        }
    }

    /// Reports the end of a call, after all of its log.
    fn finish(&mut self, place: Place, id: CallId, outcome: Outcome, times: Times) {
        self.end_line(place);
        let log_tail = self.slots[place].worker_mut().take_log_tail();
        self.events.push(Event::Finished { id, outcome, log_tail, times });
    }

    /// A worker that has loaded its module takes the next call in place of one that needs no more.
    pub(super) fn finish_load(&mut self, place: Place, queued: &Queued) {
        let running = Running::from(queued);
        let outcome = Outcome::Returned(Returned::Text(b"null".to_vec()));
        self.finish(place, running.id, outcome, running.times(None));
        self.dispatch_next(place, Instant::now());
    }

    /// Reports the lines that a worker has written so far.
    pub(super) fn read_log(&mut self, place: Place) {
        let Some(output) = self.slots[place].worker_mut().output() else { return };
        let (lines, open) = output.read(&mut self.scratch);
        if !open {
            self.poll.remove(&output.pipe);
        }
        self.report_log(place, lines);
    }

    /// Reports the line that a worker has begun as if it had ended.
    pub(super) fn end_line(&mut self, place: Place) {
        let rest = self.slots[place].worker_mut().output().and_then(Output::rest);
        self.report_log(place, rest);
    }

    fn report_log(&mut self, place: Place, lines: Option<String>) {
        if let Some(text) = lines {
            let slot = &self.slots[place];
            let request_id = slot.request_id().map(str::to_owned);
            self.events.push(Event::Log { function: FunctionIndex(slot.lane), request_id, text });
        }
    }

    /// Kills a worker and forgets it; its process is waited for when it has ended.
    pub(super) fn end(&mut self, place: Place) {
        let slot = &mut self.slots[place];
        let state = std::mem::replace(&mut slot.state, State::Ending);
        slot.deadline = None;
        let lane = &mut self.lanes[slot.lane];
        match state {
            State::Ending => return,
            State::Starting => lane.starting -= 1,
            State::Idle(_) => lane.idle.retain(|other| *other != place),
            State::StartingFor(_) | State::Busy(_) | State::Leaving(_) => {}
        }
        lane.workers -= 1;
        self.alive -= 1;
        self.kill(place);
        let slot = &mut self.slots[place];
        match slot.worker() {
            Worker::Portable(worker) => {
                self.poll.remove(&worker.socket);
                self.poll.remove(&worker.output.pipe);
            }
            Worker::Forked(host) => {
                self.poll.remove(&host.doorbell);
                self.poll.remove(&host.output.pipe);
                // Its template tells when it has ended.
                slot.deadline = Some(Instant::now() + PATIENCE);
            }
            Worker::Waiting { template, .. } => {
                let template = *template;
                slot.worker = None;
                self.end_unwanted(template);
            }
        }
    }

    /// Kills the process of a worker, if it has one, and everything in its group.
    pub(super) fn kill(&mut self, place: Place) {
        match &self.slots[place].worker {
            Some(Worker::Portable(worker)) => worker.process.kill(),
            Some(Worker::Forked(host)) => {
                if let Some(running) = &self.templates[host.template].running {
                    running.kill(host.id);
                }
            }
            Some(Worker::Waiting { .. }) | None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::Options;
    use crate::{Function, Handler};

    /// Else the pool would look again and again, for as long as no other call comes.
    #[test]
    fn no_worker_is_thought_of_for_a_call_that_another_one_has_taken() {
        let function = Function {
            name: "f".into(),
            arn: "f".into(),
            code_root: "/project/f".into(),
            handler: Handler::Named("app.handler".into()),
            python: "/usr/bin/python3".into(),
            libpython: None,
            layers: Vec::new(),
            environment: Vec::new(),
            timeout: Duration::from_secs(3),
            memory_mib: 128,
            memory_limit_mib: None,
            runtime: "python3.11".into(),
            debug: None,
            alone: false,
        };
        let mut pool = Pool::new(vec![function], Options::default()).unwrap();
        pool.lanes[0].grow_at = Some(Instant::now());
        assert_eq!(pool.next_deadline(), None);
    }
}
