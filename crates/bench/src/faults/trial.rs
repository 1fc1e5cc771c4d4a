//! One execution that something happens to, in a process of its own: whatever the run leaves behind
//! becomes a child of this process, and its folders for temporary files and shared memory are seen by
//! nobody else.
//!
//! A marker in the environment would be the other way to find what is left; a process that starts
//! others with an environment of its own making would lose it, while no process can lose its reaper.

use std::fs;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use fastrand::Rng;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::mount::{MountFlags, mount};
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitOptions, getpid, kill_process, pidfd_open, set_child_subreaper,
    wait,
};
use serde::{Deserialize, Serialize};

use super::fault::{Fault, Pipe};
use super::inject::{FILLING, fill, hit};
use super::processes::below;

/// Where shared memory with names lies.
const SHARED: &str = "/dev/shm";
/// How long the kernel may take to end processes whose parent has ended.
const LEAVING: Duration = Duration::from_secs(2);
/// How often a process that is to be harmed is looked for.
const LOOKS: Duration = Duration::from_millis(2);
/// The end of what a run says that is kept, in bytes.
const KEPT: usize = 4000;

/// An execution, and what happens to it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Trial {
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<String>,
    /// Empty, and its folder for temporary files.
    pub(crate) folder: PathBuf,
    /// Whether it has a file system of its own there, and for shared memory.
    pub(crate) mounts: bool,
    pub(crate) fault: Fault,
    pub(crate) at: Duration,
    /// Chooses between processes.
    pub(crate) seed: u64,
    /// It hangs if it takes longer.
    pub(crate) limit: Duration,
}

/// What came of it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Outcome {
    /// Its exit code, or 128 and the number of the signal that killed it.
    pub(crate) code: i32,
    pub(crate) took: Duration,
    pub(crate) stdout: String,
    /// The end of it.
    pub(crate) stderr: String,
    /// The processes that something happened to, or what else did.
    pub(crate) hit: Vec<String>,
    /// It did not end: the processes that it then had.
    pub(crate) hung: Vec<String>,
    /// Processes and files that are there after its end.
    pub(crate) left: Vec<String>,
}

impl Trial {
    /// Runs it in a process of its own.
    pub(crate) fn start(&self) -> Result<Outcome> {
        let this = std::env::current_exe().context("this program has no path")?;
        let mut command = if self.mounts { unshared(&this) } else { Command::new(&this) };
        let line = command.arg(super::TRIAL).arg(serde_json::to_string(self)?);
        let output = line.stderr(Stdio::inherit()).output().context("cannot start a trial")?;
        serde_json::from_slice(&output.stdout).context("a trial said nothing")
    }

    /// The main function of that process.
    pub(crate) fn main(text: &str) -> Result<()> {
        let trial: Self = serde_json::from_str(text).context("no trial")?;
        let outcome = trial.run()?;
        serde_json::to_writer(std::io::stdout().lock(), &outcome)?;
        Ok(())
    }

    fn run(&self) -> Result<Outcome> {
        set_child_subreaper(Some(getpid())).context("cannot be the reaper of a run")?;
        if self.mounts {
            for folder in [self.folder.as_path(), Path::new(SHARED)] {
                mount("tmpfs", folder, "tmpfs", MountFlags::empty(), c"size=32m,mode=1777")
                    .with_context(|| format!("cannot mount {}", folder.display()))?;
            }
        }
        let begun = Instant::now();
        let mut run = Run::start(self)?;
        let mut hit = Vec::new();
        let ended = match run.ends_by(begun + self.at)? {
            Some(status) => Some(status),
            None => {
                hit = run.harm(self, begun + self.limit)?;
                run.ends_by(begun + self.limit)?
            }
        };
        let took = begun.elapsed();
        let tree = || below(getpid()).into_iter().map(|process| process.about).collect();
        let hung = if ended.is_none() { tree() } else { Vec::new() };
        let mut left = if ended.is_none() { Vec::new() } else { left_processes() };
        end_all();
        let status = match ended {
            Some(status) => status,
            None => run.child.wait().context("cannot wait for a run")?,
        };
        // Those that had lost their parents.
        while matches!(wait(WaitOptions::NOHANG), Ok(Some(_))) {}
        if self.mounts || self.fault != Fault::FullDisk {
            left.extend(files(&self.folder));
        }
        if self.mounts {
            left.extend(files(Path::new(SHARED)));
        }
        let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0));
        let (stdout, stderr) = (text(run.stdout), text(run.stderr));
        let start = stderr.ceil_char_boundary(stderr.len().saturating_sub(KEPT));
        let stderr = stderr[start..].to_owned();
        Ok(Outcome { code, took, stdout, stderr, hit, hung, left })
    }
}

/// A process that sees file systems that it mounts, and is the only one.
fn unshared(this: &Path) -> Command {
    let mut command = Command::new("unshare");
    command.args(["--mount", "--propagation", "private", "--"]).arg(this);
    command
}

/// Whether file systems can be mounted that nobody else sees.
pub(crate) fn can_mount() -> bool {
    let mut command = unshared(Path::new("mount"));
    command.args(["-t", "tmpfs", "tmpfs", SHARED]).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// A run that goes on.
struct Run {
    child: Child,
    pid: Pid,
    /// Tells when it has ended.
    pidfd: OwnedFd,
    stdout: Option<JoinHandle<Vec<u8>>>,
    stderr: Option<JoinHandle<Vec<u8>>>,
    /// What is to be closed.
    closing: Option<Box<dyn Send>>,
}

impl Run {
    fn start(trial: &Trial) -> Result<Self> {
        let mut child = Command::new(&trial.program)
            .args(&trial.arguments)
            .env("TMPDIR", &trial.folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {}", trial.program.display()))?;
        let pid = Pid::from_child(&child);
        let pidfd = pidfd_open(pid, PidfdFlags::empty()).context("cannot watch a run")?;
        let (mut stdout, mut stderr) = (child.stdout.take(), child.stderr.take());
        // What is to be closed is not read: what is said until then fits into the pipe.
        let closing: Option<Box<dyn Send>> = match trial.fault {
            Fault::Closed(Pipe::Stdin) => Some(Box::new(child.stdin.take())),
            Fault::Closed(Pipe::Stdout) => Some(Box::new(stdout.take())),
            Fault::Closed(Pipe::Stderr) => Some(Box::new(stderr.take())),
            _ => None,
        };
        let (stdout, stderr) = (stdout.map(read), stderr.map(read));
        Ok(Self { child, pid, pidfd, stdout, stderr, closing })
    }

    /// How it ends, if it does before this moment.
    fn ends_by(&mut self, moment: Instant) -> Result<Option<ExitStatus>> {
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(Some(status));
            }
            let left = moment.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(None);
            }
            let left = Timespec::try_from(left).context("a moment too far away")?;
            let _ = poll(&mut [PollFd::new(&self.pidfd, PollFlags::IN)], Some(&left));
        }
    }

    /// Does what the fault says, as soon as there is somebody to do it to; to whom.
    fn harm(&mut self, trial: &Trial, limit: Instant) -> Result<Vec<String>> {
        let mut random = Rng::with_seed(trial.seed);
        match trial.fault {
            Fault::Nothing | Fault::Function(_) => return Ok(Vec::new()),
            Fault::Closed(_) => {
                drop(self.closing.take());
                return Ok(vec!["a pipe".to_owned()]);
            }
            Fault::FullDisk => {
                fill(&trial.folder);
                return Ok(vec!["a folder".to_owned()]);
            }
            _ => {}
        }
        loop {
            let hit = hit(trial.fault, self.pid, &mut random);
            if !hit.is_empty() || Instant::now() >= limit {
                return Ok(hit);
            }
            if self.ends_by(Instant::now() + LOOKS)?.is_some() {
                return Ok(Vec::new());
            }
        }
    }
}

fn read(mut pipe: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut all = Vec::new();
        let _ = pipe.read_to_end(&mut all);
        all
    })
}

fn text(reader: Option<JoinHandle<Vec<u8>>>) -> String {
    let all = reader.and_then(|reader| reader.join().ok()).unwrap_or_default();
    String::from_utf8_lossy(&all).into_owned()
}

/// Those that are still there a while after the end of the run.
fn left_processes() -> Vec<String> {
    let begun = Instant::now();
    loop {
        let left = below(getpid());
        if left.is_empty() || begun.elapsed() > LEAVING {
            return left.into_iter().map(|process| process.about).collect();
        }
        thread::sleep(LOOKS);
    }
}

/// Ends all processes below this one.
fn end_all() {
    loop {
        let all = below(getpid());
        for process in &all {
            // It may have ended meanwhile.
            let _ = kill_process(process.pid, Signal::KILL);
        }
        if all.is_empty() {
            break;
        }
        thread::sleep(LOOKS);
    }
}

fn files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.filter(|name| name != FILLING).collect()
}
