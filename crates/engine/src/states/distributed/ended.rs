//! The executions of a Map Run: how they end, and what is left of those that did not end well.

use faastlane_asl::Transformation;
use faastlane_frame::Data;

use super::results::Ended;
use crate::dataset::{ChildExecution, MapRunStatus, ResultStatus};
use crate::failure::Failure;
use crate::flow::{FlowId, Phase, Progress};
use crate::history::ErrorDetails;
use crate::map_run::{ChildId, Results};
use crate::turn::Turn;
use crate::{Action, Outcome};

impl Turn<'_> {
    /// Takes the end of a child. Of one that failed its flows are there, stopped; else they were removed.
    pub(crate) fn child_execution_ended(&mut self, id: ChildId, end: Result<Data, ErrorDetails>) {
        let map = self.progress.child(id).map;
        self.tell_end(
            id,
            match &end {
                Ok(output) => Outcome::Succeeded(output.clone()),
                Err(ErrorDetails { error, cause }) => {
                    Outcome::Failed { error: error.clone(), cause: cause.clone() }
                }
            },
        );
        let (_, distributed) = self.distributed(map);
        // Without a ResultWriter, outputs are the result: "ResultWriter", developer guide.
        let transformation = distributed.writer.as_ref().map(|writer| writer.transformation);
        let transformation = transformation.unwrap_or(Transformation::Compact);
        let status = if end.is_ok() { ResultStatus::Succeeded } else { ResultStatus::Failed };
        let is_written = matches!(self.run_of(map).results, Results::Written(_));
        let child = self.progress.child(id);
        let (index, items) = (child.index, child.items);
        let ended = Ended { child, end, at: self.now, about: &self.progress.about };
        let results = ended.results(transformation, is_written);
        let run = self.run_of_mut(map);
        run.executions.running -= 1;
        run.items.running -= items;
        let (executions, of_items) = match status {
            ResultStatus::Succeeded => (&mut run.executions.succeeded, &mut run.items.succeeded),
            ResultStatus::Failed => (&mut run.executions.failed, &mut run.items.failed),
        };
        *executions += 1;
        *of_items += items;
        match &mut run.results {
            Results::Kept(kept) => kept[index] = results.into_iter().next(),
            Results::Written(written) => {
                written.waiting.extend(results.into_iter().map(|result| (status, result)));
            }
        }
        match self.progress.flows.get(self.progress.child(id).root.0).map(|root| root.within) {
            Some(within) if within == Some(id) && status == ResultStatus::Failed => {
                self.progress.child_mut(id).has_failed = true;
            }
            _ => drop(self.progress.remove_child(id)),
        }
        self.run_has_changed(map);
        self.go_on_with_run(map);
    }

    /// Fails a child from outside: its history is full, and it cannot be redriven.
    pub(crate) fn fail_child(&mut self, child: ChildId, failure: Failure) {
        let doomed = self.within(|progress, other| child_around(progress, other, |at| at == child));
        self.remove_all(&doomed, Some(child));
        self.child_execution_ended(child, Err(failure.into_details()));
    }

    /// Ends all children of a Map Run that still run, and theirs, without a word in a history.
    pub(super) fn end_children(&mut self, map: FlowId) {
        let doomed = self.within(|progress, child| is_of_run(progress, child, map));
        self.tell_aborted(|child| doomed[child.0 as usize]);
        for slot in self.progress.flows.slots() {
            let within = self.progress.flows.get(slot).and_then(|flow| flow.within);
            if within.is_some_and(|child| doomed[child.0 as usize]) {
                if let Phase::MapRun(run) = &mut self.progress.flow_mut(FlowId(slot)).phase {
                    run.abort();
                }
                self.stop_flow(FlowId(slot));
            }
        }
        self.run_of_mut(map).abort();
    }

    /// Ends a Map Run with what is around it.
    pub(crate) fn abort_run(&mut self, map: FlowId) {
        self.end_children(map);
        self.show_run(map, MapRunStatus::Aborted);
    }

    /// Ends all Map Runs with the execution; their flows still run.
    pub(crate) fn abort_runs(&mut self) {
        let has_run = |phase: &Phase| matches!(phase, Phase::MapRun(_));
        let flows = &self.progress.flows;
        let runs = flows.slots().filter(|slot| flows.get(*slot).is_some_and(|f| has_run(&f.phase)));
        let runs: Vec<FlowId> = runs.map(FlowId).collect();
        if runs.is_empty() {
            return;
        }
        self.tell_aborted(|_| true);
        for id in runs {
            self.run_of_mut(id).abort();
            self.show_run(id, MapRunStatus::Aborted);
        }
    }

    /// Lets go of what is left of the children of a Map Run.
    pub(crate) fn discard_run(&mut self, map: FlowId) {
        let doomed = self.within(|progress, child| is_of_run(progress, child, map));
        self.remove_all(&doomed, None);
    }

    /// Of each child, whether `belongs` says yes. Said before any is gone: the answer is found on the
    /// way up.
    fn within(&self, belongs: impl Fn(&Progress, ChildId) -> bool) -> Vec<bool> {
        let children = self.progress.children.slots().map(ChildId);
        children
            .map(|id| self.progress.children.get(id.0).is_some() && belongs(self.progress, id))
            .collect()
    }

    /// Removes children with all their flows; of `kept` only the flows.
    fn remove_all(&mut self, doomed: &[bool], kept: Option<ChildId>) {
        for slot in self.progress.flows.slots() {
            let within = self.progress.flows.get(slot).and_then(|flow| flow.within);
            if within.is_some_and(|child| doomed[child.0 as usize]) {
                let flow = self.progress.remove(FlowId(slot));
                self.cancel(&flow.phase);
            }
        }
        for id in self.progress.children.slots().map(ChildId) {
            if doomed[id.0 as usize] && kept != Some(id) {
                self.progress.remove_child(id);
            }
        }
    }

    /// Tells the end of children that still ran.
    fn tell_aborted(&mut self, is_meant: impl Fn(ChildId) -> bool) {
        for id in self.progress.children.slots().map(ChildId) {
            let runs = self.progress.children.get(id.0).is_some_and(|child| child.runs);
            if runs && is_meant(id) {
                self.tell_end(id, Outcome::Aborted { error: None, cause: None });
            }
        }
    }

    fn tell_end(&mut self, id: ChildId, outcome: Outcome) {
        self.progress.child_mut(id).runs = false;
        let child = self.progress.child(id);
        let about = &self.progress.about;
        let ended = ChildExecution {
            map_run_arn: self.run_of(child.map).arn.clone(),
            arn: child.arn(about),
            name: child.name.clone(),
            machine_arn: about.machine_arn_of(&child.machine_name),
            input: child.input.clone(),
            items: child.items,
            started_at: child.started_at,
            stopped_at: self.now,
            outcome,
            redrive_count: child.redrive_count,
        };
        self.actions.push(Action::ChildEnded(Box::new(ended)));
    }
}

/// Whether a child is part of a Map Run, perhaps inside of another child of it.
fn is_of_run(progress: &Progress, child: ChildId, map: FlowId) -> bool {
    child_around(progress, child, |at| progress.child(at).map == map)
}

/// Whether `is_it` says yes of a child or of one around it.
fn child_around(progress: &Progress, child: ChildId, is_it: impl Fn(ChildId) -> bool) -> bool {
    let mut at = Some(child);
    while let Some(child) = at {
        if is_it(child) {
            return true;
        }
        at = progress.flow(progress.child(child).map).within;
    }
    false
}
