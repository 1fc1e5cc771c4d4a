//! What is said between the process that makes calls and the one that wants them, after the setup.

use faastlane_engine::{Event, TaskRequest};
use serde::{Deserialize, Serialize};

pub(super) use super::super::wire::Order as First;
use super::super::wire::{Message, WireTimes};
use crate::Placement;

/// To the process that makes calls.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Order {
    /// Make a call.
    Call(ToCall),
    /// Nobody waits for the call with this ticket.
    Cancel(u64),
}

/// A call to be made.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ToCall {
    pub(super) ticket: u64,
    pub(super) request_id: String,
    pub(super) what: What,
    pub(super) trace_id: Option<String>,
}

/// What is to be called.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum What {
    /// What a task asks for.
    Task { request: Box<TaskRequest>, size_limit: Option<usize> },
    /// The function of this name or ARN.
    Function {
        name: String,
        #[serde(with = "serde_bytes")]
        payload: Vec<u8>,
        client_context: Option<String>,
    },
}

/// From the process that makes calls.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Report {
    /// The call of a task has ended. Without an event if nobody waits for it.
    Performed { ticket: u64, event: Option<Event>, made: Option<Made> },
    /// The call of a function has ended.
    Invoked { ticket: u64, result: Returned, log_tail: String, made: Option<Made> },
    /// A function wrote, perhaps during a call.
    Wrote { function: usize, ticket: Option<u64>, text: String },
    /// A function runs in another lane than was asked for.
    Placed { function: usize, placement: Placement },
    /// No call can be made, and why.
    GaveUp(String),
}

/// A call that was made.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Made {
    pub(super) function: usize,
    pub(super) times: WireTimes,
}

/// What a function returned, JSON text, or how it failed.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Returned {
    Payload(#[serde(with = "serde_bytes")] Vec<u8>),
    Failed { error_type: String, payload: Vec<u8> },
    NotFound,
}

impl Message for Order {
    fn large_part(&self) -> usize {
        match self {
            Self::Call(ToCall { what: What::Function { payload, .. }, .. }) => payload.len(),
            Self::Call(ToCall { what: What::Task { request, .. }, .. }) => {
                request.input.binary_size()
            }
            Self::Cancel(_) => 0,
        }
    }
}

impl Message for Report {
    fn large_part(&self) -> usize {
        match self {
            Self::Performed { event: Some(Event::TaskSucceeded(_, result)), .. } => {
                result.output.binary_size()
            }
            Self::Invoked { result: Returned::Payload(payload), .. } => payload.len(),
            _ => 0,
        }
    }
}
