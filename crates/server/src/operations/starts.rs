//! Executions that are started, and Express ones whose end is waited for.

use faastlane_api::{Arn, Error, check_name, read_input};
use faastlane_engine::Outcome;
use faastlane_store::Millis;
use faastlane_value::{ArcStr, Value};

use super::answer::{Answer, Data};
use super::failure::refused;
use super::request::Request;
use super::{Operations, Runs};
use crate::executions::{Start, SyncOutcome};
use crate::http::Failure;
use crate::resolve;

/// What is billed for an Express execution: at least so much memory, in megabytes, and time in steps of so many
/// milliseconds ("Pricing" of AWS). How much memory an execution would take there is not measured.
const BILLED_MEMORY: i64 = 64;
const BILLED_STEP: Millis = 100;

impl<R: Runs> Operations<R> {
    pub(super) async fn start_execution(&self, request: &Request<'_>) -> Result<Value, Failure> {
        let start = self.to_be_started(request)?;
        let place = Arn::machine(&start.machine.arn)?.place;
        let named = place.execution(&start.machine.name, start.name.as_deref().unwrap_or_default());
        let started = self.executions.start(start).await;
        let started = started.map_err(|why| refused(why, &named))?;
        let answer =
            Answer::default().with("executionArn", started.arn).at("startDate", started.start_date);
        Ok(answer.build())
    }

    pub(super) async fn start_sync_execution(
        &self,
        request: &Request<'_>,
    ) -> Result<Value, Failure> {
        let start = self.to_be_started(request)?;
        if !start.machine.express {
            return Err(Error::type_not_supported().into());
        }
        let (machine, input) = (start.machine.arn.clone(), start.input.clone());
        let trace = start.trace_header.clone();
        let ended = self.executions.start_sync(start).await.map_err(|why| refused(why, ""))?;
        let data = request.wants_data();
        let SyncOutcome { arn, name, start_date, stop_date, outcome } = ended;
        let took = stop_date.0.saturating_sub(start_date.0).max(1);
        let billed = Answer::default()
            .with(
                "billedDurationInMilliseconds",
                (took + BILLED_STEP - 1) / BILLED_STEP * BILLED_STEP,
            )
            .with("billedMemoryUsedInMB", BILLED_MEMORY)
            .build();
        let answer = Answer::default()
            .with("executionArn", arn)
            .with("stateMachineArn", machine)
            .with("name", name)
            .at("startDate", start_date.0)
            .at("stopDate", stop_date.0)
            .data(Data::Input, Some(input), data)
            .maybe("traceHeader", trace)
            .with("billingDetails", billed);
        Ok(ended_as(answer, outcome, data).build())
    }

    /// What a request starts. AWS looks at the machine before the name, and at the name before the input.
    fn to_be_started(&self, request: &Request<'_>) -> Result<Start, Failure> {
        let text = request.required("stateMachineArn");
        // As with Step Functions Local, the case of the mock file stands behind the ARN.
        let (arn, test_case) = match text.split_once('#') {
            Some((arn, case)) => (arn, Some(case.to_owned())),
            None => (text, None),
        };
        Arn::machine(arn)?;
        let resolved = resolve::machine(&self.store, arn).map_err(|why| refused(why, arn))?;
        let name = request.owned("name");
        if let Some(name) = &name {
            check_name(name)?;
        }
        let input = request.text("input").unwrap_or("{}");
        read_input(input)?;
        Ok(Start {
            machine: resolved.machine,
            version_arn: resolved.version_arn,
            alias_arn: resolved.alias_arn,
            name,
            input: input.to_owned(),
            trace_header: request.owned("traceHeader"),
            test_case,
        })
    }
}

/// How an Express execution has ended.
fn ended_as(answer: Answer, outcome: Outcome, wants_data: bool) -> Answer {
    let failed =
        |answer: Answer, status: &'static str, error: Option<ArcStr>, cause: Option<ArcStr>| {
            answer.with("status", status).maybe("error", error).maybe("cause", cause)
        };
    match outcome {
        Outcome::Succeeded(output) => answer.with("status", "SUCCEEDED").data(
            Data::Output,
            Some(output.to_json()),
            wants_data,
        ),
        Outcome::TimedOut { error, cause } => failed(answer, "TIMED_OUT", error, cause),
        // The answer has no status for one that was stopped, and nobody can stop one.
        Outcome::Failed { error, cause } | Outcome::Aborted { error, cause } => {
            failed(answer, "FAILED", error, cause)
        }
    }
}
