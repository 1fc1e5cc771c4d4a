//! The example workflows in turn, each with all of its events, as long as there is time; every output is
//! compared with the one written down beside the example.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context;
use serde_json::Value;

use crate::examples::{Case, cases};
use crate::{code, say};

/// Wrong outputs that are shown in full; more are only counted.
const SHOWN: u64 = 5;

#[derive(Default)]
struct Count {
    runs: u64,
    wrong: u64,
    seconds: f64,
}

/// Runs them for so long; tells whether all outputs were right.
pub(crate) fn run(time: Duration, faastlane: Option<&Path>) -> anyhow::Result<bool> {
    let program = code::faastlane(faastlane)?;
    let cases = cases()?;
    let begun = Instant::now();
    let mut counts: BTreeMap<&str, Count> = BTreeMap::new();
    let (mut said, mut wrong) = (Instant::now(), 0);
    for case in cases.iter().cycle() {
        if begun.elapsed() >= time {
            break;
        }
        let started = Instant::now();
        let found = run_one(case, &program)?;
        let count = counts.entry(&case.example).or_default();
        count.runs += 1;
        count.seconds += started.elapsed().as_secs_f64();
        if found != case.expected {
            (count.wrong, wrong) = (count.wrong + 1, wrong + 1);
            if wrong <= SHOWN {
                say(&format!("wrong, {} for {}: {found}", case.example, case.event.display()));
            }
        }
        if said.elapsed() > Duration::from_secs(60) {
            said = Instant::now();
            let runs: u64 = counts.values().map(|count| count.runs).sum();
            say(&format!("{} min: {runs} runs, {wrong} wrong", begun.elapsed().as_secs() / 60));
        }
    }
    let mut out = std::io::stdout().lock();
    writeln!(out, "| example | runs | wrong outputs | ms a run |\n| --- | ---: | ---: | ---: |")?;
    for (example, Count { runs, wrong, seconds }) in counts {
        writeln!(out, "| {example} | {runs} | {wrong} | {:.0} |", seconds * 1e3 / runs as f64)?;
    }
    Ok(wrong == 0)
}

/// What `faastlane run --json` says.
fn run_one(case: &Case, program: &Path) -> anyhow::Result<Value> {
    let mut command = Command::new(program);
    command.arg("run").arg(&case.folder).args(["--quiet", "--json", "--input"]).arg(&case.event);
    if let Some(machine) = &case.machine {
        command.args(["--machine", machine]);
    }
    let output = command.stdin(Stdio::null()).output().context("cannot start faastlane")?;
    let said = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout)
        .with_context(|| format!("{} ended with {}: {said}", case.example, output.status))
}
