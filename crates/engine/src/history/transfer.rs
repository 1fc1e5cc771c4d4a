//! Handing history events to another process: without the values where nobody reads them, and with
//! the types of states as the constants they are here.

use faastlane_value::Value;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::{EventKind, HistoryEvent, StateType};

/// The types of states, as [`faastlane_asl::Kind::name`] has them.
const STATE_TYPES: [&str; 8] =
    ["Pass", "Task", "Choice", "Wait", "Succeed", "Fail", "Parallel", "Map"];

impl HistoryEvent {
    /// The event with `null` for its input, output or parameters: enough to show what happened.
    #[must_use]
    pub fn without_values(mut self) -> Self {
        match &mut self.kind {
            EventKind::ExecutionStarted { input: value, .. }
            | EventKind::ExecutionSucceeded { output: value }
            | EventKind::StateEntered { input: value, .. }
            | EventKind::LambdaFunctionScheduled { input: value, .. }
            | EventKind::LambdaFunctionSucceeded { output: value }
            | EventKind::TaskScheduled { parameters: value, .. }
            | EventKind::TaskSubmitted { output: value, .. }
            | EventKind::TaskSucceeded { output: value, .. }
            | EventKind::ActivityScheduled { input: value, .. }
            | EventKind::ActivitySucceeded { output: value } => *value = Value::Null.into(),
            EventKind::StateExited { output: value, assigned, .. } => {
                *value = Value::Null.into();
                assigned.clear();
            }
            _ => {}
        }
        self
    }
}

pub(super) fn state_type<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<StateType, D::Error> {
    let name = String::deserialize(deserializer)?;
    let known = STATE_TYPES.into_iter().find(|known| *known == name);
    known.ok_or_else(|| D::Error::unknown_variant(&name, &STATE_TYPES))
}

#[cfg(test)]
mod tests {
    use faastlane_value::{Value, json};

    use crate::history::ErrorDetails;
    use crate::{EventKind, HistoryEvent, Time};

    /// Sends an event there and back, and compares it without its values.
    #[track_caller]
    fn check(kind: EventKind, without_values: EventKind) {
        let event = |kind| HistoryEvent { id: 3, previous_id: 2, time: Time(7), kind };
        let sent = event(kind);
        let text = serde_json::to_string(&sent).unwrap();
        assert_eq!(serde_json::from_str::<HistoryEvent>(&text).unwrap(), sent);
        assert_eq!(sent.without_values(), event(without_values));
    }

    #[test]
    fn events_arrive_as_they_were() {
        let value = json::parse(br#"{"b":[1,2.50,12345678901234567890],"a":"\u00e9"}"#).unwrap();
        let entered = |state_type, input: Value| EventKind::StateEntered {
            state_type,
            name: "A".into(),
            input: input.into(),
        };
        for state_type in super::STATE_TYPES {
            check(entered(state_type, value.clone()), entered(state_type, Value::Null));
        }
        let failed = EventKind::ExecutionFailed(ErrorDetails {
            error: Some("E".into()),
            cause: Some("{\"errorMessage\": \"it broke\"}".into()),
        });
        check(failed.clone(), failed);
        check(EventKind::MapStateStarted { length: 3 }, EventKind::MapStateStarted { length: 3 });
    }

    #[test]
    fn a_type_that_no_state_has_is_refused() {
        let text =
            r#"{"id":1,"previous_id":0,"time":0,"kind":{"StateAborted":{"state_type":"X"}}}"#;
        let error = serde_json::from_str::<HistoryEvent>(text).unwrap_err().to_string();
        assert!(error.starts_with("unknown variant `X`, expected one of `Pass`"), "{error}");
    }
}
