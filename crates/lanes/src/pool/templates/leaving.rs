//! Functions that cannot stay in their template, and workers that get none.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use super::super::Queued;
use super::super::schedule::later;
use super::super::slot::{Place, Slot, State};
use super::Pool;
use crate::forked::Template;
use crate::worker::Worker;
use crate::{FunctionIndex, Reason};

/// How long a template may take to fork a host, or to end one. It needs a millisecond; a machine that has
/// too much to do may need long.
pub(in crate::pool) const PATIENCE: Duration = Duration::from_secs(5);

impl Pool {
    /// A template stands still: it forks no host, or ends none, though it was told to. It is killed, and
    /// so are its hosts, because the kernel ties them to it; its functions go elsewhere, because a fork
    /// may hang again.
    pub(in crate::pool) fn on_stuck_template(&mut self, index: usize) {
        self.end_template(index);
        for place in 0..self.slots.len() {
            let is_starting =
                matches!(self.slots[place].state, State::Starting | State::StartingFor(_));
            if self.template_of(place) == Some(index) && !is_starting {
                self.on_ended(place, Some(ExitStatus::from_raw(9)));
            }
        }
        self.wait_again(index);
        self.leave(index, "its lane host stands still");
    }

    /// The template that has forked the worker in this place, or is to.
    pub(in crate::pool) fn template_of(&self, place: Place) -> Option<usize> {
        match &self.slots[place].worker {
            Some(Worker::Forked(host)) => Some(host.template),
            Some(Worker::Portable(_) | Worker::Waiting { .. }) | None => None,
        }
    }

    /// The functions of a template cannot stay there.
    pub(super) fn leave(&mut self, index: usize, reason: &str) {
        for function in self.templates[index].members.clone() {
            self.move_out(function, reason.to_owned());
        }
    }

    /// The function cannot stay in its template: it gets one of its own, or else portable workers;
    /// so do those of its workers that wait.
    pub(super) fn move_out(&mut self, function: usize, reason: String) {
        let Some(old) = self.lanes[function].template.take() else { return };
        let waiting = self.waiting_for(old);
        if self.templates[old].namespaces {
            self.lanes[function].template = Some(self.templates.len());
            self.templates.push(Template::new(vec![function], false));
        }
        self.lanes[function].reason = Reason::Unfit(reason);
        self.events.extend(self.lanes[function].placed(function));
        for place in waiting {
            if self.slots[place].lane == function {
                self.start_again(place);
            }
        }
    }

    /// Has calls of a function go to a safer kind of lane from now on: from a process that it shares to
    /// one of its own, from there to portable workers. False if there is none that is safer.
    ///
    /// # Panics
    /// If the function is not one of those given to [`Pool::new`].
    pub fn move_to_safer_lane(
        &mut self,
        FunctionIndex(function): FunctionIndex,
        reason: &str,
    ) -> bool {
        if let Some(inline) = &mut self.inline {
            inline.remove(function);
        }
        for place in self.lanes[function].idle.clone() {
            self.end(place);
        }
        let is_safest = self.lanes[function].template.is_none();
        self.move_out(function, reason.to_owned());
        !is_safest
    }

    /// Starts another worker in place of one that still waits. Calls in the queue get theirs when they
    /// are looked after the next time.
    fn start_again(&mut self, place: Place) {
        let Slot { lane, deadline, .. } = self.slots[place];
        if let Some((queued, deadline)) = self.release(place).zip(deadline) {
            let call = (&queued).into();
            if let Err(error) = self.start_worker(lane, State::StartingFor(queued), deadline) {
                self.fail_to_start(lane, &call, &error);
            }
        }
    }

    /// The system refuses a host: waits for others, or fails a call.
    pub(super) fn give_up(&mut self, place: Place, error: &io::Error) {
        let lane = self.slots[place].lane;
        match self.release(place) {
            Some(queued) => self.fail_to_start(lane, &(&queued).into(), error),
            None => self.refuse(lane, error, Instant::now()),
        }
    }

    /// Forgets a worker that has no process; gives the call that was its own.
    fn release(&mut self, place: Place) -> Option<Queued> {
        let queued = match &self.slots[place].state {
            State::StartingFor(queued) => Some(queued.clone()),
            _ => None,
        };
        self.end(place);
        self.slots[place].worker = None;
        queued
    }

    /// Whether a template still loads this function, and not only others.
    pub(in crate::pool) fn is_loading(&self, index: usize, function: usize) -> bool {
        let running = self.templates[index].running.as_ref();
        running.is_some_and(|running| running.loading.contains(&function))
    }

    /// A template did not load its functions in time: another one loads them once more. The slow ones
    /// of several leave it, and the others begin anew.
    pub(in crate::pool) fn on_slow_template(&mut self, index: usize, now: Instant) {
        let Some(running) = &self.templates[index].running else { return };
        let is_shared = running.lanes.len() > 1;
        if running.loaded || (running.is_second && !is_shared) {
            return;
        }
        let slow = match running.loading.as_slice() {
            [] => running.lanes.clone(),
            loading => loading.to_vec(),
        };
        self.end_template(index);
        if is_shared {
            for function in slow {
                self.move_out(function, "its module takes long to load".to_owned());
            }
        }
        let waiting = self.waiting_for(index);
        if waiting.is_empty() {
            return;
        }
        if let Err(error) = self.start_template(index, true) {
            return waiting.into_iter().for_each(|place| self.give_up(place, &error));
        }
        for place in waiting {
            let slot = &mut self.slots[place];
            if matches!(slot.state, State::Starting) {
                slot.deadline = Some(later(now, self.lanes[slot.lane].init_timeout));
            }
        }
    }
}
