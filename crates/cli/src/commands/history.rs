//! `faastlane history`: what happened in an execution of a server, and what happens there now.

use std::collections::HashMap;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use faastlane_engine::{MapRunProgress, Outcome};
use faastlane_value::{Value, json};

use crate::args::HistoryArgs;
use crate::client::{Client, Table, execution_arn, milliseconds, text, time};
use crate::exit::ExitCode;
use crate::view::{Event, View};
use crate::{Error, outcome, print};

/// Between two questions for what is new.
const PAUSE: Duration = Duration::from_millis(200);
/// How many events such a question asks for, the newest first; more are asked for if these are all new.
const NEWEST: i64 = 50;

/// Prints the events, or follows them to the execution's end.
pub(crate) fn history(args: &HistoryArgs) -> Result<ExitCode, Error> {
    let client = Client::new(&args.server)?;
    let arn = execution_arn(&client, args.execution.as_deref())?;
    let request = [("executionArn", Value::from(arn.as_str()))];
    if args.follow {
        return Following::new(&client, &arn, args.json).run();
    }
    let events = client.list("GetExecutionHistory", &request, "events", usize::MAX)?;
    if args.json {
        print::json_line(&Value::object([("events", Value::array(events))]))?;
    } else {
        print::line(&table(&events).text())?;
    }
    Ok(ExitCode::Succeeded)
}

/// A row for each event.
fn table(events: &[Value]) -> Table {
    let mut table = Table::new(&["ID", "AFTER", "TIME (UTC)", "EVENT", ""]);
    for event in events {
        let number = |member: &str| event.get(member).map(Value::to_json).unwrap_or_default();
        table.row([
            number("id"),
            number("previousEventId"),
            milliseconds(event, "timestamp").map(time).unwrap_or_default(),
            text(event, "type").to_owned(),
            about(event).unwrap_or_default(),
        ]);
    }
    table
}

/// What an event is about: a state, a function, an error.
fn about(event: &Value) -> Option<String> {
    let mut members = event.as_object()?.iter();
    let (_, details) = members.find(|(name, _)| name.ends_with("EventDetails"))?;
    if let Some(error) = details.get("error").and_then(Value::as_str) {
        let cause = text(details, "cause");
        let cause: String = cause.chars().take(100).collect();
        return Some(if cause.is_empty() { error.to_owned() } else { format!("{error}: {cause}") });
    }
    let name = ["name", "resource", "workerName", "mapRunArn"];
    let name = name.iter().find_map(|name| details.get(name)?.as_str());
    Some(name.unwrap_or_default().to_owned())
}

/// An execution whose events are shown as they happen.
struct Following<'a> {
    client: &'a Client,
    arn: &'a str,
    json: bool,
    view: View,
    /// The number of the last event that was shown.
    last: i64,
    /// Whether that was the execution's end; a redrive may go on behind it.
    ended: bool,
    /// The moment that the history's first time stands for.
    start: Option<(i64, Instant)>,
    /// Names of Map states, by their events.
    maps: HashMap<u64, String>,
    /// Map Runs and their states.
    map_runs: Vec<(String, String)>,
}

impl<'a> Following<'a> {
    fn new(client: &'a Client, arn: &'a str, json: bool) -> Self {
        Self {
            client,
            arn,
            json,
            view: View::new(json),
            last: 0,
            ended: false,
            start: None,
            maps: HashMap::new(),
            map_runs: Vec::new(),
        }
    }

    /// Shows events to the end, and then what came of the execution.
    fn run(mut self) -> Result<ExitCode, Error> {
        loop {
            for event in self.newer()? {
                self.show(&event)?;
            }
            if self.ended {
                break;
            }
            self.show_map_runs()?;
            thread::sleep(PAUSE);
        }
        self.view.finish();
        let request = Value::object([("executionArn", Value::from(self.arn))]);
        let execution = self.client.call("DescribeExecution", &request)?;
        if self.json {
            return Ok(match text(&execution, "status") {
                "SUCCEEDED" => ExitCode::Succeeded,
                _ => ExitCode::Failed,
            });
        }
        outcome::tell(false, came_of(&execution))
    }

    /// Events that were not shown yet, in order. The API has no question for them: the first time all are asked for,
    /// later the newest, until one is among them that is known.
    fn newer(&self) -> Result<Vec<Value>, Error> {
        let mut request = vec![("executionArn", Value::from(self.arn))];
        let ask =
            |request: &[_], most| self.client.list("GetExecutionHistory", request, "events", most);
        if self.last == 0 {
            return Ok(ask(&request, usize::MAX)?);
        }
        request.push(("reverseOrder", Value::Bool(true)));
        let mut most = NEWEST;
        loop {
            let mut events = ask(&request, usize::try_from(most).unwrap_or(usize::MAX))?;
            let is_whole = events.last().is_none_or(|event| id(event) <= self.last + 1);
            if is_whole {
                events.retain(|event| id(event) > self.last);
                events.reverse();
                return Ok(events);
            }
            most = most.saturating_mul(8);
        }
    }

    fn show(&mut self, event: &Value) -> Result<(), Error> {
        self.last = id(event);
        self.ended = matches!(
            text(event, "type"),
            "ExecutionSucceeded" | "ExecutionFailed" | "ExecutionTimedOut" | "ExecutionAborted"
        );
        if self.json {
            return print::json_line(event);
        }
        let at = self.moment(milliseconds(event, "timestamp").unwrap_or_default());
        if let Some(told) = Event::of_api(event) {
            self.view.recorded(&told, at);
            self.note_map(event, &told);
        }
        Ok(())
    }

    /// The moment of a time in the history, by this machine's clock.
    fn moment(&mut self, milliseconds: i64) -> Instant {
        let (first, begun) = *self.start.get_or_insert_with(|| {
            let ago = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            let ago = ago.saturating_sub(since(0, milliseconds));
            (milliseconds, Instant::now().checked_sub(ago).unwrap_or_else(Instant::now))
        });
        begun + since(first, milliseconds)
    }

    /// Keeps which Map state a Map Run belongs to: its events follow each other.
    fn note_map(&mut self, event: &Value, told: &Event<'_>) {
        let kind = text(event, "type");
        if kind == "MapStateEntered" {
            let entered = event.get("stateEnteredEventDetails");
            let name = entered.map(|entered| text(entered, "name")).unwrap_or_default();
            self.maps.insert(told.id, name.to_owned());
        } else if let Some(name) = self.maps.get(&told.previous_id).cloned() {
            if kind == "MapRunStarted" {
                let started = event.get("mapRunStartedEventDetails");
                let arn = started.map(|started| text(started, "mapRunArn")).unwrap_or_default();
                self.map_runs.push((arn.to_owned(), name));
            } else {
                self.maps.insert(told.id, name);
            }
        }
    }

    fn show_map_runs(&mut self) -> Result<(), Error> {
        if self.json {
            return Ok(());
        }
        for (arn, state) in &self.map_runs {
            let request = Value::object([("mapRunArn", Value::from(arn.as_str()))]);
            let answer = self.client.call("DescribeMapRun", &request)?;
            let count = |member: &str| {
                let number = answer.get("itemCounts")?.get(member)?.as_number()?.as_i64()?;
                u64::try_from(number).ok()
            };
            let known = |member: &str| count(member).unwrap_or(0);
            let progress = MapRunProgress {
                map_run_arn: arn.as_str().into(),
                state: state.as_str().into(),
                total: count("total"),
                succeeded: known("succeeded"),
                failed: known("failed") + known("timedOut") + known("aborted"),
                running: known("running"),
                ..MapRunProgress::default()
            };
            self.view.progressed(&progress, Instant::now());
        }
        Ok(())
    }
}

/// From one time in milliseconds to a later one.
fn since(first: i64, milliseconds: i64) -> Duration {
    Duration::from_millis(u64::try_from(milliseconds.saturating_sub(first)).unwrap_or(0))
}

fn id(event: &Value) -> i64 {
    event.get("id").and_then(|id| id.as_number()?.as_i64()).unwrap_or(0)
}

/// What came of an execution that is over.
fn came_of(execution: &Value) -> Result<Outcome, Error> {
    let optional = |member| execution.get(member).and_then(Value::as_str).map(Into::into);
    let (error, cause) = (optional("error"), optional("cause"));
    match text(execution, "status") {
        "SUCCEEDED" => {
            let output = json::parse(text(execution, "output").as_bytes());
            let output = output.map_err(|error| {
                Error::Internal(format!("the server's output is not JSON: {error}"))
            })?;
            Ok(Outcome::Succeeded(output.into()))
        }
        "TIMED_OUT" => Ok(Outcome::TimedOut { error, cause }),
        "ABORTED" => Ok(Outcome::Aborted { error, cause }),
        _ => Ok(Outcome::Failed { error, cause }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_rows() {
        let events = json::parse(
            br#"[{"id":1,"previousEventId":0,"timestamp":1700000000,"type":"ExecutionStarted",
                  "executionStartedEventDetails":{"input":"{}"}},
                 {"id":2,"previousEventId":0,"timestamp":1700000000,"type":"PassStateEntered",
                  "stateEnteredEventDetails":{"name":"Add","input":"{}"}},
                 {"id":3,"previousEventId":2,"timestamp":1700000001,"type":"ExecutionFailed",
                  "executionFailedEventDetails":{"error":"E","cause":"it broke"}}]"#,
        );
        let events: Vec<Value> = events.unwrap().as_array().unwrap().iter().cloned().collect();
        let expected = "\
ID  AFTER  TIME (UTC)           EVENT
1   0      2023-11-14 22:13:20  ExecutionStarted
2   0      2023-11-14 22:13:20  PassStateEntered  Add
3   2      2023-11-14 22:13:21  ExecutionFailed   E: it broke";
        assert_eq!(table(&events).text(), expected);
    }
}
