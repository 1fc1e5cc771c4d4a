//! Drives an execution at random and checks, after every event, what must always hold.
//!
//! Tasks answer, fail, beat or stay silent; timers fire; answers come twice and too late; the
//! execution may be stopped at any time. Nothing here knows what a state should do: the rules are
//! those that a driver relies on, so they hold for any machine.
//!
//! The fuzz target `asl` includes this file by its path and holds the machines that it finds to the
//! same rules. It therefore uses nothing but its dependencies.

use std::sync::Arc;

use faastlane_asl::StateMachine;
use faastlane_engine::{
    Action, Event, Execution, HistoryEvent, Limits, MapRunProgress, Outcome, Pattern, ReadRequest,
    Snapshot, Start, TaskId, TaskRequest, TaskResult, Time, TimerId, WriteRequest,
};
use faastlane_frame::{Data, Frame};
use faastlane_value::{ArcStr, Value, json};
use fastrand::Rng;

/// Events after which an execution is stopped: loops may go on for ever.
const EVENTS: usize = 80;
/// Turns that a loop of states which never waits may fill. One fills ten thousand states.
const YIELDS: usize = 2;

const START: Time = Time(1_700_000_000_000);

/// What tasks return.
const RESULTS: [&str; 7] = [
    "null",
    r#"{"a": {"b": [1]}, "items": [{"n": 1}, {"n": 2.50}], "n": 2, "s": "x"}"#,
    "[1, [2], {}]",
    r#"{"n": 12345678901234567890, "items": []}"#,
    r#""2026-01-31T12:00:00Z""#,
    "-0.0",
    "true",
];

/// What tasks fail with: name and cause.
const FAILURES: [(&str, Option<&str>); 6] = [
    ("E", Some("it broke")),
    ("States.Timeout", None),
    ("States.TaskFailed", Some(r#"{ "errorMessage": "x" }"#)),
    ("States.Runtime", None),
    ("Lambda.TooManyRequestsException", Some("")),
    ("", Some("é \" \\ \u{1}")),
];

/// Runs an execution of `machine` to its end, which comes by itself or by being stopped.
///
/// # Panics
/// If a rule is broken.
pub(crate) fn drive(machine: &Arc<StateMachine>, input: Value, seed: u64) -> Outcome {
    let mut drive = Drive::start(machine, input, seed);
    drive.until_the_end();
    if drive.redrive() {
        drive.until_the_end();
    }
    drive.outcome.expect("an execution that was stopped is over")
}

/// An execution and what its driver has to do for it.
struct Drive {
    machine: Arc<StateMachine>,
    execution: Execution,
    random: Rng,
    limits: Limits,
    now: Time,
    /// The execution's own clock, for which no state waits.
    timeout: Option<TimerId>,
    tasks: Vec<TaskRequest>,
    timers: Vec<(Time, TimerId)>,
    /// Tasks and timers that are over: answered, fired or cancelled.
    past_tasks: Vec<TaskId>,
    /// Tasks whose call has returned, and which wait for more.
    submitted: Vec<TaskId>,
    /// Items to be read and results to be written. Nobody takes such a request back.
    reads: Vec<ReadRequest>,
    writes: Vec<WriteRequest>,
    past_timers: Vec<TimerId>,
    /// [`Event::Continue`] is owed.
    yielded: bool,
    yields: usize,
    /// The last event of the history.
    last: Option<HistoryEvent>,
    outcome: Option<Outcome>,
}

impl Drive {
    fn start(machine: &Arc<StateMachine>, input: Value, seed: u64) -> Self {
        let mut random = Rng::with_seed(seed);
        let tight = Limits {
            payload_bytes: Some(300),
            history_events: Some(40),
            map_concurrency: Some(2),
            ..Limits::AWS
        };
        let limits = [Limits::AWS, Limits::AWS, tight][random.usize(..3)];
        let start = Start {
            execution_arn: "arn:aws:states:us-east-1:123456789012:execution:m:e".into(),
            execution_name: "e".into(),
            machine_arn: "arn:aws:states:us-east-1:123456789012:stateMachine:m".into(),
            machine_name: "m".into(),
            role_arn: "arn:aws:iam::123456789012:role/r".into(),
            input,
            seed,
            limits,
        };
        let mut actions = Vec::new();
        let execution = Execution::start(Arc::clone(machine), start, START, &mut actions);
        let clock = clock_of(&actions);
        let mut drive = Self {
            machine: Arc::clone(machine),
            execution,
            random,
            limits,
            now: START,
            timeout: machine.timeout_seconds.and(clock),
            tasks: Vec::new(),
            timers: Vec::new(),
            past_tasks: Vec::new(),
            submitted: Vec::new(),
            reads: Vec::new(),
            writes: Vec::new(),
            past_timers: Vec::new(),
            yielded: false,
            yields: 0,
            last: None,
            outcome: None,
        };
        drive.perform(actions);
        drive
    }

    /// Hands `event` to the execution, and to a copy of it that was written down and read again:
    /// both must do the same and be the same afterwards.
    fn handle(&mut self, event: Event) {
        let does_nothing = !self.yielded && !self.is_awaited(&event);
        self.settle(&event);
        // Any event lets states that are ready go on; if some are left it yields again.
        self.yielded = false;
        let written = written(&self.execution);
        let snapshot: Snapshot = serde_json::from_str(&written).expect("a snapshot can be read");
        let mut restored = Execution::restore(Arc::clone(&self.machine), snapshot);
        let (mut actions, mut actions_restored) = (Vec::new(), Vec::new());
        self.execution.handle(event.clone(), self.now, &mut actions);
        restored.handle(event.clone(), self.now, &mut actions_restored);
        assert_eq!(actions, actions_restored, "{event:?} after a restart");
        assert!(!does_nothing || actions.is_empty(), "nobody waits for {event:?}: {actions:?}");
        let after = self::written(&self.execution);
        assert_eq!(after, self::written(&restored), "{event:?} after a restart");
        assert!(!does_nothing || after == written, "nobody waits for {event:?}");
        self.perform(actions);
    }

    fn until_the_end(&mut self) {
        for _ in 0..EVENTS {
            if self.outcome.is_some() {
                break;
            }
            let event = if self.yields > YIELDS { stop() } else { self.next_event() };
            self.handle(event);
        }
        if self.outcome.is_none() {
            self.handle(stop());
        }
        self.is_deaf();
    }

    /// Redrives it if that can be.
    fn redrive(&mut self) -> bool {
        let is_redrivable = self.execution.is_redrivable();
        let succeeded = matches!(self.outcome, Some(Outcome::Succeeded(_)));
        assert!(!(succeeded && is_redrivable), "what ended well is not done again");
        if is_redrivable {
            self.outcome = None;
            let snapshot = serde_json::from_str(&written(&self.execution)).expect("it can be read");
            let mut restored = Execution::restore(Arc::clone(&self.machine), snapshot);
            let (mut actions, mut actions_restored) = (Vec::new(), Vec::new());
            self.execution.redrive(self.now, &mut actions);
            restored.redrive(self.now, &mut actions_restored);
            assert_eq!(actions, actions_restored, "redriven after a restart");
            self.timeout = self.machine.timeout_seconds.and(clock_of(&actions));
            self.perform(actions);
        }
        is_redrivable
    }

    /// What happens next.
    fn next_event(&mut self) -> Event {
        match self.random.u8(..64) {
            0 => return stop(),
            1..4 => return Event::Continue,
            4..8 if !self.past_tasks.is_empty() => {
                let task = self.past_tasks[self.random.usize(..self.past_tasks.len())];
                return self.answer(task, Value::Null.into());
            }
            8..10 if !self.past_timers.is_empty() => {
                let timer = self.past_timers[self.random.usize(..self.past_timers.len())];
                return Event::TimerFired(timer);
            }
            _ if self.yielded => return Event::Continue,
            _ => {}
        }
        if !self.reads.is_empty() && self.random.bool() {
            return self.read();
        }
        if !self.writes.is_empty() && self.random.bool() {
            return self.results_written();
        }
        let fires = self.tasks.is_empty() || self.random.u8(..4) == 0;
        let next = self.timers.iter().copied().min_by_key(|(time, _)| *time);
        if let Some((time, timer)) = next.filter(|_| fires) {
            self.now = self.now.max(time);
            return Event::TimerFired(timer);
        }
        if self.tasks.is_empty() {
            return if self.reads.is_empty() { self.results_written() } else { self.read() };
        }
        self.now = self.now.plus_ms(self.random.i64(0..700));
        let request = &self.tasks[self.random.usize(..self.tasks.len())];
        let (task, input) = (request.task, request.input.clone());
        self.answer(task, input)
    }

    /// Some items, the last ones, or why there are none.
    fn read(&mut self) -> Event {
        let at = self.random.usize(..self.reads.len());
        let ReadRequest { id: request, most, .. } = self.reads[at].clone();
        if self.random.u8(..10) == 0 {
            return Event::ItemsNotRead { request, cause: "unreadable".into() };
        }
        let count = self.random.usize(..=most.min(5));
        let items = (0..count).map(|item| i64::try_from(item).expect("few").into()).collect();
        Event::ItemsRead { request, items, next: self.random.bool().then(|| vec![1]) }
    }

    fn results_written(&mut self) -> Event {
        let at = self.random.usize(..self.writes.len());
        let request = self.writes[at].id;
        if self.random.u8(..10) == 0 {
            return Event::ResultsNotWritten { request, cause: "unwritable".into() };
        }
        Event::ResultsWritten { request, to: vec![2] }
    }

    /// A word from a task, or from somebody who takes himself for it.
    fn answer(&mut self, task: TaskId, input: Data) -> Event {
        match self.random.u8(..12) {
            0 => Event::TaskHeartbeat(task),
            10 => match self.returned(task, input) {
                Event::TaskSucceeded(task, result) => Event::TaskSubmitted(task, result),
                other => other,
            },
            11 if self.random.bool() => {
                Event::TaskSubmitFailed { task, error: "E".into(), cause: None }
            }
            11 => Event::TaskStarted { task, worker: None },
            1..4 => {
                let (error, cause) = FAILURES[self.random.usize(..FAILURES.len())];
                Event::TaskFailed { task, error: error.into(), cause: cause.map(ArcStr::from) }
            }
            4..7 => {
                let text = RESULTS[self.random.usize(..RESULTS.len())];
                self.returned(task, json::parse(text.as_bytes()).expect("it is JSON").into())
            }
            _ => self.returned(task, input),
        }
    }

    /// A result: of some tasks as a tree, of others as a frame.
    fn returned(&self, task: TaskId, output: Data) -> Event {
        let limit = self.limits.payload_bytes;
        let too_large = limit.is_some_and(|limit| output.json_exceeds(limit));
        let frame = self.past_tasks.len().is_multiple_of(2);
        let output = match output.frame() {
            Ok(bytes) if frame => Frame::check(bytes.into_owned()).expect("we wrote it").into(),
            _ => output.clone(),
        };
        let request_id = "request".into();
        Event::TaskSucceeded(
            task,
            TaskResult { output, too_large, log_tail: None, request_id, is_whole: false },
        )
    }

    fn is_awaited(&self, event: &Event) -> bool {
        match event {
            Event::TaskSucceeded(task, _)
            | Event::TaskSubmitted(task, _)
            | Event::TaskSubmitFailed { task, .. }
            | Event::TaskStarted { task, .. }
            | Event::TaskFailed { task, .. }
            | Event::TaskHeartbeat(task) => self.tasks.iter().any(|open| open.task == *task),
            Event::TimerFired(timer) => self.timers.iter().any(|(_, open)| open == timer),
            Event::ItemsRead { request, .. } | Event::ItemsNotRead { request, .. } => {
                self.reads.iter().any(|open| open.id == *request)
            }
            Event::ResultsWritten { request, .. } | Event::ResultsNotWritten { request, .. } => {
                self.writes.iter().any(|open| open.id == *request)
            }
            Event::MapRunUpdated { .. } => false,
            Event::Continue => self.yielded,
            Event::Stop { .. } => true,
        }
    }

    /// Notes that the task or timer of `event` is over.
    fn settle(&mut self, event: &Event) {
        match event {
            Event::TaskSucceeded(task, _) | Event::TaskFailed { task, .. } => {
                self.end_task(*task);
            }
            Event::TimerFired(timer) => {
                self.end_timer(*timer);
            }
            Event::ItemsRead { request, .. } | Event::ItemsNotRead { request, .. } => {
                self.reads.retain(|open| open.id != *request);
            }
            Event::ResultsWritten { request, .. } | Event::ResultsNotWritten { request, .. } => {
                self.writes.retain(|open| open.id != *request);
            }
            Event::TaskSubmitFailed { task, .. } if self.submits(*task) => {
                self.end_task(*task);
            }
            Event::TaskSubmitted(task, result) if self.submits(*task) => match result.too_large {
                true => drop(self.end_task(*task)),
                false => self.submitted.push(*task),
            },
            Event::TaskSubmitted(..)
            | Event::TaskSubmitFailed { .. }
            | Event::TaskStarted { .. }
            | Event::TaskHeartbeat(_)
            | Event::MapRunUpdated { .. }
            | Event::Continue
            | Event::Stop { .. } => {}
        }
    }

    /// Whether a task waits for more than its call, which has not returned.
    fn submits(&self, task: TaskId) -> bool {
        let open = self.tasks.iter().find(|open| open.task == task);
        open.is_some_and(|open| open.pattern != Pattern::RequestResponse)
            && !self.submitted.contains(&task)
    }

    fn end_task(&mut self, task: TaskId) -> bool {
        let at = self.tasks.iter().position(|open| open.task == task);
        at.map(|at| self.past_tasks.push(self.tasks.swap_remove(at).task)).is_some()
    }

    fn end_timer(&mut self, timer: TimerId) -> bool {
        let at = self.timers.iter().position(|(_, open)| *open == timer);
        at.map(|at| self.past_timers.push(self.timers.swap_remove(at).1)).is_some()
    }

    fn perform(&mut self, actions: Vec<Action>) {
        for action in actions {
            assert!(!self.yielded && self.outcome.is_none(), "{action:?} is not the last action");
            match action {
                Action::Emit(event) => self.record(event),
                Action::RunTask(request) => self.run(request),
                Action::CancelTask(task) => assert!(self.end_task(task), "{task} does not run"),
                Action::StartTimer(timer, at) => {
                    assert!(at >= self.now, "{timer:?} is for the past");
                    self.timers.push((at, timer));
                }
                Action::CancelTimer(timer) => {
                    assert!(self.end_timer(timer), "{timer:?} does not run");
                }
                Action::Yield => {
                    (self.yielded, self.yields) = (true, self.yields + 1);
                }
                Action::ReadItems(request) => self.reads.push(request),
                Action::WriteResults(request) => self.writes.push(request),
                Action::ChildEnded(_) => {}
                Action::ShowMapRun(progress) => {
                    let MapRunProgress { total, succeeded, failed, running, aborted, .. } =
                        progress;
                    let begun = succeeded + failed + running + aborted;
                    assert!(total.is_none_or(|total| begun <= total));
                }
                Action::Finish(outcome) => self.finish(outcome),
            }
        }
        assert_eq!(self.execution.is_finished(), self.outcome.is_some());
        let waits = self.timers.iter().any(|(_, timer)| Some(*timer) != self.timeout);
        let asks = !self.reads.is_empty() || !self.writes.is_empty();
        let goes_on = self.yielded || !self.tasks.is_empty() || waits || asks;
        assert!(goes_on || self.outcome.is_some(), "it waits for nothing: {:?}", self.last);
    }

    fn record(&mut self, event: HistoryEvent) {
        let (last_id, last_time) =
            self.last.as_ref().map_or((0, START), |last| (last.id, last.time));
        assert_eq!(event.id, last_id + 1, "a gap in the history before {event:?}");
        assert!(event.previous_id < event.id, "{event:?} follows from a later one");
        // Only the first event and the first state follow from nothing.
        assert!(event.previous_id > 0 || event.id <= 2, "{event:?} follows from nothing");
        assert!(event.time == self.now && event.time >= last_time, "{event:?} has a wrong time");
        self.last = Some(event);
    }

    fn run(&mut self, request: TaskRequest) {
        let task = request.task;
        let known =
            self.past_tasks.contains(&task) || self.tasks.iter().any(|open| open.task == task);
        assert!(!known, "{task} runs twice");
        if !request.is_answered() {
            self.past_tasks.push(task);
        } else {
            self.tasks.push(request);
        }
    }

    /// The end leaves nothing behind, and the last event of the history tells it.
    fn finish(&mut self, outcome: Outcome) {
        assert!(self.tasks.is_empty() && self.timers.is_empty(), "left behind by {outcome:?}");
        let expected = match &outcome {
            Outcome::Succeeded(_) => "ExecutionSucceeded",
            Outcome::Failed { .. } => "ExecutionFailed",
            Outcome::TimedOut { .. } => "ExecutionTimedOut",
            Outcome::Aborted { .. } => "ExecutionAborted",
        };
        let last = self.last.as_ref().expect("a history has events");
        assert_eq!(last.type_name(), expected);
        let limit = self.limits.history_events.unwrap_or(u64::MAX);
        assert!(last.id <= limit, "a history of {} events, {limit} are allowed", last.id);
        self.outcome = Some(outcome);
    }

    /// Whatever happens after the end changes nothing.
    fn is_deaf(&mut self) {
        let before = written(&self.execution);
        let mut actions = Vec::new();
        let mut events = vec![Event::Continue, stop()];
        let null = || Value::Null.into();
        events.extend(self.past_tasks.iter().map(|task| self.returned(*task, null())));
        events.extend(self.past_timers.iter().map(|timer| Event::TimerFired(*timer)));
        for event in events {
            self.execution.handle(event, self.now, &mut actions);
        }
        assert_eq!(actions, []);
        assert_eq!(written(&self.execution), before);
    }
}

/// The first timer that is started.
fn clock_of(actions: &[Action]) -> Option<TimerId> {
    actions.iter().find_map(|action| match action {
        Action::StartTimer(timer, _) => Some(*timer),
        _ => None,
    })
}

fn written(execution: &Execution) -> String {
    serde_json::to_string(&execution.snapshot()).expect("a snapshot can be written")
}

fn stop() -> Event {
    Event::Stop { error: Some("Stopped".into()), cause: None }
}
