//! `faastlane bench`: what executions cost on this machine, beside plain Python.

use std::fs;
use std::num::NonZero;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use faastlane_host::keys;
use faastlane_results::{FORMAT, Machine, Report, compare, markdown, svg};

use crate::args::{BenchArgs, BenchCommand, CompareArgs, MeasureArgs};
use crate::bench::{Effort, Wanted, measure};
use crate::exit::ExitCode;
use crate::interrupt::Interrupt;
use crate::profile::processors;
use crate::{Error, print};

const QUICK: Duration = Duration::from_millis(20);
const FULL: Duration = Duration::from_millis(300);

/// Measures, or compares what was measured.
pub(crate) fn bench(args: &BenchArgs) -> Result<ExitCode, Error> {
    match &args.command {
        Some(BenchCommand::Compare(args)) => compare_files(args),
        None => measure_all(&args.measure),
    }
}

fn measure_all(args: &MeasureArgs) -> Result<ExitCode, Error> {
    let interrupt = Interrupt::watch()?;
    let effort = Effort {
        rounds: if args.quick { 1 } else { args.rounds.get() },
        budget: if args.quick { QUICK } else { FULL },
        at_a_time: args.concurrency.get(),
        vcpus: processors(),
    };
    let machine = machine(args.concurrency);
    let wanted = Wanted {
        targets: &args.targets,
        built_in: args.built_in,
        filters: &args.filter,
        python: args.python.as_deref(),
        effort,
    };
    let measured = measure(&wanted, &interrupt);
    interrupt.check()?;
    interrupt.let_go();
    let report = Report { format: FORMAT, machine, workloads: measured? };
    let text = markdown(&report);
    print::line(text.trim_end())?;
    let folder = args.out.join(report.machine.measured_at.to_string());
    save(&report, &text, &folder)?;
    print::info(&format!("raw results, table and plots: {}", folder.display()));
    Ok(ExitCode::Succeeded)
}

/// Writes `results.json`, `table.md`, and a picture for each workload.
fn save(report: &Report, text: &str, folder: &Path) -> Result<(), Error> {
    let failed = |error| Error::Internal(format!("cannot write to {}: {error}", folder.display()));
    let json = serde_json::to_string(report).map_err(|error| Error::Internal(error.to_string()))?;
    fs::create_dir_all(folder).map_err(failed)?;
    fs::write(folder.join("results.json"), json).map_err(failed)?;
    fs::write(folder.join("table.md"), text).map_err(failed)?;
    for workload in &report.workloads {
        let picture = svg(workload).map_err(|error| Error::Internal(error.to_string()))?;
        fs::write(folder.join(file_name(&workload.name)), picture).map_err(failed)?;
    }
    Ok(())
}

/// `chain of 5, 200 B` → `chain-of-5-200-B.svg`.
fn file_name(workload: &str) -> String {
    let words = workload.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-") + ".svg"
}

fn compare_files(CompareArgs { old, new }: &CompareArgs) -> Result<ExitCode, Error> {
    let text = compare(&read(old)?, &read(new)?);
    print::line(text.trim_end())?;
    Ok(ExitCode::Succeeded)
}

fn read(file: &Path) -> Result<Report, Error> {
    let shown = file.display();
    let text = fs::read_to_string(file)
        .map_err(|error| Error::Invalid(format!("cannot read {shown}: {error}")))?;
    let report: Report = serde_json::from_str(&text).map_err(|error| {
        Error::Invalid(format!("{shown} is no results.json of `faastlane bench`: {error}"))
    })?;
    if report.format == FORMAT {
        return Ok(report);
    }
    Err(Error::Invalid(format!(
        "{shown} was written by another version of faastlane; measure again"
    )))
}

fn machine(concurrency: NonZero<usize>) -> Machine {
    let read = |file: &str| fs::read_to_string(file).unwrap_or_default();
    let cpu = read("/proc/cpuinfo");
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let load = read("/proc/loadavg");
    Machine {
        measured_at: SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        processor: model.map_or("unknown processor", |(_, model)| model).trim().to_owned(),
        processors: processors(),
        kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
        keys: keys::available().is_ok(),
        load: load.split_whitespace().next().and_then(|n| n.parse().ok()).unwrap_or_default(),
        concurrency: concurrency.get(),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn pictures_have_plain_file_names() {
        assert_eq!(super::file_name("1,000 items, 1 ms of CPU"), "1-000-items-1-ms-of-CPU.svg");
        assert_eq!(super::file_name("../etc/x"), "etc-x.svg");
    }
}
