//! How many processors a computing program really gets.
//!
//! The system's own number knows nothing of the quota of a control group or of neighbours, so threads
//! compute and what they get done together is compared with what one gets done (section 4.1 of the
//! paper). Each round is longer than the 100 ms in which the kernel counts quotas.

use std::hint::black_box;
use std::time::{Duration, Instant};

use crate::profile::Scaling;

const ROUND: Duration = Duration::from_millis(220);
const ROUNDS: usize = 3;
/// Steps between two looks at the clock.
const STEPS: u64 = 20_000;

/// Throughput of 1, 2, 4, … and `most` threads, as multiples of that of one. The best of some rounds
/// counts: who disturbs only now and then is no smaller container.
pub(crate) fn scaling(most: usize) -> Vec<Scaling> {
    let doubled = std::iter::successors(Some(1), |threads| Some(threads * 2));
    let counts: Vec<usize> = doubled.take_while(|threads| *threads < most).chain([most]).collect();
    let mut best = vec![0.0_f64; counts.len()];
    for _ in 0..ROUNDS {
        for (best, threads) in best.iter_mut().zip(&counts) {
            *best = throughput(*threads).max(*best);
        }
    }
    let times = best.iter().map(|done| done / best[0]);
    counts.iter().zip(times).map(|(threads, times)| Scaling { threads: *threads, times }).collect()
}

/// The number of processors that this scaling shows.
pub(crate) fn usable(scaling: &[Scaling]) -> usize {
    let best = scaling.iter().map(|scaling| scaling.times).fold(1.0, f64::max);
    let threads = scaling.iter().map(|scaling| scaling.threads).max().unwrap_or(1);
    (1..=threads).rev().find(|count| faastlane_plan::as_f64(*count) <= best + 0.5).unwrap_or(1)
}

/// Processes that ran on average in the last minute; 0 where nobody says.
pub(crate) fn load() -> f64 {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or_default()
}

/// Steps that so many threads do in a round, in all.
fn throughput(threads: usize) -> f64 {
    let until = Instant::now() + ROUND;
    let work = || {
        let (mut done, mut state) = (0_u32, 1_u64);
        while Instant::now() < until {
            for _ in 0..STEPS {
                state = black_box(state.wrapping_mul(6_364_136_223_846_793_005).rotate_left(17));
            }
            done += 1;
        }
        done
    };
    std::thread::scope(|scope| {
        let started: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        started.into_iter().map(|thread| f64::from(thread.join().unwrap_or(0))).sum()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processors_are_counted_by_what_they_get_done() {
        let check = |times: &[(usize, f64)], expected| {
            let scaling: Vec<_> = times
                .iter()
                .map(|(threads, times)| Scaling { threads: *threads, times: *times })
                .collect();
            assert_eq!(usable(&scaling), expected, "{times:?}");
        };
        check(&[(1, 1.0)], 1);
        check(&[(1, 1.0), (2, 1.9)], 2);
        check(&[(1, 1.0), (2, 1.2)], 1);
        check(&[(1, 1.0), (2, 2.0), (4, 2.1), (8, 2.0)], 2);
        check(&[(1, 1.0), (2, 2.3)], 2);
        check(&[], 1);
    }

    #[test]
    fn one_thread_is_the_measure() {
        let scaling = scaling(1);
        assert_eq!(scaling, [Scaling { threads: 1, times: 1.0 }]);
    }
}
