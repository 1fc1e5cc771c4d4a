//! `faastlane-conformance [FOLDER] [--server] [--json FILE] [--filter TEXT] [--list]`, or
//! `faastlane-conformance jsonata [FOLDER]` for the test suite of the JSONata project.
//!
//! `--server` goes through the API of `faastlane serve`, whose program is looked for beside this one.
//!
//! Prints how many recorded cases pass, by tag and level, and what differs first in each of the rest.
//! Exit code 0 whatever the numbers are, since what to demand of them is the caller's matter
//! (`--json`); 1 if the cases cannot be run; 2 for wrong arguments.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Context;
use faastlane_conformance::corpus::{self, Case, Subject};
use faastlane_conformance::engine::Engine;
use faastlane_conformance::report::{CaseReport, Report};
use faastlane_conformance::server::Servers;
use faastlane_conformance::way::Way;
use faastlane_conformance::{run, suite};

const USAGE: &str =
    "usage: faastlane-conformance [FOLDER] [--server] [--json FILE] [--filter TEXT] [--list]
       faastlane-conformance jsonata [FOLDER]";

/// Cases mostly wait (for Python to start, for timeouts), so more of them than processors run at once.
const AT_ONCE: usize = 8;

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    if words.next().as_deref() == Some("jsonata") {
        let beside_checkout = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/jsonata-suite");
        return run_suite(Path::new(words.next().as_deref().unwrap_or(beside_checkout)));
    }
    let arguments = match Arguments::read(std::env::args().skip(1)) {
        Ok(arguments) => arguments,
        Err(message) => return complain(2, &format!("{message}\n{USAGE}")),
    };
    if !arguments.folder.exists() {
        let folder = arguments.folder.display();
        return complain(0, &format!("no recorded cases in '{folder}': nothing to compare with"));
    }
    match compare_all(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => complain(1, &format!("{error:#}")),
    }
}

/// Runs the suite in `folder`, if it is there; exit code 0 whatever the numbers are.
fn run_suite(folder: &Path) -> ExitCode {
    if !folder.exists() {
        let folder = folder.display();
        return complain(0, &format!("no JSONata suite in '{folder}': nothing to compare with"));
    }
    let run = || anyhow::Ok(suite::write(&suite::run(folder)?, &mut std::io::stdout().lock())?);
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => complain(1, &format!("{error:#}")),
    }
}

/// What was typed.
struct Arguments {
    folder: PathBuf,
    server: bool,
    json: Option<PathBuf>,
    filter: String,
    list: bool,
}

impl Arguments {
    fn read(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let beside_checkout = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/asl-cases");
        let mut arguments = Self {
            folder: beside_checkout.into(),
            server: false,
            json: None,
            filter: String::new(),
            list: false,
        };
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or(format!("{word} needs a value"));
            match word.as_str() {
                "--json" => arguments.json = Some(value()?.into()),
                "--filter" => arguments.filter = value()?,
                "--server" => arguments.server = true,
                "--list" => arguments.list = true,
                option if option.starts_with('-') => {
                    return Err(format!("unknown option {option}"));
                }
                folder => arguments.folder = folder.into(),
            }
        }
        Ok(arguments)
    }
}

fn compare_all(arguments: &Arguments) -> anyhow::Result<()> {
    let mut cases = corpus::read(&arguments.folder)?;
    cases.retain(|case| case.name.contains(&arguments.filter));
    let mut out = std::io::stdout().lock();
    if arguments.list {
        for case in &cases {
            let reason = case.out_of_scope().map_or(String::new(), |tag| format!("  ({tag})"));
            writeln!(out, "{}{reason}", case.name)?;
        }
        return Ok(());
    }
    let mut out_of_scope = BTreeMap::new();
    cases.retain(|case| match case.out_of_scope() {
        None => true,
        Some(reason) => {
            *out_of_scope.entry(reason).or_default() += 1;
            false
        }
    });
    // Those with functions take longest; begun first, they do not hold up the end.
    cases.sort_by_key(|case| match &case.subject {
        Subject::Execution(execution) => execution.functions.is_empty(),
        _ => true,
    });
    let way: Box<dyn Way> = match arguments.server {
        true => Box::new(Servers::new(std::env::current_exe()?.with_file_name("faastlane"))),
        false => Box::new(Engine),
    };
    let mut reports = run_all(&cases, &*way)?;
    reports.sort_by(|a, b| a.name.cmp(&b.name));
    let report = Report { way: way.name(), cases: reports, out_of_scope };
    report.write(&mut out)?;
    if let Some(file) = &arguments.json {
        write_json(&report, file)?;
    }
    Ok(())
}

/// Runs all cases, a few at a time.
fn run_all(cases: &[Case], way: &dyn Way) -> anyhow::Result<Vec<CaseReport>> {
    let next = AtomicUsize::new(0);
    let run_some = || {
        let mut reports = Vec::new();
        while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
            let findings = run::run(case, way).with_context(|| format!("case {}", case.name))?;
            reports.push(CaseReport { name: case.name.clone(), tags: case.tags.clone(), findings });
        }
        anyhow::Ok(reports)
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(run_some)).collect();
        let reports = threads.into_iter().map(|thread| thread.join().expect("no case panics"));
        Ok(reports.collect::<anyhow::Result<Vec<_>>>()?.into_iter().flatten().collect())
    })
}

fn write_json(report: &Report, file: &Path) -> anyhow::Result<()> {
    let mut text = Vec::new();
    faastlane_value::json::write_pretty(&report.to_value(), &mut text)?;
    std::fs::write(file, text).with_context(|| format!("cannot write '{}'", file.display()))
}

fn complain(code: u8, message: &str) -> ExitCode {
    // Nobody is left to be told if stderr is closed.
    let _ = writeln!(std::io::stderr(), "{message}");
    ExitCode::from(code)
}
