//! Tasks that wait for more than the end of a call: for somebody who calls back with a token, for the job
//! that the call started, for the worker of an activity.
//!
//! What is recorded follows executions recorded on AWS: `TaskSubmitted` with what the call returned, then
//! what the task came to; `ActivityStarted` with the worker's name. A call back may come before the call
//! has returned, from inside the function; then the call's end is not recorded.

use faastlane_asl::Resource;
use faastlane_frame::Data;
use faastlane_value::ArcStr;

use super::task::{invoke_result, task_resource, too_large};
use crate::action::TaskId;
use crate::failure::Failure;
use crate::flow::{FlowId, Phase, RunningTask, Stage};
use crate::turn::Turn;
use crate::{EventKind, Pattern, TaskResult};

impl Turn<'_> {
    /// Takes what the call of a task returned that waits for more.
    pub(crate) fn task_submitted(&mut self, task: TaskId, result: TaskResult) {
        let Some((id, running)) = self.task_to_submit(task) else { return };
        let Resource::Service(service) = &self.task_of(id).resource else { return };
        if result.too_large {
            let failure = too_large(&self.task_of(id).resource);
            return self.submit_failed(id, failure);
        }
        let output = match service.calls_function() && !result.is_whole {
            true => invoke_result(result),
            false => result.output,
        };
        self.record(id, EventKind::TaskSubmitted { resource: task_resource(service), output });
        self.has_begun(id, running);
    }

    /// Takes the failure of that call.
    pub(crate) fn task_submit_failed(
        &mut self,
        task: TaskId,
        error: ArcStr,
        cause: Option<ArcStr>,
    ) {
        if let Some((id, _)) = self.task_to_submit(task) {
            self.submit_failed(id, Failure::of_task(error, cause));
        }
    }

    fn submit_failed(&mut self, id: FlowId, failure: Failure) {
        let Resource::Service(service) = &self.task_of(id).resource else { return };
        if let Phase::Task(running) = self.progress.flow(id).phase {
            self.cancel_task_timers(&running);
        }
        let details = failure.clone().into_details();
        self.record(id, EventKind::TaskSubmitFailed(task_resource(service), details));
        self.state_failed(id, failure, None);
    }

    /// The flow of a task whose call has not returned yet and is not all that is waited for.
    fn task_to_submit(&self, task: TaskId) -> Option<(FlowId, RunningTask)> {
        let found = self.progress.running(task)?;
        let waits = Pattern::of(&self.task_of(found.0).resource) != Pattern::RequestResponse;
        (waits && found.1.stage == Stage::Asked).then_some(found)
    }

    /// Takes that a worker has the task of an activity.
    pub(crate) fn task_started(&mut self, task: TaskId, worker_name: Option<ArcStr>) {
        let Some((id, mut running)) = self.progress.running(task) else { return };
        let is_activity = matches!(self.task_of(id).resource, Resource::Activity(_));
        if !is_activity || running.stage != Stage::Asked {
            return;
        }
        self.record(id, EventKind::ActivityStarted { worker_name });
        self.start_clocks(id, &mut running);
        self.has_begun(id, running);
    }

    fn has_begun(&mut self, id: FlowId, running: RunningTask) {
        let running = RunningTask { stage: Stage::Begun, ..running };
        self.progress.flow_mut(id).phase = Phase::Task(running);
    }

    /// Records what comes before the success of a task whose mock has given its whole result at once.
    pub(super) fn record_begun_by_mock(&mut self, id: FlowId, output: &Data) {
        let Phase::Task(RunningTask { stage: Stage::Asked, .. }) = self.progress.flow(id).phase
        else {
            return;
        };
        let resource = &self.task_of(id).resource;
        let kind = match (resource, Pattern::of(resource)) {
            (Resource::Activity(_), _) => EventKind::ActivityStarted { worker_name: None },
            (Resource::Service(service), Pattern::WaitForToken | Pattern::Sync) => {
                let resource = task_resource(service);
                EventKind::TaskSubmitted { resource, output: output.clone() }
            }
            _ => return,
        };
        self.record(id, kind);
    }
}
