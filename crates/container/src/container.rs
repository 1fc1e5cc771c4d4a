//! The lanes of one workflow, and who may watch and stop what runs in them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use faastlane_engine::HistoryEvent;
use faastlane_lanes::{Function, FunctionIndex, LaneKind, Options, Pool, Reason, Times, Waker};
use faastlane_value::ArcStr;
use serde::{Deserialize, Serialize};

use crate::{Error, Ids};

/// Says which function a definition means by a name or ARN.
pub type Resolver = Box<dyn Fn(&str) -> Option<FunctionIndex>>;

/// Warm lanes, ready to run executions one after another.
pub struct Container {
    pub(crate) pool: Pool,
    pub(crate) resolve: Resolver,
    pub(crate) ids: Ids,
    pub(crate) stopped: Arc<AtomicBool>,
    pub(crate) last_call: u64,
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
        Ok(Self { pool, resolve, ids, stopped: Arc::new(AtomicBool::new(false)), last_call: 0 })
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

    /// A function runs in another lane than was asked for.
    fn placed(&mut self, function: FunctionIndex, placement: &Placement) {
        let _ = (function, placement);
    }
}

/// In which lane a function runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placement {
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
        Self { lane: format!("{kind}{own}"), reason: (!as_asked).then(|| reason.to_string()) }
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
