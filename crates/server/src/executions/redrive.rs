//! Executions that go on after they have failed.

use std::sync::Arc;

use faastlane_engine::replay::Entry;
use faastlane_store::Change;
use faastlane_value::ArcStr;

use super::Refused;
use super::driver::Driver;
use super::journal;

impl Driver {
    /// Has an execution that did not succeed go on from where it was; when, in milliseconds since 1970.
    pub(super) fn redrive(&mut self, arn: &ArcStr) -> Result<i64, Refused> {
        if self.by_arn.contains_key(arn) {
            let why = "Execution is RUNNING and cannot be redriven".to_owned();
            return Err(Refused::ExecutionNotRedrivable(why));
        }
        // It may have ended a moment ago.
        self.commit();
        let row =
            self.store.execution(arn).map_err(|error| Refused::Unusable(error.to_string()))?;
        let row = row.ok_or(Refused::ExecutionDoesNotExist)?;
        let mut kept = self.read(&row).map_err(Refused::Unusable)?;
        if !kept.replayed.execution.is_redrivable() {
            let status = row.status.as_str();
            let why = format!("Execution is {status} and cannot be redriven");
            return Err(Refused::ExecutionNotRedrivable(why));
        }
        let at = self.now();
        kept.replayed.outcome = None;
        let execution = Arc::from(arn.as_str());
        let bytes = journal::write(&Entry::<()>::Redriven { at });
        self.changes.push(Change::Redriven { execution, at: at.0, bytes });
        let key = self.take_up(&row, kept);
        let mut actions = std::mem::take(&mut self.actions);
        if let Some(live) = self.live.get_mut(&key) {
            live.execution.redrive(at, &mut actions);
        }
        self.note(key, &mut actions);
        self.actions = actions;
        Ok(at.0)
    }
}
