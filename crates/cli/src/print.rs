//! Everything that is written to stdout and stderr.
//!
//! A closed stdout (`faastlane … | head`) or stderr is no error; what is left to say is dropped.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use faastlane_value::{Value, json};

use crate::Error;

/// A result for people or for a pipe: indented on a terminal, one line otherwise.
pub(crate) fn output(value: &Value) -> Result<(), Error> {
    let stdout = io::stdout().lock();
    let pretty = stdout.is_terminal();
    to_stdout(io::BufWriter::new(stdout), |out| {
        if pretty { json::write_pretty(value, out) } else { json::write(value, out) }
    })
}

/// One line of JSON.
pub(crate) fn json_line(value: &Value) -> Result<(), Error> {
    to_stdout(io::BufWriter::new(io::stdout().lock()), |out| json::write(value, out))
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
    let written = write(&mut out).and_then(|()| out.write_all(b"\n")).and_then(|()| out.flush());
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::Internal(format!("cannot write to stdout: {error}")))
        }
        _ => Ok(()),
    }
}
