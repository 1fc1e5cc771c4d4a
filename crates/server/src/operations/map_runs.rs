//! Runs of distributed Maps.

use faastlane_api::{Arn, Error, Reason};
use faastlane_engine::MapRunChange;
use faastlane_store::{MapRun, Status};
use faastlane_value::{Number, Value, json};

use super::answer::{Answer, done, number};
use super::failure::refused;
use super::request::Request;
use super::{Operations, Runs};
use crate::http::Failure;

/// What is counted of items and of children, in the order of the API reference.
const COUNTS: [&str; 8] =
    ["pending", "running", "succeeded", "failed", "timedOut", "aborted", "total", "resultsWritten"];

impl<R: Runs> Operations<R> {
    pub(super) fn list_map_runs(&self, request: &Request<'_>) -> Result<Value, Failure> {
        let arn = Arn::execution(request.required("executionArn"))?.text;
        if self.store.execution(arn)?.is_none() {
            return Err(Error::execution_does_not_exist(arn).into());
        }
        let asked = request.page(&["ListMapRuns", arn])?;
        let page = self.store.map_runs(arn, asked.after, asked.limit)?;
        let runs = page.items.into_iter().map(|run| {
            Answer::default()
                .with("executionArn", run.execution_arn.as_str())
                .with("mapRunArn", run.arn.as_str())
                .with("stateMachineArn", machine_of(&run.arn))
                .at("startDate", run.started)
                .maybe_at("stopDate", run.stopped)
                .build()
        });
        let answer = Answer::default().with("mapRuns", Value::array(runs));
        Ok(asked.end(answer, page.next).build())
    }

    pub(super) fn describe_map_run(&self, request: &Request<'_>) -> Result<Value, Failure> {
        let run = self.map_run(request)?;
        let counts = json::parse(run.counts.as_bytes()).unwrap_or(Value::Null);
        let answer = Answer::default()
            .with("mapRunArn", run.arn)
            .with("executionArn", run.execution_arn)
            .with("status", run.status.as_str())
            .at("startDate", run.started)
            .maybe_at("stopDate", run.stopped)
            .with("maxConcurrency", number(run.max_concurrency))
            .with("toleratedFailureCount", number(run.tolerated_count))
            .with(
                "toleratedFailurePercentage",
                Value::Number(Number::Float(run.tolerated_percentage)),
            )
            .with("itemCounts", counted(counts.get("itemCounts")))
            .with("executionCounts", counted(counts.get("executionCounts")))
            .with("redriveCount", number(run.redrive_count))
            .maybe_at("redriveDate", run.redriven);
        Ok(answer.build())
    }

    pub(super) async fn update_map_run(&self, request: &Request<'_>) -> Result<Value, Failure> {
        let run = self.map_run(request)?;
        let percentage = request.body.get("toleratedFailurePercentage").and_then(Value::as_number);
        let change = MapRunChange {
            max_concurrency: request.count("maxConcurrency"),
            tolerated_failure_count: request.count("toleratedFailureCount"),
            tolerated_failure_percentage: percentage.map(Number::as_f64),
        };
        // The API's own words are not known for either.
        if change == MapRunChange::default() {
            let message = "At least one of maxConcurrency, toleratedFailurePercentage and \
                           toleratedFailureCount must be specified";
            return Err(Error::validation(Some(Reason::MissingParameter), message).into());
        }
        if run.status != Status::Running {
            let message = format!("The Map Run is over and cannot be updated: '{}'", run.arn);
            return Err(Error::validation(Some(Reason::CompletedMapRun), message).into());
        }
        let updated = self.executions.update_map_run(&run.arn, change).await;
        updated.map(|()| done()).map_err(|why| refused(why, &run.arn))
    }

    fn map_run(&self, request: &Request<'_>) -> Result<MapRun, Failure> {
        let arn = Arn::map_run(request.required("mapRunArn"))?.text;
        let absent = || Error::resource_not_found_at(arn);
        Ok(self.store.map_run(arn)?.ok_or_else(absent)?)
    }
}

/// The Map state of a run, as its children name their machine: `…:stateMachine:Machine/Label`.
pub(super) fn machine_of(map_run_arn: &str) -> String {
    let without_id = map_run_arn.rsplit_once(':').map_or(map_run_arn, |(machine, _)| machine);
    without_id.replacen(":mapRun:", ":stateMachine:", 1)
}

/// Counts as the API wants them: all of them, and what else is known.
fn counted(counts: Option<&Value>) -> Value {
    let count = |name| counts.and_then(|counts| counts.get(name)).cloned();
    let all = COUNTS.iter().map(|name| (*name, count(name).unwrap_or_else(|| number(0))));
    let known = ["failuresNotRedrivable", "pendingRedrive"];
    let more = known.iter().filter_map(|name| Some((*name, count(name)?)));
    Value::object(all.chain(more))
}
