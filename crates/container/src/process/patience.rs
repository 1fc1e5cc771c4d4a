//! When a process that does not go on is given up.

use std::time::{Duration, Instant};

use super::connection::Activity;

/// How long after the moment by which a process wanted to go on it is given up.
const GRACE: Duration = Duration::from_millis(500);
/// How long after that it is looked at again: it may only have waited for a processor.
const AGAIN: Duration = Duration::from_millis(150);

/// What is known of a process that does not go on.
#[derive(Debug, Default)]
pub(super) struct Patience {
    /// By when it wanted to, what it did then, and when that was seen.
    overdue: Option<((Instant, Activity), Instant)>,
}

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Look again then.
    Wait(Option<Instant>),
    /// It does not go on, though it could.
    Stuck,
}

impl Patience {
    /// Looks at a process that said by when it goes on, if it said so.
    pub(super) fn look(
        &mut self,
        now: Instant,
        goes_on_by: Option<Instant>,
        activity: impl FnOnce() -> Activity,
    ) -> Verdict {
        let Some(late) = goes_on_by.map(|by| by + GRACE) else {
            self.overdue = None;
            return Verdict::Wait(None);
        };
        if late > now {
            self.overdue = None;
            return Verdict::Wait(Some(late));
        }
        let seen = (late, activity());
        match self.overdue.replace((seen, now)) {
            Some((before, since)) if now < since + AGAIN => self.overdue = Some((before, since)),
            // It had a processor, or wanted none, and yet did not go on.
            Some((before, _)) if before.0 == seen.0 && seen.1.was_free_since(before.1) => {
                return Verdict::Stuck;
            }
            _ => {}
        }
        Verdict::Wait(Some(now + AGAIN))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_given_up_that_could_go_on_and_does_not() {
        let start = Instant::now();
        let after = |ms| start + Duration::from_millis(ms);
        let rests = || Activity::parse("1 (f) S 1 1 1 0 -1 0 0 0 0 0 3 4");
        let waits = || Activity::parse("1 (f) R 1 1 1 0 -1 0 0 0 0 0 3 4");
        let mut patience = Patience::default();
        let mut look = |ms, by: Option<u64>, activity: fn() -> Activity| {
            patience.look(after(ms), by.map(after), activity)
        };
        assert_eq!(look(0, None, rests), Verdict::Wait(None));
        assert_eq!(look(0, Some(100), rests), Verdict::Wait(Some(after(600))));
        assert_eq!(look(600, Some(100), waits), Verdict::Wait(Some(after(750))));
        assert_eq!(look(750, Some(100), waits), Verdict::Wait(Some(after(900))), "no processor");
        assert_eq!(look(800, Some(100), rests), Verdict::Wait(Some(after(950))), "too early");
        assert_eq!(look(950, Some(100), rests), Verdict::Stuck);
        assert_eq!(look(960, Some(400), rests), Verdict::Wait(Some(after(1110))), "it has gone on");
    }
}
