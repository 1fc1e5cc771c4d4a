//! The forked host: a function's lane in a fork of a process that has loaded it already.
//!
//! A template is a process that loads lanes once and is then forked for each worker: under a
//! millisecond in place of the tens that a Python takes to start. Calls go through shared memory as
//! `faastlane_host::channel` describes. What a template does is in `faastlane_host::template`; here
//! is the orchestrator's side.

mod host;
mod template;

pub(crate) use host::Host;
pub(crate) use template::{Running, Template};
