//! An execution whose container has died, as it was: the engine is told again what the journal says it
//! was told.
//!
//! What the engine asked for then has been done, but for what nobody answered. That is kept, to be done
//! by the container that goes on.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use faastlane_asl::StateMachine;
use faastlane_engine::{
    Action, Event, Execution, HistoryEvent, Outcome, ReadRequest, Start, TaskId, TaskRequest, Time,
    TimerId, WriteRequest,
};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::journal::{Entry, Journal, Picture, Told};

/// What an execution has asked for and not heard of.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Pending {
    /// By their order.
    tasks: BTreeMap<u64, TaskRequest>,
    /// Their places in `tasks`.
    places: HashMap<TaskId, u64>,
    /// Of those tasks whose call was given to a lane, the request.
    began: HashMap<TaskId, String>,
    pub(crate) timers: HashMap<TimerId, Time>,
    /// Items to be read and results to be written.
    pub(crate) reads: Vec<ReadRequest>,
    pub(crate) writes: Vec<WriteRequest>,
    /// How many [`Event::Continue`] it waits for.
    pub(crate) continues: usize,
}

impl Pending {
    pub(crate) fn add(&mut self, request: TaskRequest) {
        let place = self.tasks.last_key_value().map_or(0, |(place, _)| place + 1);
        self.places.insert(request.task, place);
        self.tasks.insert(place, request);
    }

    pub(crate) fn began(&mut self, task: TaskId, request_id: String) {
        if self.places.contains_key(&task) {
            self.began.insert(task, request_id);
        }
    }

    fn remove(&mut self, task: TaskId) {
        if let Some(place) = self.places.remove(&task) {
            self.tasks.remove(&place);
            self.began.remove(&task);
        }
    }

    /// The tasks in the order in which they were asked for, each with its request if it had begun.
    pub(crate) fn take_tasks(&mut self) -> Vec<(TaskRequest, Option<String>)> {
        let tasks = std::mem::take(&mut self.tasks).into_values();
        tasks.map(|task| (self.began.remove(&task.task), task)).map(|(b, t)| (t, b)).collect()
    }

    /// Something that the engine is told answers what it asked for.
    fn answer(&mut self, event: &Event) {
        match event {
            Event::TaskSucceeded(task, _) | Event::TaskFailed { task, .. } => self.remove(*task),
            Event::TimerFired(timer) => drop(self.timers.remove(timer)),
            Event::Continue => self.continues = self.continues.saturating_sub(1),
            Event::ItemsRead { request, .. } | Event::ItemsNotRead { request, .. } => {
                self.reads.retain(|read| read.id != *request);
            }
            Event::ResultsWritten { request, .. } | Event::ResultsNotWritten { request, .. } => {
                self.writes.retain(|write| write.id != *request);
            }
            Event::TaskSubmitFailed { task, .. } => self.remove(*task),
            Event::TaskSubmitted(..)
            | Event::TaskStarted { .. }
            | Event::TaskHeartbeat(_)
            | Event::Stop { .. } => {}
        }
    }
}

/// An execution as it was when its container died.
#[derive(Debug)]
pub(crate) struct Replayed {
    pub(crate) execution: Execution,
    pub(crate) pending: Pending,
    /// What was recorded of it and has not been told to anybody.
    pub(crate) recorded: Vec<HistoryEvent>,
    /// How it ended, if it did.
    pub(crate) outcome: Option<Outcome>,
    /// When the engine was told something last, in the execution's time.
    pub(crate) last: Option<Time>,
}

/// Which execution is looked for, and what is needed to have it again.
#[derive(Debug)]
pub(crate) struct Wanted {
    pub(crate) number: u64,
    pub(crate) machine: Arc<StateMachine>,
    pub(crate) start: Start,
    /// The last event of its history that the supervisor has.
    pub(crate) seen: u64,
}

impl Wanted {
    /// Reads the journal for the execution. If there is none in it, it was never started.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub(crate) fn find(self, journal: &mut Journal) -> Result<Result<Replayed, Self>, Error> {
        let mut found: Option<Replayed> = None;
        let mut is_ours = false;
        let mut actions = Vec::new();
        journal.read(|entry| {
            match entry {
                Entry::Started { execution, .. } => is_ours = execution == self.number,
                Entry::Snapshot(ref picture) => is_ours = picture.execution == self.number,
                _ => {}
            }
            if is_ours {
                self.visit(entry, &mut found, &mut actions);
            }
            Ok(())
        })?;
        Ok(found.ok_or(self))
    }

    fn visit(&self, entry: Entry, found: &mut Option<Replayed>, actions: &mut Vec<Action>) {
        match entry {
            Entry::Started { at, .. } => {
                let machine = Arc::clone(&self.machine);
                let execution = Execution::start(machine, self.start.clone(), at, actions);
                let mut replayed = Replayed::new(execution, Pending::default());
                replayed.last = Some(at);
                *found = Some(replayed);
            }
            Entry::Snapshot(picture) => {
                let Picture { snapshot, pending, .. } = *picture;
                let execution = Execution::restore(Arc::clone(&self.machine), snapshot);
                *found = Some(Replayed::new(execution, pending));
            }
            entry => {
                let Some(replayed) = found else { return };
                match entry {
                    Entry::Told(Told { event, at }) => {
                        replayed.last = Some(at);
                        replayed.pending.answer(&event);
                        replayed.execution.handle(event, at, actions);
                    }
                    Entry::Began { task, request_id } => replayed.pending.began(task, request_id),
                    Entry::Over { task } => replayed.pending.remove(task),
                    Entry::Started { .. } | Entry::Snapshot(_) => {}
                }
            }
        }
        if let Some(replayed) = found {
            actions.drain(..).for_each(|action| replayed.note(action, self.seen));
        }
    }
}

impl Replayed {
    fn new(execution: Execution, pending: Pending) -> Self {
        Self { execution, pending, recorded: Vec::new(), outcome: None, last: None }
    }

    /// An action that was performed then, or was to be.
    fn note(&mut self, action: Action, seen: u64) {
        match action {
            Action::Emit(event) if event.id > seen => self.recorded.push(event),
            Action::Emit(_) => {}
            Action::RunTask(request) => self.pending.add(request),
            Action::CancelTask(task) => self.pending.remove(task),
            Action::StartTimer(timer, at) => drop(self.pending.timers.insert(timer, at)),
            Action::CancelTimer(timer) => drop(self.pending.timers.remove(&timer)),
            Action::ReadItems(request) => self.pending.reads.push(request),
            Action::WriteResults(request) => self.pending.writes.push(request),
            Action::ShowMapRun(_) => {}
            Action::Yield => self.pending.continues += 1,
            Action::Finish(outcome) => self.outcome = Some(outcome),
        }
    }
}

#[cfg(test)]
mod tests {
    use faastlane_engine::{Limits, TaskResult};
    use faastlane_value::json;

    use super::*;
    use crate::journal::{Told, Watched};

    const MACHINE: &str = r#"{"StartAt": "M", "States": {
        "M": {"Type": "Map", "ItemsPath": "$", "MaxConcurrency": 2, "Next": "W", "Iterator": {
            "StartAt": "T", "States": {"T": {"Type": "Task", "Resource": "f", "End": true,
                "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1}]}}}},
        "W": {"Type": "Wait", "Seconds": 5, "Next": "D"},
        "D": {"Type": "Map", "ResultPath": null, "ToleratedFailureCount": 9, "End": true,
            "ItemReader": {"Resource": "arn:aws:states:::s3:listObjectsV2", "Parameters": {"Bucket": "b"}},
            "ResultWriter": {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "b"}},
            "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                "StartAt": "U", "States": {"U": {"Type": "Task", "Resource": "f", "End": true}}}}}}"#;

    fn wanted(seen: u64) -> Wanted {
        let root = faastlane_value::located::parse(MACHINE).unwrap();
        let (machine, found) = faastlane_asl::read(&root, faastlane_asl::MachineType::Standard);
        let machine = Arc::new(machine.unwrap_or_else(|| panic!("{found:?}")));
        let start = Start {
            execution_arn: "e".into(),
            execution_name: "e".into(),
            machine_arn: "m".into(),
            machine_name: "m".into(),
            role_arn: "r".into(),
            input: json::parse(b"[1, 2, 3]").unwrap(),
            seed: 7,
            limits: Limits::NONE,
        };
        Wanted { number: 4, machine, start, seen }
    }

    /// The next thing that the engine is told: of every fourth task that it has failed.
    fn next(pending: &Pending, turn: u64) -> Option<Event> {
        if pending.continues > 0 {
            return Some(Event::Continue);
        }
        // A dataset of two chunks.
        if let Some(ReadRequest { id: request, from, .. }) = pending.reads.first() {
            let items = vec![4.into(), 5.into(), 6.into()];
            let next = from.is_none().then(|| vec![1]);
            return Some(Event::ItemsRead { request: *request, items, next });
        }
        if let Some(WriteRequest { id: request, .. }) = pending.writes.first() {
            return Some(Event::ResultsWritten { request: *request, to: vec![2] });
        }
        if let Some(request) = pending.tasks.values().next() {
            let (task, output) = (request.task, request.input.clone());
            let result = TaskResult {
                output,
                too_large: false,
                log_tail: None,
                request_id: "r".into(),
                is_whole: false,
            };
            return Some(match turn % 4 {
                0 => Event::TaskFailed { task, error: "E".into(), cause: None },
                _ => Event::TaskSucceeded(task, result),
            });
        }
        pending.timers.keys().next().map(|timer| Event::TimerFired(*timer))
    }

    fn text(replayed: &Replayed) -> String {
        let mut tasks: Vec<_> = replayed.pending.tasks.values().map(|t| t.task).collect();
        tasks.sort_unstable_by_key(|task| task.to_bits());
        let Replayed { outcome, pending: Pending { reads, writes, .. }, .. } = replayed;
        let snapshot = replayed.execution.snapshot();
        format!("{snapshot:?} {tasks:?} {reads:?} {writes:?} {outcome:?}")
    }

    /// After each event the journal holds the execution as it is, with or without a snapshot on the way,
    /// and beside entries of another one.
    #[test]
    fn it_is_as_it_was() {
        for snapshot_at in [None, Some(3), Some(6), Some(8), Some(10), Some(16)] {
            let watched = Watched::create().unwrap();
            let mut journal = Journal::open(&watched.file).unwrap();
            journal.begin(3);
            journal.append(&Entry::Started { execution: 3, at: Time(1) }).unwrap();
            journal.begin(4);
            journal.append(&Entry::Started { execution: 4, at: Time(2) }).unwrap();
            let mut live = wanted(0).find(&mut journal).unwrap().unwrap();
            let mut recorded = live.recorded.len() as u64;
            for turn in 1.. {
                let Some(event) = next(&live.pending, turn) else { break };
                let told = Told { event, at: Time(2 + i64::try_from(turn).unwrap()) };
                journal.append(&Entry::Told(&told)).unwrap();
                let mut actions = Vec::new();
                live.pending.answer(&told.event);
                live.execution.handle(told.event, told.at, &mut actions);
                live.recorded.clear();
                actions.drain(..).for_each(|action| live.note(action, 0));
                if snapshot_at == Some(turn) {
                    let snapshot = live.execution.snapshot();
                    let pending = std::mem::take(&mut live.pending);
                    let picture = Picture { execution: 4, snapshot, pending };
                    journal.shorten(picture).unwrap();
                    live.pending = wanted(0).find(&mut journal).unwrap().unwrap().pending;
                }
                let mut other = Journal::open(&watched.file).unwrap();
                let again = wanted(recorded).find(&mut other).unwrap().unwrap();
                assert_eq!(text(&again), text(&live), "after {turn} events");
                if snapshot_at != Some(turn) {
                    assert_eq!(again.recorded, live.recorded, "after {turn} events");
                }
                recorded += live.recorded.len() as u64;
            }
            let expected = Outcome::Succeeded(json::parse(b"[1, 2, 3]").unwrap().into());
            assert_eq!(live.outcome, Some(expected));
        }
    }

    #[test]
    fn an_execution_that_was_not_started_is_not_found() {
        let watched = Watched::create().unwrap();
        let mut journal = Journal::open(&watched.file).unwrap();
        assert!(wanted(0).find(&mut journal).unwrap().is_err());
        journal.begin(5);
        journal.append(&Entry::Started { execution: 5, at: Time(1) }).unwrap();
        assert!(wanted(0).find(&mut journal).unwrap().is_err());
    }

    #[test]
    fn what_is_acknowledged_makes_room() {
        let watched = Watched::create().unwrap();
        let mut journal = Journal::open(&watched.file).unwrap();
        let entry = |execution| Entry::Started { execution, at: Time(1) };
        let numbers = |journal: &mut Journal| {
            let mut found = Vec::new();
            journal
                .read(|entry| {
                    if let Entry::Started { execution, .. } = entry {
                        found.push(execution);
                    }
                    Ok(())
                })
                .unwrap();
            found
        };
        for execution in 1..4 {
            journal.begin(execution);
            journal.append(&entry(execution)).unwrap();
        }
        assert_eq!(numbers(&mut journal), [1, 2, 3]);
        watched.acknowledge(3);
        journal.begin(4);
        journal.append(&entry(4)).unwrap();
        assert_eq!(numbers(&mut journal), [4]);
    }
}
