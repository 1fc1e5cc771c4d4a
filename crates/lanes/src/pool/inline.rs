//! When a call runs inline, on the pool's own thread, and what follows.
//!
//! Nothing else may run or wait: the thread would not hear of it before the call is over. Nor may
//! anything have to happen sooner than the function's own timeout ends the call.

use std::time::Instant;

use faastlane_host::{LaneSpec, keys};

use super::{Lane, Pool, State, templates};
use crate::inline::{Answer, Inline};
use crate::{
    CallId, Error, Event, FunctionIndex, Isolation, Outcome, Reason, Returned, Times, failure,
    runner,
};

impl Pool {
    /// Loads a lane into this process for each function that may have one.
    pub(super) fn load_inline(&mut self) -> Result<(), Error> {
        if self.options.isolation == Isolation::Mpk {
            keys::enable()?;
        }
        let most = templates::most_lanes(self.options.isolation);
        let fit = |lane: &Lane| lane.template.is_some();
        let lanes = self.lanes.iter().enumerate().filter(|(_, lane)| fit(lane)).take(most);
        let specs: Vec<_> = lanes.map(|(function, lane)| (function, spec(lane))).collect();
        let pace = (self.options.vcpus, self.options.init_timeout);
        let (inline, unfit) = Inline::load(specs, self.lanes.len(), pace, self.poll.waker())?;
        for (function, reason) in unfit {
            self.leave_inline(function, reason);
        }
        self.inline = Some(inline);
        self.report_inline_log(None, true);
        Ok(())
    }

    /// Starts the templates that calls will need, if functions are loaded into this process: those of
    /// functions that are not, and all if calls may run `side_by_side`. Best done before the first
    /// call, because later this process can start no other that has keys.
    pub fn warm_up(&mut self, side_by_side: bool) {
        if self.inline.is_none() {
            return;
        }
        for index in 0..self.templates.len() {
            let template = &self.templates[index];
            let lacks_lane = |function: &usize| {
                self.lanes[*function].template == Some(index) && !self.may_run_inline(*function)
            };
            if template.running.is_none()
                && (side_by_side || template.members.iter().any(lacks_lane))
            {
                // The next call that needs it tries once more, and tells what is wrong.
                let _ = self.start_template(index, false);
            }
        }
    }

    /// From now on the function has workers only.
    fn leave_inline(&mut self, function: usize, reason: String) {
        self.lanes[function].reason = Reason::Unfit(reason);
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

    /// Runs the only call that there is, if it can run on this thread; whether it did.
    pub(super) fn run_inline(&mut self, until: Option<Instant>) -> bool {
        if self.queued != 1 || self.inline.is_none() {
            return false;
        }
        let is_at_work = |state: &State| !matches!(state, State::Idle(_) | State::Ending);
        if self.slots.iter().any(|slot| is_at_work(&slot.state)) {
            return false;
        }
        let waits = |lane: &Lane| !lane.queue.is_empty();
        let index = self.lanes.iter().position(waits).expect("a call is in one of the queues");
        let timeout = self.lanes[index].function.timeout;
        let now = Instant::now();
        let too_soon = |until: Instant| until.saturating_duration_since(now) < timeout;
        if !self.may_run_inline(index) || until.is_some_and(too_soon) {
            return false;
        }
        self.queued = 0;
        let queued = self.lanes[index].queue.pop_front().expect("found above");
        let inline = self.inline.as_mut().expect("looked at above");
        let answer = inline.call(&queued.call, timeout);
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

fn spec(lane: &Lane) -> LaneSpec {
    let function = &lane.function;
    LaneSpec {
        name: function.name.clone(),
        python: function.python.clone(),
        libpython: function.libpython.clone().expect("only such functions have a template"),
        runner: runner::SOURCE,
        config: runner::configuration(function),
        environment: lane.environment.clone(),
        code_root: function.code_root.clone(),
    }
}
