//! Time as the engine is told it: milliseconds since 1970, as AWS records them.

use faastlane_expr::Timestamp;
use serde::{Deserialize, Serialize};

/// A moment, in milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Time(pub i64);

impl Time {
    /// Reads a time such as `2026-01-31T12:00:00+01:00`, in the form that Wait states take; the first
    /// full millisecond at or after it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Timestamp::parse(text).map(Self::at_or_after)
    }

    /// The first full millisecond at or after `timestamp`.
    pub(crate) fn at_or_after(timestamp: Timestamp) -> Self {
        let ms = i64::from(timestamp.subsec_nanos().div_ceil(1_000_000));
        Self(timestamp.unix_seconds().saturating_mul(1000).saturating_add(ms))
    }

    /// The moment `seconds` later; the far end of time if that overflows.
    #[must_use]
    pub fn plus_seconds(self, seconds: u64) -> Self {
        let ms = i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1000);
        Self(self.0.saturating_add(ms))
    }

    /// The moment `ms` milliseconds later.
    #[must_use]
    pub fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }
}

/// ISO 8601 with milliseconds in UTC, `2026-01-31T12:00:00.123Z`, as the context object has it.
impl std::fmt::Display for Time {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let moment = jiff::Timestamp::from_millisecond(self.0).unwrap_or_default();
        write!(f, "{moment:.3}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_written_with_milliseconds() {
        assert_eq!(Time(1_700_000_000_120).to_string(), "2023-11-14T22:13:20.120Z");
        assert_eq!(Time(0).plus_seconds(u64::MAX).0, i64::MAX);
    }
}
