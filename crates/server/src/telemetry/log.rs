//! The server's log: one line an event, with fields, as text or JSON.
//!
//! Lines go to a thread of their own, so that whoever reads them slowly holds up nothing; when it is too far behind,
//! lines are dropped and counted. `tracing` was the other way: its subscriber is as large as the rest of the server's
//! HTTP side, for spans that nobody here opens.
//!
//! What users send is not logged: no inputs, outputs, causes, headers. Fields hold names, ARNs, codes and numbers.

use std::fmt;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use faastlane_value::json;
use jiff::Timestamp;

/// Lines that may wait to be written.
const WAITING_LINES: usize = 4096;

/// How much an event matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Something was lost or could not be done.
    Error,
    /// Something is not as it should be, and work goes on.
    Warn,
    /// Starts and ends of executions, and of the server.
    Info,
    /// Each request.
    Debug,
}

impl Level {
    /// The level with this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        [Self::Error, Self::Warn, Self::Info, Self::Debug].into_iter().find(|l| l.name() == name)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
        }
    }
}

/// How lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `2026-01-01T00:00:00.000Z info execution started execution=arn:…`
    Text,
    /// One JSON object a line.
    Json,
}

/// The value of a field.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Field<'a> {
    /// A name, an ARN, an error's code.
    Text(&'a str),
    /// A count.
    Count(u64),
    /// A time that something took, told in milliseconds.
    Took(Duration),
}

impl<'a> From<&'a str> for Field<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

/// Where events are told. A clone tells the same log.
#[derive(Clone)]
pub struct Log(Option<Arc<Writer>>);

struct Writer {
    format: Format,
    level: Level,
    dropped: AtomicU64,
    lines: Option<SyncSender<Vec<u8>>>,
    thread: Option<JoinHandle<()>>,
}

impl Log {
    /// A log that writes events of `level` and above to `sink`.
    ///
    /// # Errors
    /// If its thread cannot be started.
    pub fn new(
        sink: impl Write + Send + 'static,
        format: Format,
        level: Level,
    ) -> io::Result<Self> {
        let (lines, waiting) = sync_channel(WAITING_LINES);
        let thread =
            thread::Builder::new().name("log".to_owned()).spawn(move || write(&waiting, sink))?;
        let dropped = AtomicU64::new(0);
        let (lines, thread) = (Some(lines), Some(thread));
        Ok(Self(Some(Arc::new(Writer { format, level, dropped, lines, thread }))))
    }

    /// A log that writes nothing.
    #[must_use]
    pub fn silent() -> Self {
        Self(None)
    }

    /// Whether events of `level` are written; asked first where making the fields costs something.
    #[must_use]
    pub fn shows(&self, level: Level) -> bool {
        self.0.as_ref().is_some_and(|writer| level <= writer.level)
    }

    /// Writes an event. Never waits.
    pub fn write(&self, level: Level, message: &str, fields: &[(&str, Field<'_>)]) {
        let Some(writer) = self.0.as_ref().filter(|writer| level <= writer.level) else { return };
        let event = Event { time: Timestamp::now(), level, message, fields };
        let line = event.line(writer.format);
        let sent = writer.lines.as_ref().is_some_and(|lines| lines.try_send(line).is_ok());
        if !sent {
            writer.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Lines that nobody took in time.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.0.as_ref().map_or(0, |writer| writer.dropped.load(Ordering::Relaxed))
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Log").field(&self.0.as_ref().map(|writer| writer.level)).finish()
    }
}

/// The last one waits until all is written.
impl Drop for Writer {
    fn drop(&mut self) {
        self.lines = None;
        if let Some(thread) = self.thread.take() {
            // A sink that panics has written what it could.
            let _ = thread.join();
        }
    }
}

/// Writes lines until there can be no more. A sink that fails is not told of: there is nowhere to tell it.
fn write(waiting: &Receiver<Vec<u8>>, mut sink: impl Write) {
    while let Ok(line) = waiting.recv() {
        let mut failed = sink.write_all(&line).is_err();
        // What waits already goes out with one flush.
        while let Ok(line) = waiting.try_recv() {
            failed |= sink.write_all(&line).is_err();
        }
        if failed | sink.flush().is_err() {
            return;
        }
    }
}

/// An event, before it is a line.
struct Event<'a> {
    time: Timestamp,
    level: Level,
    message: &'a str,
    fields: &'a [(&'a str, Field<'a>)],
}

impl Event<'_> {
    fn line(&self, format: Format) -> Vec<u8> {
        let mut line = Vec::with_capacity(64 + self.message.len() + self.fields.len() * 48);
        let written = match format {
            Format::Text => self.write_text(&mut line),
            Format::Json => self.write_json(&mut line),
        };
        written.expect("writing to memory does not fail");
        line
    }

    fn write_text(&self, line: &mut Vec<u8>) -> io::Result<()> {
        write!(line, "{:.3} {:5} {}", self.time, self.level.name(), self.message)?;
        for (name, value) in self.fields {
            write!(line, " {name}=")?;
            match value {
                Field::Text(text) if is_plain(text) => line.write_all(text.as_bytes())?,
                Field::Text(text) => write_quoted(text, line)?,
                Field::Count(count) => write!(line, "{count}")?,
                Field::Took(time) => write!(line, "{:.3}ms", time.as_secs_f64() * 1000.0)?,
            }
        }
        line.write_all(b"\n")
    }

    fn write_json(&self, line: &mut Vec<u8>) -> io::Result<()> {
        let (time, level) = (self.time, self.level.name());
        write!(line, r#"{{"time":"{time:.3}","level":"{level}","message":"#)?;
        write_quoted(self.message, line)?;
        for (name, value) in self.fields {
            match value {
                Field::Text(text) => {
                    write!(line, r#","{name}":"#)?;
                    write_quoted(text, line)?;
                }
                Field::Count(count) => write!(line, r#","{name}":{count}"#)?,
                Field::Took(time) => {
                    write!(line, r#","{name}_ms":{:.3}"#, time.as_secs_f64() * 1000.0)?;
                }
            }
        }
        line.write_all(b"}\n")
    }
}

/// Whether `text` can stand in a line as it is: one word, with nothing that a terminal takes for its own.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"')
}

/// Writes `text` as a JSON string, without the control characters that JSON allows and terminals obey.
fn write_quoted(text: &str, line: &mut Vec<u8>) -> io::Result<()> {
    let is_control = |character: char| character.is_control() && character > '\u{1f}';
    if text.contains(is_control) {
        return json::write_str(&text.replace(is_control, "\u{fffd}"), line);
    }
    json::write_str(text, line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Mutex, PoisonError};

    #[test]
    fn events_are_lines() {
        let time = Timestamp::from_millisecond(1_700_000_000_123).expect("a time");
        let check = |message: &str, fields: &[(&str, Field<'_>)], text: &str, json: &str| {
            let shown = |format| {
                let event = Event { time, level: Level::Info, message, fields };
                String::from_utf8(event.line(format)).expect("lines are text")
            };
            assert_eq!(shown(Format::Text), format!("2023-11-14T22:13:20.123Z info  {text}\n"));
            let start = r#"{"time":"2023-11-14T22:13:20.123Z","level":"info","message":"#;
            assert_eq!(shown(Format::Json), format!("{start}{json}}}\n"));
        };
        check("started", &[], "started", r#""started""#);
        check(
            "request",
            &[
                ("operation", Field::Text("StopExecution")),
                ("status", Field::Count(200)),
                ("took", Field::Took(Duration::from_micros(1500))),
            ],
            "request operation=StopExecution status=200 took=1.500ms",
            r#""request","operation":"StopExecution","status":200,"took_ms":1.500"#,
        );
        // Nobody writes lines of their own, or to the terminal that shows them.
        check(
            "x",
            &[("name", Field::Text("a\n2023 error b\u{1b}[2J\u{9b}\"")), ("none", Field::Text(""))],
            r#"x name="a\n2023 error b\u001b[2J�\"" none="""#,
            r#""x","name":"a\n2023 error b\u001b[2J�\"","none":"""#,
        );
    }

    #[derive(Clone, Default)]
    struct Sink(Arc<Mutex<Vec<u8>>>);

    impl Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_is_told_is_written_when_the_log_ends() {
        let sink = Sink::default();
        let log = Log::new(sink.clone(), Format::Json, Level::Warn).unwrap();
        assert!(log.shows(Level::Error) && !log.shows(Level::Info));
        log.write(Level::Warn, "kept", &[]);
        log.write(Level::Debug, "left out", &[]);
        drop(log);
        let written = String::from_utf8(sink.0.lock().unwrap().clone()).unwrap();
        assert!(written.contains("kept") && !written.contains("left out"), "{written}");
    }

    #[test]
    fn a_sink_that_takes_nothing_holds_up_nobody() {
        struct Stuck(Receiver<()>);
        impl Write for Stuck {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                let _ = self.0.recv();
                Ok(bytes.len())
            }

            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let (release, stuck) = sync_channel(0);
        let log = Log::new(Stuck(stuck), Format::Text, Level::Info).unwrap();
        for _ in 0..WAITING_LINES + 100 {
            log.write(Level::Info, "line", &[]);
        }
        assert!(log.dropped() >= 99, "{}", log.dropped());
        drop(release);
    }
}
