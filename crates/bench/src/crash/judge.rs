//! What must hold of an execution, however often its server died.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use serde_json::Value;

use super::project::{Call, Planned};

/// How much later than its task's result a call may say that it began, in milliseconds: two clocks.
const CLOCKS: i64 = 20;

/// What became of an execution.
#[derive(Debug, Serialize)]
pub(super) struct Judged {
    name: String,
    events: usize,
    /// From its first to its last event, in milliseconds.
    took_ms: i64,
    /// Calls of functions.
    calls: u64,
    /// Those beyond one for each task.
    pub(super) repeats: u64,
    /// How much later than it was to end the latest wait has ended, in milliseconds.
    pub(super) latest_wait_ms: i64,
    /// What is wrong with it.
    pub(super) problems: Vec<String>,
}

impl Judged {
    pub(super) fn calls(&self) -> u64 {
        self.calls
    }
}

/// Calls by execution.
pub(super) type Calls = HashMap<String, Vec<Call>>;

/// Judges an execution by what the API says of it, and what its functions have written down.
pub(super) fn judge(planned: &Planned, said: &Value, events: &[Value], calls: &[Call]) -> Judged {
    let mut problems = Vec::new();
    let output = said["output"].as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
    if said["status"] != "SUCCEEDED" || output.as_ref() != Some(&planned.output()) {
        problems.push(format!("it should have given {}: {said}", planned.output()));
    }
    order(events, &mut problems);
    states(planned, events, &mut problems);
    ran(planned, events, calls, &mut problems);
    let times = || events.iter().map(milliseconds);
    let calls = calls.len() as u64;
    Judged {
        name: planned.name.clone(),
        events: events.len(),
        took_ms: times().max().unwrap_or(0) - times().min().unwrap_or(0),
        calls,
        repeats: calls.saturating_sub(planned.tasks()),
        latest_wait_ms: waits(planned, events, &mut problems),
        problems,
    }
}

/// Ids without gaps, each event led to by one before, one beginning, one end, time that goes forwards.
fn order(events: &[Value], problems: &mut Vec<String>) {
    let mut problem = |text: String| problems.push(text);
    let mut before = i64::MIN;
    for (event, id) in events.iter().zip(1..) {
        if event["id"].as_u64() != Some(id) {
            problem(format!("event {id} has another id: {event}"));
        }
        // The first state has none before it, as on AWS.
        let first = if id <= 2 { 0 } else { 1 };
        let previous = event["previousEventId"].as_u64();
        if !previous.is_some_and(|previous| (first..id).contains(&previous)) {
            problem(format!("what led to event {id} is not there: {event}"));
        }
        if milliseconds(event) < before {
            problem(format!("event {id} is before the one before: {event}"));
        }
        before = milliseconds(event);
    }
    let are = |wanted: &[&str]| {
        let is = |event: &&Value| wanted.iter().any(|kind| event["type"] == *kind);
        events.iter().filter(is).count()
    };
    let ends = ["ExecutionSucceeded", "ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut"];
    let edges =
        (events.first().map(|event| &event["type"]), events.last().map(|event| &event["type"]));
    if are(&["ExecutionStarted"]) != 1 || edges.0.is_none_or(|kind| kind != "ExecutionStarted") {
        problem("it should begin once".to_owned());
    }
    if are(&ends) != 1 || edges.1.is_none_or(|kind| kind != "ExecutionSucceeded") {
        problem("it should succeed once".to_owned());
    }
}

/// Each state was entered and left as often as in a server that lives.
fn states(planned: &Planned, events: &[Value], problems: &mut Vec<String>) {
    let mut counts: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for event in events {
        if let Some(name) = event["stateEnteredEventDetails"]["name"].as_str() {
            counts.entry(name).or_default().0 += 1;
        }
        if let Some(name) = event["stateExitedEventDetails"]["name"].as_str() {
            counts.entry(name).or_default().1 += 1;
        }
    }
    for (state, expected) in planned.entered() {
        let (entered, left) = counts.remove(state).unwrap_or_default();
        if (entered, left) != (expected, expected) {
            problems.push(format!("{state} was entered {entered} times and left {left} times"));
        }
    }
    problems.extend(counts.keys().map(|state| format!("there is no state {state}")));
}

/// Each task ran, and none ran again when its result had been written down.
fn ran(planned: &Planned, events: &[Value], calls: &[Call], problems: &mut Vec<String>) {
    let written = written(events);
    if written.len() as u64 != planned.tasks() {
        problems.push(format!("{} of {} tasks have a result", written.len(), planned.tasks()));
    }
    for ((step, round), at) in &written {
        if !calls.iter().any(|call| call.step == *step && call.round == *round) {
            problems.push(format!("{step} of round {round} never ran"));
        }
        let again = |call: &&Call| {
            call.step == *step && call.round == *round && call.at > at.saturating_add(CLOCKS)
        };
        for call in calls.iter().filter(again) {
            let late = call.at - at;
            problems.push(format!("{step} of round {round} ran again {late} ms after its result"));
        }
    }
    for Call { step, round, .. } in calls {
        if !written.contains_key(&(step.clone(), *round)) {
            problems.push(format!("{step} of round {round} ran, and has no result"));
        }
    }
}

/// When the result of each call was written down, by its step and round.
fn written(events: &[Value]) -> BTreeMap<(String, u64), i64> {
    let mut written = BTreeMap::new();
    for event in events {
        // The call of a task that waits for a callback is over before the task is.
        let kind = event["type"].as_str().unwrap_or_default();
        if !matches!(kind, "LambdaFunctionSucceeded" | "TaskSubmitted" | "TaskSucceeded") {
            continue;
        }
        if let Some(task) = task(events, event) {
            written.entry(task).or_insert_with(|| milliseconds(event));
        }
    }
    written
}

/// The step and round of the call that an event belongs to.
fn task(events: &[Value], event: &Value) -> Option<(String, u64)> {
    let mut at = event;
    loop {
        let previous = usize::try_from(at["previousEventId"].as_u64()?).ok()?;
        let before = events.get(previous.checked_sub(1)?)?;
        // An event that does not follow what led to it is told elsewhere.
        if before["id"].as_u64()? >= at["id"].as_u64()? {
            return None;
        }
        at = before;
        let asked = match at["type"].as_str()? {
            "LambdaFunctionScheduled" => &at["lambdaFunctionScheduledEventDetails"]["input"],
            "TaskScheduled" => &at["taskScheduledEventDetails"]["parameters"],
            _ => continue,
        };
        let asked: Value = serde_json::from_str(asked.as_str()?).ok()?;
        let payload = if asked["Payload"].is_object() { &asked["Payload"] } else { &asked };
        return Some((payload["step"].as_str()?.to_owned(), payload["round"].as_u64()?));
    }
}

/// No wait is shorter than it says; how much longer the longest is, in milliseconds.
fn waits(planned: &Planned, events: &[Value], problems: &mut Vec<String>) -> i64 {
    let mut latest = 0;
    for event in events.iter().filter(|event| event["type"] == "WaitStateExited") {
        let entered = event["previousEventId"]
            .as_u64()
            .and_then(|id| events.get(usize::try_from(id).ok()?.checked_sub(1)?));
        let state = event["stateExitedEventDetails"]["name"].as_str().unwrap_or_default();
        let Some(entered) = entered else { continue };
        let late = milliseconds(event) - milliseconds(entered) - planned.wait_ms(state);
        if late < 0 {
            problems.push(format!("{state} was {} ms too short", -late));
        }
        latest = latest.max(late);
    }
    latest
}

fn milliseconds(event: &Value) -> i64 {
    let seconds = event["timestamp"].as_f64().unwrap_or_default();
    #[expect(clippy::cast_possible_truncation, reason = "it is a time of this century")]
    let milliseconds = (seconds * 1_000.0).round() as i64;
    milliseconds
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Call, Planned, order, ran, waits};

    fn event(id: u64, previous: u64, at: f64, kind: &str, details: Value) -> Value {
        let mut event =
            json!({"id": id, "previousEventId": previous, "timestamp": at, "type": kind});
        event.as_object_mut().unwrap().extend(details.as_object().unwrap().clone());
        event
    }

    #[test]
    fn an_order_that_cannot_be_is_seen() {
        let check = |ids: &[(u64, u64, &str)], expected: usize| {
            let events: Vec<Value> = ids
                .iter()
                .map(|(id, previous, kind)| event(*id, *previous, 1.0, kind, json!({})))
                .collect();
            let mut problems = Vec::new();
            order(&events, &mut problems);
            assert_eq!(problems.len(), expected, "{problems:?}");
        };
        let (first, last) = ((1, 0, "ExecutionStarted"), "ExecutionSucceeded");
        check(&[first, (2, 0, "PassStateEntered"), (3, 2, last)], 0);
        check(&[first, (2, 0, "PassStateEntered"), (4, 2, last)], 1);
        check(&[first, (2, 0, "PassStateEntered"), (3, 3, last)], 1);
        check(&[first, (2, 0, "PassStateEntered"), (3, 0, last)], 1);
        check(&[first, (2, 1, last), (3, 2, last)], 1);
        check(&[first, (2, 1, "ExecutionStarted"), (3, 2, "ExecutionFailed")], 2);
        check(&[], 2);
    }

    #[test]
    fn a_call_after_its_result_is_seen() {
        let input = json!({"step": "first", "round": 1}).to_string();
        let scheduled = json!({"lambdaFunctionScheduledEventDetails": {"input": input}});
        let events = [
            event(1, 0, 1.0, "LambdaFunctionScheduled", scheduled),
            event(2, 1, 1.5, "LambdaFunctionStarted", json!({})),
            event(3, 2, 2.0, "LambdaFunctionSucceeded", json!({})),
        ];
        let check = |times: &[i64], expected: &[&str]| {
            let call = |at: &i64| Call {
                execution: "e".to_owned(),
                step: "first".to_owned(),
                round: 1,
                at: *at,
            };
            let mut problems = Vec::new();
            let calls: Vec<Call> = times.iter().map(call).collect();
            ran(&Planned::new(1, 1), &events, &calls, &mut problems);
            assert_eq!(problems[0], "1 of 8 tasks have a result");
            assert_eq!(problems[1..], *expected);
        };
        check(&[1_600], &[]);
        check(&[1_600, 1_900], &[]);
        check(&[1_600, 2_500], &["first of round 1 ran again 500 ms after its result"]);
        check(&[], &["first of round 1 never ran"]);
    }

    #[test]
    fn a_wait_is_late_and_never_early() {
        let exited = json!({"stateExitedEventDetails": {"name": "Short"}});
        let check = |at: f64, expected: i64, wrong: usize| {
            let events = [
                event(1, 0, 1.0, "WaitStateEntered", json!({})),
                event(2, 1, at, "WaitStateExited", exited.clone()),
            ];
            let mut problems = Vec::new();
            assert_eq!(waits(&Planned::new(1, 1), &events, &mut problems), expected);
            assert_eq!(problems.len(), wrong);
        };
        check(2.0, 0, 0);
        check(2.25, 250, 0);
        check(1.9, 0, 1);
    }
}
