//! The baseline: the same handlers in one plain Python process, which measures itself.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::Context;

use crate::case::Subject;

/// A Python process that calls the handlers with `json.loads(json.dumps(x))` between them.
pub(crate) struct PlainPython {
    child: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
    event: String,
}

impl PlainPython {
    /// Starts it for the handlers in `folder`; `event` is what travels.
    pub(crate) fn start(python: &Path, folder: &Path, event: String) -> anyhow::Result<Self> {
        let mut child = Command::new(python)
            .args(["-c", include_str!("plain.py")])
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {}", python.display()))?;
        let requests = child.stdin.take().expect("stdin is a pipe");
        let answers = BufReader::new(child.stdout.take().expect("stdout is a pipe"));
        Ok(Self { child, requests, answers, event })
    }
}

impl Subject for PlainPython {
    fn measure(&mut self, budget: Duration) -> anyhow::Result<Vec<f64>> {
        writeln!(self.requests, "{} {}", budget.as_nanos(), self.event)?;
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        serde_json::from_str(&line).context("the Python process ended; what it said is above")
    }
}

impl Drop for PlainPython {
    fn drop(&mut self) {
        // Both fail only for a process that has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
