//! One file for each command.

pub(crate) mod completions;
pub(crate) mod doctor;
pub(crate) mod inspect;
pub(crate) mod run;
pub(crate) mod validate;
