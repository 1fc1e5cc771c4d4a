//! Random machines, driven at random.
//!
//! Machines, drivers and mistakes are drawn from fixed seeds: a failure comes back on every run, and
//! its message holds the definition. `FAASTLANE_SLOW_TESTS=1` draws many more. The road not taken is
//! a library that shrinks what fails: definitions this small are read as they are.

mod definition;
mod drive;
mod mutation;

use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;

use faastlane_asl::{MachineType, Severity, StateMachine};
use faastlane_engine::Outcome;
use faastlane_value::{json, located};
use fastrand::Rng;

/// How many machines are drawn.
fn count(few: u64) -> u64 {
    if std::env::var_os("FAASTLANE_SLOW_TESTS").is_some() { few * 20 } else { few }
}

/// Runs `test` for many seeds; of one that panics it shows the definition.
fn for_each(few: u64, draw: fn(&mut Rng) -> String, mut test: impl FnMut(&str, u64)) {
    for seed in 0..count(few) {
        let definition = draw(&mut Rng::with_seed(seed));
        let run = panic::catch_unwind(AssertUnwindSafe(|| test(&definition, seed)));
        assert!(run.is_ok(), "seed {seed}: {definition}");
    }
}

/// The machine that a text holds. Where there is none, it must say why, and where.
fn read(text: &str) -> Option<Arc<StateMachine>> {
    let node = located::parse(text).ok()?;
    let (machine, diagnostics) = faastlane_asl::read(&node, MachineType::Standard);
    let errors = diagnostics.iter().filter(|found| found.severity == Severity::Error).count();
    assert_eq!(machine.is_none(), errors > 0, "{diagnostics:?}");
    let lines: Vec<usize> = text.lines().map(|line| line.chars().count()).collect();
    for diagnostic in &diagnostics {
        let line = lines[diagnostic.place.line as usize - 1];
        assert!((1..=line + 1).contains(&(diagnostic.place.column as usize)), "{diagnostic}");
    }
    machine.map(Arc::new)
}

fn drive(machine: &Arc<StateMachine>, seed: u64) -> Outcome {
    let input = definition::input(&mut Rng::with_seed(seed));
    let input = json::parse(input.as_bytes()).expect("inputs are JSON");
    drive::drive(machine, input, seed)
}

#[test]
fn right_machines_keep_the_rules() {
    let mut endings = [0; 4];
    for_each(8_000, definition::definition, |definition, seed| {
        let machine = read(definition).expect("it is right by construction");
        let ending = match drive(&machine, seed) {
            Outcome::Succeeded(_) => 0,
            Outcome::Failed { .. } => 1,
            Outcome::TimedOut { .. } => 2,
            Outcome::Aborted { .. } => 3,
        };
        endings[ending] += 1;
    });
    assert!(endings.iter().all(|count| *count > 20), "some ending is hardly met: {endings:?}");
}

#[test]
fn machines_with_mistakes_are_refused_or_keep_the_rules() {
    let draw = |random: &mut Rng| mutation::mutated(&definition::definition(random), random);
    let mut accepted = 0;
    for_each(16_000, draw, |definition, seed| {
        if let Some(machine) = read(definition) {
            accepted += 1;
            drive(&machine, seed);
        }
    });
    assert!(accepted > 400, "the mistakes leave hardly any machine: {accepted}");
}
