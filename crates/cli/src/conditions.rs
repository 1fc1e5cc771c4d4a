//! From what was typed to the conditions of an execution.

use std::path::Path;

use faastlane_asl::{Callee, Kind, StateMachine, Task};
use faastlane_container::{Conditions, Ids};
use faastlane_engine::Mocks;
use faastlane_testing::mocks::MockFile;

use crate::Error;
use crate::args::ConditionArgs;

impl ConditionArgs {
    /// The mocks that were asked for.
    pub(crate) fn mocks(&self, name: &str, machine: &StateMachine) -> Result<Mocks, Error> {
        match (&self.mock, &self.case) {
            (Some(file), Some(case)) => from_file(file, case, name, machine),
            _ => Ok(Mocks::default()),
        }
    }

    /// All but the mocks.
    pub(crate) fn read(&self) -> Conditions {
        let Self { wait_scale, seed, now, .. } = self;
        let wait_scale = wait_scale.unwrap_or_default();
        Conditions { wait_scale, now: *now, seed: *seed, ..Conditions::default() }
    }

    /// Where names of executions and their seeds come from.
    pub(crate) fn ids(&self) -> Ids {
        self.seed.map_or_else(Ids::random, Ids::seeded)
    }
}

/// The mocks of a test case in a file of Step Functions Local.
pub(crate) fn from_file(
    file: &Path,
    case: &str,
    name: &str,
    machine: &StateMachine,
) -> Result<Mocks, Error> {
    let shown = file.display();
    let text = std::fs::read_to_string(file)
        .map_err(|error| Error::Invalid(format!("cannot read the mocks {shown}: {error}")))?;
    let mocks = MockFile::parse(&text).and_then(|mocks| mocks.case(name, case, machine));
    mocks.map_err(|error| Error::Invalid(format!("{shown}:{error}")))
}

/// Whether the function that stands at `location`, a JSON pointer, is only called by mocked states.
pub(crate) fn is_mocked(location: &str, machine: &StateMachine, mocks: &Mocks) -> bool {
    let named = machine.functions.iter().position(|function| function.location == location);
    let calls = |task: &Task| named.is_some_and(|place| task.callee == Callee::Named(place));
    machine.states.iter().any(|state| match &state.kind {
        Kind::Task(task) => calls(task) && mocks.has(&state.name),
        _ => false,
    })
}
