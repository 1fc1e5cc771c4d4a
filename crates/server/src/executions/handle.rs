//! What the rest of the server asks of executions.

use std::sync::Arc;
use std::sync::mpsc::Sender;

use faastlane_engine::{MapRunChange, Outcome, Time};
use faastlane_value::{ArcStr, Value};
use tokio::sync::oneshot;

use super::Refused;
use super::driver::Message;
use super::new::New;
use crate::lanes::Lanes;
use crate::machines::{Machines, Runnable};
use crate::{Settings, Workshop};

/// An execution to be started.
#[derive(Debug, Clone)]
pub struct Start {
    /// What it runs.
    pub machine: Runnable,
    /// The version that was asked for, or that an alias chose.
    pub version_arn: Option<String>,
    /// The alias that was asked for.
    pub alias_arn: Option<String>,
    /// Its name; a UUID if there is none.
    pub name: Option<String>,
    /// Its input, JSON text.
    pub input: String,
    /// `traceHeader`
    pub trace_header: Option<String>,
    /// The case of the mock file that its states are mocked by.
    pub test_case: Option<String>,
}

/// An execution that was started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Started {
    /// Its ARN.
    pub arn: String,
    /// When it was, in milliseconds since 1970.
    pub start_date: i64,
}

/// An execution whose end was waited for.
#[derive(Debug, Clone)]
pub struct SyncOutcome {
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// When it was started.
    pub start_date: Time,
    /// When it ended.
    pub stop_date: Time,
    /// How it ended.
    pub outcome: Outcome,
}

/// What somebody who has a task's token says of it.
#[derive(Debug, Clone)]
pub enum TaskAnswer {
    /// `SendTaskSuccess`, with its output.
    Success(Value),
    /// `SendTaskFailure`
    Failure {
        /// The error's name.
        error: Option<String>,
        /// The cause.
        cause: Option<String>,
    },
    /// `SendTaskHeartbeat`
    Heartbeat,
}

/// A task for a worker of an activity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivityTask {
    /// What the worker answers with.
    pub token: String,
    /// The task's input, JSON text.
    pub input: String,
}

/// All executions; a clone is the same ones.
#[derive(Clone)]
pub struct Handle {
    pub(super) inbox: Sender<Message>,
    pub(super) machines: Arc<Machines>,
    pub(super) lanes: Arc<Lanes>,
    pub(super) workshop: Arc<dyn Workshop>,
    pub(super) settings: Arc<Settings>,
}

impl std::fmt::Debug for Handle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Handle").finish_non_exhaustive()
    }
}

impl Handle {
    /// Starts an execution. It is in the store when this returns, if it is a Standard one.
    ///
    /// # Errors
    /// [`Refused::ExecutionAlreadyExists`], [`Refused::NotJson`], [`Refused::Unusable`].
    pub async fn start(&self, start: Start) -> Result<Started, Refused> {
        let known = self.machines.get(&start.machine)?;
        let mut new = New::make(known, start, &self.settings)?;
        if new.known.in_container {
            return Ok(self.run_in_container(new));
        }
        let (reply, answer) = oneshot::channel();
        new.reply = Some(reply);
        self.send(Message::Start(Box::new(new)))?;
        answer.await.map_err(|_| Refused::Closing)?
    }

    /// Runs an Express execution to its end.
    ///
    /// # Errors
    /// As those of [`Self::start`].
    pub async fn start_sync(&self, start: Start) -> Result<SyncOutcome, Refused> {
        let known = self.machines.get(&start.machine)?;
        let (on_end, ended) = oneshot::channel();
        let mut new = New::make(known, start, &self.settings)?;
        new.on_end = Some(on_end);
        if new.known.in_container {
            self.run_in_container(new);
        } else {
            self.send(Message::Start(Box::new(new)))?;
        }
        ended.await.map_err(|_| Refused::Closing)
    }

    /// Stops an execution; the time at which it ended, in milliseconds since 1970.
    ///
    /// # Errors
    /// [`Refused::ExecutionDoesNotExist`]
    pub async fn stop(
        &self,
        arn: &str,
        error: Option<String>,
        cause: Option<String>,
    ) -> Result<i64, Refused> {
        self.ask(|reply| Message::Stop { arn: arn.into(), error, cause, reply }).await
    }

    /// Has an execution that failed go on from where it failed; when, in milliseconds since 1970.
    ///
    /// # Errors
    /// [`Refused::ExecutionDoesNotExist`], [`Refused::ExecutionNotRedrivable`].
    pub async fn redrive(&self, arn: &str) -> Result<i64, Refused> {
        self.ask(|reply| Message::Redrive { arn: arn.into(), reply }).await
    }

    /// Tells a task what somebody with its token says of it.
    ///
    /// # Errors
    /// [`Refused::InvalidToken`], [`Refused::TaskDoesNotExist`], [`Refused::TaskTimedOut`].
    pub async fn answer(&self, token: &str, answer: TaskAnswer) -> Result<(), Refused> {
        self.ask(|reply| Message::Answer { token: token.into(), answer, reply }).await
    }

    /// Has a Map Run go on otherwise.
    ///
    /// # Errors
    /// [`Refused::Unusable`]: it is over.
    pub async fn update_map_run(&self, arn: &str, change: MapRunChange) -> Result<(), Refused> {
        self.ask(|reply| Message::UpdateMapRun { arn: arn.into(), change, reply }).await
    }

    /// Waits for a task of an activity. Dropping the future gives the place in the queue up.
    ///
    /// # Errors
    /// [`Refused::Closing`]
    pub async fn next_activity_task(
        &self,
        activity_arn: &str,
        worker: Option<String>,
    ) -> Result<ActivityTask, Refused> {
        let (reply, task) = oneshot::channel();
        let worker = worker.map(ArcStr::from);
        self.send(Message::Poll { activity: activity_arn.into(), worker, reply })?;
        task.await.map_err(|_| Refused::Closing)
    }

    /// How many executions wait for a timer, a token or an activity, and for no call; `None` if the thread that drives
    /// executions is not there any more. It takes as long as writing to the store takes.
    pub async fn waiting(&self) -> Option<usize> {
        self.ask(|reply| Message::CountWaiting { reply }).await.ok()
    }

    /// Has nobody wait for tasks of activities any more: the server is about to end.
    pub fn end_polls(&self) {
        // It has ended already if nobody takes the message.
        let _ = self.send(Message::EndPolls);
    }

    /// From now on functions are made ready anew: they have changed. Calls under way come to their end.
    pub fn functions_changed(&self) {
        self.lanes.forget();
    }

    async fn ask<T>(
        &self,
        message: impl FnOnce(oneshot::Sender<Result<T, Refused>>) -> Message,
    ) -> Result<T, Refused> {
        let (reply, answer) = oneshot::channel();
        self.send(message(reply))?;
        answer.await.map_err(|_| Refused::Closing)?
    }

    fn send(&self, message: Message) -> Result<(), Refused> {
        self.inbox.send(message).map_err(|_| Refused::Closing)
    }
}
