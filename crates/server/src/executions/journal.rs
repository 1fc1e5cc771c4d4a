//! What of an execution is in the store: how it began, what its engine was told, its history, its end.

use std::sync::Arc;

use faastlane_engine::{HistoryEvent, Mocks, Outcome, Start, TaskId, Time};
use faastlane_store::{Change, Ended, Started, Status};
use faastlane_value::{ArcStr, json};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::live::Parent;
use super::new::New;

/// How an execution began.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Begun {
    pub(super) begin: Start,
    pub(super) at: Time,
    pub(super) mocks: Mocks,
}

/// Bytes that another server of this version can read.
pub(super) fn write<T: Serialize>(entry: &T) -> Vec<u8> {
    postcard::to_allocvec(entry).expect("values can be written to memory")
}

/// What was written so.
pub(super) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    postcard::from_bytes(bytes).map_err(|error| {
        format!("the journal was written by another version of Faastlane: {error}")
    })
}

/// The change that begins an execution.
pub(super) fn started(new: &New, at: Time) -> Change {
    let begun = Begun { begin: new.begin.clone(), at, mocks: new.mocks.clone() };
    Change::Started(Box::new(Started {
        arn: Arc::from(new.begin.execution_arn.as_str()),
        revision: new.known.runnable.revision,
        name: new.begin.execution_name.to_string(),
        at: at.0,
        version_arn: new.version_arn.clone(),
        alias_arn: new.alias_arn.clone(),
        trace_header: new.trace_header.clone(),
        parent: new.parent.as_ref().map(|parent| write(&(&parent.arn, parent.task))),
        input: new.input.clone(),
        bytes: write(&begun),
    }))
}

/// The parent of an execution, as [`started`] has written it.
pub(super) fn parent(bytes: &[u8]) -> Result<Parent, String> {
    let (arn, task): (ArcStr, TaskId) = read(bytes)?;
    Ok(Parent { arn, task })
}

/// The change that adds events to a history.
pub(super) fn recorded(execution: &Arc<str>, events: &[HistoryEvent]) -> Option<Change> {
    let (first, last) = (events.first()?.id, events.last()?.id);
    let mut text = vec![b'['];
    for event in events {
        if text.len() > 1 {
            text.push(b',');
        }
        json::write(&event.to_value(), &mut text).expect("memory can be written to");
    }
    text.push(b']');
    let events = String::from_utf8(text).expect("JSON is UTF-8");
    Some(Change::Recorded { execution: Arc::clone(execution), first, last, events })
}

/// The change that ends an execution.
pub(super) fn ended(execution: &Arc<str>, outcome: &Outcome, at: Time) -> Change {
    let (output, error, cause) = match outcome {
        Outcome::Succeeded(output) => (Some(output.to_json()), None, None),
        Outcome::Failed { error, cause }
        | Outcome::TimedOut { error, cause }
        | Outcome::Aborted { error, cause } => {
            (None, error.as_ref().map(ArcStr::to_string), cause.as_ref().map(ArcStr::to_string))
        }
    };
    Change::Ended(Box::new(Ended {
        arn: Arc::clone(execution),
        status: status(outcome),
        at: at.0,
        output,
        error,
        cause,
    }))
}

/// The status of an execution that has ended so.
pub(super) fn status(outcome: &Outcome) -> Status {
    match outcome {
        Outcome::Succeeded(_) => Status::Succeeded,
        Outcome::Failed { .. } => Status::Failed,
        Outcome::TimedOut { .. } => Status::TimedOut,
        Outcome::Aborted { .. } => Status::Aborted,
    }
}
