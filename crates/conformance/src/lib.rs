//! Runs executions that were recorded on AWS and compares what happens here with what happened there.
//!
//! The recordings stand outside this repository, in a folder of JSON files whose README describes
//! them. Every recorded execution goes the way of any other: its definition through `asl`, its states
//! through `engine`, its functions in real Python lanes, with the limits of AWS.
//!
//! - [`corpus`]: the recordings. [`compare`]: values, with parts that change from run to run.
//! - [`history`]: lists of events. [`run`]: one case. [`report`]: all of them, as text and JSON.
//!
//! No case is known by name here; a rule that only one recording needs is not written down.

pub mod compare;
pub mod corpus;
pub mod history;
pub mod report;
pub mod run;
