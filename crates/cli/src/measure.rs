//! Measures the container that this program runs in: what `faastlane profile` keeps.
//!
//! Hops, forks and memory are measured in real containers that run functions which do nothing, so that
//! the numbers are those of a run. The other way, to time the gate and the fork alone, gives smaller
//! numbers that no user ever sees.

mod cpu;
mod lanes;
mod memory;

use faastlane_host::keys;
use faastlane_lanes::Isolation;
use faastlane_plan::{Hops, Profile};

use crate::Error;
use crate::args::LanesArg;
use crate::functions::Pythons;
use crate::isolation::{self, Placing};
use crate::profile::{Kept, processors};
use lanes::Measured;

/// Measures everything; takes some seconds.
pub(crate) fn profile() -> Result<Kept, Error> {
    let python = Pythons::find(None)?.any()?;
    let python = faastlane_environment::ready(&python, &faastlane_environment::Search::from_env())?;
    let load = cpu::load();
    let scaling = cpu::scaling(processors());
    let with = |lanes, isolation| lanes::measure(&python, Placing { lanes, isolation });
    let portable = with(LanesArg::Portable, Isolation::Process)?;
    let (forked, thread) = match python.libpython() {
        Ok(_) => (
            Some(with(LanesArg::Processes, Isolation::Process)?),
            Some(with(LanesArg::Threads, shared())?),
        ),
        // All functions run in portable lanes then, and nobody asks for the other numbers.
        Err(_) => (None, None),
    };
    let assumed = Profile::default();
    let hop =
        |measured: &Option<Measured>, otherwise| measured.as_ref().map_or(otherwise, |m| m.hop_us);
    let number = |pick: fn(&Measured) -> Option<f64>, otherwise| {
        forked.as_ref().and_then(pick).unwrap_or(otherwise)
    };
    let profile = Profile {
        vcpus: cpu::usable(&scaling),
        keys: keys::available().is_ok(),
        hop_us: Hops {
            thread: hop(&thread, assumed.hop_us.thread),
            forked: hop(&forked, assumed.hop_us.forked),
            portable: portable.hop_us,
        },
        fork_ms: number(|measured| measured.start_ms, assumed.fork_ms),
        load_ms: number(|measured| Some(measured.load_ms), assumed.load_ms),
        lane_mib: number(|measured| measured.parent_mib, assumed.lane_mib),
        host_mib: number(|measured| measured.own_mib, assumed.host_mib),
        portable_mib: portable.own_mib.unwrap_or(assumed.portable_mib),
        free_mib: memory::free_mib(),
        container_ms: assumed.container_ms,
    };
    Ok(Kept::new(profile, scaling, load))
}

/// How functions share a process here.
fn shared() -> Isolation {
    match isolation::best() {
        Isolation::Mpk => Isolation::Mpk,
        Isolation::Process | Isolation::None => Isolation::None,
    }
}
