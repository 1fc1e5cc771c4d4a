//! Why a store cannot be opened, read or written.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

/// Something that the store cannot do. Whatever it was, the file holds what it held before.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file, or its folder, cannot be made.
    #[error("{}: cannot make the store: {source}. Name a file in a folder that can be written, with --store", path.display())]
    Make {
        /// What was tried.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },

    /// Another server has it open.
    #[error(
        "{}: the store is in use by {owner}. Stop that server, or name another file with --store",
        path.display()
    )]
    InUse {
        /// The store's file.
        path: PathBuf,
        /// `process 1234`, or `another process`.
        owner: String,
    },

    /// The file is something else.
    #[error("{}: this file is no store of faastlane. Name another one with --store", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },

    /// A newer faastlane has made it.
    #[error(
        "{}: the store has version {found}, and this faastlane knows versions up to {known}: it was \
         made by a newer one. Use that one, or name another file with --store",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// What is known here.
        known: i64,
    },

    /// No room is left for it.
    #[error("{}: cannot {doing}: the disk is full, or a quota is used up", path.display())]
    Full {
        /// The file.
        path: PathBuf,
        /// What was tried.
        doing: &'static str,
    },

    /// It may only be read.
    #[error("{}: cannot {doing}: the file or its folder may not be written", path.display())]
    ReadOnly {
        /// The file.
        path: PathBuf,
        /// What was tried.
        doing: &'static str,
    },

    /// A change of something that is not there, or a second one of the same name.
    #[error("{}: cannot {doing}: {what}", path.display())]
    Refused {
        /// The file.
        path: PathBuf,
        /// What was tried.
        doing: &'static str,
        /// What it was, and what is wrong with it.
        what: String,
    },

    /// Anything else that SQLite says.
    #[error("{}: cannot {doing}: {source}", path.display())]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// What was tried.
        doing: &'static str,
        /// What it says.
        source: rusqlite::Error,
    },
}

impl Error {
    /// What SQLite has said, in words that help.
    pub(crate) fn of(path: &Path, doing: &'static str, source: rusqlite::Error) -> Self {
        let path = path.to_path_buf();
        match source.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full { path, doing },
            Some(ErrorCode::ReadOnly) => Self::ReadOnly { path, doing },
            Some(ErrorCode::NotADatabase) => Self::Foreign { path },
            _ => Self::Sqlite { path, doing, source },
        }
    }
}
