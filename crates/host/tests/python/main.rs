//! The Python side of a lane: values in and out, the context, errors, and that nothing is left behind.
//!
//! Lanes need a process that was started for them, so each test runs itself once more, in one.

#![cfg(all(target_arch = "x86_64", target_os = "linux", target_env = "gnu"))]

mod context;
mod frames;
#[expect(dead_code, clippy::print_stderr, reason = "shared with other tests")]
#[path = "../harness/mod.rs"]
mod harness;
mod lane;
mod leaks;
mod results;
