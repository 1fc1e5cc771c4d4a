//! What the tree needs to know of an event: from the engine's own, or from an answer of the API.

use faastlane_engine::{EventKind, HistoryEvent};
use faastlane_value::Value;

/// An event of a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Event<'a> {
    pub(crate) id: u64,
    /// The event that led to it; 0 for the first event and the first state.
    pub(crate) previous_id: u64,
    pub(crate) step: Step<'a>,
}

/// What happened, as far as it moves something in the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step<'a> {
    Entered {
        name: &'a str,
        is_map: bool,
    },
    Exited {
        name: &'a str,
    },
    Aborted,
    ParallelStarted,
    MapStarted {
        length: usize,
    },
    IterationStarted {
        name: &'a str,
    },
    IterationEnded {
        name: &'a str,
    },
    /// A try of a task begins.
    TryStarted,
    TryFailed,
    /// The execution ended without success.
    ExecutionFailed,
    Other,
}

impl<'a> From<&'a HistoryEvent> for Event<'a> {
    fn from(event: &'a HistoryEvent) -> Self {
        Self { id: event.id, previous_id: event.previous_id, step: Step::from(&event.kind) }
    }
}

impl<'a> From<&'a EventKind> for Step<'a> {
    fn from(kind: &'a EventKind) -> Self {
        match kind {
            EventKind::StateEntered { state_type, name, .. } => {
                Self::Entered { name, is_map: *state_type == "Map" }
            }
            EventKind::StateExited { name, .. } => Self::Exited { name },
            EventKind::StateAborted { .. } => Self::Aborted,
            EventKind::ParallelStateStarted => Self::ParallelStarted,
            EventKind::MapStateStarted { length } => Self::MapStarted { length: *length },
            EventKind::MapIterationStarted { name, .. } => Self::IterationStarted { name },
            EventKind::MapIterationSucceeded { name, .. }
            | EventKind::MapIterationFailed { name, .. }
            | EventKind::MapIterationAborted { name, .. } => Self::IterationEnded { name },
            EventKind::LambdaFunctionScheduled { .. }
            | EventKind::TaskScheduled { .. }
            | EventKind::ActivityScheduled { .. } => Self::TryStarted,
            EventKind::LambdaFunctionFailed(_)
            | EventKind::LambdaFunctionTimedOut(_)
            | EventKind::TaskFailed(..)
            | EventKind::TaskSubmitFailed(..)
            | EventKind::TaskTimedOut(..)
            | EventKind::ActivityFailed(_)
            | EventKind::ActivityTimedOut(_) => Self::TryFailed,
            EventKind::ExecutionFailed(_)
            | EventKind::ExecutionTimedOut(_)
            | EventKind::ExecutionAborted(_) => Self::ExecutionFailed,
            _ => Self::Other,
        }
    }
}

impl<'a> Event<'a> {
    /// Reads an event as GetExecutionHistory has it; `None` if it is none.
    pub(crate) fn of_api(event: &'a Value) -> Option<Self> {
        let number = |value: &Value| value.as_number()?.as_i64();
        let id = |member| u64::try_from(number(event.get(member)?)?).ok();
        let kind = event.get("type")?.as_str()?;
        let details = |member: &str| event.get(&format!("{member}EventDetails"));
        let name = |member: &str| details(member)?.get("name")?.as_str();
        let step = match kind {
            "ParallelStateStarted" => Step::ParallelStarted,
            "MapStateStarted" => {
                let length = details("mapStateStarted").and_then(|d| number(d.get("length")?));
                Step::MapStarted { length: length.and_then(|n| n.try_into().ok()).unwrap_or(0) }
            }
            "MapIterationStarted" => Step::IterationStarted { name: name("mapIterationStarted")? },
            "MapIterationSucceeded" => {
                Step::IterationEnded { name: name("mapIterationSucceeded")? }
            }
            "MapIterationFailed" => Step::IterationEnded { name: name("mapIterationFailed")? },
            "MapIterationAborted" => Step::IterationEnded { name: name("mapIterationAborted")? },
            "ExecutionFailed" | "ExecutionTimedOut" | "ExecutionAborted" => Step::ExecutionFailed,
            _ if kind.ends_with("StateEntered") => {
                Step::Entered { name: name("stateEntered")?, is_map: kind == "MapStateEntered" }
            }
            _ if kind.ends_with("StateExited") => Step::Exited { name: name("stateExited")? },
            _ if kind.ends_with("StateAborted") => Step::Aborted,
            _ => try_step(kind),
        };
        Some(Self { id: id("id")?, previous_id: id("previousEventId").unwrap_or(0), step })
    }
}

/// Tries of tasks: of functions, of activities, of all else.
fn try_step(kind: &str) -> Step<'static> {
    let rest = ["LambdaFunction", "Activity", "Task"].iter().find_map(|k| kind.strip_prefix(k));
    match rest {
        Some("Scheduled") => Step::TryStarted,
        Some("Failed" | "TimedOut" | "SubmitFailed" | "ScheduleFailed" | "StartFailed") => {
            Step::TryFailed
        }
        _ => Step::Other,
    }
}

#[cfg(test)]
mod tests {
    use faastlane_engine::{ErrorDetails, Time};

    use super::*;

    /// What the engine records means the same when it comes back from the API.
    #[test]
    fn both_sources_tell_the_same() {
        let null = || Value::Null.into();
        let name = || "S".into();
        let error = ErrorDetails::default;
        let kinds = [
            EventKind::StateEntered { state_type: "Map", name: name(), input: null() },
            EventKind::StateEntered { state_type: "Pass", name: name(), input: null() },
            EventKind::StateExited {
                state_type: "Map",
                name: name(),
                output: null(),
                assigned: Vec::new(),
            },
            EventKind::StateAborted { state_type: "Wait" },
            EventKind::ParallelStateStarted,
            EventKind::ParallelStateSucceeded,
            EventKind::MapStateStarted { length: 7 },
            EventKind::MapIterationStarted { name: name(), index: 0 },
            EventKind::MapIterationSucceeded { name: name(), index: 0 },
            EventKind::MapIterationFailed { name: name(), index: 0 },
            EventKind::MapIterationAborted { name: name(), index: 0 },
            EventKind::LambdaFunctionScheduled {
                resource: name(),
                input: null(),
                timeout_seconds: None,
            },
            EventKind::LambdaFunctionStarted,
            EventKind::LambdaFunctionFailed(error()),
            EventKind::LambdaFunctionTimedOut(error()),
            EventKind::ActivityFailed(error()),
            EventKind::ExecutionSucceeded { output: null() },
            EventKind::ExecutionFailed(error()),
            EventKind::ExecutionAborted(error()),
        ];
        for kind in kinds {
            let event = HistoryEvent { id: 5, previous_id: 4, time: Time(0), kind };
            assert_eq!(Event::of_api(&event.to_value()), Some(Event::from(&event)), "{event:?}");
        }
    }
}
