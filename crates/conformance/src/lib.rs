//! Runs executions that were recorded on AWS and compares what happens here with what happened there.
//!
//! The recordings stand outside this repository, in a folder of JSON files whose README describes
//! them. Every recorded execution goes the way of any other: its definition through `asl`, its states
//! through `engine`, its functions in real Python lanes, with the limits of AWS. Or all of that by way of the API
//! of `faastlane serve`.
//!
//! - [`corpus`]: the recordings. [`mod@run`]: one of them, in one of the ways.
//! - [`way`]: what a way is. [`engine`]: the one within this process. [`server`]: the one over HTTP.
//! - [`compare`]: values, with parts that change from run to run. [`history`]: lists of events.
//! - [`report`]: what came of all of them, as text and JSON.
//! - [`suite`]: the test suite of the JSONata project.
//!
//! No case is known by name here; a rule that only one recording needs is not written down.

pub mod compare;
pub mod corpus;
mod definition;
pub mod engine;
mod execution;
pub mod history;
pub mod report;
pub mod run;
pub mod server;
pub mod suite;
mod test_state;
pub mod way;
