//! The plan as a value, and as JSON: what `faastlane plan --json` prints.

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;

/// Counts up when the meaning of a field changes.
pub const VERSION: u32 = 1;

/// Where everything of a state machine runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Plan {
    /// [`VERSION`]
    pub version: u32,
    /// The lanes that were asked for.
    pub lanes: Lanes,
    /// What keeps functions apart.
    pub isolation: Isolation,
    /// Processors to count on.
    pub vcpus: usize,
    /// Every function, in the order given.
    pub functions: Vec<FunctionPlan>,
    /// Every process that holds functions; hosts are forked from templates.
    pub processes: Vec<Process>,
    /// Every Parallel and Map state, outer ones before those in them.
    pub fan_outs: Vec<FanOut>,
}

/// Which lanes are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Lanes {
    /// Whatever is best.
    Auto,
    /// Thread lanes only (Faastlane-Th in the paper).
    Threads,
    /// Forked hosts only (Faastlane-P).
    Processes,
    /// Portable lanes only.
    Portable,
}

/// What keeps functions from reading each other's memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Isolation {
    /// Memory protection keys.
    Mpk,
    /// A process for each function.
    Process,
    /// Nothing (Faastlane-NS).
    None,
}

/// Where the calls of a function run. It has neither if no state calls it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FunctionPlan {
    /// Its name.
    pub name: String,
    /// The version of its Python, if it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub python: Option<String>,
    /// For calls that nothing runs beside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alone: Option<Choice>,
    /// For calls that something may run beside. One that happens to be alone may still run in a
    /// thread lane, if the function has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub beside: Option<Choice>,
}

/// A lane, and why that one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Choice {
    /// The lane.
    pub lane: Lane,
    /// Why.
    pub why: Why,
}

/// A kind of lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Lane {
    /// In the container's process, on the orchestrator's thread.
    #[serde(rename = "thread lane")]
    Thread,
    /// In a fork of a template.
    #[serde(rename = "forked host")]
    Forked,
    /// In a process of its own Python.
    #[serde(rename = "portable lane")]
    Portable,
}

/// Why a function runs in its lane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// It is what was asked for.
    Asked,
    /// Nothing runs beside it.
    OneAfterAnother,
    /// Something runs beside it.
    SideBySide,
    /// Functions share no process.
    OwnProcess,
    /// The engine has to hear of a timer before the function's own timeout, and so cannot be called on
    /// the thread that waits for it.
    Timer,
    /// The container's process has no room for another lane.
    Full,
    /// What loading it has shown, or what it lacks.
    Unfit(String),
}

impl Why {
    fn text(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Why::Asked => "as asked",
            Why::OneAfterAnother => "one after another",
            Why::SideBySide => "side by side",
            Why::OwnProcess => "one function to a process",
            Why::Timer => "a timer may end it before its own timeout",
            Why::Full => "the container's process is full",
            Why::Unfit(text) => return Cow::Owned(text.clone()),
        })
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl Serialize for Why {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text())
    }
}

impl fmt::Display for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Lane::Thread => "thread lane",
            Lane::Forked => "forked host",
            Lane::Portable => "portable lane",
        })
    }
}

/// A process that holds functions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Process {
    /// What it is.
    pub kind: ProcessKind,
    /// The functions that are loaded into it.
    pub functions: Vec<String>,
    /// When it starts.
    pub starts: Start,
}

/// What a process is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ProcessKind {
    /// Holds the orchestrator and all thread lanes.
    Container,
    /// Has loaded functions, and is forked into hosts.
    Template,
    /// The function's own Python.
    Portable,
}

/// When a process starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Start {
    /// With the run.
    #[serde(rename = "at once")]
    AtOnce,
    /// With the run, because some call will surely need it, or none can start it later.
    #[serde(rename = "before the first call")]
    BeforeFirstCall,
    /// When a function of it is called.
    #[serde(rename = "with its first call")]
    WithFirstCall,
    /// When a function has ended its thread lane, by a fault or an exit.
    #[serde(rename = "if a thread lane is lost")]
    IfLaneIsLost,
}

impl fmt::Display for Start {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Start::AtOnce => "at once",
            Start::BeforeFirstCall => "before the first call",
            Start::WithFirstCall => "with its first call",
            Start::IfLaneIsLost => "if a thread lane is lost",
        })
    }
}

/// A Parallel or Map state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FanOut {
    /// Its name, after those of the states around it: `Outer / Inner`.
    pub state: String,
    /// Its type.
    pub kind: FanOutKind,
    /// How many branches or items it has; the items of a Map are known only by assumption.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub width: Option<usize>,
    /// How many of them may be under way at the same time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_once: Option<usize>,
    /// The functions that are called in it.
    pub functions: Vec<String>,
    /// How its branches or items run.
    pub runs: Runs,
    /// How many workers start without hesitation: for each function as many as there are processors,
    /// if it has as many calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hosts: Option<usize>,
    /// Up to how many there are when branches sleep or wait for the network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hosts_most: Option<usize>,
    /// How many containers it takes.
    pub containers: usize,
    /// Branches or items for each of them, if there are several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<usize>,
}

/// The type of a state that fans out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum FanOutKind {
    /// Branches.
    Parallel,
    /// Items.
    Map,
}

/// How branches or items run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Runs {
    /// On as many processors as there are.
    #[serde(rename = "side by side")]
    SideBySide,
    /// On one.
    #[serde(rename = "one after another")]
    OneAfterAnother,
}
