//! Templates: which functions share one, when it starts, and what follows from what it reports.
//!
//! A worker that is to be a host first waits for its template (`Worker::Waiting`), then for the
//! fork, and is a worker like any other from then on. A function that turns out not to fit, such
//! as one whose module starts threads, gets portable workers instead.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::ExitStatus;
use std::time::Instant;

use faastlane_host::message::{LanePlan, Plan, Report};
use rustix::process::Pid;

use super::poll::Source;
use super::schedule::later;
use super::slot::{Place, Slot, State};
use super::{Lane, Options, Pool};
use crate::forked::{Host, Running, Template};
use crate::portable::frame::Reply;
use crate::worker::Worker;
use crate::{
    Event, Function, FunctionIndex, HostProgram, Isolation, Outcome, Reason, failure, runner,
};

/// Most lanes in one process: glibc has 16 namespaces, and one is that of the process.
const MOST_LANES: usize = 15;
/// The same where each lane needs a key: there are 16, and three are taken.
const MOST_LANES_WITH_KEYS: usize = 13;

/// Decides which functions get hosts, and which of them share a template.
pub(super) fn assign(lanes: &mut [Lane], options: &Options) -> Vec<Template> {
    if options.host_program.is_none() {
        return Vec::new();
    }
    for lane in &mut *lanes {
        lane.reason = unfit(&lane.function).unwrap_or(Reason::Asked);
    }
    let fit = (0..lanes.len()).filter(|index| lanes[*index].reason == Reason::Asked);
    let fit: Vec<_> = fit.collect();
    let most = match options.isolation {
        Isolation::Process => 1,
        Isolation::Mpk => MOST_LANES_WITH_KEYS,
        Isolation::None => MOST_LANES,
    };
    let mut templates = Vec::new();
    for members in fit.chunks(most) {
        for member in members {
            lanes[*member].template = Some(templates.len());
        }
        templates.push(Template { members: members.to_vec(), running: None, generation: 0 });
    }
    templates
}

/// Why a function cannot have hosts, as far as can be told before its module is loaded.
fn unfit(function: &Function) -> Option<Reason> {
    let is_text = |path: &Path| path.to_str().is_some();
    match &function.libpython {
        _ if function.debug.is_some() => Some(Reason::Debugged),
        Some(libpython) if function.python.is_absolute() => {
            let mut paths = [libpython, &function.python, &function.code_root].into_iter();
            let all_text = paths.all(|path| is_text(path));
            (!all_text).then_some(Reason::NotUtf8)
        }
        _ => Some(Reason::NoLibpython),
    }
}

impl Pool {
    /// A worker of a function that has a template. `is_second` says that an earlier one took too
    /// long to load.
    pub(super) fn start_host(
        &mut self,
        template: usize,
        is_second: bool,
        (lane, place, generation): (usize, Place, u32),
    ) -> io::Result<Worker> {
        if self.templates[template].running.is_none() {
            self.start_template(template, is_second)?;
        }
        if self.templates[template].running.as_ref().is_some_and(|running| running.loaded) {
            return self.fork_host(template, lane, place, generation).map(Worker::Forked);
        }
        Ok(Worker::Waiting { template, log_tail: String::new() })
    }

    fn start_template(&mut self, index: usize, is_second: bool) -> io::Result<()> {
        let template = &mut self.templates[index];
        let is_member = |lane: &usize| self.lanes[*lane].template == Some(index);
        let lanes: Vec<_> = template.members.iter().copied().filter(is_member).collect();
        for lane in &lanes {
            // A Python that is not there is told in the same words as for a portable worker.
            std::fs::metadata(&self.lanes[*lane].function.python)?;
        }
        let program = self.options.host_program.as_ref();
        let program: &HostProgram = program.expect("templates are only assigned with a program");
        let folder = match lanes.as_slice() {
            [lane] => &self.lanes[*lane].function.code_root,
            _ => Path::new("/"),
        };
        let plan = Plan {
            namespaces: self.options.isolation != Isolation::Process,
            keys: self.options.isolation == Isolation::Mpk,
            runner: runner::SOURCE.to_owned(),
            lanes: lanes.iter().map(|lane| lane_plan(&self.lanes[*lane])).collect(),
        };
        let mut running = Running::start(program, folder, plan, lanes)?;
        running.is_second = is_second;
        template.generation = template.generation.wrapping_add(1);
        let add =
            |descriptor, source| self.poll.add(descriptor, index, template.generation, source);
        let watched = add(running.line.socket(), Source::Template)
            .and_then(|()| add(&running.output.pipe, Source::TemplateOutput))
            .and_then(|()| add(&running.process.ended, Source::TemplateEnded));
        if let Err(error) = watched {
            running.process.reap()?;
            return Err(error);
        }
        template.running = Some(running);
        Ok(())
    }

    /// Has a template that has loaded its lanes fork a host.
    fn fork_host(
        &mut self,
        template: usize,
        lane: usize,
        place: Place,
        generation: u32,
    ) -> io::Result<Host> {
        let running = self.templates[template].running.as_ref();
        let running = running.expect("the caller has looked");
        let id = u64::from(generation) << 32 | place as u64;
        let (host, inherited) =
            Host::new(id, template, running.lane_of(lane), running.lanes.len() > 1)?;
        running.fork(id, &inherited)?;
        self.poll.add(&host.doorbell, place, generation, Source::Doorbell)?;
        self.poll.add(&host.output.pipe, place, generation, Source::Output)?;
        Ok(host)
    }

    /// Something happened to a template.
    pub(super) fn on_template(&mut self, index: usize, generation: u32, source: Source) {
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
                    self.make_portable(function, reason);
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
                self.fail_waiting(place, &tail, outcome.clone());
            }
        }
        if let [_] = self.templates[index].members[..] {
            self.end_template(index);
        } else {
            // What another attempt would say is left to a portable worker.
            self.make_portable(function, "its module could not be loaded".to_owned());
        }
    }

    fn fail_waiting(&mut self, place: Place, tail: &str, outcome: Outcome) {
        if let Some(Worker::Waiting { log_tail, .. }) = &mut self.slots[place].worker {
            tail.clone_into(log_tail);
        }
        self.fail(place, |_| outcome);
    }

    /// Hosts can be forked: for all that wait.
    fn on_loaded(&mut self, index: usize) {
        self.end_template_log(index);
        let Some(running) = &mut self.templates[index].running else { return };
        running.loaded = true;
        for place in self.waiting_for(index) {
            let Slot { lane, generation, .. } = self.slots[place];
            match self.fork_host(index, lane, place, generation) {
                Ok(host) => self.slots[place].worker = Some(Worker::Forked(host)),
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
        let lane = self.slots[place].lane;
        if never {
            self.start_as_portable(place);
            self.make_portable(lane, reason);
        } else {
            self.give_up(place, &io::Error::other(reason));
        }
    }

    /// The place of the worker that a template calls so.
    fn place_of(&self, host: u64) -> Option<Place> {
        let place = usize::try_from(host & 0xFFFF_FFFF).ok()?;
        let slot = self.slots.get(place)?;
        (u64::from(slot.generation) == host >> 32 && slot.worker.is_some()).then_some(place)
    }

    /// Places of the workers that wait for a template.
    fn waiting_for(&self, index: usize) -> Vec<Place> {
        let waits = |slot: &Slot| matches!(slot.worker, Some(Worker::Waiting { template, .. }) if template == index);
        (0..self.slots.len()).filter(|place| waits(&self.slots[*place])).collect()
    }

    /// From now on the function has portable workers, those that wait for a template included.
    fn make_portable(&mut self, function: usize, reason: String) {
        let template = self.lanes[function].template.take();
        self.lanes[function].reason = Reason::Unfit(reason);
        for place in template.map(|index| self.waiting_for(index)).unwrap_or_default() {
            if self.slots[place].lane == function {
                self.start_as_portable(place);
            }
        }
    }

    /// Puts a portable worker in the place of one that is no host yet. Calls in the queue get theirs
    /// when they are looked after the next time.
    fn start_as_portable(&mut self, place: Place) {
        let (lane, deadline) = (self.slots[place].lane, self.slots[place].deadline);
        self.lanes[lane].template = None;
        if let Some((queued, deadline)) = self.release(place).zip(deadline) {
            let call = (&queued).into();
            if let Err(error) = self.start_worker(lane, State::StartingFor(queued), deadline) {
                self.fail_to_start(lane, &call, &error);
            }
        }
    }

    /// The system refuses a host: waits for others, or fails a call.
    fn give_up(&mut self, place: Place, error: &io::Error) {
        let lane = self.slots[place].lane;
        match self.release(place) {
            Some(queued) => self.fail_to_start(lane, &(&queued).into(), error),
            None => self.refuse(lane, error, Instant::now()),
        }
    }

    /// Forgets a worker that has no process; gives the call that was its own.
    fn release(&mut self, place: Place) -> Option<super::Queued> {
        let queued = match &self.slots[place].state {
            State::StartingFor(queued) => Some(queued.clone()),
            _ => None,
        };
        self.end(place);
        self.slots[place].worker = None;
        queued
    }

    /// The module of a function did not load in time. Lanes that still load are loaded once more,
    /// by another template; where there are several, those that are slow leave it.
    pub(super) fn on_slow_template(&mut self, index: usize, now: Instant) {
        let Some(running) = &self.templates[index].running else { return };
        if running.loaded || running.is_second {
            return;
        }
        let slow = running.loading.clone();
        self.end_template(index);
        if self.templates[index].members.len() > 1 {
            for function in slow {
                self.make_portable(function, "its module takes long to load".to_owned());
            }
        }
        let waiting = self.waiting_for(index);
        let Err(error) = self.start_template(index, true) else {
            for place in waiting {
                let slot = &mut self.slots[place];
                if matches!(slot.state, State::Starting) {
                    slot.deadline = Some(later(now, self.lanes[slot.lane].init_timeout));
                }
            }
            return;
        };
        waiting.into_iter().for_each(|place| self.give_up(place, &error));
    }

    /// The process of a template has ended, which it never does by itself.
    fn on_template_ended(&mut self, index: usize) {
        self.on_reports(index);
        let tail = self.end_template_log(index);
        let Some(running) = &self.templates[index].running else { return };
        let Running { loads, loaded: was_loaded, .. } = *running;
        let lanes = running.lanes.clone();
        let status = self.end_template(index);
        if was_loaded {
            // Its hosts have been killed with it.
            for place in 0..self.slots.len() {
                if matches!(&self.slots[place].worker, Some(Worker::Forked(host)) if host.template == index)
                {
                    self.on_ended(place, Some(ExitStatus::from_raw(9)));
                }
            }
        } else if loads && lanes.len() == 1 && status.code().is_some() {
            // The module has ended its process, as it would anywhere.
            for place in self.waiting_for(index) {
                self.fail_with_status(place, &tail, status);
            }
        } else {
            let what = if loads { "loads its module" } else { "is to load its module" };
            for lane in lanes {
                self.make_portable(lane, format!("a lane host that {what} ends ({status})"));
            }
        }
    }

    fn fail_with_status(&mut self, place: Place, tail: &str, status: ExitStatus) {
        if let Some(Worker::Waiting { log_tail, .. }) = &mut self.slots[place].worker {
            tail.clone_into(log_tail);
        }
        self.fail(place, |request_id| failure::exit(request_id, status));
    }

    /// Ends a template that loads for nobody.
    pub(super) fn end_unwanted(&mut self, index: usize) {
        let loads = |running: &Running| !running.loaded;
        if self.templates[index].running.as_ref().is_some_and(loads)
            && self.waiting_for(index).is_empty()
        {
            self.end_template(index);
        }
    }

    /// Ends a template, and with it its hosts; tells how it ended.
    fn end_template(&mut self, index: usize) -> ExitStatus {
        let Some(running) = self.templates[index].running.take() else {
            return ExitStatus::default();
        };
        self.poll.remove(running.line.socket());
        self.poll.remove(&running.output.pipe);
        self.poll.remove(&running.process.ended);
        // It fails only if somebody else has waited for our child; then nobody knows.
        running.process.reap().unwrap_or_default()
    }

    /// Ends all templates in their own way: each first ends its hosts and what those have started.
    pub(super) fn end_templates(&mut self) {
        let running = self.templates.iter_mut().filter_map(|template| template.running.take());
        let leaving: Vec<_> = running.filter_map(Running::leave).collect();
        for process in leaving {
            // It fails only for a process that has been waited for already.
            let _ = process.wait_and_reap();
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
    fn end_template_log(&mut self, index: usize) -> String {
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

fn lane_plan(lane: &Lane) -> LanePlan {
    let function = &lane.function;
    LanePlan {
        name: function.name.clone(),
        python: function.python.clone(),
        libpython: function.libpython.clone().expect("only such functions have a template"),
        config: runner::configuration(function),
        environment: lane.environment.clone(),
        code_root: function.code_root.clone(),
    }
}
