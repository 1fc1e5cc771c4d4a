//! Who is told what executions do: metrics, traces, logs.

use std::time::Duration;

use faastlane_container::Placement;
use faastlane_engine::{HistoryEvent, Time};
use faastlane_store::Status;
use faastlane_value::ArcStr;

use crate::telemetry::Traced;

/// What is known of an execution from its start.
#[derive(Debug, Clone)]
pub struct Observed {
    /// Its ARN.
    pub arn: ArcStr,
    /// Its name.
    pub name: ArcStr,
    /// The ARN of its machine.
    pub machine_arn: ArcStr,
    /// Whether it is an Express one.
    pub express: bool,
    /// `traceHeader`
    pub trace_header: Option<ArcStr>,
    /// When it began.
    pub started: Time,
}

impl Observed {
    /// It, as traces show it.
    #[must_use]
    pub fn traced(&self) -> Traced<'_> {
        Traced {
            arn: &self.arn,
            machine_arn: &self.machine_arn,
            trace_header: self.trace_header.as_deref(),
            started: self.started.0,
        }
    }
}

/// Is told what executions do. It must be quick: the thread that drives them waits for it.
pub trait Observe: Send + Sync + 'static {
    /// An execution has begun.
    fn started(&self, execution: &Observed);
    /// An execution goes on after a restart, or is redriven.
    fn resumed(&self, execution: &Observed);
    /// Events of its history were recorded, in order; they are in the store.
    fn recorded(&self, execution: &Observed, events: &[HistoryEvent]);
    /// It is over, after so many milliseconds.
    fn ended(&self, execution: &Observed, status: Status, took_ms: i64);
    /// So many changes were written to the store.
    fn committed(&self, changes: usize, took: Duration);
    /// The store cannot be written to; it is tried again.
    fn stands_still(&self, why: &str);
    /// An execution of the last server cannot go on.
    fn lost(&self, execution: &str, why: &str);
    /// A function has printed something.
    fn wrote(&self, function: &str, text: &str);
    /// The process of a machine's functions has died; it is started again.
    fn died(&self, how: &str);
    /// A function runs in another lane than was asked for.
    fn placed(&self, function: &str, placement: &Placement);
    /// A call of a function has ended.
    fn called(&self, function: &str, took: Duration, failed: bool);
    /// Whether the trace of an execution is kept: then it is told what an Express one records, too.
    fn is_traced(&self, execution: &Observed) -> bool {
        let _ = execution;
        false
    }
}
