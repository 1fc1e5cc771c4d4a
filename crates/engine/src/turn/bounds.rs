//! Limits on what an execution may record and hold.

use faastlane_frame::Data;
use faastlane_value::json;

use super::{Exit, Turn};
use crate::failure::Failure;
use crate::flow::FlowId;
use crate::map_run::ChildId;
use crate::{Action, EventKind, Outcome};

impl Turn<'_> {
    /// Whether the history of a Map Run's execution has room for nothing but its end.
    pub(super) fn is_full(&self, child: ChildId) -> bool {
        let limit = self.progress.limits.history_events;
        limit.is_some_and(|limit| self.progress.child(child).last_event_id + 1 >= limit)
    }

    pub(super) fn child_is_full(&mut self, child: ChildId) {
        let limit = self.progress.limits.history_events.unwrap_or(u64::MAX);
        self.fail_child(child, Failure::history_full(limit));
    }

    /// Fails the execution once its history has room for nothing but the event that says so.
    pub(super) fn history_is_full(&mut self) -> bool {
        let Some(limit) = self.progress.limits.history_events else { return false };
        let last_event = self.progress.last_event_id;
        let full =
            if self.progress.finished { last_event > limit } else { last_event + 1 >= limit };
        if full {
            self.cut_history(limit);
        }
        full
    }

    /// Fails the execution with the event `limit`: one turn can record many, such as the start of
    /// every item of a Map. Those beyond are dropped, and an end that is among them.
    fn cut_history(&mut self, limit: u64) {
        self.actions.retain(|action| match action {
            Action::Emit(event) => event.id < limit,
            Action::Finish(_) => false,
            _ => true,
        });
        let last_event = self.progress.last_event_id.min(limit.saturating_sub(1));
        self.progress.last_event_id = last_event;
        self.abandon_all();
        let details = Failure::history_full(limit).into_details();
        self.emit(None, last_event, EventKind::ExecutionFailed(details.clone()));
        self.finish(Outcome::Failed { error: details.error, cause: details.cause });
    }

    /// Refuses an output beyond AWS's limit, where that applies, and one that no text could hold:
    /// states in a loop can wrap a value ever deeper, or double it without using memory.
    fn check_size(&self, id: FlowId, output: &Data) -> Result<(), Failure> {
        let (depth, size) = (output.depth(), output.size_at_least());
        if depth > json::MAX_DEPTH {
            let message = format!("The output is nested deeper than {} levels.", json::MAX_DEPTH);
            return Err(self.runtime_failure(id, &message).uncatchable());
        }
        let limit = self.progress.limits.payload_bytes;
        if size >= u32::MAX as usize || limit.is_some_and(|limit| output.json_exceeds(limit)) {
            return Err(Failure::data_limit_exceeded(&self.state(id).name).uncatchable());
        }
        Ok(())
    }

    /// The same for the output of a state, for what it assigns together, and for all variables.
    pub(super) fn check_sizes(&self, id: FlowId, exit: &Exit) -> Result<(), Failure> {
        self.check_size(id, &exit.output)?;
        if exit.assigned.is_empty() {
            return Ok(());
        }
        self.check_size(id, &Data::object(exit.assigned.clone()))?;
        let Some(limit) = self.progress.limits.variables_bytes else { return Ok(()) };
        let variables = self.progress.flow(id).variables.with(exit.assigned.iter().cloned());
        match variables.iter().map(|(_, value)| value.size_at_least()).sum::<usize>() > limit {
            true => Err(Failure::data_limit_exceeded(&self.state(id).name).uncatchable()),
            false => Ok(()),
        }
    }
}
