//! Reads a file as text, or says what it holds instead.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use faastlane_value::located::Node;

use crate::error::{At, Error};
use crate::yaml;

/// Templates and definitions are at most 1 MB on AWS; this only keeps `/dev/zero` from being read.
const MAX_BYTES: u64 = 64 << 20;

/// The text of a file.
pub(crate) fn read(path: &Path) -> Result<String, Error> {
    let failed = |source| Error::Read { path: path.to_owned(), source };
    let not_text = |message: String| Error::NotText { path: path.to_owned(), message };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(failed)?;
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > MAX_BYTES) {
        return Err(not_text(format!("the file is larger than {} MiB", MAX_BYTES >> 20)));
    }
    if let Some(offset) = bytes.iter().position(|byte| *byte == 0) {
        let line = line_of(&bytes, offset);
        return Err(not_text(format!(
            "line {line} holds a NUL character: this is not a text file"
        )));
    }
    String::from_utf8(bytes).map_err(|error| {
        let line = line_of(error.as_bytes(), error.utf8_error().valid_up_to());
        not_text(format!("line {line} is not UTF-8; save the file as UTF-8"))
    })
}

/// How a text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    Yaml,
}

impl Format {
    /// By the file's name, and where that says nothing by the first character.
    pub(crate) fn of(file: &Path, text: &str) -> Self {
        match file.extension().and_then(|extension| extension.to_str()) {
            Some("json") => Self::Json,
            Some("yaml" | "yml") => Self::Yaml,
            _ => Self::of_text(text),
        }
    }

    /// By the first character.
    pub(crate) fn of_text(text: &str) -> Self {
        if text.trim_start().starts_with('{') { Self::Json } else { Self::Yaml }
    }
}

/// Reads `text`, the content of `file`, into a tree.
pub(crate) fn parse(file: &Path, text: &str) -> Result<Node, Error> {
    match Format::of(file, text) {
        Format::Json => faastlane_value::located::parse(text).map_err(|error| Error::Syntax {
            at: At::new(file, place(&error)),
            message: error.message,
        }),
        Format::Yaml => yaml::parse(text, &|_| None).map_err(|mistake| Error::Syntax {
            at: At::new(file, mistake.place),
            message: mistake.message,
        }),
    }
}

/// Where a JSON mistake is.
pub(crate) fn place(error: &faastlane_value::json::Error) -> faastlane_value::located::Place {
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    faastlane_value::located::Place { line: number(error.line), column: number(error.column) }
}

fn line_of(bytes: &[u8], offset: usize) -> usize {
    bytes[..offset].iter().filter(|byte| **byte == b'\n').count() + 1
}
