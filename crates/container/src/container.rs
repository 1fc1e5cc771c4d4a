//! The lanes of one workflow, and who may watch and stop what runs in them.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use faastlane_dataset::Location;
use faastlane_engine::{HistoryEvent, MapRunProgress};
use faastlane_lanes::{Function, FunctionIndex, LaneKind, Options, Pool, Reason, Times, Waker};
use faastlane_value::ArcStr;
use serde::{Deserialize, Serialize};

use crate::datasets::Datasets;
use crate::journal::{Journal, Keeper};
use crate::{Error, Ids};

/// Says which function a definition means by a name or ARN.
pub type Resolver = Box<dyn Fn(&str) -> Option<FunctionIndex>>;

/// Warm lanes, ready to run executions one after another.
pub struct Container {
    pub(crate) pool: Pool,
    pub(crate) resolve: Resolver,
    pub(crate) ids: Ids,
    pub(crate) stopped: Arc<AtomicBool>,
    /// What distributed Maps read and write.
    pub(crate) datasets: Datasets,
    /// What it keeps for the case that its process dies.
    pub(crate) journal: Option<Rc<RefCell<Journal>>>,
}

impl Container {
    /// A container for `functions`; lanes start with their first call.
    ///
    /// `resolve` answers with indices into `functions`.
    ///
    /// # Errors
    /// The system refuses what lanes need.
    pub fn new(
        functions: Vec<Function>,
        resolve: Resolver,
        options: Options,
        ids: Ids,
    ) -> Result<Self, Error> {
        let pool = Pool::new(functions, options)?;
        let datasets = Datasets::new(Location::None);
        Ok(Self { pool, resolve, ids, stopped: Arc::default(), datasets, journal: None })
    }

    /// From now on, this stands for S3.
    pub fn set_s3(&mut self, location: Location) {
        self.datasets = Datasets::new(location);
    }

    /// From now on, what executions are told is kept there.
    pub(crate) fn keep(&mut self, journal: Journal) {
        let journal = Rc::new(RefCell::new(journal));
        self.pool.set_watch(Box::new(Keeper(Rc::clone(&journal))));
        self.journal = Some(journal);
    }

    /// Ends all lanes but those of this process, and with them all that functions have kept.
    pub(crate) fn forget(&mut self) {
        self.pool.forget();
    }

    /// Whether it should run no other execution: a function has done harm that others may feel.
    pub(crate) fn is_worn(&self) -> bool {
        self.pool.is_worn()
    }

    /// What stops a running execution from another thread.
    #[must_use]
    pub fn stopper(&self) -> Stopper {
        Stopper { stopped: Arc::clone(&self.stopped), waker: self.pool.waker() }
    }
}

impl std::fmt::Debug for Container {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Container").field("pool", &self.pool).finish_non_exhaustive()
    }
}

/// Stops the execution that a container runs, now or as soon as it starts one.
#[derive(Debug, Clone)]
pub struct Stopper {
    stopped: Arc<AtomicBool>,
    waker: Waker,
}

impl Stopper {
    /// Stops it: its functions are killed, its history ends with `ExecutionAborted`.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Release);
        self.waker.wake();
        faastlane_lanes::interrupt_inline();
    }
}

/// Watches an execution.
pub trait Observer {
    /// Something was recorded in its history, at that moment.
    fn recorded(&mut self, event: HistoryEvent, at: Instant);

    /// A function wrote whole lines to stdout or stderr.
    fn wrote(&mut self, function: FunctionIndex, text: &str);

    /// A call of a function ended.
    fn called(&mut self, call: EndedCall);

    /// The container's process died, for this reason; the execution goes on in another one.
    fn continued(&mut self, reason: &str) {
        let _ = reason;
    }

    /// A Map Run is further than before.
    fn progressed(&mut self, map_run: MapRunProgress) {
        let _ = map_run;
    }

    /// Returns when all that was told has left this process.
    fn flush(&mut self) {}

    /// A function runs in another lane than was asked for.
    fn placed(&mut self, function: FunctionIndex, placement: &Placement) {
        let _ = (function, placement);
    }
}

impl<T: Observer + ?Sized> Observer for &mut T {
    fn recorded(&mut self, event: HistoryEvent, at: Instant) {
        (**self).recorded(event, at);
    }
    fn wrote(&mut self, function: FunctionIndex, text: &str) {
        (**self).wrote(function, text);
    }
    fn called(&mut self, call: EndedCall) {
        (**self).called(call);
    }
    fn continued(&mut self, reason: &str) {
        (**self).continued(reason);
    }
    fn progressed(&mut self, map_run: MapRunProgress) {
        (**self).progressed(map_run);
    }
    fn flush(&mut self) {
        (**self).flush();
    }
    fn placed(&mut self, function: FunctionIndex, placement: &Placement) {
        (**self).placed(function, placement);
    }
}

/// In which lane a function runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placement {
    /// The kind of lane.
    pub kind: LaneKind,
    /// The kind of lane, as people call it.
    pub lane: String,
    /// Why it is not the kind that was asked for; none if it is.
    pub reason: Option<String>,
}

impl Placement {
    pub(crate) fn new(kind: LaneKind, reason: &Reason) -> Self {
        let as_asked = *reason == Reason::Asked;
        // It had to leave the one that it was to share.
        let own = if kind == LaneKind::Forked && !as_asked { " of its own" } else { "" };
        let reason = (!as_asked).then(|| reason.to_string());
        Self { kind, lane: format!("{kind}{own}"), reason }
    }
}

/// A call of a function that ended, well or not.
#[derive(Debug, Clone)]
pub struct EndedCall {
    /// The state that asked for it.
    pub state: ArcStr,
    /// The function.
    pub function: FunctionIndex,
    /// When its parts began and ended.
    pub times: Times,
}
