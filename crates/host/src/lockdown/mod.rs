//! Lock-down: what a function could do to get round protection keys is refused from here on.
//!
//! Keys guard memory against loads and stores. They do not guard against an instruction that changes
//! the rights, nor against a kernel that is asked to read, write or map memory. So after all lanes of
//! a process are loaded, and before the first call: the instructions are overwritten ([`text`]), the
//! process gives up its privileges ([`privileges`]), and system calls that open a side door are refused
//! (`filter`), some of them only to this process and not to the programs that it starts (`warden`).
//!
//! `docs/security.md` says what is defended by this and what is not.

mod filter;
mod own;
pub mod privileges;
pub mod text;
mod warden;

use std::io;
use std::path::PathBuf;

use crate::{gate, keys};

pub use own::return_from_signal;
pub(crate) use own::{memory_file, reset_signal, set_signal_stack, tag};
pub use text::Leftover;

/// Why a process could not be locked down. It should then not run functions that do not trust each
/// other.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A system call that lock-down needs.
    #[error("lock-down: {what}: {source}")]
    System {
        /// What it was to do, and on what.
        what: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// The loader would still need the code that is overwritten.
    #[error("lock-down needs a process that was started with LD_BIND_NOW=1")]
    LazyBinding,
    /// Root can open any memory.
    #[error("lock-down needs a process that is not root")]
    Root,
    /// The unprivileged user could not read what functions need.
    #[error(
        "started as root, functions run as user {user}, who cannot read {}; \
         give others the right to read it, or start as another user",
        list(files)
    )]
    Unreadable {
        /// The number of the user.
        user: u32,
        /// Files and folders.
        files: Vec<PathBuf>,
    },
}

fn list(paths: &[PathBuf]) -> String {
    let names: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
    names.join(", ")
}

/// What the operating system said last.
fn last_error(what: impl Into<String>) -> Error {
    Error::System { what: what.into(), source: io::Error::last_os_error() }
}

/// The first half, which copies of this process inherit: overwrites instructions and gives up
/// privileges. The process was started with `LD_BIND_NOW=1` and is not root, and its keys are enabled
/// if it has any. Lanes can still be loaded.
///
/// Returns what could open a gate and could not be overwritten: the functions whose libraries these
/// are in belong in a process of their own.
///
/// # Errors
///
/// If the process is not such a one, or the system refuses a step.
pub fn prepare() -> Result<Vec<Leftover>, Error> {
    if std::env::var_os("LD_BIND_NOW").is_none_or(|value| value.is_empty()) {
        return Err(Error::LazyBinding);
    }
    if privileges::is_root() {
        return Err(Error::Root);
    }
    let leftovers = text::overwrite(&gate::code(), &keys::spent_code())?;
    privileges::give_up()?;
    Ok(leftovers)
}

/// The second half: system calls are refused from here on, to all threads and all processes that this
/// one starts, for good. To be done before the first call, in each copy of a process: a copy that
/// has not done it and is made by a process that has cannot load libraries.
///
/// # Errors
///
/// If the system refuses it. Some calls may be refused then and others not.
pub fn shut() -> Result<(), Error> {
    let word = own::Word::new()?;
    let listener = warden::start(word)?;
    filter::install(word, listener)
}
