//! The input of an execution: a file, stdin, or JSON itself.

use std::io::Read;
use std::path::Path;

use faastlane_value::{Value, json};

use crate::Error;

/// Reads `--input`, or else the project's own input, or else `{}`.
pub(crate) fn read(typed: Option<&str>, of_project: Option<&Path>) -> Result<Value, Error> {
    match (typed, of_project) {
        (Some("-"), _) => from_stdin(),
        (Some(text), _) if !looks_like_json(text) => from_file(Path::new(text)),
        (Some(text), _) => parse(text.as_bytes(), "--input"),
        (None, Some(file)) => from_file(file),
        (None, None) => Ok(Value::empty_object()),
    }
}

/// Whether `text` is meant as JSON: an object, array or string, or any other value that no file of
/// this name spoils.
fn looks_like_json(text: &str) -> bool {
    text.trim_start().starts_with(['{', '[', '"'])
        || (json::parse(text.as_bytes()).is_ok() && !Path::new(text).exists())
}

fn from_stdin() -> Result<Value, Error> {
    let mut text = Vec::new();
    std::io::stdin()
        .read_to_end(&mut text)
        .map_err(|error| Error::Invalid(format!("cannot read the input from stdin: {error}")))?;
    parse(&text, "stdin")
}

fn from_file(file: &Path) -> Result<Value, Error> {
    let name = file.display().to_string();
    let text = std::fs::read(file)
        .map_err(|error| Error::Invalid(format!("cannot read the input {name}: {error}")))?;
    parse(&text, &name)
}

fn parse(text: &[u8], name: &str) -> Result<Value, Error> {
    json::parse(text).map_err(|error| {
        let json::Error { message, line, column } = error;
        Error::Invalid(format!("{name}:{line}:{column}: the input is not JSON: {message}"))
    })
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
