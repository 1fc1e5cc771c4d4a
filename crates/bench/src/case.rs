//! One case: contenders that do the same work, measured in turns.

use std::time::Duration;

use anyhow::Context;

/// Something that can be measured again and again.
pub(crate) trait Subject {
    /// Works for about `budget`, at least once; gives the nanoseconds of each state or hop.
    fn measure(&mut self, budget: Duration) -> anyhow::Result<Vec<f64>>;
}

/// A subject and what it is called in the table.
pub(crate) type Contender = (&'static str, Box<dyn Subject>);

/// Contenders that do the same work. They are made when their turn comes, and are gone before the
/// next case, so that no idle process of theirs is in its way.
pub(crate) struct Case {
    /// `group/work`.
    pub(crate) name: String,
    /// Makes the contenders; of several, the last one is the baseline.
    pub(crate) contenders: Box<dyn FnOnce() -> anyhow::Result<Vec<Contender>>>,
}

/// How long to measure.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Effort {
    rounds: usize,
    /// Time for each contender in each round.
    budget: Duration,
}

impl Effort {
    pub(crate) const FULL: Self = Self { rounds: 9, budget: Duration::from_millis(150) };
    pub(crate) const QUICK: Self = Self { rounds: 1, budget: Duration::from_millis(1) };
}

/// What came out for a case.
#[derive(Debug, serde::Serialize)]
pub(crate) struct CaseResult {
    pub(crate) name: String,
    pub(crate) contenders: Vec<ContenderResult>,
}

/// The rounds of one contender.
#[derive(Debug, serde::Serialize)]
pub(crate) struct ContenderResult {
    pub(crate) name: &'static str,
    pub(crate) rounds: Vec<Round>,
}

/// The samples of one round; times in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub(crate) struct Round {
    pub(crate) samples: usize,
    pub(crate) min: f64,
    pub(crate) median: f64,
    pub(crate) p99: f64,
}

impl Case {
    pub(crate) fn matches(&self, filter: Option<&str>) -> bool {
        filter.is_none_or(|text| self.name.contains(text))
    }

    /// Warms every contender up and then lets them take turns.
    pub(crate) fn measure(self, effort: Effort) -> anyhow::Result<CaseResult> {
        let Self { name, contenders } = self;
        let measure = || {
            let mut contenders = contenders()?;
            for (_, subject) in &mut contenders {
                subject.measure(effort.budget)?;
            }
            let mut results: Vec<_> = contenders
                .iter()
                .map(|(name, _)| ContenderResult { name, rounds: Vec::new() })
                .collect();
            for _ in 0..effort.rounds {
                for ((_, subject), result) in contenders.iter_mut().zip(&mut results) {
                    result.rounds.push(Round::of(subject.measure(effort.budget)?));
                }
            }
            anyhow::Ok(results)
        };
        let contenders = measure().with_context(|| format!("cannot measure {name}"))?;
        Ok(CaseResult { name, contenders })
    }
}

impl CaseResult {
    /// How many times the baseline the first contender takes: the median over the rounds, each of
    /// which compares neighbours in time.
    pub(crate) fn ratio(&self) -> Option<f64> {
        let [ours, .., baseline] = self.contenders.as_slice() else { return None };
        let rounds = ours.rounds.iter().zip(&baseline.rounds);
        Some(middle(rounds.map(|(ours, baseline)| ours.median / baseline.median).collect()))
    }
}

impl ContenderResult {
    /// The median over the rounds of what `part` takes from each.
    pub(crate) fn median_of(&self, part: impl Fn(&Round) -> f64) -> f64 {
        middle(self.rounds.iter().map(part).collect())
    }
}

impl Round {
    fn of(mut samples: Vec<f64>) -> Self {
        samples.sort_by(f64::total_cmp);
        let rank = |percent: usize| samples[(samples.len() - 1) * percent / 100];
        Self { samples: samples.len(), min: rank(0), median: rank(50), p99: rank(99) }
    }
}

fn middle(values: Vec<f64>) -> f64 {
    Round::of(values).median
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_keeps_ranks() {
        let check = |samples: &[f64], min, median, p99| {
            let expected = Round { samples: samples.len(), min, median, p99 };
            assert_eq!(Round::of(samples.to_vec()), expected);
        };
        check(&[3.0], 3.0, 3.0, 3.0);
        check(&[9.0, 1.0, 5.0], 1.0, 5.0, 5.0);
        let hundred: Vec<f64> = (0..=100).rev().map(f64::from).collect();
        check(&hundred, 0.0, 50.0, 99.0);
    }

    #[test]
    fn a_ratio_compares_neighbours_in_time() {
        let contender = |medians: [f64; 3]| ContenderResult {
            name: "",
            rounds: medians.map(|median| Round { samples: 1, min: 0.0, median, p99: 0.0 }).into(),
        };
        // The machine was slow for both in the second round.
        let contenders = vec![contender([3.0, 40.0, 2.0]), contender([1.0, 20.0, 1.0])];
        let mut result = CaseResult { name: String::new(), contenders };
        assert_eq!(result.ratio(), Some(2.0));
        result.contenders.pop();
        assert_eq!(result.ratio(), None);
    }
}
