//! Flows inside flows: the branches of Parallel states and the iterations of Map states.
//!
//! Which event follows from which is as recorded on AWS: `…Succeeded` of a Parallel or Map state
//! follows from the last event inside, and so does the state's exit; `MapIterationSucceeded` and
//! `MapIterationFailed` lead nowhere.

use std::collections::VecDeque;

use faastlane_asl::{Kind, StateId};
use faastlane_frame::Data;

use crate::EventKind;
use crate::failure::Failure;
use crate::flow::{Children, Flow, FlowId, Items, Phase, Stopped};
use crate::turn::{Turn, collect};

impl Turn<'_> {
    /// Begins all branches of a Parallel state.
    pub(super) fn start_branches(&mut self, id: FlowId, branches: &[StateId], input: &Data) {
        let started = self.record(id, EventKind::ParallelStateStarted);
        self.set_children(id, branches.len(), None);
        for (index, branch) in branches.iter().enumerate() {
            self.start_child(id, index, *branch, input.clone(), None, started);
        }
    }

    pub(super) fn set_children(&mut self, id: FlowId, count: usize, items: Option<Items>) {
        self.progress.flow_mut(id).phase = Phase::Children(Children {
            running: VecDeque::new(),
            results: vec![None; count],
            done: 0,
            items,
        });
    }

    pub(super) fn start_child(
        &mut self,
        parent: FlowId,
        index: usize,
        state: StateId,
        input: Data,
        item: Option<Data>,
        last_event: u64,
    ) {
        let around = self.progress.flow(parent);
        let child = self.spawn(Flow {
            parent: Some((parent, index)),
            within: around.within,
            item,
            came_from: last_event,
            variables: around.variables.clone(),
            last_event,
            ..Flow::at(state, input, self.now)
        });
        self.children(parent).running.push_back(child);
    }

    /// Takes the result of a child that ended well; `child` was removed before.
    pub(crate) fn child_succeeded(
        &mut self,
        parent: FlowId,
        child_id: FlowId,
        child: &Flow,
        index: usize,
        output: Data,
    ) {
        let children = self.children(parent);
        if let Some(at) = children.running.iter().position(|running| *running == child_id) {
            children.running.remove(at);
        }
        children.results[index] = Some(output);
        children.done += 1;
        let all_done = children.done == children.results.len();
        match &self.state(parent).kind {
            Kind::Map(map) => self.iteration_succeeded(parent, map, child, index, all_done),
            _ if all_done => self.children_succeeded(parent, child.last_event),
            _ => {}
        }
    }

    /// Ends a Parallel or Map state whose children are all done.
    pub(super) fn children_succeeded(&mut self, id: FlowId, last_event: u64) {
        let state = self.state(id);
        let kind = match state.kind {
            Kind::Map(_) => EventKind::MapStateSucceeded,
            _ => EventKind::ParallelStateSucceeded,
        };
        self.emit(self.progress.flow(id).within, last_event, kind);
        let flow = self.progress.flow_mut(id);
        flow.last_event = last_event;
        let Phase::Children(children) = std::mem::replace(&mut flow.phase, Phase::Ready) else {
            unreachable!("only states with children have children that end");
        };
        let handling = state.kind.handling().expect("Parallel and Map states have it");
        let step = self.exit_with_result(id, handling, collect(children.results));
        self.settle(id, step);
    }

    /// Fails the Parallel or Map state of a child that failed.
    pub(crate) fn child_failed(
        &mut self,
        parent: FlowId,
        last_event: u64,
        index: usize,
        failure: Failure,
    ) {
        let state = self.state(parent);
        let ending = if matches!(state.kind, Kind::Map(_)) {
            let (name, within) = (state.name.clone(), self.progress.flow(parent).within);
            self.emit(within, last_event, EventKind::MapIterationFailed { name, index });
            EventKind::MapStateFailed
        } else {
            EventKind::ParallelStateFailed
        };
        self.abort_children(parent);
        self.progress.flow_mut(parent).last_event = last_event;
        self.state_failed(parent, failure, Some(ending));
    }

    /// Fails a Map state that cannot begin its next iteration.
    pub(crate) fn children_abandoned(&mut self, id: FlowId, failure: Failure) {
        self.abort_children(id);
        self.state_failed(id, failure, Some(EventKind::MapStateFailed));
    }

    /// Stops all children of a flow that still run, and their children, and with them the flow.
    fn abort_children(&mut self, id: FlowId) {
        let phase = &mut self.progress.flow_mut(id).phase;
        let running = match phase {
            Phase::Children(children) => children.running.clone(),
            _ => return,
        };
        phase.stop();
        running.into_iter().for_each(|child| self.abort(child));
    }

    fn abort(&mut self, id: FlowId) {
        let flow = self.progress.flow(id);
        if matches!(flow.phase, Phase::Stopped(_)) {
            return;
        }
        let entered = flow.entered_event != 0 && !matches!(flow.phase, Phase::Ready);
        self.abort_children(id);
        if let Phase::MapRun(_) = self.progress.flow(id).phase {
            self.abort_run(id);
            self.record(id, EventKind::MapRunAborted);
        }
        self.stop_flow(id);
        let Flow { parent, within, mut last_event, state, .. } = *self.progress.flow(id);
        if entered {
            let state_type = self.machine.state(state).kind.name();
            last_event = self.emit(within, last_event, EventKind::StateAborted { state_type });
        }
        if let Some((parent, index)) = parent
            && let Kind::Map(_) = self.state(parent).kind
        {
            let name = self.state(parent).name.clone();
            self.emit(within, last_event, EventKind::MapIterationAborted { name, index });
        }
    }

    /// Lets go of what is left of a flow's children, if they were stopped: nothing goes on with them.
    pub(crate) fn discard_stopped(&mut self, id: FlowId) {
        let phase = &mut self.progress.flow_mut(id).phase;
        match std::mem::replace(phase, Phase::Ready) {
            Phase::Stopped(Stopped::Children(children)) => {
                for child in children.running {
                    self.discard_stopped(child);
                    self.progress.remove(child);
                }
            }
            Phase::Stopped(Stopped::MapRun(_)) => self.discard_run(id),
            other => *phase = other,
        }
    }

    pub(super) fn children(&mut self, id: FlowId) -> &mut Children {
        match &mut self.progress.flow_mut(id).phase {
            Phase::Children(children) => children,
            _ => unreachable!("a flow has children from their start to their end"),
        }
    }
}
