//! The tests of one state machine, one after another in a container.

use std::time::Instant;

use faastlane_asl::StateMachine;
use faastlane_container::process::{Limits, Wanted};
use faastlane_container::{Conditions, EndedCall, Ids, Observer};
use faastlane_engine::{EventKind, HistoryEvent, Mocks};
use faastlane_lanes::FunctionIndex;
use faastlane_testing::verdict::Actual;
use faastlane_value::ArcStr;

use super::{Ran, TestFile};
use crate::Error;
use crate::args::SetupArgs;
use crate::commands::run::Ready;
use crate::interrupt::Interrupt;

/// Runs tests of the machine that `setup` means; each is told as it ends.
pub(crate) fn run(
    setup: &SetupArgs,
    tests: &[&TestFile],
    interrupt: &Interrupt,
    mut tell: impl FnMut(&TestFile, Ran),
) -> Result<(), Error> {
    let mut all = Vec::new();
    let ready = Ready::set_up(setup, None, interrupt, |_, name, machine| {
        for test in tests {
            all.push(test.conditions(name, machine)?);
        }
        Ok(everywhere(&all, machine))
    })?;
    let own = ready.own_states();
    let mut containers = ready.containers(Limits::ONE, interrupt)?;
    for (test, conditions) in tests.iter().zip(all) {
        let mut ids = Ids::seeded(conditions.seed.unwrap_or_default());
        let mut job = ready.job(&mut ids, Wanted::Events);
        (job.input, job.conditions) = (test.input.clone(), conditions);
        let watch = Watch::new(ready.names());
        let seen = watch.seen.clone();
        let began = Instant::now();
        let outcome = containers.run(job, watch)?;
        interrupt.check()?;
        let seen = std::mem::take(&mut *seen.borrow_mut());
        let states = seen.states.into_iter().filter(|name| own.contains(name)).collect();
        let actual = Actual::new(outcome, states);
        let differences = actual.differences(&test.case.expected);
        let (took, logs) = (began.elapsed(), seen.logs);
        tell(test, Ran { actual, differences, took, logs });
    }
    Ok(())
}

/// The states that all tests mock: functions that only these call are not needed.
fn everywhere(all: &[Conditions], machine: &StateMachine) -> Mocks {
    let mut mocks = all.first().map(|first| first.mocks.clone()).unwrap_or_default();
    for state in &machine.states {
        if !all.iter().all(|conditions| conditions.mocks.has(&state.name)) {
            mocks.remove(&state.name);
        }
    }
    mocks
}

/// What is noticed of an execution.
struct Watch<'a> {
    /// The functions' names, by their index.
    names: &'a [String],
    seen: std::rc::Rc<std::cell::RefCell<Seen>>,
}

#[derive(Default)]
struct Seen {
    states: Vec<ArcStr>,
    logs: String,
}

impl<'a> Watch<'a> {
    fn new(names: &'a [String]) -> Self {
        Self { names, seen: std::rc::Rc::default() }
    }
}

impl Observer for Watch<'_> {
    fn recorded(&mut self, event: HistoryEvent, _: Instant) {
        if let EventKind::StateEntered { name, .. } = event.kind {
            self.seen.borrow_mut().states.push(name);
        }
    }

    fn wrote(&mut self, function: FunctionIndex, text: &str) {
        let name = &self.names[function.0];
        let logs = &mut self.seen.borrow_mut().logs;
        // Lambda keeps a record together by carriage returns.
        let lines = text.lines().flat_map(|line| line.split('\r'));
        lines.for_each(|line| *logs += &format!("[{name}] {line}\n"));
    }

    fn called(&mut self, _: EndedCall) {}
}
