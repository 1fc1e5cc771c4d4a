//! One file for each command.

pub(crate) mod bench;
pub(crate) mod completions;
pub(crate) mod doctor;
pub(crate) mod executions;
pub(crate) mod history;
pub(crate) mod inspect;
pub(crate) mod logs;
pub(crate) mod plan;
pub(crate) mod profile;
mod repeat;
pub(crate) mod run;
pub(crate) mod serve;
pub(crate) mod test;
pub(crate) mod test_state;
pub(crate) mod validate;
