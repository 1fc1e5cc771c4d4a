//! The shim: the first object of a lane.
//!
//! `process/` stands between everything that is loaded in the lane and the libc of its namespace:
//! memory, threads, the end of the process. `python/` starts the lane's CPython and calls the
//! handler.
#![no_builtins]
