//! How an execution goes on that did not end well: what failed or was ended is done again, what was done is not.
//!
//! A flow that fails leaves behind where it was, and so do those that end with it ([`Stopped`]). The road not taken
//! is to keep a snapshot from before each event: most executions end well, and pay nothing this way.
//!
//! States are not entered again but for Fail states, their retriers count from 0, and their clocks start again.
//! Source: "Redriving executions", developer guide. That all flows go on from the event `ExecutionRedriven` is
//! what seems likeliest: no history of a redriven execution is public.

use faastlane_asl::Kind;

use crate::EventKind;
use crate::flow::{FlowId, Phase, Stopped};
use crate::turn::Turn;

impl Turn<'_> {
    /// Goes on with the execution, which is not finished any more.
    pub(crate) fn redrive(&mut self) {
        let (last_event, about) = (self.progress.last_event_id, &self.progress.about);
        let kind = EventKind::ExecutionRedriven { redrive_count: about.redrive_count };
        let event = self.emit(None, last_event, kind);
        self.start_execution_timeout();
        self.resume(FlowId(0), event);
        self.run();
    }

    /// Lets a flow go on, and all in it; its events follow from `event`.
    pub(crate) fn resume(&mut self, root: FlowId, event: u64) {
        // Flows are only made ready here: none ends while others are being resumed.
        let mut stopped = vec![root];
        while let Some(id) = stopped.pop() {
            let is_fail = matches!(self.state(id).kind, Kind::Fail(_));
            let flow = self.progress.flow_mut(id);
            let Phase::Stopped(was) = std::mem::replace(&mut flow.phase, Phase::Ready) else {
                unreachable!("all flows of an execution that has ended are stopped");
            };
            flow.last_event = event;
            flow.retried.clear();
            flow.retry_count = 0;
            match was {
                Stopped::Before => self.progress.ready.push_back(id),
                Stopped::Inside => {
                    flow.phase = if is_fail { Phase::Ready } else { Phase::Again };
                    self.progress.ready.push_back(id);
                }
                Stopped::Children(children) => {
                    stopped.extend(children.running.iter().rev().copied());
                    flow.phase = Phase::Children(children);
                    self.progress.ready.push_back(id);
                }
                Stopped::MapRun(mut run) => {
                    run.is_resumed = true;
                    flow.phase = Phase::MapRun(run);
                    self.progress.ready.push_back(id);
                }
            }
        }
    }

    /// Begins what a Map had not begun, and the unsuccessful executions of a Map Run.
    pub(crate) fn resume_children(&mut self, id: FlowId) {
        match (&self.progress.flow(id).phase, &self.state(id).kind) {
            (Phase::Children(_), Kind::Map(map)) => {
                if let Err(failure) = self.begin_iterations(id, map) {
                    self.children_abandoned(id, failure);
                }
            }
            (Phase::MapRun(run), _) if run.is_resumed => self.redrive_run(id),
            _ => {}
        }
    }
}
