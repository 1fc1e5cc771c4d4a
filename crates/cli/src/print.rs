//! Everything that is written to stdout and stderr.
//!
//! A closed stdout (`faastlane … | head`) is no error; what is left to say is dropped.
#![expect(clippy::print_stderr, reason = "this module is the command's voice")]

use std::io::{self, IsTerminal, Write};

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

/// Whole lines to stdout.
pub(crate) fn line(text: &str) -> Result<(), Error> {
    to_stdout(io::stdout().lock(), |out| out.write_all(text.as_bytes()))
}

/// A message for the user.
pub(crate) fn note(text: &str) {
    eprintln!("{text}");
}

/// Something that may surprise, though nothing stops.
pub(crate) fn warning(text: &str) {
    eprintln!("warning: {text}");
}

/// What ended the command.
pub(crate) fn error(error: &Error) {
    eprintln!("error: {error}");
}

/// What a function wrote, each line with its name.
pub(crate) fn log(function: &str, text: &str) {
    let mut stderr = io::stderr().lock();
    for line in text.lines() {
        // Nobody is left to be told when stderr is closed.
        let _ = writeln!(stderr, "[{function}] {line}");
    }
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
