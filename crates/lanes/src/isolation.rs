//! How functions are kept apart, and in which kind of lane one therefore runs.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// What keeps the functions of a workflow from reading each other's memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Isolation {
    /// Memory protection keys: functions share processes, and a key guards the memory of each.
    Mpk,
    /// Processes: one function to a process.
    #[default]
    Process,
    /// Nothing: functions share processes. For trusted code, and to see what keys cost.
    None,
}

impl Isolation {
    /// How many lanes one process holds: glibc has 16 namespaces, and one is that of the process; of
    /// 16 keys, three are taken.
    #[must_use]
    pub fn most_lanes(self) -> usize {
        match self {
            Isolation::Process => 1,
            Isolation::Mpk => 13,
            Isolation::None => 15,
        }
    }
}

/// How to start a process that holds lanes: this program must call the main function of a lane
/// host when it gets these arguments, and after them the number of a descriptor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostProgram {
    /// The program, usually the one that runs.
    pub path: PathBuf,
    /// Its first arguments.
    pub arguments: Vec<OsString>,
}

/// Where the calls of a function run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum LaneKind {
    /// In the pool's own process and on its thread, if nothing runs beside; else in a forked host.
    Thread,
    /// In a fork of a process that has loaded the function already.
    Forked,
    /// In a process of its own Python.
    Portable,
}

impl fmt::Display for LaneKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            LaneKind::Thread => "thread lane",
            LaneKind::Forked => "forked host",
            LaneKind::Portable => "portable lane",
        })
    }
}

/// Why a function runs in its kind of lane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// It is the kind that was asked for.
    Asked,
    /// A debugger waits in the process of its own Python.
    Debugged,
    /// Its Python has no shared libpython.
    NoLibpython,
    /// A path of it is not UTF-8.
    NotUtf8,
    /// Its module does not load as it should in a lane of another kind, or starts what lanes of that
    /// kind cannot keep; the text says what.
    Unfit(String),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Reason::Asked => "as asked",
            Reason::Debugged => "it is debugged",
            Reason::NoLibpython => "its Python has no shared libpython",
            Reason::NotUtf8 => "its path is not UTF-8",
            Reason::Unfit(what) => what,
        })
    }
}
