//! What an execution has asked for and not heard of.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use crate::{Action, Event, ReadRequest, TaskId, TaskRequest, Time, TimerId, WriteRequest};

/// What an execution has asked for and not heard of: what its driver has to do, as a value.
///
/// A driver that keeps one beside each execution tells it of each action ([`Self::asked`]) and event
/// ([`Self::answered`]).
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Pending {
    /// By their order.
    tasks: BTreeMap<u64, Box<PendingTask>>,
    /// Their places in `tasks`.
    places: HashMap<TaskId, u64>,
    /// Timers, with the time at which they fire.
    pub timers: HashMap<TimerId, Time>,
    /// Items to be read.
    pub reads: Vec<ReadRequest>,
    /// Results to be written.
    pub writes: Vec<WriteRequest>,
    /// How many [`Event::Continue`] it waits for.
    pub continues: usize,
}

/// A task that was asked for and is not over.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PendingTask {
    /// What was asked for.
    pub request: TaskRequest,
    /// How far it is.
    pub stage: TaskStage,
}

/// How far a task is, as its driver knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum TaskStage {
    /// Nothing was done about it, as far as anybody knows.
    Asked,
    /// Its call has begun.
    Began {
        /// The id of the call's request.
        request_id: String,
    },
    /// Its call was made and something else is waited for, or a worker has taken it. Nothing is to be done.
    Submitted,
}

impl Pending {
    /// Takes down what an action asks for or takes back.
    pub fn asked(&mut self, action: &Action) {
        match action {
            Action::RunTask(request) => self.add(request.clone(), TaskStage::Asked),
            Action::CancelTask(task) => self.remove(*task),
            Action::StartTimer(timer, at) => drop(self.timers.insert(*timer, *at)),
            Action::CancelTimer(timer) => drop(self.timers.remove(timer)),
            Action::ReadItems(request) => self.reads.push(request.clone()),
            Action::WriteResults(request) => self.writes.push(request.clone()),
            Action::Yield => self.continues += 1,
            Action::Emit(_) | Action::ChildEnded(_) | Action::ShowMapRun(_) | Action::Finish(_) => {
            }
        }
    }

    /// Takes down that something the engine is told answers what it asked for.
    pub fn answered(&mut self, event: &Event) {
        match event {
            Event::TaskSucceeded(task, _)
            | Event::TaskFailed { task, .. }
            | Event::TaskSubmitFailed { task, .. } => self.remove(*task),
            Event::TaskSubmitted(task, _) | Event::TaskStarted { task, .. } => {
                self.set_stage(*task, TaskStage::Submitted);
            }
            Event::TimerFired(timer) => drop(self.timers.remove(timer)),
            Event::Continue => self.continues = self.continues.saturating_sub(1),
            Event::ItemsRead { request, .. } | Event::ItemsNotRead { request, .. } => {
                self.reads.retain(|read| read.id != *request);
            }
            Event::ResultsWritten { request, .. } | Event::ResultsNotWritten { request, .. } => {
                self.writes.retain(|write| write.id != *request);
            }
            Event::TaskHeartbeat(_) | Event::MapRunUpdated { .. } | Event::Stop { .. } => {}
        }
    }

    /// Adds a task behind the others.
    pub fn add(&mut self, request: TaskRequest, stage: TaskStage) {
        let place = self.tasks.last_key_value().map_or(0, |(place, _)| place + 1);
        self.places.insert(request.task, place);
        self.tasks.insert(place, Box::new(PendingTask { request, stage }));
    }

    /// Takes down that a task's call has begun.
    pub fn began(&mut self, task: TaskId, request_id: String) {
        self.set_stage(task, TaskStage::Began { request_id });
    }

    /// Takes down that a call has ended whose end nobody waits for.
    pub fn over(&mut self, task: TaskId) {
        match self.task(task).is_some_and(|pending| pending.request.is_answered()) {
            true => self.set_stage(task, TaskStage::Submitted),
            false => self.remove(task),
        }
    }

    /// A task that is not over.
    #[must_use]
    pub fn task(&self, task: TaskId) -> Option<&PendingTask> {
        self.tasks.get(self.places.get(&task)?).map(Box::as_ref)
    }

    /// The tasks in the order in which they were asked for.
    pub fn tasks(&self) -> impl Iterator<Item = &PendingTask> {
        self.tasks.values().map(Box::as_ref)
    }

    /// Takes all tasks, in that order.
    pub fn take_tasks(&mut self) -> impl Iterator<Item = PendingTask> + use<> {
        self.places.clear();
        std::mem::take(&mut self.tasks).into_values().map(|task| *task)
    }

    fn remove(&mut self, task: TaskId) {
        if let Some(place) = self.places.remove(&task) {
            self.tasks.remove(&place);
        }
    }

    fn set_stage(&mut self, task: TaskId, stage: TaskStage) {
        let place = self.places.get(&task);
        if let Some(pending) = place.and_then(|place| self.tasks.get_mut(place)) {
            pending.stage = stage;
        }
    }
}
