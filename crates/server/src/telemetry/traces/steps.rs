//! What a trace needs of an event, without the values that users put there.

use faastlane_engine::{EventKind, HistoryEvent};
use faastlane_value::ArcStr;

/// An event of a history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) id: u64,
    pub(super) previous: u64,
    /// Milliseconds since the epoch.
    pub(super) time: i64,
    pub(super) kind: Kind,
}

/// What the event begins or ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Entered {
        name: ArcStr,
        state_type: &'static str,
    },
    Exited {
        name: ArcStr,
    },
    StateAborted,
    /// A try of a call begins: a function's ARN, `sqs:sendMessage`, an activity's ARN.
    Scheduled {
        resource: ArcStr,
    },
    CallEnded {
        error: Option<ArcStr>,
    },
    /// An iteration of the Map of this name.
    IterationStarted {
        map: ArcStr,
        index: usize,
    },
    IterationEnded {
        map: ArcStr,
        index: usize,
        failed: bool,
    },
    ExecutionEnded {
        status: &'static str,
        error: Option<ArcStr>,
    },
    Other,
}

impl Step {
    pub(super) fn of(event: &HistoryEvent) -> Self {
        let HistoryEvent { id, previous_id, time, kind } = event;
        Self { id: *id, previous: *previous_id, time: time.0, kind: Kind::of(kind) }
    }
}

impl Kind {
    fn of(kind: &EventKind) -> Self {
        // A failure without a name is one all the same.
        let named = |error: &Option<ArcStr>| Some(error.clone().unwrap_or_default());
        match kind {
            EventKind::StateEntered { state_type, name, .. } => {
                Self::Entered { name: name.clone(), state_type }
            }
            EventKind::StateExited { name, .. } => Self::Exited { name: name.clone() },
            EventKind::StateAborted { .. } => Self::StateAborted,
            EventKind::LambdaFunctionScheduled { resource, .. }
            | EventKind::ActivityScheduled { resource, .. } => {
                Self::Scheduled { resource: resource.clone() }
            }
            EventKind::TaskScheduled { resource, .. } => {
                let resource = format!("{}:{}", resource.service, resource.action).into();
                Self::Scheduled { resource }
            }
            EventKind::LambdaFunctionSucceeded { .. }
            | EventKind::TaskSucceeded { .. }
            | EventKind::ActivitySucceeded { .. } => Self::CallEnded { error: None },
            EventKind::LambdaFunctionFailed(details)
            | EventKind::LambdaFunctionTimedOut(details)
            | EventKind::TaskFailed(_, details)
            | EventKind::TaskSubmitFailed(_, details)
            | EventKind::TaskTimedOut(_, details)
            | EventKind::ActivityFailed(details)
            | EventKind::ActivityTimedOut(details) => {
                Self::CallEnded { error: named(&details.error) }
            }
            EventKind::MapIterationStarted { name, index } => {
                Self::IterationStarted { map: name.clone(), index: *index }
            }
            EventKind::MapIterationSucceeded { name, index } => {
                Self::IterationEnded { map: name.clone(), index: *index, failed: false }
            }
            EventKind::MapIterationFailed { name, index }
            | EventKind::MapIterationAborted { name, index } => {
                Self::IterationEnded { map: name.clone(), index: *index, failed: true }
            }
            EventKind::ExecutionSucceeded { .. } => {
                Self::ExecutionEnded { status: "SUCCEEDED", error: None }
            }
            EventKind::ExecutionFailed(details) => {
                Self::ExecutionEnded { status: "FAILED", error: named(&details.error) }
            }
            EventKind::ExecutionTimedOut(details) => {
                Self::ExecutionEnded { status: "TIMED_OUT", error: named(&details.error) }
            }
            EventKind::ExecutionAborted(details) => {
                Self::ExecutionEnded { status: "ABORTED", error: named(&details.error) }
            }
            _ => Self::Other,
        }
    }
}
