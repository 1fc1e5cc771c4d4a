//! `faastlane run --repeat`: many executions of one machine with one input.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::time::{Duration, Instant};

use faastlane_container::process::{ExecutionId, Limits, Wanted};
use faastlane_container::{EndedCall, Observer};
use faastlane_engine::{HistoryEvent, Outcome};
use faastlane_lanes::FunctionIndex;

use super::run::Ready;
use crate::args::RunArgs;
use crate::exit::ExitCode;
use crate::interrupt::Interrupt;
use crate::{Error, outcome, print, view};

/// After so many executions a container gives way to a new one: what little leaks, in whatever
/// library, does not add up for ever.
const MOST_EXECUTIONS: u64 = 100_000;

/// Runs them, some at a time, and prints their outputs in the order in which they were started.
pub(super) fn run(args: &RunArgs, interrupt: &Interrupt) -> Result<ExitCode, Error> {
    print::collect();
    let ran = run_all(args, interrupt);
    print::send()?;
    let was_interrupted = interrupt.check().is_err();
    interrupt.let_go();
    match ran {
        _ if was_interrupted => outcome::tell(args.json, Err(Error::Interrupted)),
        Err(error) => outcome::tell(args.json, Err(error)),
        Ok(code) => Ok(code),
    }
}

fn run_all(args: &RunArgs, interrupt: &Interrupt) -> Result<ExitCode, Error> {
    let count = args.repeat.map_or(1, NonZero::get);
    let together = args.concurrency.get();
    let vcpus = std::thread::available_parallelism().map_or(1, NonZero::get);
    let ready = Ready::prepare(args, interrupt)?;
    let limits = Limits {
        vcpus: vcpus.min(together),
        containers: together,
        waiting: together,
        executions: MOST_EXECUTIONS,
    };
    let mut containers = ready.containers(limits, interrupt)?;
    let mut ids = args.conditions.ids();
    let mut started = BTreeMap::new();
    let mut results = Results::new(args.json);
    let began = Instant::now();
    for _ in 0..count {
        if interrupt.check().is_err() {
            break;
        }
        if started.len() == together {
            if !containers.has_ended() {
                print::send()?;
            }
            let (id, result) = containers.wait()?;
            results.add(id, started.remove(&id), result?)?;
        }
        let logs = Logs(ready.names());
        let id = containers.submit(ready.job(&mut ids, Wanted::Nothing), logs)?;
        started.insert(id, Instant::now());
    }
    while !started.is_empty() {
        print::send()?;
        let (id, result) = containers.wait()?;
        results.add(id, started.remove(&id), result?)?;
    }
    results.finish(began.elapsed())
}

/// Shows what functions write, and nothing else.
pub(super) struct Logs<'a>(pub(super) &'a [String]);

impl Observer for Logs<'_> {
    fn recorded(&mut self, _: HistoryEvent, _: Instant) {}

    fn wrote(&mut self, function: FunctionIndex, text: &str) {
        print::log(&self.0[function.0], text);
    }

    fn called(&mut self, _: EndedCall) {}

    fn continued(&mut self, reason: &str) {
        print::continued(reason);
    }
}

/// What came of them.
struct Results {
    json: bool,
    /// Those that ended before an earlier one did.
    early: BTreeMap<ExecutionId, Outcome>,
    printed: u64,
    succeeded: u64,
    /// How many failed with which error.
    failed: BTreeMap<String, u64>,
    took: Vec<Duration>,
}

impl Results {
    fn new(json: bool) -> Self {
        let (early, failed) = (BTreeMap::new(), BTreeMap::new());
        Self { json, early, printed: 0, succeeded: 0, failed, took: Vec::new() }
    }

    fn add(
        &mut self,
        id: ExecutionId,
        started: Option<Instant>,
        outcome: Outcome,
    ) -> Result<(), Error> {
        self.took.extend(started.map(|started| started.elapsed()));
        match &outcome {
            Outcome::Succeeded(_) => self.succeeded += 1,
            Outcome::Failed { error, .. }
            | Outcome::TimedOut { error, .. }
            | Outcome::Aborted { error, .. } => {
                let name = error.as_deref().unwrap_or("no error name");
                *self.failed.entry(name.to_owned()).or_default() += 1;
            }
        }
        self.early.insert(id, outcome);
        while let Some(outcome) = self.early.remove(&ExecutionId(self.printed + 1)) {
            self.printed += 1;
            outcome::tell(self.json, Ok(outcome))?;
        }
        Ok(())
    }

    fn finish(mut self, took: Duration) -> Result<ExitCode, Error> {
        self.took.sort_unstable();
        let count = self.took.len();
        let at = |part: usize| self.took.get((count * part / 100).min(count.saturating_sub(1)));
        let shown = |part| at(part).map_or_else(String::new, |took| view::duration(*took));
        let failed: u64 = self.failed.values().sum();
        let each: Vec<String> = self.failed.iter().map(|(name, n)| format!("{name} {n}")).collect();
        let each = if each.is_empty() { String::new() } else { format!(" ({})", each.join(", ")) };
        let rate = count as f64 / took.as_secs_f64();
        print::info(&format!(
            "{count} executions in {}, {rate:.0} a second: {} succeeded, {failed} failed{each}; \
             median {}, p99 {}",
            view::duration(took),
            self.succeeded,
            shown(50),
            shown(99)
        ));
        Ok(if failed == 0 { ExitCode::Succeeded } else { ExitCode::Failed })
    }
}
