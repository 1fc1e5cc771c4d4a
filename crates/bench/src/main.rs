//! `faastlane-bench`: what a state costs in the engine, and an expression, a hop from one function to the
//! next in each kind of lane, a start, a second processor, a fan-out and memory, each beside something
//! known.
//!
//! Contenders of a case take turns in rounds (A B C A B C …) and medians over the rounds are
//! reported, because other programs share the machine: a slow minute then slows all of them. A
//! framework such as Criterion was the other way; it measures one function after another, in one
//! process, and cannot pair our hop with a hop inside Python.
//!
//! The tables go to stdout, the raw results to a file, all else to stderr. There is no verdict here:
//! a number that is asserted on a shared machine fails on the wrong days. Only `soak`, `faults` and
//! `crash` judge: memory that grows and outputs that are wrong are so on every machine.

mod args;
mod case;
mod code;
mod crash;
mod definition;
mod engine;
mod examples;
mod expr;
mod fan;
mod faults;
mod hop;
mod host;
mod job;
mod memory;
mod parallel;
mod payload;
mod remote;
mod report;
mod serve;
mod soak;
mod start;
mod table;

use std::io::Write;
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use faastlane_host::{HostAllocator, keep_freed_memory, keys};

use crate::args::{Args, Command, Measure};
use crate::case::{Case, Effort};
use crate::host::{Host, Processors};
use crate::job::Job;
use crate::report::Report;

/// As in the program that users run: where there are protection keys, gates need it.
#[global_allocator]
static ALLOCATOR: HostAllocator = HostAllocator;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    // As in a container's process.
    keep_freed_memory();
    let first = arguments.next();
    let ended = match first.as_ref().and_then(|first| first.to_str()) {
        Some(job::HOST) => return faastlane_host::template::main(arguments),
        Some(job::JOB) => {
            let job = arguments.next().unwrap_or_default();
            with_keys(|| Job::main(&job.to_string_lossy())).map(|()| ExitCode::SUCCESS)
        }
        Some(faults::TRIAL) => {
            faults::trial(&arguments.next().unwrap_or_default()).map(|()| ExitCode::SUCCESS)
        }
        _ => {
            let Args { command, measure: options } = Args::parse();
            match command {
                Some(Command::Soak(soak)) => with_keys(|| soak::run(&soak)),
                Some(Command::Faults(options)) => faults::run(&options),
                Some(Command::Serve(options)) => serve::run(&options),
                Some(Command::Crash(options)) => crash::run(&options),
                None => measure(&options).map(|()| ExitCode::SUCCESS),
            }
        }
    };
    ended.unwrap_or_else(|error| {
        say(&format!("error: {error:#}"));
        ExitCode::FAILURE
    })
}

/// Runs `work` so that lanes loaded by it have protection keys, where there are some.
fn with_keys<T>(work: impl FnOnce() -> T) -> T {
    // Without keys there is nothing to do; what was measured says so.
    let _ = keys::enable();
    keys::on_protected_stack(work)
}

fn measure(options: &Measure) -> anyhow::Result<()> {
    let processors = Processors::look(!options.no_pin)?;
    let host = Host::look(&options.programs.python, &processors)?;
    say(&host.to_string());

    let parent = tempfile::tempdir().context("no folder for temporary files")?;
    let code = host.code(parent.path())?;
    let effort = if options.quick { Effort::QUICK } else { Effort::FULL };
    let mut cases = engine::cases();
    cases.extend(expr::cases());
    cases.extend(hop::cases(&code));
    cases.extend(start::cases(&code, options.programs.faastlane.as_deref()));
    cases.extend(parallel::cases(&code));
    cases.extend(fan::cases(&code));
    cases.extend(memory::cases(&code));
    cases.retain(|case| case.matches(&options.filter));
    anyhow::ensure!(!cases.is_empty(), "no case matches the filter; leave --filter out to see all");

    let measure = |case: Case| {
        say(&format!("measuring {} …", case.name));
        case.measure(effort, &processors)
    };
    let mut results = cases.into_iter().map(measure).collect::<anyhow::Result<Vec<_>>>()?;
    results.retain(|result| !result.contenders.is_empty());
    let report = Report { host, results };
    write!(std::io::stdout().lock(), "{}", table::render(&report.results))?;
    let file = report.save(&options.out)?;
    say(&format!("raw results: {}", file.display()));
    Ok(())
}

/// Writes a line to stderr; nothing can be done if nobody reads it.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
