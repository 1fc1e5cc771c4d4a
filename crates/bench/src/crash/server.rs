//! The server that is killed and started again, on one store and one port.

use std::fs::{self, File, OpenOptions};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::Pid;

use crate::faults::processes::{self, Process};

/// How long processes of a server that was killed may take to end.
const GONE: Duration = Duration::from_secs(5);
/// How often is looked.
const LOOK: Duration = Duration::from_millis(5);

/// How a server is started.
#[derive(Debug)]
pub(super) struct Recipe {
    pub(super) program: PathBuf,
    pub(super) project: PathBuf,
    pub(super) python: PathBuf,
    pub(super) store: PathBuf,
    pub(super) log: PathBuf,
    pub(super) port: u16,
    /// Further arguments, such as `--durability full`.
    pub(super) more: Vec<String>,
}

/// One that runs.
#[derive(Debug)]
pub(super) struct Server {
    child: Child,
    pub(super) since: Instant,
}

impl Recipe {
    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(super) fn start(&self) -> Result<Server> {
        let log = OpenOptions::new().create(true).append(true).open(&self.log)?;
        let child = Command::new(&self.program)
            .arg("serve")
            .arg(&self.project)
            .args(["--port", &self.port.to_string()])
            .arg("--store")
            .arg(&self.store)
            .arg("--python")
            .arg(&self.python)
            .args(&self.more)
            .stdin(Stdio::null())
            .stdout(File::options().append(true).open(&self.log)?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("cannot start {}", self.program.display()))?;
        Ok(Server { child, since: Instant::now() })
    }

    /// The end of what servers have said.
    pub(super) fn said(&self) -> String {
        let text = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}

impl Server {
    /// Kills it at once. Those that it has started must end without being asked; which did not.
    pub(super) fn kill(mut self) -> Result<Vec<String>> {
        if let Some(status) = self.child.try_wait()? {
            bail!("the server has ended by itself: {status}");
        }
        let pid = Pid::from_child(&self.child);
        let below = processes::below(pid);
        self.child.kill()?;
        self.child.wait()?;
        Ok(left_of(below))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself, or have been killed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn left_of(mut below: Vec<Process>) -> Vec<String> {
    let since = Instant::now();
    loop {
        below.retain(|process| processes::runs(process.pid));
        if below.is_empty() || since.elapsed() > GONE {
            return below.into_iter().map(|process| process.about).collect();
        }
        std::thread::sleep(LOOK);
    }
}

/// A port that nobody uses.
pub(super) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
