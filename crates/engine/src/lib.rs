//! Given a state machine and an event, says what an execution does next.
//!
//! The engine is *sans-IO*: it reads no clock, draws no randomness and starts nothing. A driver hands
//! it an [`Event`] and the time, and performs the [`Action`]s that come out: run a task, start a
//! timer, record a history event, finish. The other way, a thread or task per execution that awaits
//! its functions, is shorter to write and cannot be stopped, written down or tested without waiting.
//!
//! An [`Execution`] is a value: [`Execution::snapshot`] can be written down after any event and
//! [`Execution::restore`]d elsewhere, where it goes on as if nothing had happened.
//!
//! - `execution`: the value and its public face. `turn`: one event being handled; how a state is
//!   entered and left, how flows begin and end.
//! - `states/`: what each type of state does. `expressions`: what their expressions see, in both query
//!   languages. `failure`: errors; `handling`: `Retry` and `Catch`.
//! - `redrive`: how an execution goes on that did not end well.
//! - `map_run`: a distributed Map while its children run. [`ReadRequest`], [`WriteRequest`]: what it wants from
//!   outside.
//! - `flow`: the parts of an execution's state. `context`: the context object `$$`.
//! - `token`: what somebody outside shows to answer a task.
//! - [`replay`]: an execution as a journal has it. [`pending`]: what it waits for.
//! - [`mod@test_state`]: one state by itself.
//! - [`history`]: the events that AWS records.
//!
//! The rules are those of the Amazon States Language (states-language.net); wordings of causes and
//! the order of history events follow executions recorded on AWS.

mod action;
mod context;
mod dataset;
mod execution;
mod expressions;
mod failure;
mod flow;
mod handling;
pub mod history;
mod limits;
mod map_run;
mod mocks;
pub mod pending;
mod random;
mod redrive;
pub mod replay;
mod slab;
mod states;
pub mod test_state;
mod time;
mod token;
mod turn;

pub use action::{
    Action, Event, Outcome, Pattern, TaskId, TaskRequest, TaskResult, TaskTarget, TimerId,
};
pub use dataset::{
    Bookmark, ChildExecution, ExecutionCounts, MapRunChange, MapRunProgress, MapRunStatus,
    ReadRequest, RequestId, ResultStatus, WriteRequest,
};
pub use execution::{Execution, Snapshot, Start};
pub use history::{ErrorDetails, EventKind, HistoryEvent};
pub use limits::Limits;
pub use mocks::{Mock, Mocks, Response};
pub use time::Time;
pub use token::{TokenParts, read_token};
