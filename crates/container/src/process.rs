//! Containers in processes of their own, and the supervisor that watches them.
//!
//! A container's process (`serve`) holds the engine and the lanes; the one that started it reads the
//! project, shows what happens and outlives whatever a function does. If a container dies in the
//! middle of an execution, another one goes on with it from what the journal holds: the call that ran
//! has failed, as it would on AWS, and nothing else is lost.
//!
//! Two ways led to a process of its own. Forking without `exec` would share everything already read
//! and cost no start, but the supervisor has threads (signals, file changes), and the lanes' processes
//! would inherit its heap, with the user's secrets in it. So the same program is executed again and
//! gets what it needs as one message: some milliseconds, a heap that holds nothing else, and an
//! interface that another machine could be spoken to with.
//!
//! - `containers`: the supervisor; `member`: one container as it sees it; `connection`: its process;
//!   `patience`: whether it still goes on; `copies`: those that it is about to start.
//! - `executor`: the supervisor, driven by a thread of its own for others; `calls`: single calls for
//!   executions that are driven elsewhere; `background`: such threads.
//! - `serve`, `tasks`, `outbox`: the container's side. `wire`, `arrived`: what the two say to each other.

mod arrived;
mod background;
mod bell;
mod calls;
mod connection;
mod containers;
mod copies;
mod death;
mod executor;
mod member;
mod outbox;
mod patience;
mod rest;
mod serve;
mod stopper;
mod tasks;
mod wire;

use std::ffi::OsString;
use std::path::PathBuf;

pub use calls::{Answer, Calls, Failure, Invocation, Invoked, Made};
pub use containers::{Containers, ExecutionId, Limits};
pub use executor::Executor;
pub use serve::{NameOf, serve};
pub use stopper::Stopper;
pub use wire::{Definition, Job, Setup, Wanted};

/// How to start the process of a container: a program that calls [`serve`] when it gets these
/// arguments.
#[derive(Debug, Clone)]
pub struct Program {
    /// The program, usually the one that runs.
    pub path: PathBuf,
    /// Its arguments.
    pub arguments: Vec<OsString>,
}

/// Makes what a process is to hold, when it is first needed; or says why there can be none.
pub type MakeSetup = Box<dyn FnMut() -> Result<Setup, String> + Send>;
