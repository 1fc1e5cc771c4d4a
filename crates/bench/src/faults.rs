//! Executions of the examples that something happens to: a process dies or stands still, memory or
//! disk runs out, a pipe is closed, a function does harm. Each ends with the right output or with an
//! AWS error that the fault explains, in time, and leaves nothing behind.
//!
//! Everything about an execution follows from the seed and its number, but for where the run is at the
//! chosen moment. Faults built into the product, switched on by tests, were the other way: they happen
//! where somebody has thought of them.

mod fault;
mod inject;
pub(crate) mod processes;
mod project;
mod table;
mod trial;
mod verdict;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use fastrand::Rng;
use serde::Serialize;

use crate::args::Faults;
use crate::examples::{Case, cases};
use crate::host::{Host, Processors};
use crate::{code, report, say};
use fault::Fault;
use project::{Calls, Project};
use trial::{Outcome, Trial};
use verdict::Verdict;

/// The first argument of a process that runs one execution.
pub(crate) const TRIAL: &str = "fault-trial";
/// Where functions run, in turn.
const PLACINGS: [&str; 4] =
    ["--isolation=process", "--isolation=none", "--lanes=portable", "--isolation=mpk"];
/// Into how many parts a run is divided, of which a fault has one.
const SHARES: u64 = 10_000;
/// What takes longer has hung.
const HANGS: Duration = Duration::from_secs(120);
/// What a run of the longest example takes at most on a machine that does nothing else.
const FIRST: Duration = Duration::from_secs(300);

/// The main function of such a process.
pub(crate) fn trial(text: &std::ffi::OsStr) -> Result<()> {
    Trial::main(&text.to_string_lossy())
}

/// One execution of the campaign.
#[derive(Debug, Serialize)]
struct Record {
    number: u64,
    fault: Fault,
    example: String,
    event: PathBuf,
    placing: &'static str,
    at: Duration,
    usual: Duration,
    verdict: Verdict,
    /// Whether the fault met something.
    was_hit: bool,
    /// Calls of functions beyond those of an execution that nothing happens to.
    calls_again: u64,
    outcome: Outcome,
}

/// The raw results.
#[derive(Debug, Serialize)]
struct Results<'a> {
    host: &'a Host,
    seed: u64,
    executions: &'a [Record],
}

/// How a case goes when nothing happens to it.
#[derive(Debug, Clone)]
struct Usual {
    took: Duration,
    calls: Calls,
    /// Files that packages of the example leave in the folder for temporary files.
    left: Vec<String>,
}

/// What all workers of a campaign share.
struct Campaign<'a> {
    options: &'a Faults,
    program: PathBuf,
    cases: Vec<Case>,
    /// Those of [`PLACINGS`] that this machine has.
    placings: &'static [&'static str],
    mounts: bool,
    next: AtomicU64,
    usual: Mutex<BTreeMap<(usize, &'static str), Usual>>,
    records: Mutex<Vec<Record>>,
}

/// Runs a campaign; a failure is an execution that ended in any other way.
pub(crate) fn run(options: &Faults) -> Result<ExitCode> {
    let processors = Processors::look(false)?;
    let host = Host::look(&options.programs.python, &processors)?;
    let mut cases = cases()?;
    let matches =
        |case: &Case| options.example.is_empty() || options.example.contains(&case.example);
    cases.retain(matches);
    ensure!(!cases.is_empty(), "there is no such example");
    ensure!(Fault::is_known(&options.fault), "there is no such fault");
    let mounts = trial::can_mount();
    if !mounts {
        say("left out: a full folder and what is left in /dev/shm (nothing can be mounted here)");
    }
    let campaign = Campaign {
        options,
        program: code::faastlane(options.programs.faastlane.as_deref())?,
        cases,
        placings: if host.protection_keys { &PLACINGS } else { &PLACINGS[..3] },
        mounts,
        next: AtomicU64::new(options.only.unwrap_or(0)),
        usual: Mutex::default(),
        records: Mutex::default(),
    };
    // What is known already is told also when something else went wrong.
    let all_ran = campaign.run_all();
    let mut records = campaign.records.into_inner().unwrap_or_else(PoisonError::into_inner);
    records.sort_by_key(|record| record.number);
    table::print(&records)?;
    let file = {
        let results = Results { host: &host, seed: options.seed, executions: &records };
        report::save(&options.out, "faults-", &host.commit, &results)?
    };
    say(&format!("raw results: {}", file.display()));
    all_ran?;
    let is_good = records.iter().all(|record| record.verdict.is_good());
    Ok(if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Campaign<'_> {
    fn run_all(&self) -> Result<()> {
        let parent = tempfile::tempdir().context("no folder for temporary files")?;
        let parent = parent.path();
        project::open_to_all(parent)?;
        std::thread::scope(|scope| {
            let start = |at: usize| scope.spawn(move || self.work(&parent.join(at.to_string())));
            let workers: Vec<_> = (0..self.options.jobs.max(1)).map(start).collect();
            workers.into_iter().try_for_each(|worker| worker.join().expect("no worker panics"))
        })
    }

    /// Runs executions until there are enough, in a folder of its own.
    fn work(&self, folder: &Path) -> Result<()> {
        let end = self.options.only.map_or(self.options.executions, |only| only + 1);
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            if number >= end {
                return Ok(());
            }
            let record = self.execute(number, folder)?;
            if !record.verdict.is_good() {
                say(&serde_json::to_string(&record)?);
            }
            let mut records = lock(&self.records);
            records.push(record);
            if records.len().is_multiple_of(50) {
                let bad = records.iter().filter(|record| !record.verdict.is_good()).count();
                say(&format!("{} executions, {bad} of them bad", records.len()));
            }
        }
    }

    fn execute(&self, number: u64, folder: &Path) -> Result<Record> {
        // The seeds of neighbours must differ in more than a bit.
        let mut random = Rng::with_seed(self.options.seed);
        let mut random =
            Rng::with_seed(random.u64(..) ^ number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let at = random.usize(..self.cases.len());
        let (case, placing) = (&self.cases[at], self.placings[random.usize(..self.placings.len())]);
        let fault = match Fault::random(&mut random, &self.options.fault) {
            Fault::FullDisk if !self.mounts => Fault::Nothing,
            fault => fault,
        };
        let share = random.u64(0..SHARES);
        let seed = random.u64(..);
        let project = Project::of(case, folder, self.timeout())?;
        let usual = self.usual(at, placing, &project, folder)?;
        let calls: u64 = usual.calls.values().sum();
        let call = 1 + share * calls / SHARES;
        let harm = if let Fault::Function(harm) = fault { Some((harm, call)) } else { None };
        project.begin(harm)?;
        let moment = usual.took.mul_f64(share as f64 / SHARES as f64);
        let mut outcome =
            self.trial(case, placing, &project, folder, (fault, moment, seed, HANGS))?;
        outcome.left.retain(|left| !usual.left.contains(left));
        if project.has_been_harmed() {
            outcome.hit.push(format!("call {call}"));
        }
        let latest = self.latest(usual.took);
        Ok(Record {
            number,
            fault,
            example: case.example.clone(),
            event: case.event.clone(),
            placing,
            at: moment,
            usual: usual.took,
            verdict: Verdict::of(fault, &outcome, &case.expected, latest),
            was_hit: !outcome.hit.is_empty(),
            calls_again: project::again(&project.calls(), &usual.calls),
            outcome,
        })
    }

    /// When an execution has ended that otherwise takes `usual`: a call that hangs is ended a second
    /// after its timeout at the latest, and what was lost is done once more.
    fn latest(&self, usual: Duration) -> Duration {
        usual * 3 + self.timeout() + Duration::from_secs(self.options.slack)
    }

    fn timeout(&self) -> Duration {
        Duration::from_secs(self.options.timeout)
    }

    /// How the case goes when nothing happens; the first time it is run for that.
    fn usual(
        &self,
        at: usize,
        placing: &'static str,
        project: &Project,
        folder: &Path,
    ) -> Result<Usual> {
        let known = || lock(&self.usual).get(&(at, placing)).cloned();
        if let Some(usual) = known() {
            return Ok(usual);
        }
        let case = &self.cases[at];
        let nothing = (Fault::Nothing, Duration::ZERO, 0, FIRST);
        project.begin(None)?;
        let outcome = self.trial(case, placing, project, folder, nothing)?;
        let said = serde_json::from_str::<serde_json::Value>(&outcome.stdout).unwrap_or_default();
        ensure!(
            said == case.expected,
            "{} with {placing} is wrong before anything happens to it: {}{}",
            case.event.display(),
            outcome.stdout,
            outcome.stderr
        );
        let usual = Usual { took: outcome.took, calls: project.calls(), left: outcome.left };
        lock(&self.usual).insert((at, placing), usual.clone());
        Ok(usual)
    }

    fn trial(
        &self,
        case: &Case,
        placing: &str,
        project: &Project,
        folder: &Path,
        (fault, at, seed, limit): (Fault, Duration, u64, Duration),
    ) -> Result<Outcome> {
        let mut arguments = vec!["run".to_owned(), project.folder.display().to_string()];
        arguments.extend(["--json", placing, "--input"].map(str::to_owned));
        arguments.push(case.event.display().to_string());
        if let Some(machine) = &case.machine {
            arguments.extend(["--machine".to_owned(), machine.clone()]);
        }
        let folder = folder.join("tmp");
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder)?;
        let (program, mounts) = (self.program.clone(), self.mounts);
        Trial { program, arguments, folder, mounts, fault, at, seed, limit }.start()
    }
}

/// Nothing is left half done by a panic.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
