//! The executions of a Map Run: how they begin, and begin again.

use super::items::Input;
use crate::EventKind;
use crate::failure::Failure;
use crate::flow::{Flow, FlowId, Phase, Stopped};
use crate::map_run::{Child, ChildId, Results};
use crate::turn::Turn;

impl Turn<'_> {
    /// Begins as many children as may run, and as there are items for.
    pub(super) fn begin_children(&mut self, id: FlowId) -> Result<(), Failure> {
        while self.run_of(id).executions.running < self.run_of(id).at_once as u64 {
            if let Some(child) = self.run_of_mut(id).again.pop_front() {
                self.resume_child(child);
                continue;
            }
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
        run.executions.running += 1;
        run.items.running += items;
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
            runs: true,
            has_failed: false,
            redrive_count: 0,
            redriven_at: None,
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

    /// Lets a child go on that did not end well. An Express one begins anew, under another name:
    /// "Redriving Map Runs", developer guide.
    fn resume_child(&mut self, id: ChildId) {
        let now = self.now;
        let Child { map, root, index, items, express, .. } = *self.progress.child(id);
        let name = express.then(|| self.progress.random.uuid().into());
        let child = self.progress.child_mut(id);
        child.runs = true;
        match name {
            Some(name) => {
                (child.name, child.started_at, child.last_event_id) = (name, now, 1);
                let input = child.input.clone();
                self.discard_stopped(root);
                let (state, _) = self.distributed(map);
                *self.progress.flow_mut(root) = Flow {
                    parent: Some((map, index)),
                    within: Some(id),
                    phase: Phase::Stopped(Stopped::Before),
                    ..Flow::at(state.processor, input, now)
                };
            }
            None => {
                child.redrive_count += 1;
                child.redriven_at = Some(now);
                // `ExecutionRedriven`
                child.last_event_id += 1;
            }
        }
        let run = self.run_of_mut(map);
        run.executions.running += 1;
        run.items.running += items;
        let event = self.progress.child(id).last_event_id;
        self.resume(root, if express { 0 } else { event });
        self.run_has_changed(map);
    }

    /// Goes on with a Map Run whose execution is redriven: its unsuccessful children are to go on.
    pub(crate) fn redrive_run(&mut self, id: FlowId) {
        let children = self.progress.children.slots().map(ChildId);
        let mut again: Vec<ChildId> = children
            .filter(|child| self.progress.children.get(child.0).is_some_and(|c| c.map == id))
            .collect();
        again.sort_unstable_by_key(|child| self.progress.child(*child).index);
        for child in &again {
            let child = self.progress.child_mut(*child);
            let (items, had_failed) = (child.items, std::mem::take(&mut child.has_failed));
            let run = self.run_of_mut(id);
            let (executions, of_items) = match had_failed {
                true => (&mut run.executions.failed, &mut run.items.failed),
                false => (&mut run.executions.aborted, &mut run.items.aborted),
            };
            *executions -= 1;
            *of_items -= items;
        }
        let run = self.run_of_mut(id);
        run.again = again.into();
        run.redrive_count += 1;
        run.is_resumed = false;
        let (map_run_arn, redrive_count) = (run.arn.clone(), run.redrive_count);
        self.record(id, EventKind::MapRunRedriven { map_run_arn, redrive_count });
        self.run_has_changed(id);
        self.go_on_with_run(id);
    }
}
