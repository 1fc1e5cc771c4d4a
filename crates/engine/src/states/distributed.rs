//! Distributed Map states: how a Map Run begins, goes on and ends.
//!
//! In the parent's history stand `MapRunStarted` and how the run ended, and nothing of its children. Which
//! event follows from which is as recorded on AWS since November 2024: the state's exit follows from
//! `MapRunStarted`, as if the end of the run had not been.

mod amounts;
mod children;
mod datasets;
mod ended;
mod items;
mod results;

use std::collections::VecDeque;

use faastlane_asl::{Distributed, Kind, Map};
use faastlane_frame::Data;
use faastlane_value::{ArcStr, str_literal};

use crate::dataset::{ExecutionCounts, MapRunChange, MapRunProgress, MapRunStatus};
use crate::failure::Failure;
use crate::flow::{FlowId, Phase};
use crate::map_run::{Batches, Counts, MapRun, Results, Source};
use crate::turn::{Step, Turn};
use crate::{Action, EventKind};

/// How many children run at the same time where the definition has no limit: "Distributed mode",
/// developer guide.
const AT_ONCE: usize = 10_000;

impl<'a> Turn<'a> {
    /// Begins a Map Run.
    pub(super) fn map_run(
        &mut self,
        id: FlowId,
        map: &Map,
        distributed: &Distributed,
        input: Data,
    ) -> Result<Step, Failure> {
        // With an ItemReader nobody knows yet how many there are.
        let items = match &distributed.reader {
            Some(_) => None,
            None => Some(self.items(id, map, &input)?),
        };
        let at_once = at_once(self.concurrency(id, map, &input)?);
        let length = items.as_ref().map_or(0, |(_, length)| *length);
        self.record(id, EventKind::MapStateStarted { length });
        // AWS looks at these when the state has begun, as recordings of what is wrong with them show.
        let tolerated = self.tolerated(id, distributed, &input)?;
        let mut refusal = None;
        let source = match (&distributed.reader, items) {
            (Some(reader), _) => {
                let (dataset, refused) = self.dataset(id, reader, &input)?;
                refusal = refused;
                Source::Dataset(dataset)
            }
            (None, items) => {
                let all = items.map_or_else(|| Data::array(Vec::new()), |(all, _)| all);
                Source::Array { all, next: 0 }
            }
        };
        let batches = match &distributed.batcher {
            Some(batcher) => self.batches(id, batcher, &input)?,
            None => Batches::default(),
        };
        let run_id = self.progress.random.uuid();
        let results = self.results(id, distributed.writer.as_ref(), &input, &run_id)?;
        let machine_name = self.machine_name_of(id, distributed);
        let arn = &self.progress.about.machine_arn;
        let (before, _) = arn.split_once(":stateMachine:").unwrap_or((arn, ""));
        let arn = ArcStr::from(format!("{before}:mapRun:{machine_name}:{run_id}"));
        self.record(id, EventKind::MapRunStarted { map_run_arn: arn.clone() });
        self.progress.flow_mut(id).phase = Phase::MapRun(Box::new(MapRun {
            arn,
            machine_name,
            input,
            source,
            batches,
            at_once,
            tolerated,
            begun: 0,
            executions: Counts::default(),
            items: Counts::default(),
            again: VecDeque::new(),
            redrive_count: 0,
            is_resumed: false,
            results,
            has_changed: false,
        }));
        match refusal {
            Some(refusal) => self.run_failed(id, refusal),
            None => self.go_on_with_run(id),
        }
        Ok(Step::Blocked)
    }

    /// `Orders/Label`. A Map without a label gets one of its own, always the same.
    fn machine_name_of(&self, id: FlowId, distributed: &Distributed) -> ArcStr {
        let flow = self.progress.flow(id);
        let parent = flow.within.map(|child| self.progress.child(child).machine_name.clone());
        let machine = parent.unwrap_or_else(|| self.progress.about.machine_name.clone());
        match &distributed.label {
            Some(label) => format!("{machine}/{label}").into(),
            None => {
                let mut random =
                    crate::random::Random::of_text(&format!("{machine}#{}", flow.state.0));
                format!("{machine}/{}", random.uuid()).into()
            }
        }
    }

    /// Does all that a Map Run can do now: begins children, asks for items, writes results, ends.
    pub(super) fn go_on_with_run(&mut self, id: FlowId) {
        if self.run_of(id).has_failed() {
            return self.run_failed(id, Failure::tolerance_exceeded());
        }
        if let Err(failure) = self.begin_children(id) {
            return self.run_failed(id, failure);
        }
        self.ask_for_items(id);
        self.write_results(id);
        if self.run_of(id).is_over() {
            self.end_run(id);
        }
    }

    /// Ends a Map Run whose items are all done, when its results are where they should be.
    fn end_run(&mut self, id: FlowId) {
        let Some(result) = self.result(id) else { return };
        self.show_run(id, MapRunStatus::Succeeded);
        if self.run_of(id).executions.failed > 0 {
            self.discard_run(id);
        }
        let flow = self.progress.flow_mut(id);
        let started = flow.last_event;
        flow.phase = Phase::Ready;
        let within = flow.within;
        let succeeded = self.emit(within, started, EventKind::MapRunSucceeded);
        self.emit(within, succeeded, EventKind::MapStateSucceeded);
        let handling = self.state(id).kind.handling().expect("a Map state has it");
        let step = self.exit_with_result(id, handling, result);
        self.settle(id, step);
    }

    /// Ends a Map Run, and the children that still run.
    pub(super) fn run_failed(&mut self, id: FlowId, failure: Failure) {
        self.end_children(id);
        self.show_run(id, MapRunStatus::Failed);
        self.progress.flow_mut(id).phase.stop();
        self.record(id, EventKind::MapRunFailed(failure.clone().into_details()));
        self.state_failed(id, failure, Some(EventKind::MapStateFailed));
    }

    /// The driver could not read or write.
    pub(super) fn dataset_failed(&mut self, id: FlowId, error: ArcStr, cause: ArcStr) {
        self.run_failed(id, Failure::of_task(error, Some(cause)));
    }

    /// Notes that the counts of a Map Run are others now.
    fn run_has_changed(&mut self, id: FlowId) {
        if !std::mem::replace(&mut self.run_of_mut(id).has_changed, true) {
            self.progress.changed_runs.push(id);
        }
    }

    /// Tells how far a Map Run is.
    pub(super) fn show_run(&mut self, id: FlowId, status: MapRunStatus) {
        let state = self.state(id).name.clone();
        self.run_of_mut(id).has_changed = false;
        let run = self.run_of(id);
        let progress = MapRunProgress {
            map_run_arn: run.arn.clone(),
            state,
            status,
            total: run.total(),
            succeeded: run.items.succeeded,
            failed: run.items.failed,
            running: run.items.running,
            aborted: run.items.aborted,
            executions: ExecutionCounts {
                total: run.begun as u64,
                succeeded: run.executions.succeeded,
                failed: run.executions.failed,
                running: run.executions.running,
                aborted: run.executions.aborted,
                pending_redrive: run.again.len() as u64,
            },
            results_written: match &run.results {
                Results::Kept(_) => 0,
                Results::Written(written) => written.written,
            },
            max_concurrency: run.at_once as u64,
            tolerated_failure_count: run.tolerated.count,
            tolerated_failure_percentage: run.tolerated.percentage,
            redrive_count: run.redrive_count,
        };
        self.actions.push(Action::ShowMapRun(progress));
    }

    /// Tells how far those Map Runs are whose children have ended in this turn.
    pub(crate) fn show_runs(&mut self) {
        for id in std::mem::take(&mut self.progress.changed_runs) {
            let slot = self.progress.flows.get(id.0);
            // It may be over, and its flow gone.
            if slot.is_some_and(|flow| flow.phase.has_changed_run()) {
                self.show_run(id, MapRunStatus::Running);
            }
        }
    }

    /// `UpdateMapRun`: what is not given stays as it is.
    pub(crate) fn update_run(&mut self, arn: &str, change: &MapRunChange) {
        let is_meant = |phase: &Phase| matches!(phase, Phase::MapRun(run) if run.arn == arn);
        let flows = &self.progress.flows;
        let found = flows.slots().find(|slot| flows.get(*slot).is_some_and(|f| is_meant(&f.phase)));
        let Some(id) = found.map(FlowId) else { return };
        let run = self.run_of_mut(id);
        if let Some(asked) = change.max_concurrency {
            run.at_once = at_once(asked);
        }
        run.tolerated.count = change.tolerated_failure_count.or(run.tolerated.count);
        run.tolerated.percentage = change.tolerated_failure_percentage.or(run.tolerated.percentage);
        self.run_has_changed(id);
        self.go_on_with_run(id);
    }

    pub(crate) fn run_of(&self, id: FlowId) -> &MapRun {
        match &self.progress.flow(id).phase {
            Phase::MapRun(run) => run,
            _ => unreachable!("a Map Run is there from its start to its end"),
        }
    }

    pub(crate) fn run_of_mut(&mut self, id: FlowId) -> &mut MapRun {
        match &mut self.progress.flow_mut(id).phase {
            Phase::MapRun(run) => run,
            _ => unreachable!("a Map Run is there from its start to its end"),
        }
    }

    /// The state of a flow that has a Map Run, and what makes it distributed.
    fn distributed(&self, id: FlowId) -> (&'a Map, &'a Distributed) {
        match &self.state(id).kind {
            Kind::Map(map) => {
                (map, map.distributed.as_deref().expect("only distributed Maps have Map Runs"))
            }
            other => unreachable!("only Map states have Map Runs, not {} states", other.name()),
        }
    }
}

/// How many children run at the same time where so many are asked for; 0 is no limit.
fn at_once(asked: u64) -> usize {
    match asked {
        0 => AT_ONCE,
        asked => usize::try_from(asked).unwrap_or(AT_ONCE).min(AT_ONCE),
    }
}

impl Phase {
    fn has_changed_run(&self) -> bool {
        matches!(self, Self::MapRun(run) if run.has_changed)
    }
}

impl Failure {
    pub(super) fn tolerance_exceeded() -> Self {
        let error = str_literal!("States.ExceedToleratedFailureThreshold");
        let cause = str_literal!("The specified tolerated failure threshold was exceeded");
        Self::of_task(error, Some(cause))
    }
}
