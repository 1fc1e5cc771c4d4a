//! Results of a Map Run: the output of its state, or files.
//!
//! Source: "ResultWriter", developer guide.

use faastlane_asl::{ResultWriter, Transformation};
use faastlane_frame::Data;
use faastlane_value::{ArcStr, ObjectBuilder, Value, str_literal};

use super::Turn;
use crate::dataset::{Bookmark, RequestId, WriteRequest};
use crate::expressions::Seen;
use crate::failure::Failure;
use crate::flow::{About, FlowId, Phase};
use crate::history::ErrorDetails;
use crate::map_run::{Child, Results, Written};
use crate::{Action, Time};

/// As many results are written at once.
const ENOUGH: usize = 1_000;

impl Turn<'_> {
    /// Where results go.
    pub(super) fn results(
        &mut self,
        id: FlowId,
        writer: Option<&ResultWriter>,
        input: &Data,
        run_id: &str,
    ) -> Result<Results, Failure> {
        let Some(parameters) = writer.and_then(|writer| writer.parameters.as_ref()) else {
            return Ok(Results::Kept(Vec::new()));
        };
        let field = match parameters {
            faastlane_asl::Payload::JsonPath(_) => "Parameters",
            faastlane_asl::Payload::Jsonata(_) => "ResultWriter/Arguments",
        };
        let parameters = self.evaluate(id, field, parameters, Seen::input(input))?;
        let text = |name| match parameters.get(name)?.value() {
            Value::String(text) => Some(text.clone()),
            _ => None,
        };
        let Some(bucket) = text("Bucket") else {
            let message = format!(
                "The ResultWriter parameters '{}' have no Bucket that is a string.",
                parameters.to_json()
            );
            return Err(self.runtime_failure(id, &message));
        };
        let prefix = text("Prefix").unwrap_or_default();
        let prefix = prefix.trim_end_matches('/');
        let separator = if prefix.is_empty() { "" } else { "/" };
        Ok(Results::Written(Written {
            bucket,
            folder: format!("{prefix}{separator}{run_id}").into(),
            waiting: Vec::new(),
            writing: Vec::new(),
            written: 0,
            from: None,
            request: None,
            is_last: false,
        }))
    }

    /// Writes results if there are enough of them, or no more will come.
    pub(super) fn write_results(&mut self, id: FlowId) {
        let state = self.progress.flow(id).state.0;
        let run = self.run_of(id);
        let is_last = run.is_over();
        let Results::Written(written) = &run.results else { return };
        let is_enough = written.waiting.len() >= ENOUGH || is_last;
        if written.request.is_some() || written.is_last || !is_enough {
            return;
        }
        let map_run_arn = run.arn.clone();
        let request = RequestId(self.progress.ticket(id));
        let Results::Written(written) = &mut self.run_of_mut(id).results else { return };
        written.request = Some(request);
        written.is_last = is_last;
        written.writing = std::mem::take(&mut written.waiting);
        let write = WriteRequest {
            id: request,
            state,
            bucket: written.bucket.clone(),
            folder: written.folder.clone(),
            map_run_arn,
            from: written.from.clone(),
            results: written.writing.clone(),
            is_last,
        };
        self.actions.push(Action::WriteResults(write));
    }

    pub(crate) fn results_written(&mut self, request: RequestId, to: Bookmark) {
        let Some(id) = self.flow_that_writes(request) else { return };
        let Results::Written(written) = &mut self.run_of_mut(id).results else { return };
        written.request = None;
        written.written += std::mem::take(&mut written.writing).len() as u64;
        written.from = Some(to);
        self.go_on_with_run(id);
    }

    pub(crate) fn results_not_written(&mut self, request: RequestId, cause: ArcStr) {
        if let Some(id) = self.flow_that_writes(request) {
            self.dataset_failed(id, str_literal!("States.ResultWriterFailed"), cause);
        }
    }

    fn flow_that_writes(&self, request: RequestId) -> Option<FlowId> {
        let id = self.progress.flow_of(request.0)?;
        match &self.progress.flow(id).phase {
            Phase::MapRun(run) => match &run.results {
                Results::Written(written) if written.request == Some(request) => Some(id),
                _ => None,
            },
            _ => None,
        }
    }

    /// The result of a Map Run of which every child has ended; `None` while results are being written.
    pub(super) fn result(&mut self, id: FlowId) -> Option<Data> {
        let (_, distributed) = self.distributed(id);
        let run = self.run_of_mut(id);
        match &mut run.results {
            Results::Written(written) => {
                let is_written = written.is_last && written.request.is_none();
                is_written.then(|| {
                    let details = Value::object([
                        ("Bucket", Value::from(written.bucket.clone())),
                        ("Key", format!("{}/manifest.json", written.folder).into()),
                    ]);
                    let output = Value::object([
                        ("MapRunArn", Value::from(run.arn.clone())),
                        ("ResultWriterDetails", details),
                    ]);
                    output.into()
                })
            }
            Results::Kept(kept) => {
                let kept = std::mem::take(kept).into_iter();
                let mut results: Vec<Data> =
                    kept.map(|result| result.expect("all children are done")).collect();
                let writer = distributed.writer.as_ref();
                if writer.is_some_and(|writer| writer.transformation == Transformation::Flatten) {
                    results = results.into_iter().flat_map(flattened).collect();
                }
                if writer.is_some_and(|writer| writer.lines) {
                    let lines = results.iter().map(|result| result.to_json() + "\n");
                    return Some(Value::from(lines.collect::<String>()).into());
                }
                Some(Data::array(results))
            }
        }
    }
}

/// A child that has ended.
pub(super) struct Ended<'a> {
    pub(super) child: &'a Child,
    pub(super) end: Result<Data, ErrorDetails>,
    pub(super) at: Time,
    pub(super) about: &'a About,
}

impl Ended<'_> {
    /// What it adds to the results; `flatten` is said where each stands for itself. One that failed is
    /// told in full whatever is wanted of the others.
    pub(super) fn results(self, transformation: Transformation, flatten: bool) -> Vec<Data> {
        match (&self.end, transformation) {
            (Ok(output), Transformation::Flatten) if flatten => flattened(output.clone()),
            (Ok(output), Transformation::Compact | Transformation::Flatten) => vec![output.clone()],
            _ => vec![self.record().into()],
        }
    }

    /// The execution as `ResultWriter` writes it.
    fn record(&self) -> Value {
        let Child { name, machine_name, input, started_at, redrive_count, .. } = self.child;
        let included = || Value::object([("Included", Value::Bool(true))]);
        let mut record = ObjectBuilder::with_capacity(14);
        let failed = self.end.as_ref().err();
        for (name, text) in
            failed.into_iter().flat_map(|e| [("Cause", &e.cause), ("Error", &e.error)])
        {
            if let Some(text) = text {
                record.insert(name, text.clone());
            }
        }
        record.insert("ExecutionArn", self.child.arn(self.about));
        record.insert("Input", input.to_json());
        record.insert("InputDetails", included());
        record.insert("Name", name.clone());
        if let Ok(output) = &self.end {
            record.insert("Output", output.to_json());
        }
        record.insert("OutputDetails", included());
        record.insert("RedriveCount", redrive_count.cast_signed());
        if failed.is_some() {
            record.insert("RedriveStatus", "REDRIVABLE");
        } else {
            record.insert("RedriveStatus", "NOT_REDRIVABLE");
            let reason = "Execution is SUCCEEDED and cannot be redriven";
            record.insert("RedriveStatusReason", reason);
        }
        record.insert("StartDate", started_at.to_string());
        record.insert("StateMachineArn", self.about.machine_arn_of(machine_name));
        record.insert("Status", if failed.is_some() { "FAILED" } else { "SUCCEEDED" });
        record.insert("StopDate", self.at.to_string());
        record.build()
    }
}

impl Child {
    pub(crate) fn arn(&self, about: &About) -> ArcStr {
        let (before, _) = about.machine_arn.split_once(":stateMachine:").unwrap_or_default();
        let (machine, name) = (&self.machine_name, &self.name);
        match self.express {
            true => format!("{before}:express:{machine}:{name}:{name}").into(),
            false => format!("{before}:execution:{machine}:{name}").into(),
        }
    }
}

impl About {
    /// The ARN of the state machine of a Map Run's children.
    pub(crate) fn machine_arn_of(&self, name: &str) -> ArcStr {
        let (before, _) = self.machine_arn.split_once(":stateMachine:").unwrap_or_default();
        format!("{before}:stateMachine:{name}").into()
    }
}

/// The elements of an array; anything else as it is.
fn flattened(output: Data) -> Vec<Data> {
    match output.array_len() {
        Some(length) => (0..length).filter_map(|at| output.item(at)).collect(),
        None => vec![output],
    }
}
