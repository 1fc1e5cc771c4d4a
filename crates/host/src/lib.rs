//! Lanes inside this process: loads them, and enters them through gates.
//!
//! A *lane* is a link-map namespace of its own (`dlmopen`) with a libc, a libpython, extension modules
//! and one handler. The host enters it on its own thread: it changes the stack, takes all rights but
//! the lane's own away from the thread (where the processor has protection keys), and calls. No other
//! thread wakes up, and no byte passes through the kernel.
//!
//! ```text
//! Lane::load ─► namespace ─► shim (embedded)          one folder per libpython: shim.rs
//! Lane::call ─► exchange (request in) ─► gate ─► shim: Python ─► gate ─► exchange (reply out)
//!                                          ▲
//!                    fault, exit, time is up: they resume at the gate's exit
//! ```
//!
//! A lane that did not come back by itself is *poisoned* and never entered again. Where the target is
//! not x86-64 Linux with glibc there are no such lanes, and [`Lane::load`] says so.

#![expect(
    unsafe_code,
    reason = "the gate, the handlers of faults and calls into foreign objects are what this crate is"
)]
#![cfg_attr(
    thread_lanes,
    expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "addresses and sizes of the kernel and of ld.so; all of this is for 64 bits only"
    )
)]

pub mod channel;
mod error;
pub mod exchange;
mod lanes;
mod libc_version;
pub mod message;
mod request;
mod serve;
mod shared;
mod spec;
pub mod template;

#[cfg(thread_lanes)]
mod allocator;
#[cfg(thread_lanes)]
mod directory;
#[cfg(thread_lanes)]
mod fault;
#[cfg(thread_lanes)]
mod gate;
#[cfg(thread_lanes)]
pub mod keys;
#[cfg(thread_lanes)]
mod lane;
#[cfg(thread_lanes)]
pub mod lockdown;
#[cfg(thread_lanes)]
mod namespace;
#[cfg(thread_lanes)]
mod shim;
#[cfg(thread_lanes)]
mod stack;
#[cfg(thread_lanes)]
mod state;
#[cfg(thread_lanes)]
mod threads;
#[cfg(thread_lanes)]
mod watchdog;

#[cfg(not(thread_lanes))]
mod unsupported;

pub use error::{LoadError, NoKeys};
pub use libc_version::glibc_version;
pub use request::{Access, Ended, FaultInfo, Input, Passed, Reply, Request};
pub use shared::SharedMemory;
pub use spec::{LaneSpec, Space};
#[cfg(thread_lanes)]
pub use watchdog::interrupt;

#[cfg(thread_lanes)]
pub use allocator::{HostAllocator, keep_freed_memory};
#[cfg(thread_lanes)]
pub use lane::{Lane, PROCESS_ENVIRONMENT, exit, fork};
#[cfg(not(thread_lanes))]
pub use unsupported::{
    HostAllocator, Lane, PROCESS_ENVIRONMENT, exit, fork, interrupt, keep_freed_memory, keys,
    lockdown,
};
