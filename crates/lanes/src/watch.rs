//! Who is told what a pool is about to do, in case that it is the last thing this process does.

use std::fmt::Debug;
use std::time::Instant;

use crate::CallId;

/// Is told what a pool is about to do, so that another process knows it if this one ends, or stands
/// still.
pub trait Watch: Debug {
    /// A call is about to be given to a lane.
    fn begins(&mut self, call: CallId, request_id: &str);

    /// The pool rests, or runs a call on its thread, and goes on by then; none if that may take as long
    /// as it takes.
    fn rests(&mut self, until: Option<Instant>);

    /// It has gone on.
    fn goes_on(&mut self);
}
