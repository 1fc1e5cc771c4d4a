//! What a container can do, in numbers: the inputs of the cost model.

use serde::{Deserialize, Serialize};

/// A container's profile. Its default holds what was measured for `docs/performance.md`, on one
/// processor, because that is the one number which nobody can assume.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Profile {
    /// Processors that a computing program really gets.
    pub vcpus: usize,
    /// Whether there are memory protection keys.
    pub keys: bool,
    /// What a hop costs in each kind of lane.
    pub hop_us: Hops,
    /// From asking for a fork of a warm template until it can be called, in milliseconds.
    pub fork_ms: f64,
    /// Loading one small function, in milliseconds.
    pub load_ms: f64,
    /// Private memory of a thread lane with a small function, in MiB; a template has one for each.
    pub lane_mib: f64,
    /// Private memory that a forked host adds to its template.
    pub host_mib: f64,
    /// Private memory of a portable lane.
    pub portable_mib: f64,
    /// Memory that is free; none if nobody has looked.
    pub free_mib: Option<f64>,
    /// What it would cost to ask another container, in milliseconds. Assumed: nothing here can
    /// measure it.
    pub container_ms: f64,
}

/// Microseconds from the end of one function to the end of the next, both doing nothing, with an
/// event of 200 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Hops {
    /// In thread lanes.
    pub thread: f64,
    /// In forked hosts.
    pub forked: f64,
    /// In portable lanes.
    pub portable: f64,
}

impl Default for Hops {
    fn default() -> Self {
        Self { thread: 5.0, forked: 11.0, portable: 35.0 }
    }
}

impl Default for Profile {
    fn default() -> Self {
        Self {
            vcpus: 1,
            keys: false,
            hop_us: Hops::default(),
            fork_ms: 2.5,
            load_ms: 44.0,
            lane_mib: 9.2,
            host_mib: 1.1,
            portable_mib: 8.8,
            free_mib: None,
            container_ms: 20.0,
        }
    }
}

impl Profile {
    /// How many hosts one container holds: `most`, or fewer if memory ends before. The rule is that of
    /// the pool of lanes: a quarter of what is free stays so, and a host is taken to need 4 MiB at least,
    /// since calls need more than a host at rest.
    #[must_use]
    pub fn hosts(&self, most: usize) -> usize {
        let fits = |count: usize, free: f64| as_f64(count) * self.host_mib.max(4.0) <= free * 0.75;
        let by_memory = |free: f64| (1..most).find(|count| !fits(count + 1, free));
        self.free_mib.and_then(by_memory).unwrap_or(most)
    }
}

/// A count as a number to calculate with; counts of hosts and branches are far below 2^52.
#[expect(clippy::cast_precision_loss, reason = "counts of hosts and branches are small")]
#[must_use]
pub fn as_f64(count: usize) -> f64 {
    count as f64
}
