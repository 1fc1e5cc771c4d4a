//! The functions that the host gave to this lane.

use faastlane_abi::HostCalls;
use std::sync::OnceLock;

static CALLS: OnceLock<&'static HostCalls> = OnceLock::new();

pub(crate) fn set(calls: &'static HostCalls) {
    CALLS.get_or_init(|| calls);
}

/// Nothing before the host has called the shim for the first time: constructors run earlier.
pub(crate) fn calls() -> Option<&'static HostCalls> {
    CALLS.get().copied()
}

/// Whether the lane has a namespace of its own, so that the functions of this folder are in effect.
pub(crate) fn own_namespace() -> bool {
    calls().is_some_and(|calls| calls.own_namespace)
}
