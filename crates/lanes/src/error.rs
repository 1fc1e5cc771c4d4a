//! What can go wrong with the pool itself. Failures of functions are [`crate::Outcome`]s.

use std::io;

/// The system refuses something that the pool cannot do without.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No event queue could be made or used.
    #[error("cannot wait for functions: {0}; check the limit of open files (ulimit -n)")]
    Poll(#[from] io::Error),
    /// Functions are to be kept apart by protection keys, and there are none.
    #[error("functions cannot be kept apart by protection keys: {0}")]
    NoKeys(#[from] faastlane_host::NoKeys),
    /// The process of the functions cannot be made safe.
    #[error(transparent)]
    LockDown(#[from] faastlane_host::lockdown::Error),
}

impl From<rustix::io::Errno> for Error {
    fn from(error: rustix::io::Errno) -> Self {
        Error::Poll(error.into())
    }
}
