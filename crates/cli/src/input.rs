//! The input of an execution, or the event for a function: a file, stdin, or JSON itself.
//!
//! It is checked here and handed on as text: the process that needs the value reads it again, and
//! this one holds nothing but the text.

use std::io::Read;
use std::path::Path;
use std::sync::mpsc;
use std::thread;

use faastlane_value::json;

use crate::Error;
use crate::interrupt::{Interrupt, end_children};

/// Reads `--input`, or else the project's own input, or else `{}`.
pub(crate) fn read(
    typed: Option<&str>,
    of_project: Option<&Path>,
    interrupt: &Interrupt,
) -> Result<String, Error> {
    match (typed, of_project) {
        (Some("-"), _) => from_stdin(interrupt),
        (Some(text), _) if !looks_like_json(text) => from_file(Path::new(text)),
        (Some(text), _) => checked(text.as_bytes().to_vec(), "--input"),
        (None, Some(file)) => from_file(file),
        (None, None) => Ok("{}".to_owned()),
    }
}

/// Reads the event for a function: a file, or JSON itself; `option` is what messages call it.
pub(crate) fn event(typed: &str, option: &str) -> Result<String, Error> {
    match looks_like_json(typed) {
        true => checked(typed.as_bytes().to_vec(), option),
        false => from_file(Path::new(typed)),
    }
}

/// Whether `text` is meant as JSON: an object, array or string, or any other value that no file of
/// this name spoils.
fn looks_like_json(text: &str) -> bool {
    text.trim_start().starts_with(['{', '[', '"'])
        || (json::parse(text.as_bytes()).is_ok() && !Path::new(text).exists())
}

/// Reads on a thread of its own, since a read from a terminal goes on whatever signal comes.
fn from_stdin(interrupt: &Interrupt) -> Result<String, Error> {
    let (send, receive) = mpsc::channel();
    let interrupted = send.clone();
    interrupt.react(move || {
        end_children();
        let _ = interrupted.send(Err(Error::Interrupted));
    });
    thread::spawn(move || {
        let mut text = Vec::new();
        let read = std::io::stdin().read_to_end(&mut text);
        let failed = |error| Error::Invalid(format!("cannot read the input from stdin: {error}"));
        // Nobody listens any more after an interrupt.
        let _ = send.send(read.map(|_| text).map_err(failed));
    });
    let text = receive.recv().expect("the reaction holds a sender")?;
    interrupt.react(end_children);
    checked(text, "stdin")
}

/// Reads an input that another file names.
pub(crate) fn of_file(file: &Path) -> Result<String, Error> {
    from_file(file)
}

fn from_file(file: &Path) -> Result<String, Error> {
    let name = file.display().to_string();
    let text = std::fs::read(file)
        .map_err(|error| Error::Invalid(format!("cannot read the input {name}: {error}")))?;
    checked(text, &name)
}

fn checked(text: Vec<u8>, name: &str) -> Result<String, Error> {
    let read = json::parse(&text).map(drop);
    let at = |error: &json::Error| format!("{name}:{}:{}", error.line, error.column);
    match (read, String::from_utf8(text)) {
        (Ok(()), Ok(text)) => Ok(text),
        (Err(error), Ok(_)) => {
            let message = &error.message;
            Err(Error::Invalid(format!("{}: cannot read the input as JSON: {message}", at(&error))))
        }
        (read, Err(_)) => {
            let at = read.err().as_ref().map_or_else(|| name.to_owned(), at);
            Err(Error::Invalid(format!("{at}: the input is not UTF-8; save it as UTF-8")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_told_from_files() {
        let check = |text: &str, expected| assert_eq!(looks_like_json(text), expected, "{text}");
        check("{\"a\": 1", true);
        check(" [1]", true);
        check("12", true);
        check("null", true);
        check("event.json", false);
        check("events/a.json", false);
    }
}
