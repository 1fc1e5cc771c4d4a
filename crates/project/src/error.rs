//! What can go wrong while a project is read.
//!
//! Every message starts with the place as `file:line:column`, so that editors can jump to it, then
//! says what is wrong and what to do. A place is part of the error, not of the text, so that the
//! caller can show the line.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use faastlane_value::located::Place;

/// Why a project could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nothing was found to run, or several things.
    #[error("{}: {message}", path.display())]
    Target {
        /// Where it was looked for.
        path: PathBuf,
        /// What was looked for or found, and what to type.
        message: String,
    },

    /// A file that the operating system would not let us read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },

    /// A file that holds no text: not UTF-8, NUL characters, empty, or too large.
    #[error("{}: {message}", path.display())]
    NotText {
        /// The file.
        path: PathBuf,
        /// What it holds instead.
        message: String,
    },

    /// Text that is not the JSON, YAML or TOML that it should be.
    #[error("{at}: {message}")]
    Syntax {
        /// Where the mistake is.
        at: At,
        /// What the mistake is.
        message: String,
    },

    /// A template or a function map that says something which cannot be.
    #[error("{at}: {message}")]
    Invalid {
        /// Where it says so.
        at: At,
        /// What is wrong, and what to write instead.
        message: String,
    },

    /// A template parameter that has no value.
    #[error(
        "{at}: parameter `{name}` has no value and no Default; give one with --parameter {name}=VALUE{}",
        similar.as_ref().map(|similar| format!(" (you gave `{similar}`)")).unwrap_or_default()
    )]
    Parameter {
        /// Where the parameter is declared.
        at: At,
        /// Its name.
        name: String,
        /// A name much like it that the user gave a value, and no parameter has.
        similar: Option<String>,
    },

    /// A file or folder that the project names and that is not on this machine.
    #[error("{at}: {message}")]
    Missing {
        /// Where it is named.
        at: At,
        /// What is missing, and what to do about it.
        message: String,
    },
}

impl Error {
    /// The file and place of the mistake, where it has one.
    #[must_use]
    pub fn at(&self) -> Option<&At> {
        match self {
            Self::Syntax { at, .. }
            | Self::Invalid { at, .. }
            | Self::Parameter { at, .. }
            | Self::Missing { at, .. } => Some(at),
            Self::Target { .. } | Self::Read { .. } | Self::NotText { .. } => None,
        }
    }
}

/// A place in a file; prints as `file:line:column`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct At {
    /// The file, as the user would type it.
    pub file: PathBuf,
    /// The place in it.
    pub place: Place,
}

impl At {
    pub(crate) fn new(file: &Path, place: Place) -> Self {
        Self { file: file.to_owned(), place }
    }
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file.display(), self.place.line, self.place.column)
    }
}
