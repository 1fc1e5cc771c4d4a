//! Map Runs and their children in the store, for those who ask.
//!
//! A row is written whenever an engine shows how far a run is, and one for each child that has ended; children that
//! run have none. After a restart engines show nothing of what was shown before: it is in the store.

use std::sync::Arc;

use faastlane_engine::{
    ChildExecution, Event, MapRunChange, MapRunProgress, MapRunStatus, Outcome,
};
use faastlane_store::{Change, Child, MapRun, Status};
use faastlane_value::{ArcStr, Value};

use super::Refused;
use super::driver::Driver;
use super::journal;
use super::live::Key;

impl Driver {
    /// A Map Run is further than before.
    pub(super) fn map_run(&mut self, key: Key, progress: &MapRunProgress) {
        let Some(live) = self.live.get_mut(&key).filter(|live| live.is_durable()) else { return };
        let now = live.now().0;
        let arn = &progress.map_run_arn;
        // When it was redriven is known from the moment at which the count has grown.
        let known = live.map_runs.get(arn).copied().or_else(|| {
            let row = self.store.map_run(arn).ok().flatten()?;
            Some((u64::from(row.redrive_count), row.redriven))
        });
        let (count, redriven) = known.unwrap_or_default();
        let redriven = if progress.redrive_count > count { Some(now) } else { redriven };
        live.map_runs.insert(arn.clone(), (progress.redrive_count, redriven));
        let status = match progress.status {
            MapRunStatus::Running => Status::Running,
            MapRunStatus::Succeeded => Status::Succeeded,
            MapRunStatus::Failed => Status::Failed,
            MapRunStatus::Aborted => Status::Aborted,
        };
        self.changes.push(Change::MapRun(Box::new(MapRun {
            arn: arn.to_string(),
            execution_arn: live.arn.to_string(),
            status,
            // The store keeps that of the first row.
            started: now,
            stopped: (status != Status::Running).then_some(now),
            max_concurrency: progress.max_concurrency,
            tolerated_count: progress.tolerated_failure_count.unwrap_or(0),
            tolerated_percentage: progress.tolerated_failure_percentage.unwrap_or(0.0),
            redrive_count: u32::try_from(progress.redrive_count).unwrap_or(u32::MAX),
            redriven,
            counts: counts(progress).to_json(),
        })));
    }

    /// Children of Map Runs have ended, whose runs have been shown.
    pub(super) fn children_ended(&mut self, key: Key, children: Vec<ChildExecution>) {
        let Some(live) = self.live.get(&key).filter(|live| live.is_durable()) else { return };
        for child in children {
            let is_known = live.map_runs.contains_key(&child.map_run_arn)
                || matches!(self.store.map_run(&child.map_run_arn), Ok(Some(_)));
            if is_known {
                self.changes.push(Change::Child(Box::new(row(child))));
            }
        }
    }

    /// Has a Map Run go on otherwise.
    pub(super) fn update_map_run(
        &mut self,
        arn: &ArcStr,
        change: MapRunChange,
    ) -> Result<(), Refused> {
        let over = || Refused::Unusable(format!("the Map Run '{arn}' is over"));
        let row = self.store.map_run(arn).map_err(|error| Refused::Unusable(error.to_string()))?;
        let row = row.ok_or_else(over)?;
        let key = self.by_arn.get(row.execution_arn.as_str()).copied().ok_or_else(over)?;
        self.next.push_back((key, Event::MapRunUpdated { map_run_arn: arn.clone(), change }));
        Ok(())
    }
}

fn row(child: ChildExecution) -> Child {
    let status = journal::status(&child.outcome);
    let text = |text: Option<ArcStr>| text.map(|text| text.to_string());
    let (output, error, cause) = match child.outcome {
        Outcome::Succeeded(output) => (Some(output.to_json()), None, None),
        Outcome::Failed { error, cause }
        | Outcome::TimedOut { error, cause }
        | Outcome::Aborted { error, cause } => (None, text(error), text(cause)),
    };
    let redrive_count = u32::try_from(child.redrive_count).unwrap_or(u32::MAX);
    Child {
        arn: child.arn.to_string(),
        map_run_arn: Arc::from(child.map_run_arn.as_str()),
        name: child.name.to_string(),
        status,
        started: child.started_at.0,
        stopped: Some(child.stopped_at.0),
        redrive_count,
        redriven: (redrive_count > 0).then_some(child.started_at.0),
        item_count: u32::try_from(child.items).ok(),
        input: child.input.to_json(),
        output,
        error,
        cause,
    }
}

/// `itemCounts` and `executionCounts` of `DescribeMapRun`. Engines do not tell children that timed out from others
/// that failed.
fn counts(progress: &MapRunProgress) -> Value {
    let MapRunProgress { succeeded, failed, running, aborted, results_written, .. } = progress;
    let executions = &progress.executions;
    let begun = succeeded + failed + running + aborted;
    let total = progress.total.unwrap_or(begun);
    // Results are written for executions; of items there are as many more as there are in one.
    let items_written = match executions.total {
        0 => 0,
        executions => results_written * total / executions,
    };
    Value::object([
        (
            "itemCounts",
            object(&[
                ("pending", total.saturating_sub(begun)),
                ("running", *running),
                ("succeeded", *succeeded),
                ("failed", *failed),
                ("aborted", *aborted),
                ("total", total),
                ("resultsWritten", items_written.min(total)),
            ]),
        ),
        (
            "executionCounts",
            object(&[
                ("running", executions.running),
                ("succeeded", executions.succeeded),
                ("failed", executions.failed),
                ("aborted", executions.aborted),
                ("total", executions.total),
                ("resultsWritten", *results_written),
                ("pendingRedrive", executions.pending_redrive),
            ]),
        ),
    ])
}

fn object(counts: &[(&'static str, u64)]) -> Value {
    let number = |count: u64| Value::from(i64::try_from(count).unwrap_or(i64::MAX));
    Value::object(counts.iter().map(|(name, count)| (*name, number(*count))))
}

#[cfg(test)]
mod tests {
    use faastlane_engine::ExecutionCounts;

    use super::*;

    #[test]
    fn counts_have_the_names_of_the_api() {
        let executions =
            ExecutionCounts { total: 2, succeeded: 1, running: 1, ..Default::default() };
        let progress = MapRunProgress {
            total: Some(6),
            succeeded: 2,
            running: 2,
            results_written: 1,
            executions,
            ..MapRunProgress::default()
        };
        assert_eq!(
            counts(&progress).to_json(),
            concat!(
                r#"{"itemCounts":{"pending":2,"running":2,"succeeded":2,"failed":0,"aborted":0,"total":6,"resultsWritten":3},"#,
                r#""executionCounts":{"running":1,"succeeded":1,"failed":0,"aborted":0,"total":2,"resultsWritten":1,"pendingRedrive":0}}"#,
            )
        );
    }
}
