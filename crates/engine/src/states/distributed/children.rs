//! The executions of a Map Run: how they begin and end.

use faastlane_asl::Transformation;
use faastlane_frame::Data;

use super::items::Input;
use super::results::Ended;
use crate::dataset::ResultStatus;
use crate::failure::Failure;
use crate::flow::{Flow, FlowId};
use crate::history::ErrorDetails;
use crate::map_run::{Child, ChildId, Results};
use crate::turn::Turn;

impl Turn<'_> {
    /// Begins as many children as may run, and as there are items for.
    pub(super) fn begin_children(&mut self, id: FlowId) -> Result<(), Failure> {
        while self.run_of(id).running < self.run_of(id).at_once {
            let Some(input) = self.next_input(id)? else { break };
            self.begin_child(id, input);
        }
        Ok(())
    }

    fn begin_child(&mut self, id: FlowId, Input { input, items }: Input) {
        let (map, distributed) = self.distributed(id);
        let name = self.progress.random.uuid().into();
        let now = self.now;
        let run = self.run_of_mut(id);
        run.begun += 1;
        run.running += 1;
        run.items_running += items;
        let child = Child {
            map: id,
            root: id,
            index: run.begun - 1,
            items,
            name,
            machine_name: run.machine_name.clone(),
            express: distributed.express,
            input: input.clone(),
            started_at: now,
            // `ExecutionStarted`
            last_event_id: 1,
        };
        if let Results::Kept(results) = &mut run.results {
            results.push(None);
        }
        let index = child.index;
        let child = ChildId(self.progress.children.add(child));
        let root = self.spawn(Flow {
            parent: Some((id, index)),
            within: Some(child),
            ..Flow::at(map.processor, input, now)
        });
        self.progress.child_mut(child).root = root;
        self.run_has_changed(id);
    }

    /// Takes the end of a child; its flow was removed before.
    pub(crate) fn child_execution_ended(
        &mut self,
        child: ChildId,
        end: Result<Data, ErrorDetails>,
    ) {
        let child = self.progress.remove_child(child);
        let id = child.map;
        let (_, distributed) = self.distributed(id);
        // Without a ResultWriter, outputs are the result: "ResultWriter", developer guide.
        let transformation = distributed.writer.as_ref().map(|writer| writer.transformation);
        let transformation = transformation.unwrap_or(Transformation::Compact);
        let status = if end.is_ok() { ResultStatus::Succeeded } else { ResultStatus::Failed };
        let index = child.index;
        let items = child.items;
        let ended = Ended { child, end, at: self.now, about: &self.progress.about };
        let results =
            ended.results(transformation, matches!(self.run_of(id).results, Results::Written(_)));
        let run = self.run_of_mut(id);
        run.running -= 1;
        run.items_running -= items;
        match status {
            ResultStatus::Succeeded => run.succeeded += items,
            ResultStatus::Failed => run.failed += items,
        }
        match &mut run.results {
            Results::Kept(kept) => kept[index] = results.into_iter().next(),
            Results::Written(written) => {
                written.waiting.extend(results.into_iter().map(|result| (status, result)));
            }
        }
        self.run_has_changed(id);
        self.go_on_with_run(id);
    }

    /// Fails a child from outside: its history is full.
    pub(crate) fn fail_child(&mut self, child: ChildId, failure: Failure) {
        let root = self.progress.child(child).root;
        self.abandon_within(
            |progress, within| {
                let mut at = Some(within);
                while let Some(other) = at {
                    if other == child {
                        return true;
                    }
                    at = progress.flow(progress.child(other).map).within;
                }
                false
            },
            Some(child),
        );
        debug_assert!(self.progress.flows.get(root.0).is_none(), "all flows of it are gone");
        self.child_execution_ended(child, Err(failure.into_details()));
    }

    /// Ends all children of a Map Run, and theirs, without a word.
    pub(crate) fn abandon_children(&mut self, map: FlowId) {
        self.abandon_within(
            |progress, within| {
                let mut at = Some(within);
                while let Some(child) = at {
                    if progress.child(child).map == map {
                        return true;
                    }
                    at = progress.flow(progress.child(child).map).within;
                }
                false
            },
            None,
        );
    }

    /// Ends the children that `belongs` says yes to, with all their flows; of `kept` only the flows.
    fn abandon_within(
        &mut self,
        belongs: impl Fn(&crate::flow::Progress, ChildId) -> bool,
        kept: Option<ChildId>,
    ) {
        // Said of each before any is gone: the answer is found on the way up.
        let children = self.progress.children.slots().map(ChildId);
        let doomed: Vec<bool> = children
            .map(|id| self.progress.children.get(id.0).is_some() && belongs(self.progress, id))
            .collect();
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
}
