//! The same surface where there are no thread lanes, so that callers need no `cfg`.

use crate::{LaneSpec, LoadError, Passed, Reply, Request, Space};
use std::convert::Infallible;
use std::io;
use std::time::SystemTime;

pub use std::alloc::System as HostAllocator;

/// Nothing: only glibc can be told to.
pub fn keep_freed_memory() {}

/// What a process with lanes must find in its environment.
pub const PROCESS_ENVIRONMENT: [(&str, &str); 0] = [];

/// A lane, of which there are none here.
#[derive(Debug)]
pub struct Lane(Infallible);

impl Lane {
    /// Says that there are no thread lanes here.
    ///
    /// # Errors
    /// Always.
    pub fn load(_: &LaneSpec, _: Space) -> Result<Lane, LoadError> {
        Err(LoadError::Unsupported)
    }

    /// See [`Lane::load`].
    pub fn load_all(specs: &[LaneSpec]) -> Vec<Result<Lane, LoadError>> {
        specs.iter().map(|_| Err(LoadError::Unsupported)).collect()
    }

    /// See [`Lane::load`].
    pub fn load_all_until(
        specs: &[LaneSpec],
        _: Option<SystemTime>,
    ) -> Vec<Result<Lane, LoadError>> {
        Lane::load_all(specs)
    }

    /// Cannot be called.
    pub fn call(&mut self, _: &Request) -> Reply {
        match self.0 {}
    }

    /// Cannot be called.
    ///
    /// # Safety
    /// None is needed.
    pub unsafe fn pass(&mut self, _: *mut u8) -> Passed {
        match self.0 {}
    }

    /// Cannot be called.
    pub fn is_poisoned(&self) -> bool {
        match self.0 {}
    }

    /// Cannot be called.
    pub fn deeds(&self) -> u32 {
        match self.0 {}
    }

    /// Cannot be called.
    pub fn name(&self) -> &str {
        match self.0 {}
    }

    /// Cannot be called.
    pub fn space(&self) -> Space {
        match self.0 {}
    }
}

/// Ends the process.
pub fn exit(status: i32) -> ! {
    std::process::exit(status)
}

/// See [`Lane::load`].
///
/// # Errors
/// Always.
///
/// # Safety
/// None is needed.
pub unsafe fn fork(_: &mut [Lane]) -> io::Result<Option<i32>> {
    Err(io::ErrorKind::Unsupported.into())
}

/// There are no protection keys either.
pub mod keys {
    use crate::NoKeys;

    /// Says so.
    ///
    /// # Errors
    /// Always.
    pub fn available() -> Result<(), NoKeys> {
        Err(NoKeys::Target)
    }

    /// Says so.
    ///
    /// # Errors
    /// Always.
    pub fn enable() -> Result<(), NoKeys> {
        Err(NoKeys::Target)
    }

    /// Does nothing.
    #[expect(clippy::unnecessary_wraps, reason = "it can fail where there are keys")]
    pub(crate) unsafe fn protect(_: *mut u8, _: usize) -> io::Result<()> {
        Ok(())
    }

    /// Runs `work`.
    pub fn on_protected_stack<R>(work: impl FnOnce() -> R) -> R {
        work()
    }
}

/// No thread is ever in a gate.
pub fn interrupt() {}

/// Nothing is locked down where there are no lanes to guard.
pub mod lockdown {
    use std::io;
    use std::os::fd::OwnedFd;
    use std::path::PathBuf;

    use faastlane_inspect::Gadget;
    use rustix::fs::{MemfdFlags, memfd_create};

    pub(crate) fn memory_file() -> io::Result<OwnedFd> {
        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        Ok(memfd_create("faastlane-exchange", flags)?)
    }

    /// Never happens.
    #[derive(Debug, thiserror::Error)]
    pub enum Error {}

    /// Never found.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Leftover {
        /// What it would be.
        pub gadget: Gadget,
        /// Where it would be.
        pub address: usize,
        /// The library.
        pub object: PathBuf,
    }

    /// Does nothing.
    ///
    /// # Errors
    /// Never.
    pub fn prepare() -> Result<Vec<Leftover>, Error> {
        Ok(Vec::new())
    }

    /// Does nothing.
    ///
    /// # Errors
    /// Never.
    pub fn shut() -> Result<(), Error> {
        Ok(())
    }

    /// What a process may do beyond its own memory.
    pub mod privileges {
        use std::path::PathBuf;

        /// Does nothing.
        ///
        /// # Errors
        /// Never.
        pub fn drop_root(_: &[PathBuf]) -> Result<(), super::Error> {
            Ok(())
        }
    }
}
