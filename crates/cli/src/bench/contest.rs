//! Contenders take turns, so that a slow minute of the machine slows all of them.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use faastlane_container::{EndedCall, Observer};
use faastlane_engine::HistoryEvent;
use faastlane_lanes::FunctionIndex;
use faastlane_results::{Goal, Round, Sample};

use super::usage::Processes;
use crate::Error;
use crate::interrupt::Interrupt;

/// Where nobody is faster with one execution, throughput is left out: it would take minutes and say
/// nothing new.
const LONG: Duration = Duration::from_millis(100);
/// Who takes longer for one execution is left out.
const TOO_LONG: Duration = Duration::from_secs(10);
/// Samples of a round that are kept.
const MOST_SAMPLES: usize = 400;

/// How long to measure.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Effort {
    pub(crate) rounds: usize,
    /// For each half of a round: one by one, and together.
    pub(crate) budget: Duration,
    /// Executions at a time, where they run together.
    pub(crate) at_a_time: usize,
    pub(crate) vcpus: usize,
}

/// A way to run a workload, with all that it needs running.
pub(super) trait Contender {
    /// Runs executions one after another for about `budget`, at least one.
    fn one_by_one(&mut self, budget: Duration) -> Result<Vec<Sample>, Error>;

    /// Runs executions for about `budget`, so many at a time, on so many processors.
    fn together(&mut self, budget: Duration, at_a_time: usize, vcpus: usize) -> Result<Ran, Error>;
}

/// Executions that ran together.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ran {
    pub(super) executions: usize,
    pub(super) took: Duration,
}

/// Starts a contender.
pub(super) type Start<'a> = Box<dyn FnOnce() -> Result<Box<dyn Contender + 'a>, Error> + 'a>;

/// A contender that wants to take part.
pub(super) struct Entry<'a> {
    pub(super) name: String,
    pub(super) goals: Vec<Goal>,
    pub(super) start: Start<'a>,
}

/// One that takes part.
struct Running<'a> {
    name: String,
    goals: Vec<Goal>,
    contender: Box<dyn Contender + 'a>,
    processes: Processes,
    /// What one execution took when all was warm.
    warm: Duration,
    rounds: Vec<Round>,
}

/// What came out: contenders, and those that were left out, each with why.
pub(super) type Results = (Vec<faastlane_results::Contender>, Vec<String>);

/// Starts and warms all, and lets them take turns.
pub(super) fn contest(
    entries: Vec<Entry<'_>>,
    effort: Effort,
    interrupt: &Interrupt,
) -> Result<Results, Error> {
    let (mut all, mut left_out) = (Vec::new(), Vec::new());
    for entry in entries {
        let name = entry.name.clone();
        let started = Running::start(entry);
        interrupt.check()?;
        match started {
            Ok(running) => all.push(running),
            Err(error) => left_out.push(format!("{name}: {error}")),
        }
    }
    let has_throughput = all.iter().any(|running: &Running<'_>| running.warm <= LONG);
    for running in all.iter_mut().filter(|_| has_throughput) {
        let warmed = running.together(running.warm, effort);
        interrupt.check()?;
        warmed?;
    }
    for _ in 0..effort.rounds {
        for running in &mut all {
            let round = running.round(effort, has_throughput);
            interrupt.check()?;
            running.rounds.push(round?);
        }
    }
    let result =
        |Running { name, goals, rounds, .. }| faastlane_results::Contender { name, goals, rounds };
    Ok((all.into_iter().map(result).collect(), left_out))
}

impl<'a> Running<'a> {
    fn start(entry: Entry<'a>) -> Result<Self, Error> {
        let Entry { name, goals, start } = entry;
        let mut processes = Processes::default();
        let (contender, took) = processes.turn(|| {
            let mut contender = start()?;
            // The first one loads everything, the second one tells how long it takes.
            contender.one_by_one(Duration::ZERO)?;
            let began = Instant::now();
            contender.one_by_one(Duration::ZERO)?;
            Ok::<_, Error>((contender, began.elapsed()))
        })?;
        if took > TOO_LONG {
            let seconds = took.as_secs();
            return Err(Error::Invalid(format!(
                "an execution takes {seconds} s, which is too long"
            )));
        }
        Ok(Self { name, goals, contender, processes, warm: took, rounds: Vec::new() })
    }

    fn together(&mut self, budget: Duration, effort: Effort) -> Result<Ran, Error> {
        let Effort { at_a_time, vcpus, .. } = effort;
        self.processes.turn(|| self.contender.together(budget, at_a_time, vcpus))
    }

    fn round(&mut self, effort: Effort, has_throughput: bool) -> Result<Round, Error> {
        let before = self.processes.cpu();
        let samples = self.processes.turn(|| self.contender.one_by_one(effort.budget))?;
        let ran = has_throughput.then(|| self.together(effort.budget, effort)).transpose()?;
        let used = self.processes.cpu().saturating_sub(before);
        let executions = samples.len() + ran.map_or(0, |ran| ran.executions);
        Ok(Round {
            samples: thinned(samples),
            throughput: ran.map(|ran| ran.executions as f64 / ran.took.as_secs_f64()),
            // The kernel's clock ticks; less than some ticks say nothing.
            cpu: (used >= 5 * Processes::cpu_step())
                .then(|| used.as_secs_f64() * 1e6 / executions as f64),
            memory: self.processes.memory(),
        })
    }
}

/// Every n-th of many.
fn thinned(samples: Vec<Sample>) -> Vec<Sample> {
    let step = samples.len().div_ceil(MOST_SAMPLES).max(1);
    samples.into_iter().step_by(step).collect()
}

/// An observer that somebody else looks at, too.
pub(super) struct Shared<T>(pub(super) Rc<RefCell<T>>);

impl<T: Observer> Observer for Shared<T> {
    fn recorded(&mut self, event: HistoryEvent, at: Instant) {
        self.0.borrow_mut().recorded(event, at);
    }

    fn wrote(&mut self, function: FunctionIndex, text: &str) {
        self.0.borrow_mut().wrote(function, text);
    }

    fn called(&mut self, call: EndedCall) {
        self.0.borrow_mut().called(call);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_samples_stay_as_they_are() {
        let sample = Sample { end_to_end: 1.0, functions: 0.0, outside: None, waiting: 0.0 };
        let check = |many, expected| assert_eq!(thinned(vec![sample; many]).len(), expected);
        check(1, 1);
        check(MOST_SAMPLES, MOST_SAMPLES);
        check(MOST_SAMPLES + 1, MOST_SAMPLES / 2 + 1);
        check(10 * MOST_SAMPLES, MOST_SAMPLES);
    }
}
