//! An execution as it was: the engine is told again what a journal says it was told.
//!
//! An execution is a function of its start and of the events that it was told, so [`Entry`]s of these are all
//! that a journal needs to keep, wherever it lies. What the engine asked for then has been done, but for what
//! nobody answered: that is [`Pending`], to be done by whoever goes on.

use std::sync::Arc;

use faastlane_asl::StateMachine;
use serde::{Deserialize, Serialize};

use crate::pending::Pending;
use crate::{Action, Event, Execution, HistoryEvent, Outcome, Snapshot, Start, TaskId, Time};

/// Something to be kept of an execution; `T` is [`Told`], or a reference to it where it is written.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Entry<T = Told> {
    /// It was started.
    Started {
        /// When.
        at: Time,
    },
    /// The engine was told something.
    Told(T),
    /// A task's call has begun.
    Began {
        /// The task.
        task: TaskId,
        /// The id of the call's request.
        request_id: String,
    },
    /// A call whose end nobody waits for has ended.
    Over {
        /// The task.
        task: TaskId,
    },
    /// It had ended and was redriven.
    Redriven {
        /// When.
        at: Time,
    },
    /// All that came before, in short.
    Snapshot(Box<Picture>),
}

/// What the engine was told, and when.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Told {
    /// What.
    pub event: Event,
    /// When.
    pub at: Time,
}

/// An execution, and what it has asked for and not heard of.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Picture {
    /// The execution.
    pub snapshot: Snapshot,
    /// What it waits for.
    pub pending: Pending,
}

/// Reads the entries of one execution.
#[derive(Debug)]
pub struct Replay {
    machine: Arc<StateMachine>,
    start: Start,
    seen: u64,
    found: Option<Replayed>,
    actions: Vec<Action>,
}

/// An execution as it was after the last entry.
#[derive(Debug)]
pub struct Replayed {
    /// The execution.
    pub execution: Execution,
    /// What it waits for.
    pub pending: Pending,
    /// What was recorded of it after the events that others have seen.
    pub recorded: Vec<HistoryEvent>,
    /// How it ended, if it did.
    pub outcome: Option<Outcome>,
    /// When the engine was told something last; none if that was before a snapshot.
    pub last: Option<Time>,
}

impl Replay {
    /// An execution of this machine with this start; others have seen its history up to the event `seen`.
    #[must_use]
    pub fn new(machine: Arc<StateMachine>, start: Start, seen: u64) -> Self {
        Self { machine, start, seen, found: None, actions: Vec::new() }
    }

    /// Takes the next entry. Those before the start and before a snapshot mean nothing.
    pub fn take(&mut self, entry: Entry) {
        match (entry, &mut self.found) {
            (Entry::Started { at }, found) => {
                let machine = Arc::clone(&self.machine);
                let start = self.start.clone();
                let execution = Execution::start(machine, start, at, &mut self.actions);
                let replayed = Replayed::new(execution, Pending::default());
                *found = Some(Replayed { last: Some(at), ..replayed });
            }
            (Entry::Snapshot(picture), found) => {
                let Picture { snapshot, pending } = *picture;
                let execution = Execution::restore(Arc::clone(&self.machine), snapshot);
                *found = Some(Replayed::new(execution, pending));
            }
            (_, None) => {}
            (Entry::Told(Told { event, at }), Some(replayed)) => {
                replayed.last = Some(at);
                replayed.pending.answered(&event);
                replayed.execution.handle(event, at, &mut self.actions);
            }
            (Entry::Began { task, request_id }, Some(replayed)) => {
                replayed.pending.began(task, request_id);
            }
            (Entry::Redriven { at }, Some(replayed)) => {
                (replayed.last, replayed.outcome) = (Some(at), None);
                replayed.execution.redrive(at, &mut self.actions);
            }
            (Entry::Over { task }, Some(replayed)) => replayed.pending.over(task),
        }
        if let Some(replayed) = &mut self.found {
            self.actions.drain(..).for_each(|action| replayed.note(action, self.seen));
        }
    }

    /// The execution; none if there was neither its start nor a snapshot of it.
    #[must_use]
    pub fn finish(self) -> Option<Replayed> {
        self.found
    }
}

impl Replayed {
    fn new(execution: Execution, pending: Pending) -> Self {
        Self { execution, pending, recorded: Vec::new(), outcome: None, last: None }
    }

    /// An action that was performed then, or was to be.
    fn note(&mut self, action: Action, seen: u64) {
        self.pending.asked(&action);
        match action {
            Action::Emit(event) if event.id > seen => self.recorded.push(event),
            Action::Finish(outcome) => self.outcome = Some(outcome),
            _ => {}
        }
    }
}
