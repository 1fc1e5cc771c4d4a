//! What is done when the changes that led to it are in the store.

use std::sync::Arc;
use std::time::{Duration, Instant};

use faastlane_container::Wanted;
use faastlane_engine::TaskRequest;
use faastlane_store::Error;

use super::driver::Driver;
use super::live::Key;
use crate::machines::Known;

/// How long to wait before a commit that failed is tried again.
const TRY_AGAIN: Duration = Duration::from_millis(500);

/// Something to do after a commit.
pub(super) enum Effect {
    /// A task is to be run in the machine's lanes.
    Perform(Key, TaskRequest),
    /// A call is not waited for any more.
    Cancel(Arc<Known>, u64),
    /// Items are to be read, or results written.
    Dataset(Key, Wanted),
    /// What distributed Maps of an execution have open is to be closed: it is over.
    LetGo(Key),
    /// Somebody is to be told something.
    Reply(Box<dyn FnOnce() + Send>),
}

impl Effect {
    pub(super) fn reply(tell: impl FnOnce() + Send + 'static) -> Self {
        Self::Reply(Box::new(tell))
    }
}

impl Driver {
    /// Writes all changes. A store that cannot be written to (a full disk) holds everything up until it can:
    /// nothing is done that could be forgotten.
    pub(super) fn commit(&mut self) {
        self.flush_recorded();
        if !self.changes.is_empty() {
            let began = Instant::now();
            while let Err(error) = self.store.commit(&self.changes) {
                self.settings.observer.stands_still(&error.to_string());
                if matches!(error, Error::Refused { .. }) {
                    self.commit_one_by_one();
                    break;
                }
                std::thread::sleep(TRY_AGAIN);
            }
            self.settings.observer.committed(self.changes.len(), began.elapsed());
            self.changes.clear();
        }
        for (execution, events) in self.recorded.drain(..) {
            self.settings.observer.recorded(&execution, &events);
        }
    }

    /// Writes what can be written. Changes are refused only for a mistake of ours; then one execution is wrong, and
    /// the others must not stand still for it.
    fn commit_one_by_one(&self) {
        for change in &self.changes {
            while let Err(error) = self.store.commit(std::slice::from_ref(change)) {
                self.settings.observer.stands_still(&error.to_string());
                if matches!(error, Error::Refused { .. }) {
                    break;
                }
                std::thread::sleep(TRY_AGAIN);
            }
        }
    }

    /// Moves what was recorded since the last commit into the changes.
    fn flush_recorded(&mut self) {
        let mut touched = std::mem::take(&mut self.touched);
        touched.sort_unstable();
        touched.dedup();
        for key in touched.drain(..) {
            if let Some(live) = self.live.get_mut(&key) {
                live.flush(&mut self.changes, &mut self.recorded);
            }
        }
        self.touched = touched;
    }

    /// Does what was to be done after the commit.
    pub(super) fn perform(&mut self) {
        for effect in std::mem::take(&mut self.effects) {
            match effect {
                Effect::Perform(key, request) => self.call(key, request),
                Effect::Cancel(known, call) => {
                    if let Some(lanes) = self.lanes.of_machine(known.runnable.revision) {
                        lanes.cancel(call);
                    }
                }
                Effect::Dataset(key, wanted) => {
                    if let Some(live) = self.live.get(&key) {
                        self.datasets.want(key, live.known.machine.clone(), wanted);
                    }
                }
                Effect::LetGo(key) => self.datasets.let_go(key),
                Effect::Reply(tell) => tell(),
            }
        }
    }

    /// Calls a function or service in the lanes of the execution's machine.
    fn call(&mut self, key: Key, request: TaskRequest) {
        let Some(live) = self.live.get_mut(&key) else { return };
        self.last_call += 1;
        let call = self.last_call;
        if let Some(asked) = live.tasks.get_mut(&request.task) {
            asked.call = Some(call);
        } else if request.is_answered() {
            return;
        }
        self.calls.insert(call, (key, request.task));
        let is_traced = self.settings.observer.is_traced(&live.observed);
        let trace =
            live.observed.traced().call_header(&request.state, request.invocation, is_traced);
        let (known, workshop) = (Arc::clone(&live.known), Arc::clone(&self.workshop));
        let make = move || known.maker(&workshop);
        let lanes = self.lanes.for_machine(live.known.runnable.revision, make);
        lanes.perform(call, request, live.size_limit, Some(trace));
    }
}
