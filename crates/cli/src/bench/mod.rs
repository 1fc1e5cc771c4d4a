//! Measures executions as users see them, beside plain Python that makes the same calls.
//!
//! Every workload is a project, also the built-in ones, and runs in the containers of `faastlane run
//! --repeat`: so a number here is one that a user gets. The parts of a hop, the engine alone and memory of
//! a lane are measured by a program for developers (`crates/bench`), which calls those parts itself. One
//! program for both was the other way; it would carry all of that into the command that users install,
//! and the two have nothing to share but the idea of taking turns.

mod baseline;
mod contest;
mod lanes;
mod replay;
mod usage;
mod workload;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::Parser;
use faastlane_results as results;

use crate::args::{Args, Command, RunArgs};
use crate::commands::run::Ready;
use crate::interrupt::{Interrupt, end_children};
use crate::isolation::Placing;
use crate::{Error, print};
use baseline::{Baseline, Way};
use contest::{Entry, contest};
use lanes::{Warm, title, variants};
use replay::{Reference, Wave};
use workload::Workload;

pub(crate) use contest::Effort;

/// What is to be measured.
pub(crate) struct Wanted<'a> {
    /// Projects; none for what is built in.
    pub(crate) targets: &'a [PathBuf],
    /// What is built in, also where there are projects.
    pub(crate) built_in: bool,
    /// Only workloads whose name has one of these in it, if there are any.
    pub(crate) filters: &'a [String],
    pub(crate) python: Option<&'a Path>,
    pub(crate) effort: Effort,
}

/// Measures all of it.
pub(crate) fn measure(
    wanted: &Wanted<'_>,
    interrupt: &Interrupt,
) -> Result<Vec<results::Workload>, Error> {
    let mut workloads = Vec::new();
    if wanted.built_in || wanted.targets.is_empty() {
        for name in workload::built_in().filter(|name| wanted.matches(name)) {
            workloads.push(Workload::built_in(name)?);
        }
    }
    let projects = wanted.targets.iter().map(|target| Workload::project(target));
    workloads.extend(projects.filter(|workload| wanted.matches(&workload.name)));
    if workloads.is_empty() {
        let names = workload::built_in().collect::<Vec<_>>().join("; ");
        return Err(Error::Invalid(format!(
            "no workload has the text of --filter in its name; built in are: {names}"
        )));
    }
    workloads.iter().map(|workload| one(workload, wanted, interrupt)).collect()
}

impl Wanted<'_> {
    fn matches(&self, name: &str) -> bool {
        self.filters.is_empty() || self.filters.iter().any(|text| name.contains(text))
    }
}

fn one(
    workload: &Workload,
    wanted: &Wanted<'_>,
    interrupt: &Interrupt,
) -> Result<results::Workload, Error> {
    print::info(&format!("measuring {} …", workload.name));
    let ready = Ready::prepare(&typed(workload, wanted.python)?, interrupt)?;
    let waves = record(&ready, wanted.effort, interrupt)?;
    let mut left_out = Vec::new();
    let mut entries = Vec::new();
    for placing in variants() {
        let is_sequential = placing.lanes == crate::args::LanesArg::Threads;
        let entry = of_lanes(workload, &ready, placing, wanted.effort, interrupt);
        enter(entry, is_sequential && workload.sleeps, &mut entries, &mut left_out);
    }
    for way in Way::ALL {
        let entry = of_baseline(way, &ready, &waves, interrupt);
        enter(entry, way.is_sequential() && workload.sleeps, &mut entries, &mut left_out);
    }
    let (contenders, failed) = contest(entries, wanted.effort, interrupt)?;
    left_out.extend(failed);
    Ok(results::Workload { name: workload.name.clone(), contenders, left_out })
}

/// Has it take part, unless it would do nothing but sleep.
fn enter<'a>(
    entry: Entry<'a>,
    only_sleeps: bool,
    entries: &mut Vec<Entry<'a>>,
    left_out: &mut Vec<String>,
) {
    if only_sleeps {
        left_out.push(format!("{}: one after another, all would be sleep", entry.name));
    } else {
        entries.push(entry);
    }
}

fn of_lanes<'a>(
    workload: &Workload,
    ready: &'a Ready,
    placing: Placing,
    effort: Effort,
    interrupt: &'a Interrupt,
) -> Entry<'a> {
    let start = move || Ok(Box::new(Warm::start(ready, placing, effort, interrupt)?) as Box<_>);
    Entry {
        name: title(placing),
        goals: workload.goals(placing.lanes, effort.vcpus),
        start: Box::new(start),
    }
}

fn of_baseline<'a>(
    way: Way,
    ready: &'a Ready,
    waves: &'a [Wave],
    interrupt: &'a Interrupt,
) -> Entry<'a> {
    let start = move || {
        interrupt.react(end_children);
        Ok(Box::new(Baseline::start(way, ready.functions(), waves)?) as Box<_>)
    };
    Entry { name: way.name().to_owned(), goals: Vec::new(), start: Box::new(start) }
}

/// The calls of an execution. Not of the first one: services may be slow or fail at first.
fn record(ready: &Ready, effort: Effort, interrupt: &Interrupt) -> Result<Vec<Wave>, Error> {
    let one = Effort { at_a_time: 1, vcpus: 1, ..effort };
    let placing = *variants().first().expect("portable lanes are legal everywhere");
    let mut warm = Warm::start(ready, placing, one, interrupt)?;
    let recorded = warm.record().and_then(|_| warm.record());
    interrupt.check()?;
    let of = |(reference, event): Reference| Some((ready.place(&reference)?, event));
    Ok(recorded?.into_iter().map(|wave| wave.into_iter().filter_map(of).collect()).collect())
}

/// What `faastlane run` would get.
fn typed(workload: &Workload, python: Option<&Path>) -> Result<RunArgs, Error> {
    let mut words: Vec<OsString> = vec!["faastlane".into(), "run".into()];
    words.extend(workload.arguments.iter().cloned());
    if let Some(python) = python {
        words.extend(["--python".into(), python.into()]);
    }
    match Args::try_parse_from(words) {
        Ok(Args { command: Command::Run(args) }) => Ok(*args),
        Ok(_) => unreachable!("it says run"),
        Err(error) => Err(Error::Invalid(format!("{}: {error}", workload.name))),
    }
}
