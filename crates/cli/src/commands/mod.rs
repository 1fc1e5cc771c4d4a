//! One file for each command.

pub(crate) mod completions;
pub(crate) mod doctor;
pub(crate) mod inspect;
mod repeat;
pub(crate) mod run;
pub(crate) mod validate;
