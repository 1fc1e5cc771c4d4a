//! The example workflows in turn, each with all of its events, as long as there is time; every output is
//! compared with the one written down beside the example.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use serde_json::{Value, json};

use crate::{code, say};

/// Wrong outputs that are shown in full; more are only counted.
const SHOWN: u64 = 5;

/// An event of an example, and what must come of it.
struct Case {
    example: String,
    folder: PathBuf,
    machine: Option<String>,
    event: PathBuf,
    /// What `faastlane run --json` says.
    expected: Value,
}

#[derive(Default)]
struct Count {
    runs: u64,
    wrong: u64,
    seconds: f64,
}

/// Runs them for so long; tells whether all outputs were right.
pub(crate) fn run(time: Duration, faastlane: Option<&Path>) -> anyhow::Result<bool> {
    let program = code::faastlane(faastlane)?;
    let cases = cases(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples"))?;
    ensure!(!cases.is_empty(), "there are no examples beside the source of this program");
    let begun = Instant::now();
    let mut counts: BTreeMap<&str, Count> = BTreeMap::new();
    let (mut said, mut wrong) = (Instant::now(), 0);
    for case in cases.iter().cycle() {
        if begun.elapsed() >= time {
            break;
        }
        let started = Instant::now();
        let found = case.run(&program)?;
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

/// All of `expected/[failed/][MACHINE.]EVENT.json` of all examples, those of one example after another.
fn cases(examples: &Path) -> anyhow::Result<Vec<Case>> {
    let mut cases = Vec::new();
    for example in names(examples)? {
        let folder = examples.join(&example);
        for (expected, failed) in [("expected", false), ("expected/failed", true)] {
            let expected = folder.join(expected);
            for name in if expected.is_dir() { names(&expected)? } else { Vec::new() } {
                let Some(stem) = name.strip_suffix(".json") else { continue };
                let (machine, event) = match stem.split_once('.') {
                    Some((machine, event)) => (Some(machine.to_owned()), event),
                    None => (None, stem),
                };
                let text = std::fs::read_to_string(expected.join(&name))?;
                let mut value: Value = serde_json::from_str(&text)?;
                if failed {
                    value["status"] = "FAILED".into();
                } else {
                    value = json!({"status": "SUCCEEDED", "output": value});
                }
                cases.push(Case {
                    example: example.clone(),
                    folder: folder.clone(),
                    machine,
                    event: folder.join("events").join(event).with_extension("json"),
                    expected: value,
                });
            }
        }
    }
    Ok(cases)
}

impl Case {
    fn run(&self, program: &Path) -> anyhow::Result<Value> {
        let mut command = Command::new(program);
        command
            .arg("run")
            .arg(&self.folder)
            .args(["--quiet", "--json", "--input"])
            .arg(&self.event);
        if let Some(machine) = &self.machine {
            command.args(["--machine", machine]);
        }
        let output = command.stdin(Stdio::null()).output().context("cannot start faastlane")?;
        let said = String::from_utf8_lossy(&output.stderr);
        serde_json::from_slice(&output.stdout)
            .with_context(|| format!("{} ended with {}: {said}", self.example, output.status))
    }
}

/// What is in a folder, in order.
fn names(folder: &Path) -> anyhow::Result<Vec<String>> {
    let entries = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let names = entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
    let mut names = names.collect::<std::io::Result<Vec<_>>>()?;
    names.sort();
    Ok(names)
}
