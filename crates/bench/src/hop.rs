//! One hop in the portable lane: from the end of one no-op function to the end of the next.
//!
//! Measured twice: through the container, as users run it, with every history event kept; and
//! through the lanes alone, JSON text in and out, which shows what the orchestrator adds.

use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{bail, ensure};
use faastlane_asl::StateMachine;
use faastlane_container::{Container, EndedCall, Ids, Observer, Request};
use faastlane_engine::{EventKind, HistoryEvent, Outcome, Start};
use faastlane_lanes as lanes;
use lanes::{Call, CallId, Function, FunctionIndex, Handler, Options, Payload, Pool, Returned};
use serde_json::json;
use tempfile::TempDir;

use crate::case::{Case, Contender, Subject};
use crate::plain::PlainPython;
use crate::{definition, payload};

/// Functions in the chain.
const STEPS: usize = 5;
const ARN: &str = "arn:aws:lambda:us-east-1:123456789012:function:";

/// A chain for each size of event.
pub(crate) fn cases(python: &Path) -> Vec<Case> {
    let case = |name: &str, event: fn() -> serde_json::Value| {
        let python = python.to_owned();
        let contenders = Box::new(move || contenders(&python, &event()));
        Case { name: format!("hop/{name}"), contenders }
    };
    vec![
        case("200 B", payload::small),
        case("20 KB nested", payload::nested),
        case("1.6 MB string", payload::text),
        case("150,000 floats", payload::floats),
    ]
}

fn contenders(python: &Path, event: &serde_json::Value) -> anyhow::Result<Vec<Contender>> {
    let code = Code::write(python)?;
    let folder = code.folder.path().to_owned();
    let container = Chain::new(Rc::clone(&code), event)?;
    let pool = Lanes::new(code, event.to_string().into_bytes())?;
    let plain = PlainPython::start(python, &folder, event.to_string())?;
    Ok(vec![
        ("container", Box::new(container)),
        ("lane alone", Box::new(pool)),
        ("plain Python", Box::new(plain)),
    ])
}

/// The folder of the handlers, there as long as one of its users.
struct Code {
    folder: TempDir,
    python: PathBuf,
}

impl Code {
    fn write(python: &Path) -> anyhow::Result<Rc<Self>> {
        let folder = TempDir::new()?;
        std::fs::write(folder.path().join("handlers.py"), include_str!("handlers.py"))?;
        Ok(Rc::new(Self { folder, python: python.to_owned() }))
    }

    fn functions(&self) -> Vec<Function> {
        let function = |at| Function {
            name: format!("step{at}"),
            arn: format!("{ARN}step{at}"),
            code_root: self.folder.path().to_owned(),
            handler: Handler::Named(format!("handlers.step{at}")),
            python: self.python.clone(),
            layers: Vec::new(),
            environment: Vec::new(),
            timeout: Duration::from_secs(60),
            memory_mib: 128,
            runtime: "python3.12".to_owned(),
            libpython: None,
            debug: None,
        };
        (0..STEPS).map(function).collect()
    }
}

/// Executions of a chain of Task states in a container.
struct Chain {
    container: Container,
    machine: Arc<StateMachine>,
    start: Start,
    _code: Rc<Code>,
}

impl Chain {
    fn new(code: Rc<Code>, event: &serde_json::Value) -> anyhow::Result<Self> {
        let task = |at| json!({"Type": "Task", "Resource": format!("{ARN}step{at}")});
        let machine = definition::chain((0..STEPS).map(task).collect())?;
        let index = |reference: &str| {
            let step = reference.strip_prefix(ARN)?.strip_prefix("step")?;
            step.parse().ok().map(FunctionIndex)
        };
        let (options, ids) = (Options::default(), Ids::seeded(1));
        let container = Container::new(code.functions(), Box::new(index), options, ids)?;
        let start = definition::start(definition::value(event)?);
        Ok(Self { container, machine, start, _code: code })
    }
}

impl Subject for Chain {
    fn measure(&mut self, budget: Duration) -> anyhow::Result<Vec<f64>> {
        let mut hops = Vec::new();
        let until = Instant::now() + budget;
        while hops.is_empty() || Instant::now() < until {
            let (machine, start) = (Arc::clone(&self.machine), self.start.clone());
            let mut watch = Watch { hops: &mut hops, last: Instant::now(), history: Vec::new() };
            let outcome = self.container.run(Request { machine, start }, &mut watch)?;
            let Outcome::Succeeded(output) = outcome else { bail!("it ended: {outcome:?}") };
            ensure!(watch.history.len() == 2 + 5 * STEPS, "events are missing in the history");
            ensure!(output == self.start.input, "a handler changed the event");
        }
        Ok(hops)
    }
}

/// Keeps the history, and when each state ended.
struct Watch<'a> {
    hops: &'a mut Vec<f64>,
    last: Instant,
    history: Vec<HistoryEvent>,
}

impl Observer for Watch<'_> {
    fn recorded(&mut self, event: HistoryEvent, _: Instant) {
        if let EventKind::StateExited { .. } = event.kind {
            let now = Instant::now();
            self.hops.push((now - self.last).as_secs_f64() * 1e9);
            self.last = now;
        }
        self.history.push(event);
    }

    fn wrote(&mut self, _: FunctionIndex, _: &str) {}

    fn called(&mut self, _: EndedCall) {}
}

/// The same functions in the same order, without an engine.
struct Lanes {
    pool: Pool,
    event: Vec<u8>,
    calls: u64,
    _code: Rc<Code>,
}

impl Lanes {
    fn new(code: Rc<Code>, event: Vec<u8>) -> anyhow::Result<Self> {
        let pool = Pool::new(code.functions(), Options::default())?;
        Ok(Self { pool, event, calls: 0, _code: code })
    }

    /// Calls one function; gives what it returned.
    fn call(&mut self, function: usize, payload: Vec<u8>) -> anyhow::Result<Vec<u8>> {
        self.calls += 1;
        self.pool.call(Call {
            id: CallId(self.calls),
            function: FunctionIndex(function),
            payload: Payload::Text(payload),
            request_id: "8f7d2c1e-0000-4000-8000-000000000000".to_owned(),
            client_context: None,
            trace_id: None,
        });
        let mut events = Vec::new();
        loop {
            self.pool.wait(None, &mut events)?;
            for event in events.drain(..) {
                match event {
                    lanes::Event::Finished {
                        outcome: lanes::Outcome::Returned(Returned::Text(text)),
                        ..
                    } => return Ok(text),
                    lanes::Event::Finished { outcome, .. } => bail!("a call ended: {outcome:?}"),
                    lanes::Event::Log { .. } => {}
                }
            }
        }
    }
}

impl Subject for Lanes {
    fn measure(&mut self, budget: Duration) -> anyhow::Result<Vec<f64>> {
        let mut hops = Vec::new();
        let until = Instant::now() + budget;
        while hops.is_empty() || Instant::now() < until {
            let mut event = self.event.clone();
            for function in 0..STEPS {
                let begun = Instant::now();
                event = self.call(function, event)?;
                hops.push(begun.elapsed().as_secs_f64() * 1e9);
            }
        }
        Ok(hops)
    }
}
