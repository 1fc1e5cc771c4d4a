//! What goes into the engine and what comes out.

use faastlane_asl::{Resource, Service};
use faastlane_frame::Data;
use faastlane_value::{ArcStr, str_literal};
use serde::{Deserialize, Serialize};

use crate::dataset::{
    Bookmark, ChildExecution, MapRunChange, MapRunProgress, ReadRequest, RequestId, WriteRequest,
};
use crate::history::ErrorDetails;
use crate::{HistoryEvent, Time};

/// Something that happened outside.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Event {
    /// A task ended with a result. Of a task that was cancelled it is ignored.
    TaskSucceeded(TaskId, TaskResult),
    /// What a task calls that waits for more than the call's end has been called ([`Pattern`]), and this is
    /// what the call returned. The state goes on waiting.
    TaskSubmitted(TaskId, TaskResult),
    /// That call failed.
    TaskSubmitFailed {
        /// Which task.
        task: TaskId,
        /// The error's name.
        error: ArcStr,
        /// The cause.
        cause: Option<ArcStr>,
    },
    /// A worker took the task of an activity: its clocks begin.
    TaskStarted {
        /// Which task.
        task: TaskId,
        /// The worker's name, if it said one.
        worker: Option<ArcStr>,
    },
    /// A task failed.
    TaskFailed {
        /// Which task.
        task: TaskId,
        /// The error's name, `ValueError` or `Lambda.TooManyRequestsException`.
        error: ArcStr,
        /// The cause: for a Lambda function its error payload.
        cause: Option<ArcStr>,
    },
    /// A worker said that it is still at work: its heartbeat clock starts again.
    TaskHeartbeat(TaskId),
    /// A timer's time has come. Of a timer that was cancelled it is ignored.
    TimerFired(TimerId),
    /// Items of a dataset were read. If the Map Run is over it is ignored, as the next three are.
    ItemsRead {
        /// What asked for them.
        request: RequestId,
        /// The items, in order.
        items: Vec<Data>,
        /// Where to go on; none if there are no more.
        next: Option<Bookmark>,
    },
    /// They cannot be read.
    ItemsNotRead {
        /// What asked for them.
        request: RequestId,
        /// Why, in a sentence.
        cause: ArcStr,
    },
    /// Results were written.
    ResultsWritten {
        /// What they came with.
        request: RequestId,
        /// How much has been written.
        to: Bookmark,
    },
    /// They cannot be written.
    ResultsNotWritten {
        /// What they came with.
        request: RequestId,
        /// Why, in a sentence.
        cause: ArcStr,
    },
    /// A Map Run is to go on otherwise. If it is over this is ignored.
    MapRunUpdated {
        /// The Map Run.
        map_run_arn: ArcStr,
        /// What is to be otherwise.
        change: MapRunChange,
    },
    /// The driver has performed what came before [`Action::Yield`].
    Continue,
    /// The execution is to be stopped.
    Stop {
        /// A name for the reason.
        error: Option<ArcStr>,
        /// The reason.
        cause: Option<ArcStr>,
    },
}

/// Something for the driver to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Record a history event.
    Emit(HistoryEvent),
    /// Run a task and answer with [`Event::TaskSucceeded`] or [`Event::TaskFailed`]. Of other patterns than
    /// [`Pattern::RequestResponse`] tell first how the call went ([`Pattern::of_call`]).
    RunTask(TaskRequest),
    /// Nobody waits for this task any more.
    CancelTask(TaskId),
    /// Answer with [`Event::TimerFired`] at the given time.
    StartTimer(TimerId, Time),
    /// Nobody waits for this timer any more.
    CancelTimer(TimerId),
    /// Read items of a dataset and answer with [`Event::ItemsRead`] or [`Event::ItemsNotRead`].
    ReadItems(ReadRequest),
    /// Write results and answer with [`Event::ResultsWritten`] or [`Event::ResultsNotWritten`].
    WriteResults(WriteRequest),
    /// An execution of a Map Run has ended. Nothing depends on it.
    ChildEnded(Box<ChildExecution>),
    /// Show how far a Map Run is. Nothing depends on it.
    ShowMapRun(MapRunProgress),
    /// There is more to do at once: answer with [`Event::Continue`]. Always the last action.
    Yield,
    /// The execution is over; always the last action.
    Finish(Outcome),
}

/// One call of a function or service: a retry is a new task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskRequest {
    /// Its id, unique within the execution.
    pub task: TaskId,
    /// The state that asks for it.
    pub state: ArcStr,
    /// What is called.
    pub target: TaskTarget,
    /// What is waited for.
    pub pattern: Pattern,
    /// What somebody shows who answers the task from outside: of activities and of
    /// [`Pattern::WaitForToken`].
    pub token: Option<ArcStr>,
    /// The event that a function gets, or the parameters of a service.
    pub input: Data,
    /// `InvocationType: Event`: nobody waits for the result of the call, see [`Self::is_answered`].
    pub detached: bool,
    /// `LogType: Tail`: the result is to come with the end of the call's log.
    pub wants_log: bool,
    /// How often the state was invoked before in this execution, retries and iterations included.
    pub invocation: u64,
    /// How often it was tried before since it was entered.
    pub attempt: u64,
}

impl TaskRequest {
    /// Whether the state waits for an answer: for that of a call that is detached only if it waits for a
    /// token too.
    #[must_use]
    pub fn is_answered(&self) -> bool {
        !self.detached || self.pattern == Pattern::WaitForToken
    }
}

/// What a state waits for that calls a service: "Service integration patterns", developer guide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pattern {
    /// What the call returns. So are functions and activities.
    RequestResponse,
    /// Somebody who shows the task's token.
    WaitForToken,
    /// The end of the job that the call started.
    Sync,
}

impl Pattern {
    pub(crate) fn of(resource: &Resource) -> Self {
        match resource {
            Resource::Function(_) | Resource::Activity(_) => Self::RequestResponse,
            Resource::Service(service) => match service.pattern() {
                Some("waitForTaskToken") => Self::WaitForToken,
                Some(pattern) if pattern.starts_with("sync") => Self::Sync,
                _ => Self::RequestResponse,
            },
        }
    }

    /// What is to be told of a call that ended so: where a state waits for more, it was only submitted.
    #[must_use]
    pub fn of_call(self, ended: Event) -> Event {
        match (self, ended) {
            (Self::WaitForToken | Self::Sync, Event::TaskSucceeded(task, result)) => {
                Event::TaskSubmitted(task, result)
            }
            (Self::Sync, Event::TaskFailed { task, error, cause }) => {
                Event::TaskSubmitFailed { task, error, cause }
            }
            (_, ended) => ended,
        }
    }
}

/// What a task calls.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum TaskTarget {
    /// A Lambda function by name, ARN or partial ARN, perhaps with a version or alias.
    Function(ArcStr),
    /// A service integration other than `lambda:invoke`.
    Service(#[serde(with = "service")] Service),
    /// An activity by its ARN.
    Activity(ArcStr),
}

/// What a task returned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskResult {
    /// The value.
    pub output: Data,
    /// Whether its JSON text is longer than [`crate::Limits::payload_bytes`]: then it is no result,
    /// and `output` does not count. The text is the one that the task wrote, or would have written.
    pub too_large: bool,
    /// The last 4 KB of the call's log, base64, where it was asked for.
    pub log_tail: Option<ArcStr>,
    /// The id of the request, which the result of `lambda:invoke` shows.
    pub request_id: ArcStr,
    /// Whether `output` is all that the state's task returned, as a mock gives it: nothing is put
    /// around it.
    pub is_whole: bool,
}

impl TaskResult {
    /// What somebody outside answered who showed the task's token, or what a job came to;
    /// `payload_bytes` is the limit of its text.
    #[must_use]
    pub fn of_answer(output: Data, payload_bytes: Option<usize>) -> Self {
        let too_large = payload_bytes.is_some_and(|limit| output.json_exceeds(limit));
        Self { output, too_large, log_tail: None, request_id: str_literal!(""), is_whole: false }
    }
}

/// How an execution ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "error and cause are those of DescribeExecution")]
pub enum Outcome {
    /// With an output.
    Succeeded(Data),
    /// With an error, which may lack name and cause.
    Failed { error: Option<ArcStr>, cause: Option<ArcStr> },
    /// It ran longer than its `TimeoutSeconds`.
    TimedOut { error: Option<ArcStr>, cause: Option<ArcStr> },
    /// It was stopped.
    Aborted { error: Option<ArcStr>, cause: Option<ArcStr> },
}

impl Outcome {
    /// The output; error and cause of an execution that has none.
    ///
    /// # Errors
    /// Any other end than success.
    pub fn into_output(self) -> Result<Data, ErrorDetails> {
        match self {
            Self::Succeeded(output) => Ok(output),
            Self::Failed { error, cause }
            | Self::TimedOut { error, cause }
            | Self::Aborted { error, cause } => Err(ErrorDetails { error, cause }),
        }
    }
}

/// A task of one execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TaskId(pub(crate) Ticket);

/// A timer of one execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TimerId(pub(crate) Ticket);

/// The flow that a task or timer belongs to, and a serial number: an answer finds its flow without
/// a search, and one that comes too late is told by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Ticket {
    pub(crate) flow: u32,
    pub(crate) serial: u32,
}

impl TaskId {
    /// A number for it, another one for each task of an execution.
    #[must_use]
    pub fn to_bits(self) -> u64 {
        u64::from(self.0.flow) << 32 | u64::from(self.0.serial)
    }

    /// The task with this number.
    #[must_use]
    pub fn from_bits(bits: u64) -> Self {
        const LOW: u64 = u32::MAX as u64;
        let half = |bits: u64| u32::try_from(bits & LOW).expect("half of the bits");
        Self(Ticket { flow: half(bits >> 32), serial: half(bits) })
    }
}

impl TimerId {
    /// The timer with this number; numbers are those of tasks.
    #[must_use]
    pub fn from_bits(bits: u64) -> Self {
        Self(TaskId::from_bits(bits).0)
    }
}

impl std::fmt::Display for TaskId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.0.flow, self.0.serial)
    }
}

/// A service integration on disk is its three texts.
mod service {
    use super::{ArcStr, Service};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(service: &Service, out: S) -> Result<S::Ok, S::Error> {
        (&service.arn, &service.service, &service.action).serialize(out)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Service, D::Error> {
        let (arn, service, action) = <(ArcStr, ArcStr, ArcStr)>::deserialize(from)?;
        Ok(Service { arn, service, action })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_has_a_number() {
        for (flow, serial) in [(0, 1), (u32::MAX, 0), (7, u32::MAX)] {
            let task = TaskId(Ticket { flow, serial });
            assert_eq!(TaskId::from_bits(task.to_bits()), task);
        }
    }
}
