//! Tasks: who runs them, and what is told of them.

use std::sync::Arc;

use faastlane_engine::replay::Entry;
use faastlane_engine::{Event, TaskRequest, TaskTarget};
use faastlane_store::Change;
use faastlane_value::ArcStr;

use super::driver::Driver;
use super::effects::Effect;
use super::journal;
use super::live::{Asked, Key};
use crate::machines::Known;

impl Driver {
    /// A call has ended; what that means to the task that it was made for is a matter of its pattern.
    pub(super) fn performed(&mut self, call: u64, event: Option<Event>) {
        let Some((key, task)) = self.calls.remove(&call) else { return };
        let Some(live) = self.live.get_mut(&key) else { return };
        if let Some(event) = event {
            let Some(asked) = live.tasks.get_mut(&task) else { return };
            asked.call = None;
            self.next.push_back((key, asked.request.pattern.of_call(event)));
        } else if live.is_durable() {
            // Nobody waited for it; it must not be made again.
            let bytes = journal::write(&Entry::<()>::Over { task });
            self.changes.push(Change::Told { execution: Arc::clone(&live.arn), bytes });
        }
    }

    /// Has a task run, by whoever runs such tasks. One that has `begun` was submitted, or a worker has it: only
    /// its answer is waited for.
    pub(super) fn run_task(&mut self, key: Key, request: TaskRequest, begun: bool) {
        let Some(live) = self.live.get_mut(&key) else { return };
        if let Some(answer) = live.mocks.answer(&request, live.size_limit) {
            if request.is_answered() {
                self.next.push_back((key, answer));
            }
            return;
        }
        let task = request.task;
        if let Some(token) = &request.token {
            self.callbacks.gave(token.clone(), key, task);
        }
        if request.is_answered() {
            live.tasks.insert(task, Asked { request: request.clone(), call: None });
        }
        match &request.target {
            _ if begun => {}
            TaskTarget::Activity(activity) => {
                let activity = activity.clone();
                self.callbacks.queue(activity.clone(), key, task);
                self.hand_out(&activity);
            }
            TaskTarget::Service(service) if service.service == "states" => {
                self.start_child(key, &request);
            }
            _ => self.effects.push(Effect::Perform(key, request)),
        }
    }

    /// Nobody waits for a task any more.
    pub(super) fn cancel(&mut self, known: &Arc<Known>, arn: &ArcStr, asked: Asked) {
        let Asked { request, call } = asked;
        if let Some(token) = &request.token {
            self.callbacks.forget(token);
        }
        if let Some(call) = call {
            self.calls.remove(&call);
            self.effects.push(Effect::Cancel(Arc::clone(known), call));
        }
        self.cancel_child(arn, &request);
    }
}
