//! Where it is measured: numbers mean little without it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// A load above this is worth a word: somebody else was computing.
const BUSY: f64 = 0.5;

/// The machine, the interpreter and the code that is measured.
#[derive(Debug, serde::Serialize)]
pub(crate) struct Host {
    /// Commit of the checkout, with `-dirty` if it was changed since.
    pub(crate) commit: String,
    cpu: String,
    processors: usize,
    /// The processor that everything stays on.
    pinned_to: Option<usize>,
    kernel: String,
    /// Of the last minute, before anything was measured.
    load_average: f64,
    pub(crate) python: PathBuf,
    python_version: String,
    command: Vec<String>,
}

/// Keeps this process, and those that it starts, on the last processor it may use: interrupts and
/// daemons are most often on the first.
pub(crate) fn pin() -> anyhow::Result<usize> {
    let allowed = sched_getaffinity(None).context("cannot tell which processors may be used")?;
    let last = (0..CpuSet::MAX_CPU).rev().find(|cpu| allowed.is_set(*cpu));
    let last = last.context("no processor may be used")?;
    let mut only = CpuSet::new();
    only.set(last);
    sched_setaffinity(None, &only).context("cannot stay on one processor; try --no-pin")?;
    Ok(last)
}

impl Host {
    /// Looks around. `python` may be a name on PATH or a wrapper script.
    pub(crate) fn look(python: &Path, pinned_to: Option<usize>) -> anyhow::Result<Self> {
        let script = "import sys; print(sys.executable); print(sys.version.split()[0])";
        let said = Command::new(python).args(["-c", script]).output().with_context(|| {
            format!("cannot run {}; name an interpreter with --python", python.display())
        })?;
        let said = String::from_utf8_lossy(&said.stdout).into_owned();
        let mut lines = said.lines().map(str::to_owned);
        let (Some(executable), Some(python_version)) = (lines.next(), lines.next()) else {
            anyhow::bail!("{} is no Python; name one with --python", python.display());
        };
        let cpu_info = read("/proc/cpuinfo");
        Ok(Self {
            commit: commit().unwrap_or_else(|| "unknown".to_owned()),
            cpu: model(&cpu_info).to_owned(),
            processors: cpu_info.lines().filter(|line| line.starts_with("processor")).count(),
            pinned_to,
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            load_average: first_number(&read("/proc/loadavg")),
            python: executable.into(),
            python_version,
            command: std::env::args().collect(),
        })
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { commit, cpu, processors, kernel, python_version, load_average, .. } = self;
        writeln!(f, "commit {commit}, Python {python_version}, Linux {kernel}")?;
        write!(f, "{cpu}, {processors} processors, ")?;
        match self.pinned_to {
            Some(processor) => write!(f, "all on processor {processor}")?,
            None => write!(f, "not pinned")?,
        }
        write!(f, ", load average {load_average:.2}")?;
        if *load_average > BUSY {
            write!(f, "\nThe machine was busy: trust ratios and minima more than times.")?;
        }
        Ok(())
    }
}

/// The commit of the checkout that this was built from, if it is still there.
fn commit() -> Option<String> {
    let arguments = ["describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"];
    let folder = env!("CARGO_MANIFEST_DIR");
    let output = Command::new("git").current_dir(folder).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// A file of `/proc`; empty where it cannot be read, since no number depends on it.
fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

fn model(cpu_info: &str) -> &str {
    let line = cpu_info.lines().find(|line| line.starts_with("model name"));
    line.and_then(|line| line.split_once(": ")).map_or("unknown processor", |(_, model)| model)
}

fn first_number(text: &str) -> f64 {
    text.split_whitespace().next().and_then(|word| word.parse().ok()).unwrap_or_default()
}
