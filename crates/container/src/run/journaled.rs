//! What a run keeps in the journal, and how it takes up what another container has left.

use faastlane_engine::pending::{Pending, PendingTask, TaskStage};
use faastlane_engine::replay::{Entry, Picture, Told};
use faastlane_engine::{Event, TaskRequest, TaskTarget};
use faastlane_lanes::{CallId, Outcome};

use super::{CallOf, Death, Run};
use crate::Error;
use crate::datasets::Wanted;
use crate::task::failed;

impl Run<'_> {
    /// Keeps an entry.
    pub(super) fn keep(&self, entry: &Entry<&Told>) -> Result<(), Error> {
        match &self.container.journal {
            Some(journal) => journal.borrow_mut().append(entry),
            None => Ok(()),
        }
    }

    /// Puts a snapshot in place of the journal's entries if they have become long. To be done when all
    /// actions are performed.
    pub(super) fn shorten_journal(&mut self) -> Result<(), Error> {
        let Some(journal) = &self.container.journal else { return Ok(()) };
        let is_continue = |event: &Event| matches!(event, Event::Continue);
        // Other answers belong to tasks that are no calls; they are told in a moment.
        if !journal.borrow().is_long() || !self.answers.iter().all(is_continue) {
            return Ok(());
        }
        self.observer.flush();
        let picture = Picture { snapshot: self.execution.snapshot(), pending: self.pending() };
        journal.borrow_mut().shorten(picture)
    }

    fn pending(&self) -> Pending {
        let mut pending = Pending::default();
        pending.continues = self.answers.len();
        pending.timers.extend(self.pace.timers());
        for wanted in &self.wanted {
            match wanted {
                Wanted::Read(request) => pending.reads.push(request.clone()),
                Wanted::Write(request) => pending.writes.push(request.clone()),
            }
        }
        let mut calls: Vec<&CallOf> = self.calls.values().collect();
        calls.sort_unstable_by_key(|call| call.order);
        for call in calls {
            let has_begun = self.container.pool.has_begun(CallId(call.request.task.to_bits()));
            let stage = match has_begun {
                true => TaskStage::Began { request_id: call.request_id.clone() },
                false => TaskStage::Asked,
            };
            pending.add(call.request.clone(), stage);
        }
        pending
    }

    /// Does what the execution has asked for in a container that died so. Calls that had begun there
    /// have failed; the others are made.
    pub(super) fn take_up(&mut self, mut pending: Pending, death: Death) {
        for PendingTask { request, stage } in pending.take_tasks() {
            match stage {
                TaskStage::Asked => self.run_task(request),
                TaskStage::Submitted => {}
                // Nobody waits for it; it was tried once.
                TaskStage::Began { .. } if request.detached => {}
                TaskStage::Began { request_id } => {
                    let answer = self.died(&request, &request_id, death);
                    self.answers.push_back(answer);
                }
            }
        }
        for (timer, at) in pending.timers {
            self.pace.start(timer, at, self.execution.pauses_until(timer));
        }
        // What was written and not told is written over.
        self.wanted.extend(pending.reads.into_iter().map(Wanted::Read));
        self.wanted.extend(pending.writes.into_iter().map(Wanted::Write));
        let continues = std::iter::repeat_with(|| Event::Continue).take(pending.continues);
        self.answers.extend(continues);
    }

    /// What the engine is told of a call whose container died.
    fn died(&self, request: &TaskRequest, request_id: &str, death: Death) -> Event {
        let timeout = match &request.target {
            TaskTarget::Function(reference) => (self.container.resolve)(reference)
                .map(|function| self.container.pool.function(function).timeout),
            _ => None,
        };
        match death.of_call(request_id, timeout) {
            Outcome::Failed { error_type, payload } => failed(request.task, error_type, &payload),
            Outcome::Returned(_) => unreachable!("a dead container returns nothing"),
        }
    }
}
