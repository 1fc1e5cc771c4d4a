//! Calls of functions for executions that are driven elsewhere: lanes in a process of their own, and
//! the thread that speaks to it.
//!
//! The process makes many calls at the same time, over one pool, and knows nothing of executions. Whoever
//! drives these journals what it asks for; so here nothing is kept but which calls have begun
//! ([`marks`]). If the process dies, those have failed, as they would on AWS, and the others are made by
//! the next one.
//!
//! No call runs on the pool's own thread here, unlike in a container: that thread would start no other
//! call meanwhile, and these are calls of many executions, which know nothing of each other. Nor would it
//! be faster: calls of a chain of five, started by one connection of a server on two busy processors as
//! fast as they go, took 940 to 1,000 µs of CPU for each execution with inline lanes and 700 to 800 µs
//! without, since orders waited until the thread came back.

mod driver;
mod marks;
mod outstanding;
mod serve;
mod wire;

use std::time::Duration;

use faastlane_engine::{Event, TaskRequest};
use faastlane_lanes::Times;
use faastlane_value::ArcStr;

use super::background::Background;
use super::{MakeSetup, Program};
use crate::{Error, Placement};
use driver::{Command, Driver};
pub(super) use serve::serve;
use wire::What;

/// Calls of one set of functions. Without this, their process ends when all of them have ended.
#[derive(Debug)]
pub struct Calls(Background<Driver>);

/// What [`Calls`] tell.
#[derive(Debug)]
pub enum Answer {
    /// The call of a task has ended.
    Performed {
        /// Which one, as [`Calls::perform`] was told.
        number: u64,
        /// What to tell the engine; none if nobody waits for it (`InvocationType: Event`).
        event: Option<Event>,
        /// The call, if there was a function to be called.
        made: Option<Made>,
    },
    /// A function has ended that [`Calls::invoke`] called.
    Invoked {
        /// Which call.
        number: u64,
        /// What came of it.
        invoked: Invoked,
    },
    /// A function wrote whole lines to stdout or stderr.
    Wrote {
        /// Its name.
        function: ArcStr,
        /// During which call; none while its module is loaded or between calls.
        number: Option<u64>,
        /// The lines.
        text: String,
    },
    /// A function runs in another lane than was asked for.
    Placed {
        /// Its name.
        function: ArcStr,
        /// Where it runs, and why.
        placement: Placement,
    },
    /// The process of the lanes died: calls that had begun have failed, others are made again.
    Died {
        /// How, with the last of what it wrote to stderr.
        reason: String,
    },
}

/// A call that was made.
#[derive(Debug, Clone)]
pub struct Made {
    /// The function's name.
    pub function: ArcStr,
    /// When its parts began and ended.
    pub times: Times,
}

/// What [`Calls::invoke`] calls.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// `context.aws_request_id`, usually a UUID.
    pub request_id: String,
    /// A name or ARN of the function.
    pub function: String,
    /// The event, JSON text.
    pub payload: Vec<u8>,
    /// `context.client_context`, JSON text.
    pub client_context: Option<String>,
    /// The variable `_X_AMZN_TRACE_ID` during the call.
    pub trace_id: Option<String>,
}

/// What came of a call by [`Calls::invoke`].
#[derive(Debug)]
pub struct Invoked {
    /// What the function returned, or how it failed.
    pub result: Result<Vec<u8>, Failure>,
    /// The last 4 KiB of its log.
    pub log_tail: String,
    /// The call, if there was a function to be called.
    pub made: Option<Made>,
}

/// Why a function returned nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// It failed.
    Function {
        /// The error's name.
        error_type: String,
        /// The error payload, JSON text.
        payload: Vec<u8>,
    },
    /// There is no function of this name.
    NotFound,
    /// It cannot be called, and why.
    Unavailable(String),
}

impl Calls {
    /// Calls of the functions that `make` names when the first call is to be made; `answered` is told, on
    /// a thread of their own, what becomes of them. The process is let go of when there was no call for
    /// so long as `idle`, and started again by the next one.
    ///
    /// # Errors
    /// The system refuses a descriptor.
    pub fn new(
        program: Program,
        make: MakeSetup,
        idle: Duration,
        answered: impl FnMut(Answer) + Send + 'static,
    ) -> Result<Self, Error> {
        let driver = Driver::new(program, make, idle, Box::new(answered));
        Ok(Self(Background::new(driver).map_err(Error::Process)?))
    }

    /// Makes the call of a task. Its `number` is none that is under way; it comes back with the answer.
    /// A result whose JSON text is longer than `size_limit`, in bytes, is none.
    ///
    /// # Errors
    /// The system refuses a thread.
    pub fn perform(
        &self,
        number: u64,
        request: TaskRequest,
        size_limit: Option<usize>,
        trace_id: Option<String>,
    ) -> Result<(), Error> {
        let what = What::Task { request: Box::new(request), size_limit };
        self.call(number, what, None, trace_id)
    }

    /// Calls a function for somebody who invokes it; numbers are those of [`Self::perform`].
    ///
    /// # Errors
    /// The system refuses a thread.
    pub fn invoke(&self, number: u64, invocation: Invocation) -> Result<(), Error> {
        let Invocation { request_id, function, payload, client_context, trace_id } = invocation;
        let what = What::Function { name: function, payload, client_context };
        self.call(number, what, Some(request_id), trace_id)
    }

    fn call(
        &self,
        number: u64,
        what: What,
        request_id: Option<String>,
        trace_id: Option<String>,
    ) -> Result<(), Error> {
        let command = Command::Call { number, what, request_id, trace_id };
        self.0.tell(command).map_err(Error::Process)
    }

    /// Nobody waits for this call any more: it is not made, or its worker is ended. It has no answer, but
    /// for one that is on its way.
    ///
    /// # Errors
    /// The system refuses a thread.
    pub fn cancel(&self, number: u64) -> Result<(), Error> {
        self.0.tell(Command::Cancel(number)).map_err(Error::Process)
    }

    /// Has the process end, which is not waited for. Calls that are under way have no answer.
    pub fn close(&self) {
        self.0.close();
    }

    /// As [`Self::close`], and waits for that.
    pub fn end(&self) {
        self.0.end();
    }
}
