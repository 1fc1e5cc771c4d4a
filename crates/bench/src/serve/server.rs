//! The server that is measured.

use std::fmt;
use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use serde::Serialize;
use serde_json::{Value, json};

use super::client::{Load, Until, request};
use super::project::Project;
use crate::faults::processes;

/// How long a start may take.
const STARTED: Duration = Duration::from_secs(60);
/// Between two looks at a server that starts.
const LOOK: Duration = Duration::from_millis(1);
/// Between two looks at one that works, and what of a processor it takes when it is calm.
const WATCH: Duration = Duration::from_millis(500);
const CALM: f64 = 0.02;
/// Ticks of the clock in a second, as Linux shows them to programs.
const TICKS: f64 = 100.0;

/// One that runs. It is stopped with this value.
#[derive(Debug)]
pub(super) struct Server {
    child: Child,
    address: SocketAddr,
    log: PathBuf,
}

/// What the server's own process takes, and how many it has.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Usage {
    pub(super) resident_bytes: u64,
    pub(super) threads: u64,
    /// Those that it has started.
    pub(super) processes: usize,
    /// Private memory of these together.
    pub(super) processes_bytes: u64,
}

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { resident_bytes, threads, processes, processes_bytes } = self;
        write!(
            f,
            "{:.1} MB in {threads} threads, and {processes} processes of functions with {:.1} MB",
            *resident_bytes as f64 / 1e6,
            *processes_bytes as f64 / 1e6
        )
    }
}

impl Server {
    /// Starts it with a store of its own; it and how long it took until its first answer.
    pub(super) fn start(
        program: &Path,
        project: &Project,
        name: &str,
        arguments: &[String],
    ) -> Result<(Self, Duration)> {
        let address = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?;
        let folder = project.folder.with_file_name(name);
        fs::create_dir_all(&folder)?;
        let log = folder.join("log");
        let mut command = Command::new(program);
        command
            .arg("serve")
            .arg(&project.folder)
            .args(["--port", &address.port().to_string()])
            .arg("--store")
            .arg(folder.join("store.db"))
            .arg("--python")
            .arg(&project.python)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(File::create(&log)?)
            .stderr(File::options().append(true).open(&log)?);
        let began = Instant::now();
        let child =
            command.spawn().with_context(|| format!("cannot start {}", program.display()))?;
        let mut server = Self { child, address, log };
        let first = request("ListStateMachines", &json!({}));
        loop {
            let tried = Load::connect(address, 1)
                .and_then(|mut load| load.run(&first, Until::Count(1), |_| true));
            match tried {
                Ok(_) => return Ok((server, began.elapsed())),
                Err(_) if began.elapsed() < STARTED && server.child.try_wait()?.is_none() => {
                    std::thread::sleep(LOOK);
                }
                Err(error) => {
                    let said = fs::read_to_string(&server.log).unwrap_or_default();
                    return Err(error)
                        .with_context(|| format!("the server does not start: {said}"));
                }
            }
        }
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The ARN of the machine with this name.
    pub(super) fn machine(&self, name: &str) -> Result<String> {
        let mut body = Vec::new();
        let keep = |answer: &[u8]| {
            body = answer.to_vec();
            true
        };
        let asked = request("ListStateMachines", &json!({}));
        Load::connect(self.address, 1)?.run(&asked, Until::Count(1), keep)?;
        let machines: Value = serde_json::from_slice(&body)?;
        let machines = machines["stateMachines"].as_array().context("it lists machines")?;
        let found = machines.iter().find(|machine| machine["name"] == name);
        let arn = found.and_then(|machine| machine["stateMachineArn"].as_str());
        Ok(arn.with_context(|| format!("there is no machine {name}"))?.to_owned())
    }

    pub(super) fn usage(&self) -> Result<Usage> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok())
        };
        let below = processes::below(self.pid());
        let private = below.iter().map(|process| private_bytes(process.pid));
        Ok(Usage {
            resident_bytes: field("VmRSS:").context("it has memory")? * 1024,
            threads: field("Threads:").context("it has threads")?,
            processes: below.len(),
            processes_bytes: private.sum(),
        })
    }

    /// Time on processors so far, of all of its processes that run.
    pub(super) fn cpu(&self) -> Duration {
        let below = processes::below(self.pid());
        let all = below.into_iter().map(|process| process.pid).chain([self.pid()]);
        all.map(|pid| cpu(&pid.as_raw_nonzero().to_string())).sum()
    }

    /// Waits until it does nothing any more.
    pub(super) fn until_calm(&self, patience: Duration) -> Result<()> {
        let since = Instant::now();
        let mut before = self.cpu();
        loop {
            std::thread::sleep(WATCH);
            let now = self.cpu();
            if now.saturating_sub(before).as_secs_f64() < CALM * WATCH.as_secs_f64() {
                return Ok(());
            }
            if since.elapsed() > patience {
                bail!("the server still works after {patience:?}");
            }
            before = now;
        }
    }

    fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = kill_process(self.pid(), Signal::TERM);
        let since = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) && since.elapsed() < STARTED {
            std::thread::sleep(LOOK);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Time on processors that this program has had.
pub(super) fn own_cpu() -> Duration {
    cpu("self")
}

/// Of a process that has ended it is nothing.
fn cpu(process: &str) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    ticks(&stat).map_or(Duration::ZERO, |ticks| Duration::from_secs_f64(ticks as f64 / TICKS))
}

/// User and system time, the 14th and 15th field of a `stat`; the second one, the name, can hold anything.
fn ticks(stat: &str) -> Option<u64> {
    let fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11).take(2);
    fields.map(|field| field.parse::<u64>().ok()).sum()
}

fn private_bytes(process: Pid) -> u64 {
    let file = format!("/proc/{}/smaps_rollup", process.as_raw_nonzero());
    let text = fs::read_to_string(file).unwrap_or_default();
    let kibibytes = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0)
    };
    (kibibytes("Private_Dirty:") + kibibytes("Private_Clean:")) * 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_on_processors_is_read() {
        let stat = "7 (a) b) R 1 7 7 0 -1 4194304 100 0 0 0 3 4 0 0 20 0 1 0 5 0 0";
        assert_eq!(ticks(stat), Some(7));
        assert_eq!(ticks(""), None);
    }
}
