//! The history of an execution, event for event as `GetExecutionHistory` of AWS returns it.
//!
//! Events hold values, perhaps as frames that nobody has decoded, and are turned into JSON only when
//! somebody reads them: recording one copies reference counts, and no text.

mod transfer;

use faastlane_frame::Data;
use faastlane_value::{ArcStr, Number, ObjectBuilder, Value, str_literal};
use serde::{Deserialize, Serialize};

use crate::Time;

/// One event of a history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HistoryEvent {
    /// Its number, from 1, without gaps.
    pub id: u64,
    /// The event that led to it; 0 for the first event and the first state.
    pub previous_id: u64,
    /// When it happened.
    pub time: Time,
    /// What happened.
    pub kind: EventKind,
}

/// A state's `Type`, such as `Pass`.
pub type StateType = &'static str;

/// What a history event tells. Names and members are those of the Step Functions API.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the members are those of the API's details objects of that name")]
pub enum EventKind {
    ExecutionStarted {
        input: Data,
        role_arn: ArcStr,
    },
    ExecutionSucceeded {
        output: Data,
    },
    ExecutionFailed(ErrorDetails),
    ExecutionTimedOut(ErrorDetails),
    ExecutionAborted(ErrorDetails),
    ExecutionRedriven {
        redrive_count: u64,
    },
    /// `PassStateEntered`, `TaskStateEntered`, …
    StateEntered {
        #[serde(deserialize_with = "transfer::state_type")]
        state_type: StateType,
        name: ArcStr,
        input: Data,
    },
    /// `PassStateExited`, `TaskStateExited`, …
    StateExited {
        #[serde(deserialize_with = "transfer::state_type")]
        state_type: StateType,
        name: ArcStr,
        output: Data,
        assigned: Vec<(ArcStr, Data)>,
    },
    /// An expression in JSONata could not be evaluated, in the field `location`.
    EvaluationFailed {
        details: ErrorDetails,
        location: Option<ArcStr>,
        state: ArcStr,
    },
    /// `TaskStateAborted`, `WaitStateAborted`, …
    StateAborted {
        #[serde(deserialize_with = "transfer::state_type")]
        state_type: StateType,
    },
    LambdaFunctionScheduled {
        resource: ArcStr,
        input: Data,
        timeout_seconds: Option<u64>,
    },
    LambdaFunctionStarted,
    LambdaFunctionSucceeded {
        output: Data,
    },
    LambdaFunctionFailed(ErrorDetails),
    LambdaFunctionTimedOut(ErrorDetails),
    TaskScheduled {
        resource: TaskResource,
        region: ArcStr,
        parameters: Data,
        timeout_seconds: Option<u64>,
        heartbeat_seconds: Option<u64>,
    },
    TaskStarted(TaskResource),
    TaskSubmitted {
        resource: TaskResource,
        output: Data,
    },
    TaskSubmitFailed(TaskResource, ErrorDetails),
    TaskSucceeded {
        resource: TaskResource,
        output: Data,
    },
    TaskFailed(TaskResource, ErrorDetails),
    TaskTimedOut(TaskResource, ErrorDetails),
    ActivityScheduled {
        resource: ArcStr,
        input: Data,
        timeout_seconds: Option<u64>,
        heartbeat_seconds: Option<u64>,
    },
    ActivityStarted {
        worker_name: Option<ArcStr>,
    },
    ActivitySucceeded {
        output: Data,
    },
    ActivityFailed(ErrorDetails),
    ActivityTimedOut(ErrorDetails),
    ParallelStateStarted,
    ParallelStateSucceeded,
    ParallelStateFailed,
    MapStateStarted {
        length: usize,
    },
    MapStateSucceeded,
    MapStateFailed,
    MapRunStarted {
        map_run_arn: ArcStr,
    },
    MapRunSucceeded,
    MapRunFailed(ErrorDetails),
    MapRunAborted,
    MapRunRedriven {
        map_run_arn: ArcStr,
        redrive_count: u64,
    },
    MapIterationStarted {
        name: ArcStr,
        index: usize,
    },
    MapIterationSucceeded {
        name: ArcStr,
        index: usize,
    },
    MapIterationFailed {
        name: ArcStr,
        index: usize,
    },
    MapIterationAborted {
        name: ArcStr,
        index: usize,
    },
}

/// Error and cause of a failure, where there are any.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ErrorDetails {
    /// The error's name.
    pub error: Option<ArcStr>,
    /// Its cause.
    pub cause: Option<ArcStr>,
}

/// The integration a task uses: `lambda` and `invoke`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskResource {
    /// `resourceType`
    pub service: ArcStr,
    /// `resource`
    pub action: ArcStr,
}

impl HistoryEvent {
    /// The event's `type`.
    #[must_use]
    pub fn type_name(&self) -> String {
        self.kind.type_name()
    }

    /// The event as `GetExecutionHistory` shows it: input, output and parameters as JSON text,
    /// `timestamp` in seconds.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "milliseconds stay exact up to the year 287396")]
    pub fn to_value(&self) -> Value {
        let mut event = ObjectBuilder::with_capacity(5);
        event.insert("timestamp", Number::Float(self.time.0 as f64 / 1000.0));
        event.insert("type", self.type_name());
        event.insert("id", Value::from(self.id.cast_signed()));
        event.insert("previousEventId", Value::from(self.previous_id.cast_signed()));
        if let Some((name, details)) = self.kind.details() {
            event.insert(name, details);
        }
        event.build()
    }
}

impl EventKind {
    fn type_name(&self) -> String {
        let fixed = match self {
            Self::StateEntered { state_type, .. } => return format!("{state_type}StateEntered"),
            Self::StateExited { state_type, .. } => return format!("{state_type}StateExited"),
            Self::StateAborted { state_type } => return format!("{state_type}StateAborted"),
            Self::ExecutionStarted { .. } => "ExecutionStarted",
            Self::ExecutionSucceeded { .. } => "ExecutionSucceeded",
            Self::ExecutionFailed(_) => "ExecutionFailed",
            Self::ExecutionTimedOut(_) => "ExecutionTimedOut",
            Self::ExecutionAborted(_) => "ExecutionAborted",
            Self::ExecutionRedriven { .. } => "ExecutionRedriven",
            Self::EvaluationFailed { .. } => "EvaluationFailed",
            Self::LambdaFunctionScheduled { .. } => "LambdaFunctionScheduled",
            Self::LambdaFunctionStarted => "LambdaFunctionStarted",
            Self::LambdaFunctionSucceeded { .. } => "LambdaFunctionSucceeded",
            Self::LambdaFunctionFailed(_) => "LambdaFunctionFailed",
            Self::LambdaFunctionTimedOut(_) => "LambdaFunctionTimedOut",
            Self::TaskScheduled { .. } => "TaskScheduled",
            Self::TaskStarted(_) => "TaskStarted",
            Self::TaskSubmitted { .. } => "TaskSubmitted",
            Self::TaskSubmitFailed(..) => "TaskSubmitFailed",
            Self::TaskSucceeded { .. } => "TaskSucceeded",
            Self::TaskFailed(..) => "TaskFailed",
            Self::TaskTimedOut(..) => "TaskTimedOut",
            Self::ActivityScheduled { .. } => "ActivityScheduled",
            Self::ActivityStarted { .. } => "ActivityStarted",
            Self::ActivitySucceeded { .. } => "ActivitySucceeded",
            Self::ActivityFailed(_) => "ActivityFailed",
            Self::ActivityTimedOut(_) => "ActivityTimedOut",
            Self::ParallelStateStarted => "ParallelStateStarted",
            Self::ParallelStateSucceeded => "ParallelStateSucceeded",
            Self::ParallelStateFailed => "ParallelStateFailed",
            Self::MapStateStarted { .. } => "MapStateStarted",
            Self::MapStateSucceeded => "MapStateSucceeded",
            Self::MapStateFailed => "MapStateFailed",
            Self::MapRunStarted { .. } => "MapRunStarted",
            Self::MapRunSucceeded => "MapRunSucceeded",
            Self::MapRunFailed(_) => "MapRunFailed",
            Self::MapRunAborted => "MapRunAborted",
            Self::MapRunRedriven { .. } => "MapRunRedriven",
            Self::MapIterationStarted { .. } => "MapIterationStarted",
            Self::MapIterationSucceeded { .. } => "MapIterationSucceeded",
            Self::MapIterationFailed { .. } => "MapIterationFailed",
            Self::MapIterationAborted { .. } => "MapIterationAborted",
        };
        fixed.to_owned()
    }

    /// The details object and the name of the member that holds it.
    fn details(&self) -> Option<(String, Value)> {
        let mut details = Details(ObjectBuilder::default());
        let name = match self {
            Self::StateEntered { name, input, .. } => {
                details.0.insert("name", name.clone());
                details.data("input", input);
                "stateEntered".to_owned()
            }
            Self::StateExited { name, output, assigned, .. } => {
                details.0.insert("name", name.clone());
                details.data("output", output);
                details.assigned(assigned);
                "stateExited".to_owned()
            }
            _ => {
                if !self.add_details(&mut details) {
                    return None;
                }
                let mut name = self.type_name();
                name[..1].make_ascii_lowercase();
                name
            }
        };
        Some((format!("{name}EventDetails"), details.0.build()))
    }

    fn add_details(&self, details: &mut Details) -> bool {
        match self {
            Self::ExecutionStarted { input, role_arn } => {
                details.data("input", input);
                details.0.insert("roleArn", role_arn.clone());
            }
            Self::ExecutionSucceeded { output }
            | Self::LambdaFunctionSucceeded { output }
            | Self::ActivitySucceeded { output } => details.data("output", output),
            Self::ExecutionFailed(error)
            | Self::ExecutionTimedOut(error)
            | Self::ExecutionAborted(error)
            | Self::LambdaFunctionFailed(error)
            | Self::LambdaFunctionTimedOut(error)
            | Self::ActivityFailed(error)
            | Self::ActivityTimedOut(error)
            | Self::MapRunFailed(error) => details.error(error),
            Self::MapRunStarted { map_run_arn } => {
                details.0.insert("mapRunArn", map_run_arn.clone());
            }
            Self::ExecutionRedriven { redrive_count } => {
                details.number("redriveCount", *redrive_count);
            }
            Self::MapRunRedriven { map_run_arn, redrive_count } => {
                details.0.insert("mapRunArn", map_run_arn.clone());
                details.number("redriveCount", *redrive_count);
            }
            Self::EvaluationFailed { details: error, location, state } => {
                details.error(error);
                if let Some(location) = location {
                    details.0.insert("location", location.clone());
                }
                details.0.insert("state", state.clone());
            }
            Self::LambdaFunctionScheduled { resource, input, timeout_seconds } => {
                details.0.insert("resource", resource.clone());
                details.data("input", input);
                details.seconds("timeoutInSeconds", *timeout_seconds);
            }
            Self::TaskScheduled { .. } | Self::ActivityScheduled { .. } => {
                self.add_scheduled(details)
            }
            Self::TaskStarted(resource) => details.resource(resource),
            Self::TaskSubmitted { resource, output } | Self::TaskSucceeded { resource, output } => {
                details.resource(resource);
                details.data("output", output);
            }
            Self::TaskFailed(resource, error)
            | Self::TaskSubmitFailed(resource, error)
            | Self::TaskTimedOut(resource, error) => {
                details.resource(resource);
                details.error(error);
            }
            Self::ActivityStarted { worker_name } => {
                if let Some(worker_name) = worker_name {
                    details.0.insert("workerName", worker_name.clone());
                }
            }
            Self::MapStateStarted { length } => details.count("length", *length),
            Self::MapIterationStarted { name, index }
            | Self::MapIterationSucceeded { name, index }
            | Self::MapIterationFailed { name, index }
            | Self::MapIterationAborted { name, index } => {
                details.0.insert("name", name.clone());
                details.count("index", *index);
            }
            _ => return false,
        }
        true
    }

    fn add_scheduled(&self, details: &mut Details) {
        let (timeout, heartbeat) = match self {
            Self::TaskScheduled {
                resource,
                region,
                parameters,
                timeout_seconds,
                heartbeat_seconds,
            } => {
                details.resource(resource);
                details.0.insert("region", region.clone());
                details.0.insert("parameters", parameters.to_json());
                (*timeout_seconds, *heartbeat_seconds)
            }
            Self::ActivityScheduled { resource, input, timeout_seconds, heartbeat_seconds } => {
                details.0.insert("resource", resource.clone());
                details.data("input", input);
                (*timeout_seconds, *heartbeat_seconds)
            }
            _ => return,
        };
        details.seconds("timeoutInSeconds", timeout);
        details.seconds("heartbeatInSeconds", heartbeat);
    }
}

/// A details object while it is made.
struct Details(ObjectBuilder);

impl Details {
    /// `input` or `output` as JSON text, and its `inputDetails` or `outputDetails`.
    fn data(&mut self, name: &str, value: &Data) {
        self.0.insert(name, value.to_json());
        let truncated = [(str_literal!("truncated"), Value::Bool(false))];
        self.0.insert(format!("{name}Details"), Value::object(truncated));
    }

    /// Variables, each as JSON text.
    fn assigned(&mut self, variables: &[(ArcStr, Data)]) {
        if variables.is_empty() {
            return;
        }
        let texts = variables.iter().map(|(name, value)| (name.clone(), value.to_json().into()));
        self.0.insert("assignedVariables", Value::object(texts));
        let truncated = [(str_literal!("truncated"), Value::Bool(false))];
        self.0.insert("assignedVariablesDetails", Value::object(truncated));
    }

    fn error(&mut self, details: &ErrorDetails) {
        for (name, text) in [("error", &details.error), ("cause", &details.cause)] {
            if let Some(text) = text {
                self.0.insert(name, text.clone());
            }
        }
    }

    fn resource(&mut self, resource: &TaskResource) {
        self.0.insert("resourceType", resource.service.clone());
        self.0.insert("resource", resource.action.clone());
    }

    fn seconds(&mut self, name: &str, seconds: Option<u64>) {
        if let Some(seconds) = seconds {
            self.number(name, seconds);
        }
    }

    fn number(&mut self, name: &str, number: u64) {
        self.0.insert(name, Value::from(number.cast_signed()));
    }

    fn count(&mut self, name: &str, count: usize) {
        self.0.insert(name, Value::from(i64::try_from(count).unwrap_or(i64::MAX)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_have_the_shape_of_the_api() {
        let check = |kind: EventKind, expected: &str| {
            let event = HistoryEvent { id: 3, previous_id: 2, time: Time(1_700_000_000_123), kind };
            assert_eq!(event.to_value().to_json(), expected);
        };
        check(
            EventKind::StateEntered {
                state_type: "Pass",
                name: "A".into(),
                input: Value::from("x").into(),
            },
            r#"{"timestamp":1700000000.123,"type":"PassStateEntered","id":3,"previousEventId":2,"stateEnteredEventDetails":{"name":"A","input":"\"x\"","inputDetails":{"truncated":false}}}"#,
        );
        check(
            EventKind::LambdaFunctionStarted,
            r#"{"timestamp":1700000000.123,"type":"LambdaFunctionStarted","id":3,"previousEventId":2}"#,
        );
        check(
            EventKind::ExecutionFailed(ErrorDetails { error: Some("E".into()), cause: None }),
            r#"{"timestamp":1700000000.123,"type":"ExecutionFailed","id":3,"previousEventId":2,"executionFailedEventDetails":{"error":"E"}}"#,
        );
    }
}
