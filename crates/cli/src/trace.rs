//! `--trace`: where the time of an execution went.
//!
//! Every moment of it counts once: as *functions* while at least one handler runs, else as *waiting*
//! while something waits on purpose (a Wait state, a retry, a worker that loads), else as
//! *interaction*: what the workflow itself costs between its functions. So the three add up to the
//! end-to-end time, however much runs side by side.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use faastlane_container::EndedCall;
use faastlane_engine::{EventKind, HistoryEvent};
use faastlane_value::{Number, ObjectBuilder, Value, json};

use crate::Error;
use crate::view::duration;

/// Lines of the table; an execution can have millions of calls.
const MOST_LINES: usize = 60;

/// What is noted of an execution while it runs.
pub(crate) struct Trace {
    /// When the first event was recorded, and when the last thing happened.
    began: Instant,
    ended: Instant,
    spans: Vec<Span>,
    /// Waits under way, by the event that began them.
    waits: HashMap<u64, (Instant, String)>,
}

/// Something that took time.
struct Span {
    name: String,
    /// The function, for a call.
    function: Option<String>,
    start: Instant,
    end: Instant,
    /// From when to when its handler ran.
    handler: Option<(Instant, Instant)>,
    /// From when to when it waited.
    waiting: Option<(Instant, Instant)>,
}

/// How the end-to-end time divides.
pub(crate) struct Split {
    pub(crate) total: Duration,
    pub(crate) functions: Duration,
    pub(crate) waiting: Duration,
    /// Of `waiting`, what the definition asks for: Wait states and retries.
    pub(crate) asked_for: Duration,
}

impl Trace {
    pub(crate) fn new() -> Self {
        let now = Instant::now();
        Self { began: now, ended: now, spans: Vec::new(), waits: HashMap::new() }
    }

    /// Takes in a history event: the begin or end of a wait, perhaps.
    pub(crate) fn recorded(&mut self, event: &HistoryEvent, now: Instant) {
        if let EventKind::ExecutionStarted { .. } = &event.kind {
            self.began = now;
        }
        self.ended = self.ended.max(now);
        if let Some((start, name)) = self.waits.remove(&event.previous_id) {
            let waiting = Some((start, now));
            self.spans.push(Span { name, function: None, start, end: now, handler: None, waiting });
        }
        let name = match &event.kind {
            EventKind::StateEntered { state_type: "Wait", name, .. } => name.to_string(),
            // What follows a failure at once is no retry and waits for nothing.
            EventKind::LambdaFunctionFailed(_)
            | EventKind::LambdaFunctionTimedOut(_)
            | EventKind::TaskFailed(..)
            | EventKind::TaskTimedOut(..) => "(retry)".to_owned(),
            _ => return,
        };
        self.waits.insert(event.id, (now, name));
    }

    /// Takes in a call that ended.
    pub(crate) fn called(&mut self, call: &EndedCall, function: &str) {
        let times = call.times;
        self.ended = self.ended.max(times.ended);
        let started = times.started.unwrap_or(times.ended);
        let ran = times.function.unwrap_or_else(|| times.ended - started);
        self.spans.push(Span {
            name: call.state.to_string(),
            function: Some(function.to_owned()),
            start: times.called,
            end: times.ended,
            handler: Some((started, started + ran)),
            waiting: Some((times.called, started)),
        });
    }

    /// The table and the split, for people.
    pub(crate) fn text(mut self) -> String {
        self.spans.sort_by_key(|span| span.start);
        let mut text = String::new();
        let width = |of: fn(&Span) -> usize| self.spans.iter().map(of).max().unwrap_or(0).max(8);
        let name = width(|span| span.name.chars().count());
        let function = width(|span| span.function.as_ref().map_or(0, |f| f.chars().count()));
        let _ = writeln!(
            text,
            "{:name$}  {:function$}  {:>9} {:>9} {:>9} {:>11}",
            "state", "function", "took", "function", "waiting", "interaction"
        );
        for span in self.spans.iter().take(MOST_LINES) {
            let (handler, waiting) = (length(span.handler), length(span.waiting));
            let took = span.end - span.start;
            let _ = writeln!(
                text,
                "{:name$}  {:function$}  {:>9} {:>9} {:>9} {:>11}  {}",
                span.name,
                span.function.as_deref().unwrap_or(""),
                duration(took),
                duration(handler),
                duration(waiting),
                duration(took.saturating_sub(handler + waiting)),
                bar(span, self.began, self.ended),
            );
        }
        if self.spans.len() > MOST_LINES {
            let _ = writeln!(text, "… {} more", self.spans.len() - MOST_LINES);
        }
        let _ = write!(text, "{}", self.split().text());
        text
    }

    /// Writes the trace in the format that Chrome (`chrome://tracing`) and Perfetto read: "Trace
    /// Event Format", complete events, times in microseconds.
    pub(crate) fn write(mut self, file: &Path) -> Result<(), Error> {
        self.spans.sort_by_key(|span| span.start);
        let mut rows: Vec<Instant> = Vec::new();
        let mut events = Vec::new();
        for span in &self.spans {
            // A span stands in the first row that is free at its start.
            let row = rows.iter().position(|free| *free <= span.start).unwrap_or(rows.len());
            rows.resize(rows.len().max(row + 1), span.start);
            rows[row] = span.end;
            let kind = if span.function.is_some() { "call" } else { "wait" };
            let label = span.function.as_ref().map_or_else(
                || span.name.clone(),
                |function| format!("{} ({function})", span.name),
            );
            events.push(self.event(&label, kind, row, (span.start, span.end)));
            if let Some(handler) = span.handler {
                events.push(self.event("handler", "function", row, handler));
            }
        }
        let trace = Value::object([("traceEvents", Value::array(events))]);
        let written = std::fs::write(file, json::to_string(&trace));
        written.map_err(|error| {
            Error::Internal(format!("cannot write the trace to {}: {error}", file.display()))
        })
    }

    fn event(&self, name: &str, kind: &str, row: usize, (from, to): (Instant, Instant)) -> Value {
        let micros = |time: Duration| Number::Float(time.as_secs_f64() * 1e6);
        let mut event = ObjectBuilder::with_capacity(7);
        event.insert("name", name);
        event.insert("cat", kind);
        event.insert("ph", "X");
        event.insert("ts", micros(from - self.began));
        event.insert("dur", micros(to - from));
        event.insert("pid", 1);
        event.insert("tid", i64::try_from(row + 1).unwrap_or(i64::MAX));
        event.build()
    }

    /// How the time since the execution began divides.
    pub(crate) fn split(&self) -> Split {
        let handlers = self.spans.iter().filter_map(|span| span.handler);
        let waits = self.spans.iter().filter_map(|span| span.waiting);
        let functions = covered(handlers.clone().collect());
        let states = self.spans.iter().filter(|span| span.function.is_none());
        let asked_for = handlers.clone().chain(states.filter_map(|span| span.waiting)).collect();
        let either = covered(handlers.chain(waits).collect());
        Split {
            total: self.ended - self.began,
            functions,
            waiting: either.saturating_sub(functions),
            asked_for: covered(asked_for).saturating_sub(functions),
        }
    }
}

impl Split {
    fn text(&self) -> String {
        let interaction = self.total.saturating_sub(self.functions + self.waiting);
        let share =
            |part: Duration| part.as_secs_f64() / self.total.as_secs_f64().max(1e-9) * 100.0;
        let part = |name: &str, part: Duration| {
            format!("{name} {} ({:.0} %)", duration(part), share(part))
        };
        format!(
            "end to end {}: {}, {}, {}",
            duration(self.total),
            part("functions", self.functions),
            part("waiting", self.waiting),
            part("interaction", interaction)
        )
    }
}

fn length(interval: Option<(Instant, Instant)>) -> Duration {
    interval.map_or(Duration::ZERO, |(from, to)| to - from)
}

/// How much time at least one of the intervals covers.
fn covered(mut intervals: Vec<(Instant, Instant)>) -> Duration {
    intervals.sort();
    let mut sum = Duration::ZERO;
    let mut counted_to = None;
    for (from, to) in intervals {
        let from = counted_to.map_or(from, |counted: Instant| counted.max(from));
        sum += to.saturating_duration_since(from);
        counted_to = Some(to.max(from));
    }
    sum
}

/// Where a span lies in the execution: waiting light, running full.
fn bar(span: &Span, began: Instant, ended: Instant) -> String {
    const WIDTH: f64 = 40.0;
    let total = (ended - began).as_secs_f64().max(1e-9);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of the width"
    )]
    let column = |at: Instant| {
        (at.saturating_duration_since(began).as_secs_f64() / total * WIDTH).round() as usize
    };
    let (start, end) = (column(span.start), column(span.end).max(column(span.start) + 1));
    let running_from = span.handler.map_or(end, |(from, _)| column(from)).clamp(start, end - 1);
    let light = if span.handler.is_some() { running_from } else { end };
    format!("{}{}{}", " ".repeat(start), "░".repeat(light - start), "█".repeat(end - light))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_counted_once() {
        let zero = Instant::now();
        let at = |ms| zero + Duration::from_millis(ms);
        let check = |intervals: &[(u64, u64)], expected| {
            let intervals = intervals.iter().map(|(from, to)| (at(*from), at(*to))).collect();
            assert_eq!(covered(intervals), Duration::from_millis(expected));
        };
        check(&[], 0);
        check(&[(0, 10), (20, 30)], 20);
        check(&[(0, 10), (5, 15), (6, 7)], 15);
        check(&[(5, 15), (0, 30), (40, 41)], 31);
    }

    #[test]
    fn parts_add_up_to_the_whole() {
        let ms = Duration::from_millis;
        let split = Split { total: ms(200), functions: ms(50), waiting: ms(100), asked_for: ms(0) };
        let expected = "end to end 200 ms: functions 50 ms (25 %), waiting 100 ms (50 %), \
                        interaction 50 ms (25 %)";
        assert_eq!(split.text(), expected);
    }
}
