//! Runs tasks in lanes: thread lanes in this process, forks of a process that has loaded them, or
//! portable lanes, warm `python3` processes of the user's own with a small runner in each.
//!
//! A [`Pool`] holds the lanes of all functions of a workflow. It is driven by its caller's
//! event loop: [`Pool::call`] never blocks, [`Pool::wait`] runs a call in a thread
//! lane or blocks in one `epoll_wait` for all workers. The road not taken is a thread per worker (or an async runtime): the orchestrator is
//! single-threaded, and a hop through another thread costs more than the whole call.
//!
//! # Values
//!
//! The portable lane speaks JSON text. A handler that returns its event gives back the same value:
//! integers to the last digit, floats to the same double, keys in their order. Where JSON leaves
//! something open, Lambda's own runtime decides (`tests/oracle` compares with it):
//!
//! | in an event | becomes |
//! | --- | --- |
//! | a key that is there twice | its last value, at its first place |
//! | a number beyond doubles, `1e400` | infinity |
//! | `-0` | `0`; `-0.0` keeps its sign |
//! | half of a surrogate pair, `"\ud800"` | a string with that half in it |
//! | `NaN`, `Infinity` | `Runtime.UnmarshalError` |
//! | an integer of more than 4300 digits | `Runtime.UnmarshalError`, where Python has that limit |
//!
//! | in a result | is written as |
//! | --- | --- |
//! | not a number, infinity | `NaN`, `Infinity`, `-Infinity`, which are not JSON |
//! | half of a surrogate pair | `"\ud800"` up to `python3.11`; later runtimes end (`Runtime.ExitError`) |
//! | an integer of more than 4300 digits | not at all: `Runtime.MarshalError`, where Python has that limit |
//! | keys that are not text | their text: `{1: 0, "1": 0}` has one key twice |
//!
//! Linux only: it relies on `epoll`, `pidfd_open` (Linux 5.3) and parent-death signals.
#![expect(unsafe_code, reason = "`pre_exec` in process.rs, so that workers die with their parent")]

mod call;
mod environment;
mod error;
pub mod failure;
mod forked;
mod function;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod inline;
mod isolation;
mod log;
mod payload;
mod pool;
mod portable;
mod process;
mod runner;
mod watch;
mod worker;

pub use call::{Call, CallId, Event, Outcome, Times};
pub use environment::process_environment;
pub use error::Error;
pub use faastlane_host::SharedMemory;
pub use faastlane_host::interrupt as interrupt_inline;
pub use faastlane_host::keys::on_protected_stack;
pub use function::{Debug, Function, FunctionIndex, Handler};
pub use isolation::{HostProgram, Isolation, LaneKind, Reason};
pub use payload::{Payload, Returned};
pub use pool::{LAMBDA_RESPONSE_LIMIT, Layout, Options, Pool, Waker};
pub use process::{children, end_with_us};
pub use watch::Watch;
