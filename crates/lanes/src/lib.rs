//! Runs one task at a time in a lane: today the portable lane, a warm `python3` process of the
//! user's own with a small runner in it.
//!
//! A [`Pool`] holds the warm workers of all functions of a workflow. It is driven by its caller's
//! event loop: [`Pool::call`] never blocks, [`Pool::wait`] blocks in one `epoll_wait` for all
//! workers. The road not taken is a thread per worker (or an async runtime): the orchestrator is
//! single-threaded, and a hop through another thread costs more than the whole call.
//!
//! Linux only: it relies on `epoll`, `pidfd_open` (Linux 5.3) and parent-death signals.
#![expect(
    unsafe_code,
    reason = "one `pre_exec` in portable/process.rs, so that workers die with their parent"
)]

mod call;
mod error;
mod function;
mod pool;
mod portable;

pub use call::{Call, CallId, Event, Outcome};
pub use error::Error;
pub use function::{Function, FunctionIndex, Handler};
pub use pool::{LAMBDA_RESPONSE_LIMIT, Options, Pool, Waker};
