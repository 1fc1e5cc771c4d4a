//! One case: contenders that do the same work, measured in turns.

use std::time::Duration;

use anyhow::Context;

use crate::host;

/// Something that can be measured again and again.
pub(crate) trait Subject {
    /// Works for about `budget`, at least once; gives a sample for each unit of work.
    fn measure(&mut self, budget: Duration) -> anyhow::Result<Vec<f64>>;
}

/// A subject, what it is called in the table, and what is hoped for.
pub(crate) struct Contender {
    name: &'static str,
    goal: &'static str,
    subject: Box<dyn Subject>,
}

impl Contender {
    pub(crate) fn new(name: &'static str, subject: impl Subject + 'static) -> Self {
        Self { name, goal: "", subject: Box::new(subject) }
    }

    /// The goal as text: nobody is judged here.
    pub(crate) fn goal(self, goal: &'static str) -> Self {
        Self { goal, ..self }
    }
}

/// Contenders that do the same work. They are made when their turn comes, and are gone before the
/// next case, so that no idle process of theirs is in its way.
pub(crate) struct Case {
    /// `group/work`.
    pub(crate) name: String,
    /// What a sample counts.
    pub(crate) unit: Unit,
    /// Whether all stay on one processor.
    pub(crate) pinned: bool,
    /// Makes the contenders; of several, the last one is the baseline. None of them: the case is
    /// left out.
    pub(crate) contenders: Box<dyn FnOnce() -> anyhow::Result<Vec<Contender>>>,
}

/// What a sample counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Unit {
    Nanoseconds,
    Bytes,
    /// How many times as fast.
    Times,
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
    pub(crate) unit: Unit,
    pub(crate) contenders: Vec<ContenderResult>,
}

/// The rounds of one contender.
#[derive(Debug, serde::Serialize)]
pub(crate) struct ContenderResult {
    pub(crate) name: &'static str,
    pub(crate) goal: &'static str,
    pub(crate) rounds: Vec<Round>,
}

/// The samples of one round, in the unit of their case.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub(crate) struct Round {
    pub(crate) samples: usize,
    pub(crate) min: f64,
    pub(crate) median: f64,
    pub(crate) p99: f64,
}

impl Case {
    /// Whether one of the filters fits, if there are any.
    pub(crate) fn matches(&self, filters: &[String]) -> bool {
        filters.is_empty() || filters.iter().any(|text| self.name.contains(text))
    }

    /// Warms every contender up and then lets them take turns.
    pub(crate) fn measure(
        self,
        effort: Effort,
        processors: &host::Processors,
    ) -> anyhow::Result<CaseResult> {
        let Self { name, unit, pinned, contenders } = self;
        let measure = || {
            // Before the contenders are made: processes that they start inherit it.
            processors.use_one(pinned)?;
            let mut contenders = contenders()?;
            for contender in &mut contenders {
                contender.measure(effort.budget)?;
            }
            let mut results: Vec<_> = contenders
                .iter()
                .map(|Contender { name, goal, .. }| ContenderResult {
                    name,
                    goal,
                    rounds: Vec::new(),
                })
                .collect();
            for _ in 0..effort.rounds {
                for (contender, result) in contenders.iter_mut().zip(&mut results) {
                    result.rounds.push(Round::of(contender.measure(effort.budget)?));
                }
            }
            anyhow::Ok(results)
        };
        let contenders = measure().with_context(|| format!("cannot measure {name}"))?;
        Ok(CaseResult { name, unit, contenders })
    }
}

impl Contender {
    fn measure(&mut self, budget: Duration) -> anyhow::Result<Vec<f64>> {
        self.subject.measure(budget).with_context(|| self.name)
    }
}

impl CaseResult {
    /// How many times the baseline each contender but the baseline takes: the median over the rounds,
    /// each of which compares neighbours in time.
    pub(crate) fn ratios(&self) -> Vec<Option<f64>> {
        let Some((baseline, others)) = self.contenders.split_last() else { return Vec::new() };
        let ratio = |contender: &ContenderResult| {
            let rounds = contender.rounds.iter().zip(&baseline.rounds);
            Some(middle(rounds.map(|(ours, baseline)| ours.median / baseline.median).collect()))
        };
        others.iter().map(ratio).chain([None]).collect()
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
            goal: "",
            rounds: medians.map(|median| Round { samples: 1, min: 0.0, median, p99: 0.0 }).into(),
        };
        // The machine was slow for all in the second round.
        let contenders = [[3.0, 40.0, 2.0], [0.5, 10.0, 0.5], [1.0, 20.0, 1.0]];
        let contenders = contenders.map(contender).into();
        let mut result = CaseResult { name: String::new(), unit: Unit::Nanoseconds, contenders };
        assert_eq!(result.ratios(), [Some(2.0), Some(0.5), None]);
        result.contenders.truncate(1);
        assert_eq!(result.ratios(), [None]);
    }
}
