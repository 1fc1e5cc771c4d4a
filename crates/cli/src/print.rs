//! Everything that is written to stdout and stderr.
//!
//! A closed stdout (`faastlane … | head`) or stderr is no error; what is left to say is dropped.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use faastlane_value::{Value, json};

use crate::Error;

/// Results that are written together, where there are many.
static COLLECTED: Mutex<Option<Vec<u8>>> = Mutex::new(None);

/// From now on results are kept until [`send`].
pub(crate) fn collect() {
    *collected() = Some(Vec::new());
}

/// Writes the results that are kept.
pub(crate) fn send() -> Result<(), Error> {
    match &mut *collected() {
        Some(bytes) if !bytes.is_empty() => {
            told(io::stdout().lock().write_all(&std::mem::take(bytes)))
        }
        _ => Ok(()),
    }
}

fn collected() -> MutexGuard<'static, Option<Vec<u8>>> {
    COLLECTED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A result for people or for a pipe: indented on a terminal, one line otherwise.
pub(crate) fn output(value: &Value) -> Result<(), Error> {
    static PRETTY: LazyLock<bool> = LazyLock::new(|| io::stdout().is_terminal());
    result(
        |mut out| {
            if *PRETTY { json::write_pretty(value, &mut out) } else { json::write(value, &mut out) }
        },
    )
}

/// One line of JSON.
pub(crate) fn json_line(value: &Value) -> Result<(), Error> {
    result(|mut out| json::write(value, &mut out))
}

fn result(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Error> {
    match &mut *collected() {
        Some(bytes) => told(write(bytes).and_then(|()| bytes.write_all(b"\n"))),
        None => to_stdout(io::BufWriter::new(io::stdout().lock()), |out| write(out)),
    }
}

/// One line of JSON that is no workflow's value.
pub(crate) fn serde_line(value: &serde_json::Value) -> Result<(), Error> {
    line(&value.to_string())
}

/// Whole lines to stdout.
pub(crate) fn line(text: &str) -> Result<(), Error> {
    to_stdout(io::stdout().lock(), |out| out.write_all(text.as_bytes()))
}

/// Whether the user wants no more than results, logs and errors.
static QUIET: AtomicBool = AtomicBool::new(false);

/// From now on [`info`] says nothing.
pub(crate) fn be_quiet() {
    QUIET.store(true, Ordering::Relaxed);
}

/// What is good to know while all goes well.
pub(crate) fn info(text: &str) {
    if !QUIET.load(Ordering::Relaxed) {
        to_stderr(text);
    }
}

/// A message for the user.
pub(crate) fn note(text: &str) {
    to_stderr(text);
}

/// Something that may surprise, though nothing stops.
pub(crate) fn warning(text: &str) {
    to_stderr(&format!("warning: {text}"));
}

/// A container has died.
pub(crate) fn continued(reason: &str) {
    warning(&format!(
        "the container's process ended ({reason}); the execution goes on in another one"
    ));
}

/// What ended the command.
pub(crate) fn error(error: &Error) {
    to_stderr(&format!("error: {error}"));
}

/// What a function wrote, each line with its name.
pub(crate) fn log(function: &str, text: &str) {
    // Lambda keeps a record together by carriage returns, at which a terminal would overwrite it.
    for line in text.lines().flat_map(|line| line.split('\r')) {
        to_stderr(&format!("[{function}] {line}"));
    }
}

fn to_stderr(line: &str) {
    // Nobody is left to be told when stderr is closed.
    let _ = writeln!(io::stderr(), "{line}");
}

fn to_stdout<W: Write>(
    mut out: W,
    write: impl FnOnce(&mut W) -> io::Result<()>,
) -> Result<(), Error> {
    told(write(&mut out).and_then(|()| out.write_all(b"\n")).and_then(|()| out.flush()))
}

/// Whether stdout takes it, or is closed.
fn told(written: io::Result<()>) -> Result<(), Error> {
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::Internal(format!("cannot write to stdout: {error}")))
        }
        _ => Ok(()),
    }
}
