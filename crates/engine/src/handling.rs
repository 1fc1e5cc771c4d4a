//! What becomes of a state that failed: `Retry`, `Catch`, or the end of its flow.

use faastlane_asl::{Catcher, Handling, Language, Next, Retrier};
use faastlane_frame::Data;

use crate::action::TimerId;
use crate::expressions::Seen;
use crate::failure::Failure;
use crate::flow::{FlowId, Phase};
use crate::turn::{Exit, Turn};
use crate::{Action, EventKind};

impl Turn<'_> {
    /// Handles the failure of a flow's state: tries it again, goes on at a catcher, or ends the flow.
    ///
    /// `ending` is recorded if the state is not tried again: a Parallel or Map state that had begun
    /// says that it failed.
    pub(crate) fn state_failed(&mut self, id: FlowId, failure: Failure, ending: Option<EventKind>) {
        let handling = self.state(id).kind.handling();
        if let Some(handling) = handling
            && self.retry(id, handling, &failure)
        {
            return;
        }
        if let Some(ending) = ending {
            self.record(id, ending);
        }
        let catcher = handling.and_then(|handling| {
            let mut catchers = handling.catch.iter().enumerate();
            catchers.find(|(_, catcher)| failure.is_named_in(&catcher.error_equals))
        });
        match catcher {
            Some((at, catcher)) => {
                self.inspect_catch(at, &failure);
                self.catch(id, catcher, &failure);
            }
            None => self.flow_failed(id, failure),
        }
    }

    /// Starts the clock of the next try, if the first matching retrier has one left.
    fn retry(&mut self, id: FlowId, handling: &Handling, failure: &Failure) -> bool {
        let matching = |retrier: &Retrier| failure.is_named_in(&retrier.error_equals);
        let Some(at) = handling.retry.iter().position(matching) else { return false };
        let retrier = &handling.retry[at];
        let given = self.progress.inspection.as_ref().map(|inspection| inspection.retried);
        let flow = self.progress.flow_mut(id);
        flow.retried.resize(handling.retry.len(), 0);
        let retried = given.unwrap_or(flow.retried[at]);
        let left = retried < retrier.max_attempts;
        let delay_ms = delay_ms(retrier, retried);
        self.inspect_retry(at, left.then_some(delay_ms), failure);
        if !left {
            return false;
        }
        let flow = self.progress.flow_mut(id);
        flow.retried[at] += 1;
        flow.retry_count += 1;
        let delay_ms =
            if retrier.full_jitter { self.progress.random.up_to(delay_ms) } else { delay_ms };
        let timer = TimerId(self.progress.ticket(id));
        self.discard_stopped(id);
        self.progress.flow_mut(id).phase = Phase::Backoff(timer);
        self.actions.push(Action::StartTimer(timer, self.now.plus_ms(delay_ms)));
        true
    }

    fn catch(&mut self, id: FlowId, catcher: &Catcher, failure: &Failure) {
        match self.caught(id, catcher, &failure.to_value().into()) {
            Ok(exit) => {
                self.discard_stopped(id);
                self.exit(id, exit);
            }
            Err(failure) => self.flow_failed(id, failure),
        }
    }

    /// How a state is left whose error is caught.
    fn caught(&mut self, id: FlowId, catcher: &Catcher, error: &Data) -> Result<Exit, Failure> {
        let seen = Seen::error_output(error);
        let assigned = self.assigned(id, catcher.assign.as_ref(), seen)?;
        let output = match (&self.state(id).language, &catcher.output) {
            (Language::JsonPath { .. }, _) => {
                let input = &self.progress.flow(id).input;
                self.place_result(id, &catcher.result_path, input, error.clone())?
            }
            (Language::Jsonata { .. }, None) => error.clone(),
            (Language::Jsonata { .. }, Some(output)) => {
                self.evaluate_jsonata(id, "Output", output, seen)?
            }
        };
        Ok(Exit { output, assigned, next: Next::State(catcher.next) })
    }
}

/// The delay before the retry that follows `retried` earlier ones.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "a delay is rounded to milliseconds and capped far below 2^53"
)]
fn delay_ms(retrier: &Retrier, retried: u64) -> i64 {
    const CAP_SECONDS: f64 = 99_999_999.0;
    let exponent = i32::try_from(retried).unwrap_or(i32::MAX);
    // Capped before it is multiplied: an infinite factor would make no number of an interval of 0.
    let factor = retrier.backoff_rate.powi(exponent).min(CAP_SECONDS);
    let seconds = retrier.interval_seconds as f64 * factor;
    let cap = retrier.max_delay_seconds.map_or(CAP_SECONDS, |max| max as f64);
    (seconds.min(cap) * 1000.0).round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_up_to_the_cap() {
        let retrier = |backoff_rate, max_delay_seconds| Retrier {
            error_equals: Vec::new(),
            interval_seconds: 2,
            max_attempts: 9,
            backoff_rate,
            max_delay_seconds,
            full_jitter: false,
        };
        assert_eq!(delay_ms(&retrier(1.5, None), 0), 2000);
        assert_eq!(delay_ms(&retrier(1.5, None), 2), 4500);
        assert_eq!(delay_ms(&retrier(2.0, Some(5)), 3), 5000);
        assert_eq!(delay_ms(&retrier(9.0, None), u64::MAX), 99_999_999_000);
        let at_once = Retrier { interval_seconds: 0, ..retrier(2.0, None) };
        assert_eq!(delay_ms(&at_once, 5_000), 0);
    }
}
