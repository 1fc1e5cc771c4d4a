//! What executions do, told to metrics and the log.

use std::sync::Arc;
use std::time::Duration;

use faastlane_container::Placement;
use faastlane_engine::HistoryEvent;
use faastlane_store::Status;

use crate::Logs;
use crate::executions::{Observe, Observed};
use crate::telemetry::{
    ExecutionKind, ExecutionStatus, Field, Level, Log, Metrics, TaskOutcome, Tracer,
};

/// Takes what a function prints: its name and whole lines.
pub type Output = Box<dyn Fn(&str, &str) + Send + Sync>;

/// Tells metrics and the log what executions do.
pub struct Told {
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Where starts, ends and problems stand.
    pub log: Log,
    /// What functions print, for those who ask for it later.
    pub logs: Arc<Logs>,
    /// Takes what functions print.
    pub output: Output,
    /// Where traces go, if anybody collects them.
    pub tracer: Option<Tracer>,
}

impl std::fmt::Debug for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Told").finish_non_exhaustive()
    }
}

fn kind(execution: &Observed) -> ExecutionKind {
    if execution.express { ExecutionKind::Express } else { ExecutionKind::Standard }
}

impl Observe for Told {
    fn started(&self, execution: &Observed) {
        self.metrics.execution_started(kind(execution));
        self.log.write(
            Level::Info,
            "execution started",
            &[("execution", Field::Text(&execution.arn))],
        );
    }

    fn resumed(&self, execution: &Observed) {
        self.metrics.execution_resumed(kind(execution));
        self.log.write(
            Level::Info,
            "execution goes on",
            &[("execution", Field::Text(&execution.arn))],
        );
    }

    fn recorded(&self, execution: &Observed, events: &[HistoryEvent]) {
        if let Some(tracer) = &self.tracer {
            tracer.recorded(&execution.traced(), events);
        }
    }

    fn ended(&self, execution: &Observed, status: Status, took_ms: i64) {
        let ended = match status {
            Status::Succeeded => ExecutionStatus::Succeeded,
            Status::TimedOut => ExecutionStatus::TimedOut,
            Status::Aborted => ExecutionStatus::Aborted,
            Status::Failed | Status::Running | Status::PendingRedrive => ExecutionStatus::Failed,
        };
        self.metrics.execution_ended(kind(execution), ended);
        if let Some(tracer) = &self.tracer {
            tracer.ended(&execution.traced());
        }
        let took = Duration::from_millis(u64::try_from(took_ms).unwrap_or(0));
        self.log.write(
            Level::Info,
            "execution ended",
            &[
                ("execution", Field::Text(&execution.arn)),
                ("status", Field::Text(status.as_str())),
                ("took", Field::Took(took)),
            ],
        );
    }

    fn is_traced(&self, execution: &Observed) -> bool {
        self.tracer.as_ref().is_some_and(|tracer| tracer.keeps(&execution.traced()))
    }

    fn committed(&self, _: usize, took: Duration) {
        self.metrics.committed(took);
    }

    fn stands_still(&self, why: &str) {
        self.log.write(Level::Error, "executions stand still", &[("reason", Field::Text(why))]);
    }

    fn lost(&self, execution: &str, why: &str) {
        let fields = [("execution", Field::Text(execution)), ("reason", Field::Text(why))];
        self.log.write(Level::Error, "execution cannot go on", &fields);
    }

    fn wrote(&self, function: &str, text: &str) {
        self.logs.wrote(function, text);
        (self.output)(function, text);
    }

    fn died(&self, how: &str) {
        let fields = [("reason", Field::Text(how))];
        self.log.write(
            Level::Warn,
            "a process of functions has died; another one goes on",
            &fields,
        );
    }

    fn placed(&self, function: &str, placement: &Placement) {
        let reason = placement.reason.as_deref().unwrap_or_default();
        let fields = [
            ("function", Field::Text(function)),
            ("lane", Field::Text(&placement.lane)),
            ("reason", Field::Text(reason)),
        ];
        self.log.write(Level::Info, "a function runs in another lane", &fields);
    }

    fn called(&self, _: &str, _: Duration, failed: bool) {
        self.metrics.task_ended(if failed { TaskOutcome::Failed } else { TaskOutcome::Succeeded });
    }
}
