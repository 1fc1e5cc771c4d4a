//! Mocks: answers to tasks that are not run.
//!
//! A mock is a pure function of a [`TaskRequest`]: the request says which invocation of its state it
//! is, so whoever drives an execution asks [`Mocks::answer`] instead of a lane, and an execution
//! that is told its events again asks for the same answers. The road not taken is to let the engine
//! answer for itself: it would skip what a driver does between an action and its event, and its
//! snapshots would hold the mocks. Counting in the driver was the other one: the counts would have
//! to be kept beside the snapshot.

use std::collections::HashMap;

use faastlane_value::{ArcStr, Value, str_literal};
use serde::{Deserialize, Serialize};

use crate::{Event, TaskRequest, TaskResult};

/// Mocked states of one machine, by their names; none by default.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Mocks(HashMap<ArcStr, Mock>);

/// The responses that a state gets instead of running its task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mock {
    /// Its name, for messages.
    pub name: ArcStr,
    /// Responses, each with the last invocation (from 0) that gets it; in rising order.
    pub responses: Vec<(u64, Response)>,
}

/// What a mocked task answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Response {
    /// It succeeds; this is its whole result, for `lambda:invoke` with the members around `Payload`.
    Return(Value),
    /// It fails.
    Throw {
        /// The error's name.
        error: ArcStr,
        /// The cause.
        cause: Option<ArcStr>,
    },
}

impl Mocks {
    /// Mocks a state.
    pub fn insert(&mut self, state: ArcStr, mock: Mock) {
        self.0.insert(state, mock);
    }

    /// Mocks it no more.
    pub fn remove(&mut self, state: &str) {
        self.0.remove(state);
    }

    /// Whether a state is mocked.
    #[must_use]
    pub fn has(&self, state: &str) -> bool {
        self.0.contains_key(state)
    }

    /// Whether no state is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What the engine is told of a task whose state is mocked; none if it is to be run. Results
    /// longer than `payload_bytes` are too large.
    #[must_use]
    pub fn answer(&self, request: &TaskRequest, payload_bytes: Option<usize>) -> Option<Event> {
        let mock = self.0.get(&request.state)?;
        let task = request.task;
        Some(match mock.response(request.invocation, request.attempt) {
            Some(Response::Return(result)) => {
                let too_large = payload_bytes.is_some_and(|limit| result.to_json().len() > limit);
                let result = TaskResult {
                    output: result.clone().into(),
                    too_large,
                    log_tail: None,
                    request_id: str_literal!(""),
                    is_whole: true,
                };
                Event::TaskSucceeded(task, result)
            }
            Some(Response::Throw { error, cause }) => {
                Event::TaskFailed { task, error: error.clone(), cause: cause.clone() }
            }
            None => {
                let (name, state) = (&mock.name, &request.state);
                let cause = format!(
                    "The mock '{name}' has no response for invocation {} of the state '{state}'.",
                    request.invocation
                );
                // Of all names the one that no `Retry` and `Catch` hides by a wildcard.
                let error = str_literal!("States.Runtime");
                Event::TaskFailed { task, error, cause: Some(cause.into()) }
            }
        })
    }
}

impl Mock {
    /// The response for an invocation; beyond the last one, that for the attempt: a state in a loop
    /// or in the iterations of a Map then begins again with its first response.
    fn response(&self, invocation: u64, attempt: u64) -> Option<&Response> {
        let at = |number: u64| self.responses.iter().find(|(last, _)| number <= *last);
        at(invocation).or_else(|| at(attempt)).map(|(_, response)| response)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invocations_count_and_then_attempts() {
        let returns = |number: i64| Response::Return(number.into());
        let mock = Mock {
            name: "m".into(),
            responses: vec![(0, returns(10)), (2, returns(11)), (3, returns(12))],
        };
        let check = |invocation, attempt, expected: Option<i64>| {
            let expected = expected.map(returns);
            assert_eq!(mock.response(invocation, attempt), expected.as_ref(), "{invocation}");
        };
        check(0, 0, Some(10));
        check(1, 1, Some(11));
        check(2, 0, Some(11));
        check(3, 1, Some(12));
        check(4, 0, Some(10));
        check(5, 3, Some(12));
        check(9, 4, None);
    }
}
