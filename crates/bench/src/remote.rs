//! A contender in a process of its own, which measures itself: asked for a round by a line with a time
//! in nanoseconds, it answers with a line of samples, a JSON array, or with a string: what went wrong.
//!
//! Lanes stay loaded as long as their process, and what one contender leaves in memory would slow
//! the next, so every contender but the engine has its own process. The plain Python programs that
//! contenders are compared with speak the same way.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::os::fd::AsFd;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};

use crate::case::Subject;
use crate::job::Job;

/// A process that measures itself.
pub(crate) struct Remote {
    child: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Remote {
    /// Starts it.
    pub(crate) fn start(command: &mut Command) -> anyhow::Result<Self> {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {}", command.get_program().display()))?;
        let requests = child.stdin.take().expect("stdin is a pipe");
        let answers = BufReader::new(child.stdout.take().expect("stdout is a pipe"));
        Ok(Self { child, requests, answers })
    }

    /// Asks for a round without waiting for it.
    pub(crate) fn ask(&mut self, budget: Duration) -> anyhow::Result<()> {
        writeln!(self.requests, "{}", budget.as_nanos()).context(ENDED)
    }

    /// Waits for the samples of the round.
    pub(crate) fn answer(&mut self) -> anyhow::Result<Vec<f64>> {
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        match serde_json::from_str(&line).context(ENDED)? {
            Answer::Samples(samples) => Ok(samples),
            Answer::Failure(text) => bail!(text),
        }
    }
}

const ENDED: &str = "its process ended; what it said is above";

impl Subject for Remote {
    fn measure(&mut self, budget: Duration) -> anyhow::Result<Vec<f64>> {
        self.ask(budget)?;
        self.answer()
    }
}

impl Drop for Remote {
    fn drop(&mut self) {
        // Both fail only for a process that has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A line of answer.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Answer {
    Samples(Vec<f64>),
    Failure(String),
}

/// A job whose work can be done only once in a process, so that each sample needs a new one.
pub(crate) struct Afresh(pub(crate) Job);

impl Subject for Afresh {
    fn measure(&mut self, budget: Duration) -> anyhow::Result<Vec<f64>> {
        sample_for(budget, || {
            let samples = self.0.start()?.measure(Duration::ZERO)?;
            samples.first().copied().context("its process has measured nothing")
        })
    }
}

/// The other side: makes the subject and answers requests until nobody asks any more.
pub(crate) fn serve(make: impl FnOnce() -> anyhow::Result<Box<dyn Subject>>) -> anyhow::Result<()> {
    // Of its own, because a pool makes stdout and stderr its functions' log.
    let mut answers = File::from(std::io::stdout().as_fd().try_clone_to_owned()?);
    let mut subject = make();
    for line in std::io::stdin().lines() {
        let nanoseconds = line?.parse().context("a request is a number")?;
        let answer = match &mut subject {
            Ok(subject) => match subject.measure(Duration::from_nanos(nanoseconds)) {
                Ok(samples) => Answer::Samples(samples),
                Err(error) => Answer::Failure(format!("{error:#}")),
            },
            Err(error) => Answer::Failure(format!("{error:#}")),
        };
        let mut line = serde_json::to_vec(&answer)?;
        line.push(b'\n');
        answers.write_all(&line)?;
    }
    Ok(())
}

/// Samples until the time is up, at least one.
pub(crate) fn sample_for(
    budget: Duration,
    mut sample: impl FnMut() -> anyhow::Result<f64>,
) -> anyhow::Result<Vec<f64>> {
    let mut samples = Vec::new();
    let until = Instant::now() + budget;
    while samples.is_empty() || Instant::now() < until {
        samples.push(sample()?);
    }
    Ok(samples)
}

/// How long `work` takes, in nanoseconds.
pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let begun = Instant::now();
    let done = work();
    (done, begun.elapsed().as_secs_f64() * 1e9)
}
