//! Medians, and how sure one can be of their ratio.

use fastrand::Rng;

/// How often rounds are drawn again.
const DRAWS: usize = 5_000;
/// Fewer rounds than that say nothing about how much they differ.
pub(crate) const FEWEST_ROUNDS: usize = 3;

/// A ratio of medians, and between which ratios the true one lies with a probability of 95 %.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Ratio {
    pub(crate) middle: f64,
    /// None with too few rounds.
    pub(crate) interval: Option<(f64, f64)>,
}

/// The value that `percent` of a hundred are not above.
pub(crate) fn rank(mut values: Vec<f64>, percent: usize) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let last = values.len().checked_sub(1)?;
    Some(values[(last * percent).div_ceil(100)])
}

pub(crate) fn median(values: Vec<f64>) -> Option<f64> {
    rank(values, 50)
}

/// The ratio of the median of `new` to that of `old`; a percentile bootstrap.
///
/// What is drawn again are rounds. Executions of the same round share the state that the machine is
/// in, so drawing those would make the interval far too narrow. The draws are the same every time.
pub(crate) fn ratio(old: &[f64], new: &[f64]) -> Option<Ratio> {
    let of = |old: Vec<f64>, new: Vec<f64>| {
        let old = median(old).filter(|old| *old > 0.0)?;
        Some(median(new)? / old)
    };
    let middle = of(old.to_vec(), new.to_vec())?;
    if old.len().min(new.len()) < FEWEST_ROUNDS {
        return Some(Ratio { middle, interval: None });
    }
    let mut random = Rng::with_seed(1);
    let mut draw =
        |from: &[f64]| from.iter().map(|_| from[random.usize(..from.len())]).collect::<Vec<_>>();
    let mut ratios: Vec<f64> = (0..DRAWS).filter_map(|_| of(draw(old), draw(new))).collect();
    ratios.sort_by(f64::total_cmp);
    let at = |thousandth: usize| ratios.get((ratios.len().checked_sub(1)?) * thousandth / 1000);
    let interval = at(25).zip(at(975)).map(|(low, high)| (*low, *high));
    Some(Ratio { middle, interval })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_values_of_the_sample() {
        assert_eq!(median(vec![9.0, 1.0, 5.0]), Some(5.0));
        assert_eq!(rank((0..=100).rev().map(f64::from).collect(), 99), Some(99.0));
        assert_eq!(median(Vec::new()), None);
    }

    #[test]
    fn an_interval_holds_what_rounds_differ_by() {
        let old = [10.0, 11.0, 10.5, 10.2, 10.8];
        let same = ratio(&old, &old).unwrap();
        let (low, high) = same.interval.unwrap();
        assert!(low < 1.0 && 1.0 < high, "{same:?}");
        let twice = ratio(&old, &old.map(|value| value * 2.0)).unwrap();
        let (low, high) = twice.interval.unwrap();
        assert!(1.8 < low && high < 2.2, "{twice:?}");
        assert_eq!(ratio(&old[..2], &old).unwrap().interval, None);
        assert_eq!(ratio(&[0.0; 5], &old), None);
    }
}
