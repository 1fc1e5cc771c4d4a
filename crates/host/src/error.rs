//! Why a lane could not be loaded, or cannot be guarded.

use crate::{Ended, FaultInfo};
use std::io;
use std::path::PathBuf;

/// Why a lane could not be loaded; the caller takes a safer kind of lane.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Not on this kind of machine.
    #[error("no thread lanes here: they need Linux with glibc on x86-64")]
    Unsupported,
    /// The process was not started in the way that lanes need.
    #[error("no thread lanes in this process: it was started without {name}={value}")]
    Environment {
        /// The variable that is missing.
        name: &'static str,
        /// What it has to be.
        value: &'static str,
    },
    /// There is no room for another lane in this process.
    #[error("no thread lane for function '{function}': this process has {most} already")]
    TooMany {
        /// The function.
        function: String,
        /// How many there can be.
        most: usize,
    },
    /// The shim cannot be put on the disk, or a link beside it cannot be made.
    #[error("cannot unpack the library of thread lanes to {}: {source}", path.display())]
    Unpack {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong there.
        source: io::Error,
    },
    /// The loader refuses the shim or the libpython.
    #[error("cannot load a lane for function '{function}': {text}")]
    Namespace {
        /// The function.
        function: String,
        /// What the loader says.
        text: String,
    },
    /// The shim does not know this Python.
    #[error("no thread lane for function '{function}': {text}")]
    Python {
        /// The function.
        function: String,
        /// What is wrong with its Python.
        text: String,
    },
    /// The system refuses something that a lane needs.
    #[error("cannot {what} for function '{function}': {source}")]
    System {
        /// The function.
        function: String,
        /// What was tried.
        what: &'static str,
        /// What the system says.
        source: io::Error,
    },
    /// The handler cannot be loaded; the same would happen in every kind of lane.
    #[error("the handler of function '{function}' cannot be loaded: {error_type}")]
    Handler {
        /// The function.
        function: String,
        /// The error's name.
        error_type: String,
        /// The error payload as JSON, as the lane wrote it.
        payload: Vec<u8>,
    },
    /// Loading ended the process, or would have.
    #[error("loading function '{function}' ended its process ({ended})")]
    Ended {
        /// The function.
        function: String,
        /// How.
        ended: Ended,
    },
    /// Loading took too long.
    #[error("loading function '{function}' took too long")]
    TimedOut {
        /// The function.
        function: String,
    },
    /// The processor stopped the function while it was loaded.
    #[error("{}", fault.describe(function))]
    Fault {
        /// The function.
        function: String,
        /// Why.
        fault: FaultInfo,
    },
    /// The lane's reply makes no sense.
    #[error("the lane of function '{function}' did not say whether its handler is loaded")]
    Broken {
        /// The function.
        function: String,
    },
}

/// Why there are no protection keys.
#[derive(Debug, thiserror::Error)]
pub enum NoKeys {
    /// The target is not one that has them.
    #[error("protection keys exist on x86-64 Linux only")]
    Target,
    /// The processor has none.
    #[error("this processor has no protection keys (no 'pku' in /proc/cpuinfo)")]
    Processor,
    /// The processor has them, the kernel does not use them.
    #[error(
        "the processor has protection keys, but the kernel does not use them (no 'ospke' in /proc/cpuinfo)"
    )]
    Kernel,
    /// Something forbids to allocate one: the seccomp filter of an old Docker, usually.
    #[error(
        "the system refuses protection keys ({0}); Docker before 23.0 forbids them: \
         start the container with --security-opt seccomp=unconfined, or update Docker"
    )]
    Refused(io::Error),
}
