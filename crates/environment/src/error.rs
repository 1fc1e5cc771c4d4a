//! What can go wrong between a function and its Python, in words for the person who must fix it.

use crate::Found;
use crate::{OLDEST, Version};
use std::io;
use std::path::{Path, PathBuf};

/// Why a function gets no Python or no packages.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No supported Python was found.
    #[error(
        "no Python {major}.{minor} or newer found ({found}): install one, for example with \
         `apt-get install python3 python3-venv` or `uv python install 3.12`, or name one with --python",
        major = OLDEST.major, minor = OLDEST.minor
    )]
    NoPython {
        /// What was found instead.
        found: String,
    },

    /// The function's runtime is of another language, or Python 2.
    #[error(
        "the runtime `{runtime}` is not supported: functions run on Python {major}.{minor} or newer",
        major = OLDEST.major, minor = OLDEST.minor
    )]
    Runtime {
        /// The runtime as the function names it.
        runtime: String,
    },

    /// What `--python` names is no Python that runs.
    #[error("`{}` {why}: --python takes an interpreter or an environment's folder", path.display())]
    NotReady {
        /// What the user named.
        path: PathBuf,
        /// What is wrong with it, as the end of a sentence.
        why: String,
    },

    /// What `--python` names is too old.
    #[error(
        "`{}` is Python {version}: functions run on {major}.{minor} or newer",
        path.display(), major = OLDEST.major, minor = OLDEST.minor
    )]
    TooOld {
        /// What the user named.
        path: PathBuf,
        /// Its version.
        version: Version,
    },

    /// A requirements file names another one that is not there.
    #[error("{}: line {line} includes `{included}`, which is not there", file.display())]
    Include {
        /// The file with the line.
        file: PathBuf,
        /// Its line, from 1.
        line: usize,
        /// The included file as it is written.
        included: String,
    },

    /// The chosen Python has nothing to make an environment with.
    #[error(
        "{} can make no environment for {what}: it has no venv, pip or virtualenv, and uv is not on \
         PATH. Install one (`apt-get install python3-venv`, or uv), or use an environment of yours with \
         --python", python.display()
    )]
    NoInstaller {
        /// The chosen Python.
        python: PathBuf,
        /// What the environment was for.
        what: String,
    },

    /// Making an environment failed.
    #[error("{what} could not be installed with {tool}:\n{lines}\n  all of its output: {}", log.display())]
    Install {
        /// The requirements file, or `boto3`.
        what: String,
        /// uv, pip or venv.
        tool: &'static str,
        /// What the tool said last, indented.
        lines: String,
        /// The file with all of its output.
        log: PathBuf,
    },

    /// The user stopped it (Ctrl-C). The next run begins anew.
    #[error("installing {what} was interrupted")]
    Interrupted {
        /// The requirements file, or `boto3`.
        what: String,
    },

    /// There is no folder to keep environments in.
    #[error("no folder for environments: set FAASTLANE_CACHE, or HOME")]
    NoCache,

    /// A file or folder of ours or of the user's could not be used.
    #[error("{}: {action} failed: {source}", path.display())]
    Io {
        /// What was tried: "reading", "locking".
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl Error {
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { action, path: path.to_path_buf(), source }
    }

    /// Says what was found instead: too old Pythons, or the first few that do not run.
    pub(crate) fn no_python(found: &Found) -> Self {
        let old = found.pythons.iter().map(|p| format!("{}, {}", p.path.display(), p.version));
        let broken = found.skipped.iter().map(|s| format!("{} {}", s.path.display(), s.why));
        let listed: Vec<String> = old.chain(broken).take(3).collect();
        let found = if listed.is_empty() {
            "looked on PATH, under pyenv and uv".to_owned()
        } else {
            format!("only {}", listed.join("; "))
        };
        Self::NoPython { found }
    }
}
