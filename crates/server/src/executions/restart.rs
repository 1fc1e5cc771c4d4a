//! Executions that ran when the last server ended, and those that are redriven: their engines are told again what
//! they were told then.
//!
//! What an engine asked for and nobody answered is done again when all of it was read: calls of functions
//! whose result was not written down are made once more, timers keep their time, tokens stay valid.

use std::collections::HashMap;
use std::sync::Arc;

use faastlane_container::{Pace, WaitScale, Wanted};
use faastlane_engine::{
    Action, Event, Execution, Outcome, ReadRequest, TaskId, TaskRequest, Time, TimerId,
    WriteRequest,
};
use faastlane_store::{Entry, EntryKind, Execution as Row, Store};
use faastlane_value::ArcStr;

use super::driver::Driver;
use super::effects::Effect;
use super::journal::{self, Begun};
use super::live::Live;
use crate::machines::{Known, Machines};
use crate::resolve;

/// An execution as its journal has it.
struct Replayed {
    known: Arc<Known>,
    begun: Begun,
    execution: Execution,
    /// When its engine was told something last.
    last: Time,
    outcome: Option<Outcome>,
    /// Each with whether it was submitted, or a worker has it.
    tasks: HashMap<TaskId, (TaskRequest, bool)>,
    timers: HashMap<TimerId, Time>,
    reads: Vec<ReadRequest>,
    writes: Vec<WriteRequest>,
    continues: usize,
}

impl Replayed {
    fn read(store: &Store, machines: &Machines, row: &Row) -> Result<Self, String> {
        let known = resolve::revision(store, &row.machine_arn, row.revision)?;
        let known = machines.get(&known).map_err(|refused| refused.to_string())?;
        let journal = store.journal(&row.arn).map_err(|error| error.to_string())?;
        let mut entries = journal.into_iter();
        let first = entries.next().filter(|entry| entry.kind == EntryKind::Start);
        let first = first.ok_or("its journal has no beginning")?;
        let begun: Begun = journal::read(&first.bytes)?;
        let mut actions = Vec::new();
        let machine = Arc::clone(&known.machine);
        let execution = Execution::start(machine, begun.begin.clone(), begun.at, &mut actions);
        let mut replayed = Self {
            known,
            last: begun.at,
            begun,
            execution,
            outcome: None,
            tasks: HashMap::new(),
            timers: HashMap::new(),
            reads: Vec::new(),
            writes: Vec::new(),
            continues: 0,
        };
        replayed.note(&mut actions);
        for entry in entries {
            replayed.tell(&entry, &mut actions)?;
        }
        Ok(replayed)
    }

    fn tell(&mut self, entry: &Entry, actions: &mut Vec<Action>) -> Result<(), String> {
        match journal::read(&entry.bytes)? {
            journal::Entry::Told(event, at) => {
                self.last = at;
                self.answered(&event);
                self.execution.handle(event, at, actions);
            }
            journal::Entry::Over(task) => drop(self.tasks.remove(&task)),
        }
        self.note(actions);
        Ok(())
    }

    /// Takes off the list what an event answers.
    fn answered(&mut self, event: &Event) {
        match event {
            Event::TaskSucceeded(task, _)
            | Event::TaskFailed { task, .. }
            | Event::TaskSubmitFailed { task, .. } => drop(self.tasks.remove(task)),
            Event::TaskSubmitted(task, _) | Event::TaskStarted { task, .. } => {
                if let Some((_, begun)) = self.tasks.get_mut(task) {
                    *begun = true;
                }
            }
            Event::TimerFired(timer) => drop(self.timers.remove(timer)),
            Event::Continue => self.continues = self.continues.saturating_sub(1),
            Event::ItemsRead { request, .. } | Event::ItemsNotRead { request, .. } => {
                self.reads.retain(|read| read.id != *request);
            }
            Event::ResultsWritten { request, .. } | Event::ResultsNotWritten { request, .. } => {
                self.writes.retain(|write| write.id != *request);
            }
            _ => {}
        }
    }

    /// Takes down what was asked for.
    fn note(&mut self, actions: &mut Vec<Action>) {
        for action in actions.drain(..) {
            match action {
                Action::RunTask(request) => {
                    self.tasks.insert(request.task, (request, false));
                }
                Action::CancelTask(task) => drop(self.tasks.remove(&task)),
                Action::StartTimer(timer, at) => drop(self.timers.insert(timer, at)),
                Action::CancelTimer(timer) => drop(self.timers.remove(&timer)),
                Action::ReadItems(request) => self.reads.push(request),
                Action::WriteResults(request) => self.writes.push(request),
                Action::Yield => self.continues += 1,
                Action::Finish(outcome) => self.outcome = Some(outcome),
                // They are in the store, or nobody needs them any more.
                _ => {}
            }
        }
    }
}

impl Driver {
    /// Goes on with all executions that ran when the last server ended.
    pub(super) fn go_on(&mut self) {
        let store = Arc::clone(&self.store);
        for row in store.open_executions() {
            match row {
                Ok(row) => match Replayed::read(&store, &self.machines, &row) {
                    Ok(replayed) => self.take_up(&row, replayed),
                    Err(why) => self.settings.observer.lost(&row.arn, &why),
                },
                Err(error) => self.settings.observer.stands_still(&error.to_string()),
            }
        }
    }

    /// Takes in an execution as its journal has it, and does what it waits for.
    fn take_up(&mut self, row: &Row, replayed: Replayed) {
        let Replayed { known, begun, execution, last, outcome, .. } = replayed;
        let scale = self.settings.wait_scale;
        let is_real = scale == WaitScale::default();
        let pace = Pace::new(scale, Some(last).filter(|_| !is_real));
        let trace_header = row.trace_header.as_deref().map(ArcStr::from);
        let mut live = Live::new(known, begun.begin, begun.at, trace_header, execution, pace);
        live.mocks = begun.mocks;
        live.parent = row.parent.as_deref().and_then(|bytes| journal::parent(bytes).ok());
        live.outcome = outcome;
        for (timer, at) in replayed.timers {
            let pauses = live.execution.pauses_until(timer);
            live.pace.start(timer, at, pauses);
        }
        let reads = replayed.reads.into_iter().map(Wanted::Read);
        let wanted: Vec<Wanted> =
            reads.chain(replayed.writes.into_iter().map(Wanted::Write)).collect();
        live.datasets.extend(wanted.iter().map(|wanted| match wanted {
            Wanted::Read(request) => request.id,
            Wanted::Write(request) => request.id,
        }));
        self.settings.observer.resumed(&live.observed);
        let key = self.adopt(live);
        self.touched.push(key);
        let again = std::iter::repeat_with(|| (key, Event::Continue)).take(replayed.continues);
        self.next.extend(again);
        self.effects.extend(wanted.into_iter().map(|wanted| Effect::Dataset(key, wanted)));
        let mut tasks: Vec<_> = replayed.tasks.into_values().collect();
        tasks.sort_unstable_by_key(|(request, _)| request.task.to_bits() & u64::from(u32::MAX));
        for (request, begun) in tasks {
            self.run_task(key, request, begun);
        }
        self.finish_if_over(key);
    }
}
