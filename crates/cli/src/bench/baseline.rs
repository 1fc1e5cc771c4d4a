//! Contenders that are no workflow engine: the same calls in plain Python, in ways that everybody knows.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use faastlane_lanes::{Function, Handler};
use faastlane_results::{Sample, Workload};
use serde_json::json;

use super::contest::{Contender, Ran};
use super::replay::Wave;
use crate::Error;

const SOURCE: &str = include_str!("baseline.py");

/// A well-known way to run a workflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Plain,
    Fork,
    Pipes,
    Http,
}

impl Way {
    pub(super) const ALL: [Self; 4] = [Self::Http, Self::Pipes, Self::Fork, Self::Plain];

    /// What it is called in a table.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Plain => Workload::BASELINE,
            Self::Fork => "fork for each call",
            Self::Pipes => "a process each, JSON pipes",
            Self::Http => "a process each, HTTP",
        }
    }

    fn argument(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Fork => "fork",
            Self::Pipes => "pipes",
            Self::Http => "http",
        }
    }

    /// Whether calls of a wave run one after another.
    pub(super) fn is_sequential(self) -> bool {
        self == Self::Plain
    }
}

/// Drivers of one way: one of them runs executions one after another, all of them several at a time.
pub(super) struct Baseline {
    way: Way,
    setup: String,
    python: std::path::PathBuf,
    drivers: Vec<Driver>,
}

/// A Python process that makes the calls.
struct Driver {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Baseline {
    /// Starts it and loads all functions.
    pub(super) fn start(way: Way, functions: &[Function], waves: &[Wave]) -> Result<Self, Error> {
        let specs: Vec<_> = functions.iter().map(spec).collect();
        let setup = json!({"functions": specs, "waves": waves, "source": SOURCE}).to_string();
        let python = functions.first().map(|function| function.python.clone());
        let python = python.ok_or_else(|| Error::Invalid("there is no function to call".into()))?;
        let first = Driver::start(way, &python, &setup)?;
        Ok(Self { way, setup, python, drivers: vec![first] })
    }
}

/// A function as the program reads it.
fn spec(function: &Function) -> serde_json::Value {
    let names = match &function.handler {
        Handler::Named(name) => vec![name.clone()],
        Handler::AnyOf { module, names } => {
            names.iter().map(|name| format!("{module}.{name}")).collect()
        }
    };
    let env: serde_json::Map<_, _> =
        function.environment.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    json!({
        "name": function.name, "python": function.python, "root": function.code_root,
        "layers": function.layers, "names": names, "env": env,
    })
}

impl Contender for Baseline {
    fn one_by_one(&mut self, budget: Duration) -> Result<Vec<Sample>, Error> {
        let knows_outside = self.way.is_sequential();
        let driver = &mut self.drivers[0];
        driver.ask(budget, 1)?;
        let samples = driver.answer()?.into_iter();
        Ok(samples.map(|sample| sample_of(sample, knows_outside)).collect())
    }

    fn together(&mut self, budget: Duration, at_a_time: usize, vcpus: usize) -> Result<Ran, Error> {
        // As many copies as processors, as containers are.
        while self.drivers.len() < vcpus.min(at_a_time) {
            self.drivers.push(Driver::start(self.way, &self.python, &self.setup)?);
        }
        let began = std::time::Instant::now();
        for driver in &mut self.drivers {
            driver.ask(budget, 1)?;
        }
        let mut executions = 0;
        for driver in &mut self.drivers {
            executions += driver.answer()?.len();
        }
        Ok(Ran { executions, took: began.elapsed() })
    }
}

/// End to end, functions and blocked, from nanoseconds.
fn sample_of([end_to_end, functions, blocked]: [f64; 3], knows_outside: bool) -> Sample {
    Sample {
        end_to_end: end_to_end / 1e3,
        functions: functions / 1e3,
        outside: knows_outside.then_some(blocked / 1e3),
        waiting: 0.0,
    }
}

impl Driver {
    fn start(way: Way, python: &std::path::Path, setup: &str) -> Result<Self, Error> {
        let failed = |error| Error::Internal(format!("cannot start {}: {error}", python.display()));
        let mut child = Command::new(python)
            .args(["-c", SOURCE, way.argument()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(failed)?;
        let (input, output) = child.stdin.take().zip(child.stdout.take()).expect("both are piped");
        let mut driver = Self { child, input, output: BufReader::new(output) };
        driver.write(setup)?;
        driver.read()?;
        Ok(driver)
    }

    fn ask(&mut self, budget: Duration, executions: usize) -> Result<(), Error> {
        self.write(
            &json!([u64::try_from(budget.as_nanos()).unwrap_or(u64::MAX), executions]).to_string(),
        )
    }

    fn answer(&mut self) -> Result<Vec<[f64; 3]>, Error> {
        let line = self.read()?;
        serde_json::from_str(&line).map_err(|error| Error::Internal(format!("a baseline: {error}")))
    }

    fn write(&mut self, line: &str) -> Result<(), Error> {
        let written =
            self.input.write_all(line.as_bytes()).and_then(|()| self.input.write_all(b"\n"));
        written.map_err(|error| Error::Internal(format!("a baseline takes no work: {error}")))
    }

    fn read(&mut self) -> Result<String, Error> {
        let mut line = String::new();
        match self.output.read_line(&mut line) {
            Ok(length) if length > 0 => Ok(line),
            Ok(_) => Err(Error::Invalid("it ended; what it said is above".into())),
            Err(error) => Err(Error::Internal(format!("a baseline cannot be heard: {error}"))),
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // Its workers see the end of their input. Failures mean that it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
