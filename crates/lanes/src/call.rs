//! One call of a function: what goes in, and what comes back.

use std::time::{Duration, Instant};

use crate::{FunctionIndex, LaneKind, Payload, Reason, Returned};

/// Chosen by the caller; tells the events of one call from those of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CallId(pub u64);

/// One call of a function.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// Comes back in [`Event::Finished`].
    pub id: CallId,
    /// Which function to call.
    pub function: FunctionIndex,
    /// The event.
    pub payload: Payload,
    /// `context.aws_request_id`, usually a UUID.
    pub request_id: String,
    /// `context.client_context` as JSON text, if there is one.
    pub client_context: Option<String>,
    /// The variable `_X_AMZN_TRACE_ID` during this call, if there is one.
    pub trace_id: Option<String>,
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The handler returned.
    Returned(Returned),
    /// The call failed.
    Failed {
        /// The error name that Step Functions sees: `ValueError`, `Sandbox.Timedout`, …
        error_type: String,
        /// The error payload as JSON text. Written by the function's process unless the platform
        /// itself is the author (`Runtime.ExitError`, `Sandbox.Timedout`, …).
        payload: Vec<u8>,
    },
}

/// What [`crate::Pool::wait`] reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A call ended. All of its log has been reported before.
    Finished {
        /// The call.
        id: CallId,
        /// How it ended.
        outcome: Outcome,
        /// The last 4 KiB of what the function wrote during this call, stdout and stderr together.
        log_tail: String,
        /// Where its time went.
        times: Times,
    },
    /// A function wrote to stdout or stderr.
    Log {
        /// Which function wrote.
        function: FunctionIndex,
        /// The call during which it wrote; none while its module is loaded or between calls.
        request_id: Option<String>,
        /// Whole lines, each with its newline; not UTF-8 is replaced. A line over 64 KiB is split.
        /// Lambda's `[ERROR]` record is one line with carriage returns inside.
        text: String,
    },
    /// A function runs in another kind of lane than was asked for, from now on.
    Placed {
        /// Which function.
        function: FunctionIndex,
        /// Where its calls run.
        kind: LaneKind,
        /// Why.
        reason: Reason,
    },
}

/// When the parts of a call began and ended. From `called` to `started` it waited for a worker;
/// what is left of the rest after `function` is the price of the lane: frames, decoding the event
/// and encoding the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// It was given to [`crate::Pool::call`].
    pub called: Instant,
    /// A worker that had loaded the handler got the event. None if no worker ever did.
    pub started: Option<Instant>,
    /// Its end was noticed.
    pub ended: Instant,
    /// How long the handler itself ran, as its own process measured it; never more than from
    /// `started` to `ended`. None if it did not come to an end: the process ended, or was ended.
    pub function: Option<Duration>,
}
