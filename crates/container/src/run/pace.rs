//! The time of an execution and its timers: real, or as a test wants it.
//!
//! With `--wait-scale` a wait is over sooner than its time has come. The execution's time then moves on to
//! the end of the wait, as if it had been waited for: a workflow that waits until a moment and then asks
//! whether it has come gets the answer that it gets on AWS, and histories look alike. The other way,
//! a time that stays real, would let such workflows wait for ever.
//!
//! Where waiting takes no time at all, the next wait is over when nothing else runs: calls that run
//! beside a wait end before it, as they mostly do in real life, unless they take longer than the wait does there.

use std::collections::HashMap;
use std::time::{Duration, Instant, SystemTime};

use faastlane_engine::{Time, TimerId};

use super::WaitScale;
use crate::timers::Timers;

/// The clock and the timers of one execution.
#[derive(Debug, Default)]
pub struct Pace {
    scale: WaitScale,
    /// How many milliseconds the execution's time is ahead of the real one.
    ahead_ms: i64,
    /// Timers by their real time.
    timers: Timers,
    /// Waits that take another time than in real life: by their ends in the execution's time where they
    /// take none, else by when they are over.
    waits: Timers,
    ends: HashMap<TimerId, End>,
}

/// When a wait ends.
#[derive(Debug, Clone, Copy)]
struct End {
    /// In the execution's time.
    at: Time,
    /// In real time, at the latest.
    real: Time,
}

impl Pace {
    /// The pace of an execution whose time is `now`; the real one without it.
    #[must_use]
    pub fn new(scale: WaitScale, now: Option<Time>) -> Self {
        let ahead_ms = now.map_or(0, |now| now.0.saturating_sub(real_now().0));
        Self { scale, ahead_ms, ..Self::default() }
    }

    /// The execution's time.
    #[must_use]
    pub fn now(&self) -> Time {
        real_now().plus_ms(self.ahead_ms)
    }

    /// Starts a timer; `is_wait` says that it only waits.
    pub fn start(&mut self, timer: TimerId, at: Time, is_wait: bool) {
        if !is_wait || self.scale.is_real() {
            return self.timers.start(timer, at.plus_ms(self.ahead_ms.saturating_neg()));
        }
        let now = real_now();
        let length_ms = at.0.saturating_sub(now.plus_ms(self.ahead_ms).0).max(0);
        let (key, real) = if self.scale.is_zero() {
            (at, now.plus_ms(length_ms))
        } else {
            let real = now.plus_ms(self.scale.of(length_ms));
            (real, real)
        };
        self.waits.start(timer, key);
        self.ends.insert(timer, End { at, real });
    }

    /// Takes a timer back.
    pub fn cancel(&mut self, timer: TimerId) {
        match self.ends.remove(&timer) {
            Some(_) => self.waits.cancel(timer),
            None => self.timers.cancel(timer),
        }
    }

    /// Takes the next timer if its time has come. `idle` says that nothing else runs.
    pub fn pop_due(&mut self, idle: bool) -> Option<TimerId> {
        let now = real_now();
        if let Some(timer) = self.timers.pop_due(now) {
            return Some(timer);
        }
        let End { at, real } = *self.ends.get(&self.waits.first()?)?;
        if real > now && !(idle && self.scale.is_zero()) {
            return None;
        }
        self.ahead_ms = self.ahead_ms.max(at.0.saturating_sub(now.0));
        let timer = self.waits.pop_due(Time(i64::MAX))?;
        self.ends.remove(&timer);
        Some(timer)
    }

    /// When there is something to do next.
    #[must_use]
    pub fn next(&self) -> Option<Instant> {
        let wait = self.waits.first().and_then(|timer| self.ends.get(&timer)).map(|end| end.real);
        self.timers.next().into_iter().chain(wait).min().map(instant_of)
    }

    /// All timers that have not fired, with the execution's time at which they do.
    pub fn timers(&self) -> impl Iterator<Item = (TimerId, Time)> {
        let timers = self.timers.iter().map(|(timer, at)| (timer, at.plus_ms(self.ahead_ms)));
        timers.chain(self.ends.iter().map(|(timer, end)| (*timer, end.at)))
    }
}

fn real_now() -> Time {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Time(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// The instant of a time, a little later rather than earlier.
fn instant_of(time: Time) -> Instant {
    let wait_ms = time.0.saturating_sub(real_now().0).max(0).unsigned_abs();
    let wait = Duration::from_millis(wait_ms);
    // A time beyond what an Instant can hold is waited for in steps.
    Instant::now().checked_add(wait).unwrap_or_else(|| Instant::now() + Duration::from_hours(24))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timer(number: u64) -> TimerId {
        TimerId::from_bits(number)
    }

    #[test]
    fn waits_that_take_no_time_end_in_their_order_and_move_the_clock() {
        let start = Time(1_000_000);
        let mut pace = Pace::new(WaitScale::new(0.0).unwrap(), Some(start));
        pace.start(timer(1), start.plus_seconds(600), true);
        pace.start(timer(2), start.plus_seconds(300), true);
        pace.start(timer(3), start.plus_seconds(60), false);
        assert_eq!(pace.pop_due(false), None, "something runs");
        assert_eq!(pace.pop_due(true), Some(timer(2)));
        assert!(pace.now() >= start.plus_seconds(300) && pace.now() < start.plus_seconds(600));
        assert_eq!(pace.pop_due(true), Some(timer(1)));
        assert!(pace.now() >= start.plus_seconds(600));
        assert_eq!(pace.pop_due(true), None, "timeouts are real");
        pace.cancel(timer(3));
        assert_eq!(pace.next(), None);
    }

    #[test]
    fn the_clock_begins_where_it_is_told() {
        let pace = Pace::new(WaitScale::default(), Some(Time(5)));
        assert!(pace.now().0 >= 5 && pace.now() < Time(5).plus_seconds(3600));
        assert_eq!(WaitScale::new(-1.0), None);
        assert_eq!(WaitScale::new(f64::NAN), None);
    }

    #[test]
    fn a_fraction_is_waited_for() {
        let mut pace = Pace::new(WaitScale::new(0.5).unwrap(), None);
        let until = pace.now().plus_seconds(7200);
        pace.start(timer(1), until, true);
        assert_eq!(pace.pop_due(true), None);
        let left = pace.next().unwrap().saturating_duration_since(Instant::now());
        assert!(left <= Duration::from_secs(3601) && left > Duration::from_secs(3500));
        assert_eq!(pace.timers().collect::<Vec<_>>(), [(timer(1), until)]);
    }
}
