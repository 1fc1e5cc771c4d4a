//! The shim: the first object of a lane.
//!
//! `process/` stands between everything that is loaded in the lane and the libc of its namespace:
//! memory, threads, the end of the process. `python/` starts the lane's CPython and calls the
//! handler. This file is what the host sees of both.
//!
//! The functions that `process/` defines under names of the libc win over the libc's for every object
//! of the namespace, because the shim is its first. The shim's own calls are bound to them as well.
#![no_builtins] // Otherwise the compiler may turn `calloc` into a call of itself.

mod process;
mod python;

use faastlane_abi::{Exchange, HostCalls, LaneCalls, VERSION};
use process::{deeds, ending, forking, host, identity, region, tagging, writing};
use std::ffi::c_int;
use std::ptr;
use std::sync::OnceLock;

/// What the host looks up; see [`faastlane_abi::LaneEntry`].
///
/// # Safety
/// `calls` points to a table that lives as long as the process.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn faastlane_lane(calls: *const HostCalls) -> *const LaneCalls {
    static TABLE: OnceLock<LaneCalls> = OnceLock::new();
    // SAFETY: the caller's promise; the version is the first field in every version.
    let calls: &'static HostCalls = unsafe { &*calls };
    if calls.version != VERSION {
        return ptr::null();
    }
    host::set(calls);
    ending::set_process();
    TABLE.get_or_init(|| {
        let own = calls.own_namespace;
        LaneCalls {
            version: VERSION,
            memory: if own { region::start() } else { ptr::null_mut() },
            memory_size: if own { region::SIZE } else { 0 },
            exchange_at: region::EXCHANGE.start,
            exchange_size: region::EXCHANGE.end - region::EXCHANGE.start,
            deeds: deeds::address(),
            set_key,
            tag_new_objects,
            start,
            call,
            before_fork,
            after_fork_in_parent,
            after_fork_in_child,
        }
    })
}

unsafe extern "C" fn set_key(key: c_int) -> c_int {
    tagging::set_key(key)
}

unsafe extern "C" fn tag_new_objects() -> c_int {
    tagging::tag_new_objects()
}

unsafe extern "C" fn start(exchange: *mut Exchange) {
    identity::become_main();
    identity::enter();
    // SAFETY: the host gives a slot that is filled as the protocol says.
    unsafe { python::start(exchange, !host::own_namespace()) };
    identity::leave();
}

unsafe extern "C" fn call(exchange: *mut Exchange) {
    identity::enter();
    writing::reset();
    // SAFETY: as in `start`.
    unsafe { python::call(exchange) };
    // SAFETY: the slot is valid for the whole call.
    unsafe { (*exchange).wrote = writing::wrote() };
    identity::leave();
}

unsafe extern "C" fn before_fork() {
    identity::enter();
    // SAFETY: the host calls this on the thread that forks, and Python runs.
    unsafe { python::before_fork() };
    forking::before();
}

unsafe extern "C" fn after_fork_in_parent() {
    forking::after_in_parent();
    // SAFETY: as in `before_fork`.
    unsafe { python::after_fork_in_parent() };
    identity::leave();
}

unsafe extern "C" fn after_fork_in_child() {
    forking::after_in_child();
    ending::set_process();
    // SAFETY: as in `before_fork`.
    unsafe { python::after_fork_in_child() };
    identity::leave();
}
