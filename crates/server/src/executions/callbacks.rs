//! Task tokens, and the queues of activities.

use std::collections::{HashMap, VecDeque};

use faastlane_engine::{Event, TaskId, TaskResult, read_token};
use faastlane_value::ArcStr;
use tokio::sync::oneshot;

use super::Refused;
use super::driver::Driver;
use super::effects::Effect;
use super::handle::{ActivityTask, TaskAnswer};
use super::live::Key;

/// Tokens that were given out and are waited for, and the tasks and workers of activities.
#[derive(Debug, Default)]
pub(super) struct Callbacks {
    tokens: HashMap<ArcStr, (Key, TaskId)>,
    activities: HashMap<ArcStr, Activity>,
}

/// Tasks that wait for a worker, and workers that wait for a task; mostly one of them is empty.
#[derive(Debug, Default)]
struct Activity {
    tasks: VecDeque<(Key, TaskId)>,
    workers: VecDeque<Worker>,
}

#[derive(Debug)]
struct Worker {
    name: Option<ArcStr>,
    reply: oneshot::Sender<ActivityTask>,
}

impl Callbacks {
    /// A token was given out.
    pub(super) fn gave(&mut self, token: ArcStr, key: Key, task: TaskId) {
        self.tokens.insert(token, (key, task));
    }

    /// Nobody waits for an answer with this token any more.
    pub(super) fn forget(&mut self, token: &str) {
        self.tokens.remove(token);
    }

    pub(super) fn queue(&mut self, activity: ArcStr, key: Key, task: TaskId) {
        self.activities.entry(activity).or_default().tasks.push_back((key, task));
    }

    /// Lets all workers go that wait for a task.
    pub(super) fn end_polls(&mut self) {
        self.activities.values_mut().for_each(|activity| activity.workers.clear());
    }

    pub(super) fn poll(
        &mut self,
        activity: ArcStr,
        name: Option<ArcStr>,
        reply: oneshot::Sender<ActivityTask>,
    ) {
        let workers = &mut self.activities.entry(activity).or_default().workers;
        workers.retain(|worker| !worker.reply.is_closed());
        workers.push_back(Worker { name, reply });
    }
}

impl Driver {
    /// Gives tasks of an activity to workers, as long as there are both.
    pub(super) fn hand_out(&mut self, activity: &str) {
        let Some(Activity { tasks, workers }) = self.callbacks.activities.get_mut(activity) else {
            return;
        };
        while let Some((key, task)) = tasks.front().copied() {
            let asked = self.live.get(&key).and_then(|live| live.tasks.get(&task));
            let Some((request, token)) =
                asked.and_then(|asked| Some((&asked.request, asked.request.token.clone()?)))
            else {
                // It timed out, or its execution is over.
                tasks.pop_front();
                continue;
            };
            let Some(Worker { name, reply }) = workers.pop_front() else { return };
            if reply.is_closed() {
                continue;
            }
            tasks.pop_front();
            let input = request.input.to_json();
            self.next.push_back((key, Event::TaskStarted { task, worker: name }));
            self.effects.push(Effect::reply(move || {
                // A worker that goes away at this moment has the task, as on AWS.
                let _ = reply.send(ActivityTask { token: token.to_string(), input });
            }));
        }
    }

    /// Tells a task what somebody with its token says.
    pub(super) fn answer_token(&mut self, token: &str, answer: TaskAnswer) -> Result<(), Refused> {
        let Some((key, task)) = self.callbacks.tokens.get(token).copied() else {
            return Err(self.unknown_token(token));
        };
        let limit = self.live.get(&key).and_then(|live| live.size_limit);
        self.next.push_back((
            key,
            match answer {
                TaskAnswer::Heartbeat => Event::TaskHeartbeat(task),
                TaskAnswer::Failure { error, cause } => Event::TaskFailed {
                    task,
                    error: error.unwrap_or_default().into(),
                    cause: cause.map(ArcStr::from),
                },
                TaskAnswer::Success(output) => {
                    Event::TaskSucceeded(task, TaskResult::of_answer(output.into(), limit))
                }
            },
        ));
        Ok(())
    }

    /// Why nobody waits for this token.
    fn unknown_token(&self, token: &str) -> Refused {
        let Some(parts) = read_token(token) else { return Refused::InvalidToken };
        let exists = self.by_arn.contains_key(parts.execution_arn.as_str())
            || matches!(self.store.execution(&parts.execution_arn), Ok(Some(_)));
        if exists { Refused::TaskTimedOut } else { Refused::TaskDoesNotExist }
    }
}
