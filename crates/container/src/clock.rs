//! Moments that two processes of one machine agree on.
//!
//! An `Instant` has no number of its own. `CLOCK_MONOTONIC`, which it stands for on Linux, counts the
//! same nanoseconds in every process, so both sides pin one `Instant` to it and count from there.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// One moment, on both clocks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    instant: Instant,
    since_boot: Duration,
}

impl Clock {
    pub(crate) fn new() -> Self {
        let now = clock_gettime(ClockId::Monotonic);
        let seconds = u64::try_from(now.tv_sec).unwrap_or_default();
        let nanoseconds = u32::try_from(now.tv_nsec).unwrap_or_default();
        Self { instant: Instant::now(), since_boot: Duration::new(seconds, nanoseconds) }
    }

    /// The time since the system's start at which `moment` is.
    pub(crate) fn since_boot(&self, moment: Instant) -> Duration {
        match moment.checked_duration_since(self.instant) {
            Some(later) => self.since_boot.saturating_add(later),
            None => self.since_boot.saturating_sub(self.instant - moment),
        }
    }

    /// The moment that is so long after the system's start.
    pub(crate) fn instant(&self, since_boot: Duration) -> Instant {
        let moment = match since_boot.checked_sub(self.since_boot) {
            Some(later) => self.instant.checked_add(later),
            None => self.instant.checked_sub(self.since_boot - since_boot),
        };
        moment.unwrap_or(self.instant)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_survives_the_way_there_and_back() {
        let clock = Clock::new();
        for moment in [clock.instant, clock.instant + Duration::from_nanos(1_234_567_891)] {
            assert_eq!(clock.instant(clock.since_boot(moment)), moment);
        }
        let earlier = clock.instant - Duration::from_micros(5);
        assert_eq!(clock.instant(clock.since_boot(earlier)), earlier);
        assert_eq!(clock.instant(Duration::MAX), clock.instant, "a lie is no reason to panic");
    }
}
