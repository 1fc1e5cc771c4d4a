//! Where it is measured: numbers mean little without it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;
use faastlane_environment::{Search, ready};
use faastlane_host::keys;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use crate::code::Code;
use crate::say;

/// A load above this is worth a word: somebody else was computing.
const BUSY: f64 = 0.5;

/// The machine, the interpreter and the code that is measured.
#[derive(Debug, serde::Serialize)]
pub(crate) struct Host {
    /// Commit of the checkout, with `-dirty` if it was changed since.
    pub(crate) commit: String,
    cpu: String,
    processors: usize,
    /// Whether it has protection keys, and the kernel lets them be used.
    pub(crate) protection_keys: bool,
    /// The processor on which everything stays that is not parallel.
    pinned_to: Option<usize>,
    kernel: String,
    /// Of the last minute, before anything was measured.
    load_average: f64,
    pub(crate) python: PathBuf,
    /// The shared library of that Python, which lanes in other processes than its own are made of.
    libpython: Option<PathBuf>,
    python_version: String,
    command: Vec<String>,
}

/// The processors that may be used, and the one that cases stay on which are not parallel.
pub(crate) struct Processors {
    allowed: CpuSet,
    /// The last one: interrupts and daemons are most often on the first.
    one: Option<usize>,
}

impl Processors {
    /// Looks which there are; `pin` chooses the one.
    pub(crate) fn look(pin: bool) -> anyhow::Result<Self> {
        let allowed =
            sched_getaffinity(None).context("cannot tell which processors may be used")?;
        let last = (0..CpuSet::MAX_CPU).rev().find(|cpu| allowed.is_set(*cpu));
        let one = if pin { Some(last.context("no processor may be used")?) } else { None };
        Ok(Self { allowed, one })
    }

    /// Keeps this process, and those that it starts, on the one processor, or lets them use all.
    pub(crate) fn use_one(&self, pinned: bool) -> anyhow::Result<()> {
        let set = match self.one {
            Some(one) if pinned => {
                let mut only = CpuSet::new();
                only.set(one);
                only
            }
            _ => self.allowed,
        };
        sched_setaffinity(None, &set).context("cannot choose processors; try --no-pin")
    }
}

impl Host {
    /// Looks around. `python` may be a name on PATH or a wrapper script.
    pub(crate) fn look(python: &Path, processors: &Processors) -> anyhow::Result<Self> {
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
            protection_keys: keys::available().is_ok(),
            pinned_to: processors.one,
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            load_average: first_number(&read("/proc/loadavg")),
            libpython: libpython(Path::new(&executable)),
            python: executable.into(),
            python_version,
            command: std::env::args().collect(),
        })
    }
}

impl Host {
    /// Writes the handlers into a folder below `parent`.
    pub(crate) fn code(&self, parent: &Path) -> anyhow::Result<Code> {
        let (python, libpython) = (self.python.clone(), self.libpython.clone());
        let code = Code { folder: parent.join("handlers"), python, libpython };
        code.write("handlers", include_str!("python/handlers.py"))
    }
}

/// Where it is, or a word why there are only portable lanes.
fn libpython(python: &Path) -> Option<PathBuf> {
    let python = ready(python, &Search::from_env()).ok()?;
    match python.libpython() {
        Ok(libpython) => Some(libpython),
        Err(why) => {
            say(&format!(
                "left out: thread lanes and forked hosts: {} {why}",
                python.path.display()
            ));
            None
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { commit, cpu, processors, kernel, python_version, load_average, .. } = self;
        writeln!(f, "commit {commit}, Python {python_version}, Linux {kernel}")?;
        write!(f, "{cpu}, {processors} processors, ")?;
        match self.pinned_to {
            Some(processor) => write!(f, "all that is not parallel on number {processor}")?,
            None => write!(f, "not pinned")?,
        }
        write!(f, ", load average {load_average:.2}")?;
        if !self.protection_keys {
            write!(
                f,
                "\nNo protection keys here: gates do all but the two writes of their register."
            )?;
        }
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
