//! The last lines that functions have written, for `faastlane logs`.
//!
//! They are kept in memory and end with the server: what has to last belongs to whoever collects the server's own
//! output. So that functions which print without end cost no more than a few megabytes, both lines and bytes are limited.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use faastlane_value::json;
use jiff::Timestamp;

/// Lines that are kept.
const MOST_LINES: usize = 10_000;
/// Bytes of text that are kept, but for one line.
const MOST_BYTES: usize = 8 * 1024 * 1024;
/// Bytes of a line; the rest of a longer one is left out.
const LINE_BYTES: usize = 64 * 1024;

/// What functions wrote last.
#[derive(Default)]
pub struct Logs(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    lines: VecDeque<Line>,
    /// Of all their texts.
    bytes: usize,
    /// The number of the last line.
    last: u64,
}

struct Line {
    /// From 1, without gaps.
    number: u64,
    time: Timestamp,
    function: String,
    text: String,
}

impl Logs {
    /// Keeps the lines that a function has written just now.
    pub fn wrote(&self, function: &str, text: &str) {
        let now = Timestamp::now();
        // Lambda keeps a record of several lines together by carriage returns.
        let lines = text.split(['\n', '\r']).filter(|line| !line.is_empty());
        let mut kept = self.kept();
        for line in lines {
            kept.push(now, function, line);
        }
    }

    /// The lines after number `after`, those of one function or of all, as JSON texts with a line break behind each:
    /// `{"n":1,"time":"2026-01-01T00:00:00.000Z","function":"f","text":"…"}`. Numbers begin again at 1 with each server:
    /// whoever asks for lines after one that is not there yet has seen another server's, and gets all.
    #[must_use]
    pub fn after(&self, after: u64, function: Option<&str>) -> String {
        let kept = self.kept();
        let after = if after > kept.last { 0 } else { after };
        let wanted = kept.lines.iter().filter(|line| {
            line.number > after && function.is_none_or(|function| line.function == function)
        });
        let mut text = Vec::new();
        for line in wanted {
            line.write(&mut text).expect("writing to memory does not fail");
        }
        String::from_utf8(text).expect("JSON is UTF-8")
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Each change is whole before anything could panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Logs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Logs").field("last", &self.kept().last).finish_non_exhaustive()
    }
}

impl Kept {
    fn push(&mut self, time: Timestamp, function: &str, text: &str) {
        let text = &text[..text.floor_char_boundary(LINE_BYTES)];
        self.last += 1;
        self.bytes += text.len();
        let (function, text) = (function.to_owned(), text.to_owned());
        self.lines.push_back(Line { number: self.last, time, function, text });
        while self.lines.len() > MOST_LINES || self.bytes > MOST_BYTES {
            let Some(oldest) = self.lines.pop_front() else { break };
            self.bytes -= oldest.text.len();
        }
    }
}

impl Line {
    fn write(&self, out: &mut Vec<u8>) -> std::io::Result<()> {
        use std::io::Write as _;
        write!(out, r#"{{"n":{},"time":"{:.3}","function":"#, self.number, self.time)?;
        json::write_str(&self.function, out)?;
        out.write_all(br#","text":"#)?;
        json::write_str(&self.text, out)?;
        out.write_all(b"}\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is answered, without times.
    fn texts(logs: &Logs, after: u64, function: Option<&str>) -> Vec<String> {
        let shown = |line: &str| {
            let line = json::parse(line.as_bytes()).unwrap();
            let text = |member: &str| line.get(member).and_then(|value| value.as_str()).unwrap();
            assert!(text("time").parse::<Timestamp>().is_ok());
            let number = line.get("n").and_then(|value| value.as_number()).unwrap().as_i64();
            format!("{} {}: {}", number.unwrap(), text("function"), text("text"))
        };
        logs.after(after, function).lines().map(shown).collect()
    }

    #[test]
    fn lines_are_numbered_and_chosen() {
        let logs = Logs::default();
        logs.wrote("a", "one\ntwo \"2\"\n");
        logs.wrote("b", "[ERROR] E\r  trace");
        let check = |after, function, expected: &[&str]| {
            assert_eq!(texts(&logs, after, function), expected, "{after} {function:?}");
        };
        check(0, None, &["1 a: one", "2 a: two \"2\"", "3 b: [ERROR] E", "4 b:   trace"]);
        check(2, None, &["3 b: [ERROR] E", "4 b:   trace"]);
        check(0, Some("a"), &["1 a: one", "2 a: two \"2\""]);
        check(4, None, &[]);
        check(0, Some("c"), &[]);
        // Of the server before.
        check(500, Some("a"), &["1 a: one", "2 a: two \"2\""]);
    }

    #[test]
    fn the_oldest_lines_are_let_go() {
        let logs = Logs::default();
        for _ in 0..=MOST_LINES {
            logs.wrote("f", "x");
        }
        let kept = texts(&logs, 0, None);
        assert_eq!((kept.len(), kept[0].as_str()), (MOST_LINES, "2 f: x"));

        let long = "ä".repeat(LINE_BYTES);
        for _ in 0..MOST_BYTES / LINE_BYTES + 2 {
            logs.wrote("f", &long);
        }
        let kept = texts(&logs, 0, None);
        assert_eq!(kept.len(), MOST_BYTES / LINE_BYTES);
        assert!(kept[0].ends_with("ää") && kept[0].len() <= LINE_BYTES + 20);
    }
}
