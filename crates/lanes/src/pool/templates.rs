//! Templates: which functions share one, when it starts, and what follows from what it reports.
//!
//! A worker that is to be a host first waits for its template (`Worker::Waiting`), then for the
//! fork, and is a worker like any other from then on.
//!
//! What does not fit into a template that functions share gets one of its own, without namespaces;
//! what does not fit there either, such as a module that starts threads, gets portable workers. If a
//! shared template fails as a whole, all of its functions leave it, because nobody knows whose fault
//! it was.

pub(super) mod leaving;
mod reports;

use std::io;
use std::path::Path;
use std::process::ExitStatus;

use faastlane_host::message::{LanePlan, Plan};

use super::poll::Source;
use super::slot::{Place, Slot, State};
use super::{Lane, Options, Pool};
use crate::forked::{Host, Running, Template};
use crate::worker::Worker;
use crate::{HostProgram, Isolation, Reason, runner};

/// Decides which functions get hosts, and which of them share a template.
pub(super) fn assign(lanes: &mut [Lane], options: &Options) -> Vec<Template> {
    let Some(program) = &options.host_program else { return Vec::new() };
    for lane in &mut *lanes {
        lane.reason = match lane.function.unfit() {
            Some(reason) => reason,
            None if program.path.is_file() => Reason::Asked,
            None => Reason::Unfit(format!("there is no program {}", program.path.display())),
        };
    }
    let (alone, mut fit): (Vec<_>, Vec<_>) = (0..lanes.len())
        .filter(|index| lanes[*index].reason == Reason::Asked)
        .partition(|index| lanes[*index].function.alone);
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for group in options.layout.iter().flat_map(|layout| &layout.groups) {
        let (members, rest) = fit.into_iter().partition(|index| group.contains(index));
        fit = rest;
        groups.push(members);
    }
    groups.push(fit);
    let mut templates = Vec::new();
    let most = options.isolation.most_lanes();
    for members in groups.iter().flat_map(|group| group.chunks(most)) {
        for member in members {
            lanes[*member].template = Some(templates.len());
        }
        let namespaces = options.isolation != Isolation::Process;
        templates.push(Template::new(members.to_vec(), namespaces));
    }
    for index in alone {
        lanes[index].template = Some(templates.len());
        templates.push(Template::new(vec![index], false));
    }
    templates
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

    pub(super) fn start_template(&mut self, index: usize, is_second: bool) -> io::Result<()> {
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
            namespaces: template.namespaces,
            keys: template.namespaces && self.options.isolation == Isolation::Mpk,
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

    /// The idle host of another function that holds a lane of this one as well: from now on it is a
    /// worker of this one.
    pub(super) fn borrow_host(&mut self, lane: usize) -> Option<Place> {
        let index = self.lanes[lane].template.filter(|index| self.templates[*index].namespaces)?;
        let number = self.templates[index].running.as_ref()?.lane_of(lane);
        let idle = |slot: &Slot| match (&slot.worker, &slot.state) {
            (Some(Worker::Forked(host)), State::Idle(since)) => {
                (host.template == index).then_some(*since)
            }
            _ => None,
        };
        let idle = self.slots.iter().enumerate().filter_map(|(at, slot)| Some((idle(slot)?, at)));
        let (_, place) = idle.max()?;
        // What the other function's threads have written since its call is still its own.
        self.read_log(place);
        self.end_line(place);
        let slot = &mut self.slots[place];
        let owner = std::mem::replace(&mut slot.lane, lane);
        if let Some(Worker::Forked(host)) = &mut slot.worker {
            host.lane = number;
        }
        self.lanes[owner].idle.retain(|other| *other != place);
        self.lanes[owner].workers -= 1;
        self.lanes[lane].workers += 1;
        Some(place)
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
}

/// What a lane of this function is made of.
pub(super) fn lane_plan(lane: &Lane) -> LanePlan {
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
