//! Histories of executions.

use faastlane_api::{Arn, Error, without_data};
use faastlane_store::Chunk;
use faastlane_value::{Value, json};

use super::answer::Answer;
use super::request::Request;
use super::{Operations, Runs};
use crate::http::Failure;

impl<R: Runs> Operations<R> {
    pub(super) fn get_history(&self, request: &Request<'_>) -> Result<Value, Failure> {
        let text = request.required("executionArn");
        let arn = Arn::execution(text)?;
        let reverse = request.flag("reverseOrder", false);
        let with_data = request.flag("includeExecutionData", true);
        let order = if reverse { "reverse" } else { "forward" };
        let asked = request.page(&["GetExecutionHistory", text, order])?;
        if self.store.execution(arn.text)?.is_none() {
            return Err(Error::execution_does_not_exist(text).into());
        }
        // The token is the last event that was seen.
        let from = match (asked.after, reverse) {
            (Some(seen), true) => seen.saturating_sub(1),
            (None, true) => i64::MAX,
            (seen, false) => seen.unwrap_or(0).saturating_add(1),
        };
        let from = u64::try_from(from).unwrap_or(0);
        let wanted = asked.limit.saturating_add(1);
        let chunks = match (from, reverse) {
            (0, true) => Vec::new(),
            _ => self.store.history(arn.text, from, wanted, reverse)?,
        };
        let mut events = Vec::new();
        for chunk in &chunks {
            add(chunk, from, reverse, &mut events)?;
        }
        let has_more = events.len() > asked.limit;
        events.truncate(asked.limit);
        let seen = events.last().map(|(id, _)| *id).filter(|_| has_more);
        let events = events.into_iter().map(|(_, event)| match with_data {
            true => event,
            false => without_data(&event),
        });
        let answer = Answer::default().with("events", Value::array(events));
        Ok(asked.end(answer, seen.and_then(|seen| i64::try_from(seen).ok())).build())
    }
}

/// Adds the events of a chunk that are not on the wrong side of `from`, with their ids.
fn add(
    chunk: &Chunk,
    from: u64,
    reverse: bool,
    events: &mut Vec<(u64, Value)>,
) -> Result<(), Failure> {
    let broken = |why: String| {
        Failure::Internal(format!("the history holds no events at {}: {why}", chunk.first))
    };
    let parsed = json::parse(chunk.events.as_bytes()).map_err(|error| broken(error.to_string()))?;
    let parsed = parsed.as_array().ok_or_else(|| broken("no array".to_owned()))?;
    let numbered = (chunk.first..).zip(parsed.iter().cloned());
    match reverse {
        false => events.extend(numbered.filter(|(id, _)| *id >= from)),
        true => {
            let mut before: Vec<_> = numbered.filter(|(id, _)| *id <= from).collect();
            before.reverse();
            events.append(&mut before);
        }
    }
    Ok(())
}
