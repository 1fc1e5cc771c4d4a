//! What an execution finds: the trace that it belongs to, and in a test what is not as it would be outside of one.

use faastlane_engine::{Mocks, Time};
use serde::{Deserialize, Serialize};

/// Conditions of an execution; by default they are those of real life, in no trace.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Conditions {
    /// States whose tasks are not run.
    pub mocks: Mocks,
    /// How long waiting takes.
    pub wait_scale: WaitScale,
    /// The time at which the execution starts; from there it goes on as any time does.
    pub now: Option<Time>,
    /// Where the ids of its requests come from: equal seeds, equal ids.
    pub seed: Option<u64>,
    /// What its functions find in `_X_AMZN_TRACE_ID`.
    pub trace_id: Option<String>,
}

/// How long Wait states and the delays before retries take, as a factor: 1 in real life, 0 for not at all.
///
/// Timeouts are not scaled: they guard real work, which takes as long as ever.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct WaitScale(f64);

impl WaitScale {
    /// A factor; none for one that is negative or no number.
    #[must_use]
    pub fn new(factor: f64) -> Option<Self> {
        (factor.is_finite() && factor >= 0.0).then_some(Self(factor))
    }

    pub(crate) fn is_real(self) -> bool {
        self == Self::default()
    }

    pub(crate) fn is_zero(self) -> bool {
        self.0 == 0.0
    }

    /// How long a wait of `ms` milliseconds takes.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "a float becomes the nearest integer, and nobody waits for the last millisecond of 2^53"
    )]
    pub(crate) fn of(self, ms: i64) -> i64 {
        (ms as f64 * self.0).round() as i64
    }
}

impl Default for WaitScale {
    fn default() -> Self {
        Self(1.0)
    }
}
