//! A driver without time or threads: tasks are answered from a script, timers fire in order.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use faastlane_asl::{MachineType, StateMachine};
use faastlane_engine::{
    Action, Event, EventKind, Execution, HistoryEvent, Limits, MapRunChange, Outcome, Pattern,
    ReadRequest, ResultStatus, Snapshot, Start, TaskId, TaskRequest, TaskResult, Time, TimerId,
    WriteRequest,
};
use faastlane_frame::{Data, Frame};
use faastlane_value::{Value, json, located};

/// When every test's execution starts: 2023-11-14T22:13:20.000Z.
pub(crate) const START: Time = Time(1_700_000_000_000);

/// What happens to the next task of a state.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// It returns this JSON.
    Returns(&'static str),
    /// It returns this JSON after some seconds.
    After(u64, &'static str),
    /// It fails with a name and a cause.
    Fails(&'static str, &'static str),
    /// It never ends.
    Hangs,
    /// These are told of it, each so many seconds after it was asked for.
    Says(&'static [(u64, Word)]),
    /// It sends a heartbeat after each of so many times so many seconds, and never ends.
    Beats(u64, u64),
}

/// What the engine is told of a task; values are JSON.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Word {
    Submitted(&'static str),
    SubmitFailed(&'static str, &'static str),
    Started(Option<&'static str>),
    Beats,
    Returns(&'static str),
    Fails(&'static str, &'static str),
    /// A mock has answered.
    Mocked(&'static str),
}

/// What the tasks of each state do, one after another; the last answer repeats. Tasks of states
/// that are not named return their input.
pub(crate) type Script = &'static [(&'static str, &'static [Answer])];

/// A test's execution before it starts.
pub(crate) struct Case {
    pub(crate) definition: &'static str,
    pub(crate) input: &'static str,
    pub(crate) script: Script,
    pub(crate) limits: Limits,
    pub(crate) seed: u64,
    /// When the execution is stopped, in seconds after its start.
    pub(crate) stop_after: Option<u64>,
    /// When its Map Run is told to go on otherwise, in seconds after the start.
    pub(crate) update: Option<(u64, MapRunChange)>,
    /// How often it is redriven, each time 100 seconds after its end.
    pub(crate) redrives: u64,
    /// After every event the execution is written down and continued from the text.
    pub(crate) restores: bool,
    /// Results come as frames that nobody has looked at.
    pub(crate) frames: bool,
    /// What an `ItemReader` finds: so many items, or why it cannot read.
    pub(crate) dataset: Result<usize, &'static str>,
    /// Why a `ResultWriter` cannot write, if so.
    pub(crate) unwritable: Option<&'static str>,
    /// When it can, in seconds after the start.
    pub(crate) writable_after: Option<u64>,
}

impl Case {
    pub(crate) fn new(definition: &'static str, input: &'static str, script: Script) -> Self {
        let (limits, stop_after) = (Limits::NONE, None);
        let (restores, frames) = (false, false);
        Self {
            definition,
            input,
            script,
            limits,
            seed: 1,
            stop_after,
            update: None,
            redrives: 0,
            restores,
            frames,
            dataset: Ok(0),
            unwritable: None,
            writable_after: None,
        }
    }

    pub(crate) fn run(&self) -> Run {
        self.drive().run
    }

    /// The execution after its end.
    pub(crate) fn finished(&self) -> Execution {
        self.drive().execution
    }

    fn drive(&self) -> Driver<'_> {
        let machine = machine(self.definition);
        let mut actions = Vec::new();
        let start = self.start();
        let execution = Execution::start(Arc::clone(&machine), start, START, &mut actions);
        let mut driver = Driver {
            case: self,
            machine,
            execution,
            now: START,
            due: BTreeMap::new(),
            sequence: 0,
            answered: HashMap::new(),
            run: Run {
                actions: Vec::new(),
                requests: Vec::new(),
                written: Vec::new(),
                outcome: None,
            },
        };
        if let Some(seconds) = self.stop_after {
            let event =
                Event::Stop { error: Some("Stopped".into()), cause: Some("Enough.".into()) };
            driver.schedule(START.plus_seconds(seconds), event);
        }
        driver.perform(actions);
        if let Some((seconds, change)) = self.update {
            let arn = driver.run.history().find_map(|event| match &event.kind {
                EventKind::MapRunStarted { map_run_arn } => Some(map_run_arn.clone()),
                _ => None,
            });
            let map_run_arn = arn.expect("it begins with a distributed Map");
            let event = Event::MapRunUpdated { map_run_arn, change };
            driver.schedule(START.plus_seconds(seconds), event);
        }
        driver.finish();
        for _ in 0..self.redrives {
            driver.redrive();
            driver.finish();
        }
        driver
    }

    fn start(&self) -> Start {
        Start {
            execution_arn: "arn:aws:states:us-east-1:123456789012:execution:m:e".into(),
            execution_name: "e".into(),
            machine_arn: "arn:aws:states:us-east-1:123456789012:stateMachine:m".into(),
            machine_name: "m".into(),
            role_arn: "arn:aws:iam::123456789012:role/r".into(),
            input: value(self.input),
            seed: self.seed,
            limits: self.limits,
        }
    }
}

/// What came of an execution.
pub(crate) struct Run {
    /// All actions, in order.
    pub(crate) actions: Vec<Action>,
    /// The tasks that were asked for, with the time.
    pub(crate) requests: Vec<(Time, TaskRequest)>,
    /// Results that were written, by the status of their execution.
    pub(crate) written: Vec<(ResultStatus, String)>,
    pub(crate) outcome: Option<Outcome>,
}

impl Run {
    pub(crate) fn history(&self) -> impl Iterator<Item = &HistoryEvent> {
        self.actions.iter().filter_map(|action| match action {
            Action::Emit(event) => Some(event),
            _ => None,
        })
    }

    /// The history as `id<previousEventId type name`, a line an event.
    pub(crate) fn outline(&self) -> Vec<String> {
        let line = |event: &HistoryEvent| {
            let details = details(event);
            let member = |key| details.as_ref().and_then(|details: &Value| details.get(key));
            let name = member("name").and_then(Value::as_str).unwrap_or_default();
            let index =
                member("index").map_or(String::new(), |index| format!(" {}", index.to_json()));
            let line = format!("{}<{} {} {name}", event.id, event.previous_id, event.type_name());
            format!("{}{index}", line.trim_end())
        };
        self.history().map(line).collect()
    }

    /// The details of the events of one type, as JSON.
    pub(crate) fn details_of(&self, kind: &str) -> Vec<String> {
        let events = self.history().filter(|event| event.type_name() == kind);
        events.map(|event| details(event).map_or("-".into(), |details| details.to_json())).collect()
    }

    /// The outcome as `SUCCEEDED output` or `STATUS error: cause`.
    pub(crate) fn result(&self) -> String {
        match self.outcome.as_ref().expect("the execution ends") {
            Outcome::Succeeded(output) => format!("SUCCEEDED {}", output.to_json()),
            Outcome::Failed { error, cause } => failed("FAILED", error, cause),
            Outcome::TimedOut { error, cause } => failed("TIMED_OUT", error, cause),
            Outcome::Aborted { error, cause } => failed("ABORTED", error, cause),
        }
    }

    /// Milliseconds between one task and the next.
    pub(crate) fn delays_ms(&self) -> Vec<i64> {
        self.requests.windows(2).map(|pair| pair[1].0.0 - pair[0].0.0).collect()
    }
}

/// Checks how an execution without a script ends.
pub(crate) fn check(definition: &'static str, input: &'static str, expected: &str) {
    check_with(&[], definition, input, expected);
}

/// Checks how an execution ends.
pub(crate) fn check_with(
    script: Script,
    definition: &'static str,
    input: &'static str,
    expected: &str,
) {
    for frames in [false, true] {
        let run = Case { frames, ..Case::new(definition, input, script) }.run();
        assert_eq!(run.result(), expected, "{definition} of {input}");
    }
}

/// Checks a whole history.
pub(crate) fn check_history(
    script: Script,
    definition: &'static str,
    input: &'static str,
    expected: &[&str],
) {
    for frames in [false, true] {
        let run = Case { frames, ..Case::new(definition, input, script) }.run();
        assert_eq!(run.outline(), expected, "{definition} of {input}");
    }
}

/// A machine of one state `S`.
pub(crate) fn single(state: &str) -> &'static str {
    format!(r#"{{"StartAt": "S", "States": {{"S": {state}}}}}"#).leak()
}

pub(crate) fn machine(definition: &str) -> Arc<StateMachine> {
    let node = located::parse(definition).expect("the test's JSON is right");
    let (machine, diagnostics) = faastlane_asl::read(&node, MachineType::Standard);
    Arc::new(machine.unwrap_or_else(|| panic!("{definition}: {diagnostics:?}")))
}

pub(crate) fn value(text: &str) -> Value {
    json::parse(text.as_bytes()).expect("the test's JSON is right")
}

struct Driver<'a> {
    case: &'a Case,
    machine: Arc<StateMachine>,
    execution: Execution,
    now: Time,
    /// What happens when; of equal times what was scheduled first.
    due: BTreeMap<(Time, u64), Due>,
    sequence: u64,
    /// How many tasks of each state were answered.
    answered: HashMap<String, usize>,
    run: Run,
}

enum Due {
    Timer(TimerId),
    Answer(Event),
}

impl Driver<'_> {
    fn finish(&mut self) {
        while self.run.outcome.is_none() {
            let Some(((time, _), due)) = self.due.pop_first() else {
                panic!("nothing more happens:\n{}", self.run.outline().join("\n"));
            };
            self.now = time;
            let event = match due {
                Due::Timer(timer) => Event::TimerFired(timer),
                Due::Answer(event) => event,
            };
            if self.case.restores {
                self.restore();
            }
            let mut actions = Vec::new();
            self.execution.handle(event, self.now, &mut actions);
            self.perform(actions);
        }
        assert!(self.execution.is_finished());
    }

    fn redrive(&mut self) {
        self.now = self.now.plus_seconds(100);
        if self.case.restores {
            self.restore();
        }
        assert!(self.execution.is_redrivable());
        let mut actions = Vec::new();
        self.run.outcome = None;
        self.execution.redrive(self.now, &mut actions);
        self.perform(actions);
    }

    /// Continues from the execution's written form.
    fn restore(&mut self) {
        let text = serde_json::to_string(&self.execution.snapshot()).expect("it can be written");
        let snapshot: Snapshot = serde_json::from_str(&text).expect("it can be read");
        self.execution = Execution::restore(Arc::clone(&self.machine), snapshot);
    }

    fn perform(&mut self, actions: Vec<Action>) {
        for action in &actions {
            match action {
                Action::Emit(_) => {}
                Action::Yield => self.schedule(self.now, Event::Continue),
                Action::RunTask(request) => self.answer(request),
                Action::CancelTask(task) => self.due.retain(|_, due| !due.is_about_task(*task)),
                Action::StartTimer(timer, at) => self.insert(*at, Due::Timer(*timer)),
                Action::CancelTimer(timer) => {
                    self.due.retain(|_, due| !matches!(due, Due::Timer(other) if other == timer));
                }
                Action::ReadItems(request) => self.read(request),
                Action::WriteResults(request) => self.write(request),
                Action::ChildEnded(_) | Action::ShowMapRun(_) => {}
                Action::Finish(outcome) => self.run.outcome = Some(outcome.clone()),
            }
        }
        self.run.actions.extend(actions);
    }

    /// The items of the dataset are the numbers from 0.
    fn read(&mut self, ReadRequest { id: request, from, most, .. }: &ReadRequest) {
        let request = *request;
        let event = match self.case.dataset {
            Err(cause) => Event::ItemsNotRead { request, cause: cause.into() },
            Ok(count) => {
                let begin = from.as_ref().map_or(0, |bytes| number(bytes));
                let end = count.min(begin + most);
                let items = (begin..end).map(|item| i64::try_from(item).unwrap().into());
                let next = (end < count).then(|| end.to_le_bytes().to_vec());
                Event::ItemsRead { request, items: items.collect(), next }
            }
        };
        self.schedule(self.now, event);
    }

    fn write(&mut self, write: &WriteRequest) {
        let request = write.id;
        let is_writable =
            self.case.writable_after.is_some_and(|after| self.now >= START.plus_seconds(after));
        let event = match self.case.unwritable.filter(|_| !is_writable) {
            Some(cause) => Event::ResultsNotWritten { request, cause: cause.into() },
            None => {
                let before = write.from.as_ref().map_or(0, |bytes| number(bytes));
                assert_eq!(before, self.run.written.len(), "it goes on where it was");
                let results = write.results.iter().map(|(status, r)| (*status, r.to_json()));
                self.run.written.extend(results);
                let to = self.run.written.len().to_le_bytes().to_vec();
                Event::ResultsWritten { request, to }
            }
        };
        self.schedule(self.now, event);
    }

    fn answer(&mut self, request: &TaskRequest) {
        self.run.requests.push((self.now, request.clone()));
        let task = request.task;
        let count = self.answered.entry(request.state.to_string()).or_default();
        let turn = std::mem::replace(count, *count + 1);
        let scripted = self.case.script.iter().find(|(state, _)| *state == request.state);
        let answer = scripted.and_then(|(_, answers)| answers.get(turn).or(answers.last()));
        let after = |seconds| self.now.plus_seconds(seconds);
        match answer.cloned() {
            None => self.schedule(self.now, self.returned(task, request.input.clone())),
            Some(Answer::Returns(text)) => {
                self.schedule(self.now, self.returned(task, value(text).into()));
            }
            Some(Answer::After(seconds, text)) => {
                self.schedule(after(seconds), self.returned(task, value(text).into()));
            }
            Some(Answer::Fails(error, cause)) => {
                let cause = Some(cause.into());
                self.schedule(self.now, Event::TaskFailed { task, error: error.into(), cause });
            }
            Some(Answer::Hangs) => {}
            Some(Answer::Says(words)) => {
                for (seconds, word) in words {
                    let event = self.said(task, *word);
                    self.schedule(self.now.plus_seconds(*seconds), event);
                }
            }
            Some(Answer::Beats(count, seconds)) => {
                for beat in 1..=count {
                    self.schedule(
                        self.now.plus_seconds(beat * seconds),
                        Event::TaskHeartbeat(task),
                    );
                }
            }
        }
    }

    fn said(&self, task: TaskId, word: Word) -> Event {
        let failed = |error: &str, cause: &str| (error.into(), Some(cause.into()));
        match word {
            Word::Submitted(text) => {
                let returned = self.returned(task, value(text).into());
                Pattern::WaitForToken.of_call(returned)
            }
            Word::SubmitFailed(error, cause) => {
                let (error, cause) = failed(error, cause);
                Event::TaskSubmitFailed { task, error, cause }
            }
            Word::Started(worker) => Event::TaskStarted { task, worker: worker.map(Into::into) },
            Word::Beats => Event::TaskHeartbeat(task),
            Word::Returns(text) => self.returned(task, value(text).into()),
            Word::Fails(error, cause) => {
                let (error, cause) = failed(error, cause);
                Event::TaskFailed { task, error, cause }
            }
            Word::Mocked(text) => {
                let result = TaskResult::of_answer(value(text).into(), None);
                Event::TaskSucceeded(task, TaskResult { is_whole: true, ..result })
            }
        }
    }

    fn returned(&self, task: TaskId, output: Data) -> Event {
        let limit = self.case.limits.payload_bytes;
        let too_large = limit.is_some_and(|limit| output.json_exceeds(limit));
        let output = if self.case.frames { framed(&output) } else { output };
        let request_id = "request".into();
        Event::TaskSucceeded(
            task,
            TaskResult { output, too_large, log_tail: None, request_id, is_whole: false },
        )
    }

    fn schedule(&mut self, at: Time, event: Event) {
        self.insert(at, Due::Answer(event));
    }

    fn insert(&mut self, at: Time, due: Due) {
        self.sequence += 1;
        self.due.insert((at.max(self.now), self.sequence), due);
    }
}

impl Due {
    fn is_about_task(&self, task: TaskId) -> bool {
        match self {
            Self::Answer(
                Event::TaskSucceeded(other, _)
                | Event::TaskSubmitted(other, _)
                | Event::TaskSubmitFailed { task: other, .. }
                | Event::TaskStarted { task: other, .. }
                | Event::TaskFailed { task: other, .. }
                | Event::TaskHeartbeat(other),
            ) => *other == task,
            _ => false,
        }
    }
}

/// What a bookmark of this driver holds.
fn number(bytes: &[u8]) -> usize {
    usize::from_le_bytes(bytes.try_into().expect("we made it"))
}

/// The same value as it comes from a lane that sends frames.
pub(crate) fn framed(data: &Data) -> Data {
    let bytes = data.frame().expect("results in tests are small").into_owned();
    Frame::check(bytes).expect("we wrote it").into()
}

fn details(event: &HistoryEvent) -> Option<Value> {
    let event = event.to_value();
    let mut members = event.as_object().expect("an event is an object").iter();
    members.find(|(key, _)| key.ends_with("EventDetails")).map(|(_, details)| details.clone())
}

fn failed(
    status: &str,
    error: &Option<faastlane_value::ArcStr>,
    cause: &Option<faastlane_value::ArcStr>,
) -> String {
    let text = |text: &Option<faastlane_value::ArcStr>| text.as_deref().unwrap_or("-").to_owned();
    format!("{status} {}: {}", text(error), text(cause))
}
