//! What follows from what a template reports and writes, and from its end.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Instant;

use faastlane_host::message::Report;
use rustix::process::Pid;

use super::super::poll::Source;
use super::super::slot::{Place, Slot, State};
use super::Pool;
use super::leaving::PATIENCE;
use crate::forked::Running;
use crate::portable::frame::Reply;
use crate::process::anonymous_memory;
use crate::worker::Worker;
use crate::{Event, FunctionIndex, Outcome, failure};

impl Pool {
    /// Something happened to a template.
    pub(in crate::pool) fn on_template(&mut self, index: usize, generation: u32, source: Source) {
        if self.templates[index].generation != generation {
            return;
        }
        match source {
            Source::TemplateOutput => self.read_template_log(index),
            Source::TemplateEnded => self.on_template_ended(index),
            _ => self.on_reports(index),
        }
    }

    fn on_reports(&mut self, index: usize) {
        while let Some(running) = &mut self.templates[index].running {
            match running.report() {
                Ok(Some(report)) => self.on_report(index, report),
                Ok(None) => return,
                // It speaks no longer as a template does: its end says the rest.
                Err(_) => return running.process.kill(),
            }
        }
    }

    fn on_report(&mut self, index: usize, report: Report) {
        let Some(running) = &mut self.templates[index].running else { return };
        let function = |lane: u32| usize::try_from(lane).ok().and_then(|at| running.lanes.get(at));
        match report {
            Report::Loads => running.loads = true,
            Report::Ready { lane } => {
                if let Some(function) = function(lane).copied() {
                    running.loading.retain(|other| *other != function);
                }
            }
            Report::LoadFailed { lane, error_type, payload } => {
                if let Some(function) = function(lane).copied() {
                    running.loading.retain(|other| *other != function);
                    let payload = payload.into_bytes();
                    self.on_load_failed(index, function, &Outcome::Failed { error_type, payload });
                }
            }
            Report::Unfit { lane, reason } => {
                if let Some(function) = function(lane).copied() {
                    running.loading.retain(|other| *other != function);
                    self.move_out(function, reason);
                }
            }
            Report::Loaded => self.on_loaded(index),
            Report::Forked { host, pid } => self.on_forked(host, pid),
            Report::NotForked { host, reason, never } => self.on_not_forked(host, reason, never),
            Report::Ended { host, status } => {
                if let Some(place) = self.place_of(host) {
                    self.on_ended(place, Some(ExitStatus::from_raw(status)));
                }
            }
        }
    }

    /// Python itself says that the module cannot be loaded: so do all that wait for it.
    fn on_load_failed(&mut self, index: usize, function: usize, outcome: &Outcome) {
        let tail = self.end_template_log(index);
        for place in self.waiting_for(index) {
            if self.slots[place].lane == function {
                self.fail_waiting(place, &tail, |_| outcome.clone());
            }
        }
        // The next attempt is by another template.
        if let [_] = self.templates[index].members[..] {
            self.end_template(index);
        } else {
            self.move_out(function, "its module could not be loaded".to_owned());
        }
    }

    /// Fails a worker that waits for a template; `tail` is the end of the template's log.
    fn fail_waiting(&mut self, place: Place, tail: &str, outcome: impl FnOnce(&str) -> Outcome) {
        if let Some(Worker::Waiting { log_tail, .. }) = &mut self.slots[place].worker {
            tail.clone_into(log_tail);
        }
        self.fail(place, outcome);
    }

    /// Hosts can be forked: for all that wait.
    fn on_loaded(&mut self, index: usize) {
        self.end_template_log(index);
        let Some(running) = &mut self.templates[index].running else { return };
        running.loaded = true;
        if running.lanes.len() > 1 {
            running.shared_memory = anonymous_memory(running.process.pid()).unwrap_or(0);
        }
        for place in self.waiting_for(index) {
            let Slot { lane, generation, .. } = self.slots[place];
            match self.fork_host(index, lane, place, generation) {
                Ok(host) => {
                    let slot = &mut self.slots[place];
                    slot.worker = Some(Worker::Forked(host));
                    if matches!(slot.state, State::Starting) {
                        slot.deadline = Some(Instant::now() + PATIENCE);
                    }
                }
                Err(error) => self.give_up(place, &error),
            }
        }
    }

    fn on_forked(&mut self, host: u64, pid: i32) {
        let Some(place) = self.place_of(host) else { return };
        let slot = &mut self.slots[place];
        if let Some(Worker::Forked(host)) = &mut slot.worker {
            host.pid = Pid::from_raw(pid);
        }
        if matches!(slot.state, State::Starting | State::StartingFor(_)) {
            self.on_reply(place, Reply::Ready);
        }
    }

    fn on_not_forked(&mut self, host: u64, reason: String, never: bool) {
        let Some(place) = self.place_of(host) else { return };
        let Some(Worker::Forked(host)) = &self.slots[place].worker else { return };
        let index = host.template;
        if never {
            self.end_template(index);
            self.wait_again(index);
            self.leave(index, &reason);
        } else {
            self.give_up(place, &io::Error::other(reason));
        }
    }

    /// Those that were to be hosts of a template which has ended wait for one again.
    pub(super) fn wait_again(&mut self, index: usize) {
        for slot in &mut self.slots {
            if let Some(Worker::Forked(host)) = &slot.worker
                && host.template == index
            {
                self.poll.remove(&host.doorbell);
                self.poll.remove(&host.output.pipe);
                slot.worker = match slot.state {
                    State::Ending => None,
                    _ => Some(Worker::Waiting { template: index, log_tail: String::new() }),
                };
            }
        }
    }

    /// The process of a template has ended, which it never does by itself.
    fn on_template_ended(&mut self, index: usize) {
        self.on_reports(index);
        let tail = self.end_template_log(index);
        let Some(running) = &self.templates[index].running else { return };
        let Running { loads, loaded: was_loaded, .. } = *running;
        let is_shared = running.lanes.len() > 1;
        let status = self.end_template(index);
        if was_loaded {
            // Its hosts have been killed with it.
            for place in 0..self.slots.len() {
                if self.template_of(place) == Some(index) {
                    self.on_ended(place, Some(ExitStatus::from_raw(9)));
                }
            }
        } else if loads && !is_shared && status.code().is_some() {
            // The module has ended its process, as it would anywhere.
            for place in self.waiting_for(index) {
                self.fail_waiting(place, &tail, |request_id| failure::exit(request_id, status));
            }
        } else {
            let what = if loads { "loads its module" } else { "is to load its module" };
            self.leave(index, &format!("a lane host that {what} ends ({status})"));
        }
    }

    fn read_template_log(&mut self, index: usize) {
        let Some(running) = &mut self.templates[index].running else { return };
        let (lines, open) = running.output.read(&mut self.scratch);
        if !open {
            self.poll.remove(&running.output.pipe);
        }
        self.report_template_log(index, lines);
    }

    /// Reports all that a template has written so far; gives its end.
    pub(super) fn end_template_log(&mut self, index: usize) -> String {
        self.read_template_log(index);
        let Some(running) = &mut self.templates[index].running else { return String::new() };
        let (rest, tail) = (running.output.rest(), running.output.take_tail());
        self.report_template_log(index, rest);
        tail
    }

    fn report_template_log(&mut self, index: usize, lines: Option<String>) {
        let running = self.templates[index].running.as_ref();
        let writer = running.and_then(|running| running.loading.first().or(running.lanes.first()));
        if let (Some(text), Some(function)) = (lines, writer) {
            let function = FunctionIndex(*function);
            self.events.push(Event::Log { function, request_id: None, text });
        }
    }
}
