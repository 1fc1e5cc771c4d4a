//! What a function writes: cut into whole lines for the caller, and the last 4 KiB kept.
//!
//! Memory is bounded however much a function writes: a line is handed on when it ends or reaches
//! 64 KiB, and the tail forgets its beginning.

use std::os::fd::OwnedFd;

use rustix::io::Errno;

/// Most that is read in one turn, so that one process cannot keep the others waiting.
const AT_ONCE: usize = 256 * 1024;
const MAX_LINE: usize = 64 * 1024;
/// As much as the `Invoke` API's log tail holds.
const TAIL: usize = 4 * 1024;

/// What one process writes, as it comes out of a pipe that does not block.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) pipe: OwnedFd,
    log: Log,
}

impl Output {
    pub(crate) fn new(pipe: OwnedFd) -> Output {
        Output { pipe, log: Log::default() }
    }

    /// Reads what has been written; gives the complete lines, and false when nobody can write any
    /// more.
    pub(crate) fn read(&mut self, scratch: &mut [u8]) -> (Option<String>, bool) {
        let mut lines: Option<String> = None;
        let mut budget = AT_ONCE;
        while budget > 0 {
            match rustix::io::read(&self.pipe, &mut *scratch) {
                Ok(0) => return (lines, false),
                Ok(count) => {
                    budget = budget.saturating_sub(count);
                    if let Some(text) = self.log.feed(&scratch[..count]) {
                        lines.get_or_insert_default().push_str(&text);
                    }
                    if count < scratch.len() {
                        break;
                    }
                }
                Err(Errno::INTR) => {}
                Err(_) => break,
            }
        }
        (lines, true)
    }

    /// The line that was begun and not ended, as if it had ended.
    pub(crate) fn rest(&mut self) -> Option<String> {
        self.log.rest()
    }

    /// The end of the log since the last time this was asked.
    pub(crate) fn take_tail(&mut self) -> String {
        self.log.take_tail()
    }
}

/// Lines and their end.
#[derive(Debug, Default)]
struct Log {
    /// The beginning of a line whose end has not come yet.
    line: Vec<u8>,
    tail: Vec<u8>,
}

impl Log {
    /// Takes in what was written; gives the lines which it completes.
    fn feed(&mut self, bytes: &[u8]) -> Option<String> {
        self.remember(bytes);
        let complete = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let (lines, rest) = bytes.split_at(complete);
        let mut text = None;
        if !lines.is_empty() {
            self.line.extend_from_slice(lines);
            text = Some(String::from_utf8_lossy(&self.line).into_owned());
            self.line.clear();
        }
        self.line.extend_from_slice(rest);
        if self.line.len() >= MAX_LINE {
            text.get_or_insert_default().push_str(&self.rest().unwrap_or_default());
        }
        text
    }

    /// The line that was begun, as if it had ended.
    fn rest(&mut self) -> Option<String> {
        if self.line.is_empty() {
            return None;
        }
        let mut text = String::from_utf8_lossy(&self.line).into_owned();
        text.push('\n');
        self.line.clear();
        Some(text)
    }

    /// The tail so far; forgets it, because the next call has a log of its own.
    fn take_tail(&mut self) -> String {
        if self.tail.is_empty() {
            return String::new();
        }
        let start = self.tail.len().saturating_sub(TAIL);
        let is_inside = |byte: &u8| *byte & 0xC0 == 0x80;
        let inside = self.tail[start..].iter().take(3).take_while(|byte| is_inside(byte)).count();
        let skip = if start > 0 { start + inside } else { 0 };
        let tail = String::from_utf8_lossy(&self.tail[skip..]).into_owned();
        self.tail.clear();
        tail
    }

    fn remember(&mut self, bytes: &[u8]) {
        let bytes = &bytes[bytes.len().saturating_sub(TAIL)..];
        if self.tail.len() + bytes.len() > 4 * TAIL {
            let excess = self.tail.len().saturating_sub(TAIL);
            self.tail.drain(..excess);
        }
        self.tail.extend_from_slice(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(written: &[&str], lines: &[&str], rest: Option<&str>) {
        let mut log = Log::default();
        let fed: Vec<_> = written.iter().filter_map(|part| log.feed(part.as_bytes())).collect();
        assert_eq!(fed, lines);
        assert_eq!(log.rest().as_deref(), rest);
    }

    #[test]
    fn lines_are_handed_on_whole() {
        check(&["a\nb\n"], &["a\nb\n"], None);
        check(&["a", "b\nc"], &["ab\n"], Some("c\n"));
        check(&["é"], &[], Some("é\n"));
        check(&[], &[], None);
    }

    #[test]
    fn a_line_without_end_is_split() {
        let part = "x".repeat(MAX_LINE);
        check(&[&part], &[&format!("{part}\n")], None);
    }

    #[test]
    fn the_tail_is_the_end_of_the_log() {
        let mut log = Log::default();
        log.feed(b"begin\n");
        for _ in 0..10_000 {
            log.feed("é".as_bytes());
        }
        assert_eq!(log.take_tail(), "é".repeat(TAIL / 2));
        log.feed(b"short");
        assert_eq!(log.take_tail(), "short");
        assert_eq!(log.take_tail(), "");
    }
}
