//! When a call runs inline, on the pool's own thread, and what follows.
//!
//! Nothing else may run or wait: the thread would not hear of it before the call is over. Nor may
//! anything have to happen sooner than the function's own timeout ends the call.

use std::path::{Path, PathBuf};
use std::time::Instant;

use faastlane_host::keys;
use faastlane_host::lockdown::{self, Leftover, privileges};
use rustix::process::{Signal, set_parent_process_death_signal};

use super::schedule::later;
use super::{Lane, Pool, State, templates};
use crate::inline::{Answer, Bounds, Inline};
use crate::{
    CallId, Error, Event, Function, FunctionIndex, Isolation, Outcome, Reason, Returned, Times,
    failure, runner,
};

impl Pool {
    /// Loads a lane into this process for each function that may have one.
    pub(super) fn load_inline(&mut self) -> Result<(), Error> {
        if self.options.isolation == Isolation::Mpk {
            let functions = self.lanes.iter().map(|lane| &lane.function);
            privileges::drop_root(&functions.flat_map(needed).collect::<Vec<_>>())?;
            // The kernel has forgotten it with the change of user.
            set_parent_process_death_signal(Some(Signal::KILL)).map_err(std::io::Error::from)?;
            keys::enable()?;
        }
        let most = self.options.isolation.most_lanes();
        let layout = self.options.layout.as_ref();
        let is_wanted = |function: &usize| layout.is_none_or(|l| l.inline.contains(function));
        let fits = |(function, lane): &(usize, &Lane)| {
            lane.template.is_some() && !lane.function.alone && is_wanted(function)
        };
        let lanes = self.lanes.iter().enumerate().filter(fits).take(most);
        let specs = lanes.map(|(function, lane)| {
            (function, templates::lane_plan(lane).into_spec(runner::SOURCE))
        });
        let specs = specs.collect();
        let pace = (self.options.vcpus, self.options.init_timeout);
        let (mut inline, unfit) = Inline::load(specs, self.lanes.len(), pace, self.poll.waker())?;
        if self.lanes.iter().any(|lane| lane.function.memory_limit_mib.is_some()) {
            inline.watch_memory()?;
        }
        for (function, reason) in unfit {
            self.leave_inline(function, reason);
        }
        self.inline = Some(inline);
        self.report_inline_log(None, true);
        Ok(())
    }

    /// Makes this process ready for calls, if functions are loaded into it; to be done before the first.
    ///
    /// Starts the templates that calls will need: those that the layout names. Without a layout, those of
    /// functions that have no lane here, and all if calls may run `side_by_side`. With protection keys,
    /// the process is then locked down: it can start no template any more.
    ///
    /// # Errors
    /// The process cannot be locked down.
    pub fn prepare(&mut self, side_by_side: bool) -> Result<(), Error> {
        if self.inline.is_none() || self.is_prepared {
            return Ok(());
        }
        if self.options.isolation == Isolation::Mpk {
            for leftover in lockdown::prepare()? {
                self.leave_to_processes(&leftover);
            }
        }
        self.start_needed(side_by_side);
        self.is_prepared = true;
        if self.options.isolation == Isolation::Mpk {
            lockdown::shut()?;
        }
        Ok(())
    }

    /// Starts the templates that calls will need; those of functions that had to leave this process, too.
    fn start_needed(&mut self, side_by_side: bool) {
        for index in 0..self.templates.len() {
            let template = &self.templates[index];
            let layout = self.options.layout.as_ref();
            let needs_host = |function: &usize| match layout {
                // It may have turned out not to fit where it was to run.
                Some(layout) => {
                    layout.hosts.contains(function)
                        || layout.inline.contains(function) && !self.may_run_inline(*function)
                }
                None => side_by_side || !self.may_run_inline(*function),
            };
            let is_member = |function: &usize| self.lanes[*function].template == Some(index);
            let mut members = template.members.iter().filter(|function| is_member(function));
            if template.running.is_none() && members.any(needs_host) {
                // The next call that needs it tries once more, and tells what is wrong.
                let _ = self.start_template(index, false);
            }
        }
    }

    /// A library in this process has an instruction that opens gates: functions that it belongs to are
    /// not called here. One that is in this program itself stays in reach of all.
    fn leave_to_processes(&mut self, leftover: &Leftover) {
        let Leftover { gadget, object, .. } = leftover;
        for function in 0..self.lanes.len() {
            let is_its_own = brings(&self.lanes[function].function, object);
            if is_its_own && self.may_run_inline(function) {
                let reason = format!("{} has {gadget:?}, which opens gates", object.display());
                self.leave_inline(function, reason);
            }
        }
    }

    /// From now on the function has workers only.
    fn leave_inline(&mut self, function: usize, reason: String) {
        if let Some(inline) = &mut self.inline {
            inline.remove(function);
        }
        self.lanes[function].reason = Reason::Unfit(reason);
        let is_locked_down = self.is_prepared && self.options.isolation == Isolation::Mpk;
        let runs = |template: &usize| self.templates[*template].running.is_some();
        if is_locked_down && !self.lanes[function].template.as_ref().is_some_and(runs) {
            self.lanes[function].template = None;
        }
        self.events.extend(self.lanes[function].placed(function));
    }

    /// A function that was to be loaded has been.
    pub(super) fn report_loaded(&mut self, id: CallId, now: Instant) {
        let outcome = Outcome::Returned(Returned::Text(b"null".to_vec()));
        let times = Times { called: now, started: Some(now), ended: now, function: None };
        self.events.push(Event::Finished { id, outcome, log_tail: String::new(), times });
    }

    /// Whether calls of this function are kept until the pool's thread waits, because they may run on
    /// it.
    pub(super) fn may_run_inline(&self, function: usize) -> bool {
        self.inline.as_ref().is_some_and(|inline| inline.has(function))
    }

    /// Runs the only call that there is, or the first if they are to run one at a time, if it can run
    /// on this thread; whether it did.
    pub(super) fn run_inline(&mut self, until: Option<Instant>) -> bool {
        let is_alone = self.queued == 1 || self.queued > 1 && self.options.one_at_a_time;
        if !is_alone || self.inline.is_none() {
            return false;
        }
        let is_at_work = |state: &State| !matches!(state, State::Idle(_) | State::Ending);
        if self.slots.iter().any(|slot| is_at_work(&slot.state)) {
            return false;
        }
        let waiting = self.lanes.iter().enumerate();
        let waiting = waiting.filter_map(|(index, lane)| Some((lane.waits_since()?, index)));
        let (_, index) = waiting.min().expect("a call is in one of the queues");
        let timeout = self.lanes[index].function.timeout;
        let now = Instant::now();
        let too_soon = |until: Instant| until.saturating_duration_since(now) < timeout;
        if !self.may_run_inline(index) || until.is_some_and(too_soon) {
            return false;
        }
        self.queued -= 1;
        let queued = self.lanes[index].queue.pop_front().expect("found above");
        self.tell(|watch| {
            watch.begins(queued.call.id, &queued.call.request_id);
            watch.rests(Some(later(now, timeout)));
        });
        let inline = self.inline.as_mut().expect("looked at above");
        let memory = self.lanes[index].function.memory_limit_mib;
        let memory = memory.map(|limit| u64::from(limit) << 20);
        let answer = inline.call(&queued.call, Bounds { timeout, memory });
        self.tell(|watch| watch.goes_on());
        let ended = Instant::now();
        let Answer { mut outcome, function, wrote, remark } = answer;
        if let Some(text) = remark {
            self.push_inline_log(Some(&queued.call.request_id), text);
        }
        let request_id = Some(queued.call.request_id.as_str());
        let log_tail = if wrote { self.report_inline_log(request_id, true) } else { String::new() };
        if let (Outcome::Returned(result), Some(limit)) = (&outcome, self.options.response_limit)
            && result.exceeds(limit, self.lanes[index].function.spelling())
        {
            outcome = failure::response_too_large(limit);
        }
        if !self.may_run_inline(index) {
            let reason = "its lane in the container's process has ended".to_owned();
            self.leave_inline(index, reason);
        }
        let function = function.map(|function| function.min(ended - now));
        let times = Times { called: queued.since, started: Some(now), ended, function };
        self.events.push(Event::Finished { id: queued.call.id, outcome, log_tail, times });
        true
    }

    /// Reports what inline lanes have written; gives its end. `whole` says that a line which was begun
    /// counts as ended.
    pub(super) fn report_inline_log(&mut self, request_id: Option<&str>, whole: bool) -> String {
        let Some(inline) = &self.inline else { return String::new() };
        let (lines, rest) = (inline.log.take(), whole.then(|| inline.log.rest()).flatten());
        let tail = if whole { inline.log.take_tail() } else { String::new() };
        for text in [lines, rest].into_iter().flatten() {
            self.push_inline_log(request_id, text);
        }
        tail
    }

    fn push_inline_log(&mut self, request_id: Option<&str>, text: String) {
        let function = FunctionIndex(self.inline.as_ref().map_or(0, |inline| inline.last));
        self.events.push(Event::Log { function, request_id: request_id.map(str::to_owned), text });
    }
}

/// What must be readable for the function to be loaded.
fn needed(function: &Function) -> Vec<PathBuf> {
    let Function { python, libpython, code_root, layers, .. } = function;
    [python, code_root].into_iter().chain(libpython).chain(layers).cloned().collect()
}

/// Whether a library is the function's Python, or among its packages and its code.
fn brings(function: &Function, object: &Path) -> bool {
    let Function { python, libpython, code_root, layers, .. } = function;
    let environment = python.parent().and_then(Path::parent).unwrap_or(python);
    let is_python = |libpython: &PathBuf| {
        libpython == object || libpython.canonicalize().is_ok_and(|real| real == object)
    };
    let folders = [environment, code_root].into_iter().chain(layers.iter().map(PathBuf::as_path));
    libpython.as_ref().is_some_and(is_python) || folders.into_iter().any(|f| object.starts_with(f))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::Handler;

    #[test]
    fn whose_a_library_is() {
        let function = Function {
            name: "f".into(),
            arn: "f".into(),
            code_root: "/project/f".into(),
            handler: Handler::Named("app.handler".into()),
            python: "/cache/environment/bin/python".into(),
            layers: vec!["/project/layer".into()],
            environment: Vec::new(),
            timeout: Duration::from_secs(3),
            memory_mib: 128,
            memory_limit_mib: None,
            runtime: "python3.11".into(),
            libpython: Some("/python/lib/libpython3.11.so.1.0".into()),
            debug: None,
            alone: false,
        };
        for (object, expected) in [
            ("/python/lib/libpython3.11.so.1.0", true),
            ("/cache/environment/lib/python3.11/site-packages/a.so", true),
            ("/project/f/native.so", true),
            ("/project/layer/python/b.so", true),
            ("/python/lib/libpython3.12.so.1.0", false),
            ("/usr/lib/libcrypto.so.3", false),
        ] {
            assert_eq!(brings(&function, Path::new(object)), expected, "{object}");
        }
    }
}
