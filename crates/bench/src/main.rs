//! `faastlane-bench`: what a state costs in the engine, and what a hop from one function to the next
//! costs in the portable lane, beside the same handlers called in one plain Python process.
//!
//! Contenders of a case take turns in rounds (A B C A B C …) and medians over the rounds are
//! reported, because other programs share the machine: a slow minute then slows all of them. A
//! framework such as Criterion was the other way; it measures one function after another, in one
//! process, and cannot pair our hop with a hop inside Python.
//!
//! The table goes to stdout, the raw results to a file, all else to stderr. There is no verdict here:
//! a number that is asserted on a shared machine fails on the wrong days.

mod args;
mod case;
mod definition;
mod engine;
mod hop;
mod host;
mod payload;
mod plain;
mod report;
mod table;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

use crate::args::Args;
use crate::case::{Case, Effort};
use crate::host::Host;
use crate::report::Report;

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> anyhow::Result<()> {
    // First of all, so that every process started from here on inherits it.
    let processor = if args.no_pin { None } else { Some(host::pin()?) };
    let host = Host::look(&args.python, processor)?;
    say(&host.to_string());

    let effort = if args.quick { Effort::QUICK } else { Effort::FULL };
    let mut cases = engine::cases();
    cases.extend(hop::cases(&host.python));
    cases.retain(|case| case.matches(args.filter.as_deref()));
    anyhow::ensure!(!cases.is_empty(), "no case matches the filter; leave --filter out to see all");

    let measure = |case: Case| {
        say(&format!("measuring {} …", case.name));
        case.measure(effort)
    };
    let results = cases.into_iter().map(measure).collect::<anyhow::Result<Vec<_>>>()?;
    let report = Report { host, results };
    write!(std::io::stdout().lock(), "{}", table::render(&report.results))?;
    let file = report.save(&args.out)?;
    say(&format!("raw results: {}", file.display()));
    Ok(())
}

/// Writes a line to stderr; nothing can be done if nobody reads it.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
