//! The portable lane: the user's own `python3` running an embedded runner, frames over a socket pair.
//!
//! It needs no shared libpython, no glibc and no memory keys, so it works wherever Python does.
//! Handlers live side by side because each has a process, and so a `sys.path`, an environment and
//! a working directory, of its own.

pub(crate) mod frame;
pub(crate) mod worker;
