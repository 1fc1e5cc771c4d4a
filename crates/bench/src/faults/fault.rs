//! What can go wrong, and which of it goes wrong when: a number decides, so that a campaign can be
//! repeated.

use std::fmt;

use fastrand::Rng;
use serde::{Deserialize, Serialize};

/// Something that happens to a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Fault {
    /// None: what runs are compared with.
    Nothing,
    /// A signal to one of its processes.
    Signal(Deed, Role),
    /// SIGKILL to half of its processes at once.
    KillMany,
    /// SIGKILL to all processes that hold lanes, as the kernel does for want of memory.
    KillHosts,
    /// No memory beyond what a process has.
    Memory(Role),
    /// No space in the folder for temporary files.
    FullDisk,
    /// Nobody reads or writes the other end any more.
    Closed(Pipe),
    /// A function does harm at one of its calls.
    Function(Harm),
}

/// A signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Deed {
    Kill,
    Stop,
    Crash,
    Abort,
}

/// What a process of a run does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Role {
    /// The one that the user started.
    Command,
    Container,
    /// It holds loaded functions and waits to be forked.
    Template,
    /// A fork of one.
    Host,
    /// Anything else: portable workers and what functions start.
    Other,
    /// An outside service of the example.
    Service,
}

/// What connects the command with its user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Pipe {
    Stdin,
    Stdout,
    Stderr,
}

/// What a function does; the names of functions in `watched.py`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Harm {
    Exits,
    Aborts,
    Crashes,
    Closes,
    Spins,
    Hoards,
    Trespasses,
}

/// All faults, each with how often it is chosen.
fn all() -> Vec<(Fault, u32)> {
    use Fault::{Closed, FullDisk, KillHosts, KillMany, Memory, Nothing, Signal};
    let mut all = vec![(Nothing, 4), (KillMany, 8), (KillHosts, 8), (FullDisk, 4)];
    for role in [Role::Container, Role::Template, Role::Host, Role::Other] {
        all.push((Signal(Deed::Kill, role), 8));
        all.push((Signal(Deed::Stop, role), 2));
        all.extend([Deed::Crash, Deed::Abort].map(|deed| (Signal(deed, role), 3)));
        all.push((Memory(role), 3));
    }
    all.extend([(Signal(Deed::Kill, Role::Command), 4), (Signal(Deed::Kill, Role::Service), 3)]);
    all.extend([Pipe::Stdin, Pipe::Stdout, Pipe::Stderr].map(|pipe| (Closed(pipe), 2)));
    all.extend([(Harm::Exits, 3), (Harm::Aborts, 3), (Harm::Crashes, 3)].map(harm));
    all.extend([(Harm::Closes, 3), (Harm::Spins, 2), (Harm::Hoards, 3)].map(harm));
    all.push(harm((Harm::Trespasses, 2)));
    all
}

fn harm((harm, often): (Harm, u32)) -> (Fault, u32) {
    (Fault::Function(harm), often)
}

impl Fault {
    /// One of those whose name contains `wanted`.
    pub(crate) fn random(random: &mut Rng, wanted: &str) -> Self {
        let mut all = all();
        all.retain(|(fault, _)| fault.to_string().contains(wanted));
        let mut at = random.u32(0..all.iter().map(|(_, often)| often).sum());
        for (fault, often) in all {
            if at < often {
                return fault;
            }
            at -= often;
        }
        Self::Nothing
    }

    /// Whether the name of a fault contains `wanted`.
    pub(crate) fn is_known(wanted: &str) -> bool {
        all().iter().any(|(fault, _)| fault.to_string().contains(wanted))
    }

    /// Whether an execution may end with this error because of it.
    pub(crate) fn explains(self, error: &str, cause: &str) -> bool {
        let exit = error == "Runtime.ExitError";
        let timeout = error == "Sandbox.Timedout";
        match self {
            Self::Nothing | Self::Closed(_) => false,
            Self::Signal(Deed::Kill, Role::Service) => !error.starts_with("Runtime."),
            Self::Signal(Deed::Stop, _) => exit || timeout,
            Self::Signal(..) | Self::KillMany | Self::KillHosts => exit,
            // Whatever Python makes of a refused allocation, where it was refused.
            Self::Memory(_) => {
                let refused = cause.contains("Cannot allocate memory");
                exit || refused || MEMORY.contains(&error)
            }
            Self::FullDisk => cause.contains("No space left on device"),
            Self::Function(Harm::Spins) => timeout,
            // Then it has lost its connections, or the container all of its own.
            Self::Function(Harm::Closes) => exit || error == "OSError",
            Self::Function(Harm::Hoards) => exit || error == "MemoryError",
            Self::Function(_) => exit,
        }
    }
}

/// The last one is a mistake of CPython's (3.12, where a class of `NamedTuple` is made).
const MEMORY: [&str; 7] = [
    "MemoryError",
    "OSError",
    "RuntimeError",
    "ImportError",
    "LookupError",
    "Runtime.ImportModuleError",
    "SystemError",
];

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("none"),
            Self::Signal(deed, role) => write!(f, "{deed:?} {role:?}"),
            Self::KillMany => f.write_str("Kill several at once"),
            Self::KillHosts => f.write_str("Kill all with lanes"),
            Self::Memory(role) => write!(f, "No memory for {role:?}"),
            Self::FullDisk => f.write_str("Full temporary folder"),
            Self::Closed(pipe) => write!(f, "Closed {pipe:?}"),
            Self::Function(harm) => write!(f, "Function {harm:?}"),
        }
    }
}
