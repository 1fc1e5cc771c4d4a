//! Executions that ran when the last server ended: their engines are told again what they were told then.
//!
//! What an engine asked for and nobody answered is done again: calls of functions whose result was not written down
//! are made once more, timers keep their time, tokens stay valid.

use std::sync::Arc;

use faastlane_container::{Pace, WaitScale, Wanted};
use faastlane_engine::Event;
use faastlane_engine::pending::TaskStage;
use faastlane_engine::replay::{Entry, Replay, Replayed};
use faastlane_store::{EntryKind, Execution as Row};
use faastlane_value::ArcStr;

use super::driver::Driver;
use super::effects::Effect;
use super::journal::{self, Begun};
use super::live::{Key, Live};
use crate::machines::Known;
use crate::resolve;

/// An execution as its journal has it.
pub(super) struct Kept {
    pub(super) known: Arc<Known>,
    pub(super) begun: Begun,
    pub(super) replayed: Replayed,
}

impl Driver {
    /// Goes on with all executions that ran when the last server ended.
    pub(super) fn go_on(&mut self) {
        let store = Arc::clone(&self.store);
        for row in store.open_executions() {
            match row {
                Ok(row) => match self.read(&row) {
                    Ok(kept) => {
                        self.take_up(&row, kept);
                    }
                    Err(why) => self.settings.observer.lost(&row.arn, &why),
                },
                Err(error) => self.settings.observer.stands_still(&error.to_string()),
            }
        }
    }

    /// Reads the journal of an execution.
    pub(super) fn read(&self, row: &Row) -> Result<Kept, String> {
        let runnable = resolve::revision(&self.store, &row.machine_arn, row.revision)?;
        let known = self.machines.get(&runnable).map_err(|refused| refused.to_string())?;
        let journal = self.store.journal(&row.arn).map_err(|error| error.to_string())?;
        let mut entries = journal.into_iter();
        let first = entries.next().filter(|entry| entry.kind == EntryKind::Start);
        let first = first.ok_or("its journal has no beginning")?;
        let begun: Begun = journal::read(&first.bytes)?;
        // All that was recorded is in the store, with what led to it.
        let mut replay = Replay::new(Arc::clone(&known.machine), begun.begin.clone(), u64::MAX);
        replay.take(Entry::Started { at: begun.at });
        for entry in entries {
            replay.take(journal::read(&entry.bytes)?);
        }
        let replayed = replay.finish().ok_or("its journal has no beginning")?;
        Ok(Kept { known, begun, replayed })
    }

    /// Takes in an execution as its journal has it, and does what it waits for.
    pub(super) fn take_up(&mut self, row: &Row, kept: Kept) -> Key {
        let Kept { known, begun, replayed } = kept;
        let Replayed { execution, mut pending, outcome, last, .. } = replayed;
        let scale = self.settings.wait_scale;
        // Its time may be ahead of ours: then it goes on from where it was.
        let last = last.filter(|_| scale != WaitScale::default());
        let trace_header = row.trace_header.as_deref().map(ArcStr::from);
        let pace = Pace::new(scale, last);
        let mut live = Live::new(known, begun.begin, begun.at, trace_header, execution, pace);
        live.mocks = begun.mocks;
        live.parent = row.parent.as_deref().and_then(|bytes| journal::parent(bytes).ok());
        live.outcome = outcome;
        for (timer, at) in std::mem::take(&mut pending.timers) {
            let pauses = live.execution.pauses_until(timer);
            live.pace.start(timer, at, pauses);
        }
        live.datasets.extend(pending.reads.iter().map(|read| read.id));
        live.datasets.extend(pending.writes.iter().map(|write| write.id));
        self.settings.observer.resumed(&live.observed);
        let key = self.adopt(live);
        self.touched.push(key);
        let continues = std::iter::repeat_with(|| (key, Event::Continue));
        self.next.extend(continues.take(pending.continues));
        let reads = std::mem::take(&mut pending.reads).into_iter().map(Wanted::Read);
        let writes = std::mem::take(&mut pending.writes).into_iter().map(Wanted::Write);
        self.effects.extend(reads.chain(writes).map(|wanted| Effect::Dataset(key, wanted)));
        for task in pending.take_tasks() {
            self.run_task(key, task.request, task.stage == TaskStage::Submitted);
        }
        self.finish_if_over(key);
        key
    }
}
