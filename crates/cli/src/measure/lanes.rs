//! A container with functions that do nothing: what a hop, a load, a fork and memory cost in it.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use faastlane_container::process::{Containers, Definition, Job, Limits as Room, Setup, Wanted};
use faastlane_container::{Conditions, EndedCall, Ids, Observer};
use faastlane_dataset::Location;
use faastlane_engine::{EventKind, HistoryEvent, Limits, Outcome, Start};
use faastlane_environment::Python;
use faastlane_lanes::{Function, FunctionIndex, Handler, Times};
use faastlane_value::Value;
use serde_json::json;
use tempfile::TempDir;

use crate::isolation::Placing;
use crate::{Error, processes};

/// Hops that are measured; the median counts.
const HOPS: usize = 400;
/// The states of the two calls, and of the branches that make them.
const PAIR: &str = "Pair";
const MEMORY: &str = "Memory";
/// Returns its event; `memory` instead gives what its process has written that no other shares, and all
/// that its parent has written.
const HANDLER: &str = r#"
def written(process, kinds):
    try:
        with open(f"/proc/{process}/smaps_rollup") as rollup:
            return sum(int(line.split()[1]) for line in rollup if line.startswith(kinds))
    except OSError:
        return None

def step(event, context):
    return event

def memory(event, context):
    import os, time
    time.sleep(0.02)
    return [written("self", "Private_Dirty"), written(os.getppid(), ("Private_Dirty", "Shared_Dirty"))]
"#;
/// An event of about 200 bytes.
const EVENT: &str = r#"{"id": 4711, "name": "A. N. Other", "price": 19.99, "tags": ["new", "blue", "xl"],
    "address": {"street": "Long Lane 12", "city": "Springfield"}, "note": "please ring twice", "done": false}"#;

/// What was measured.
#[derive(Debug)]
pub(crate) struct Measured {
    /// The median of the hops.
    pub(crate) hop_us: f64,
    /// Loading one function of two, both loaded at the same time.
    pub(crate) load_ms: f64,
    /// Until a second worker of a warm function had its call.
    pub(crate) start_ms: Option<f64>,
    /// Private memory of a worker.
    pub(crate) own_mib: Option<f64>,
    /// Memory that the process has written which it was forked from.
    pub(crate) parent_mib: Option<f64>,
}

/// Measures lanes that are placed so.
pub(crate) fn measure(python: &Python, placing: Placing) -> Result<Measured, Error> {
    let failed = |error| Error::Internal(format!("cannot write a function to measure: {error}"));
    let folder = TempDir::with_prefix("faastlane-").map_err(failed)?;
    std::fs::write(folder.path().join("app.py"), HANDLER).map_err(failed)?;
    let functions = ["step", "memory"].map(|name| function(name, python, &folder)).into();
    let names = HashMap::from([("step", 0), ("memory", 1)]);
    let names = names.into_iter().map(|(name, at)| (name.to_owned(), Some(at))).collect();
    let definition = Definition { text: definition().to_string(), express: false };
    let options = placing.options();
    let (fresh, s3) = (false, Location::None);
    let setup = Setup { names, functions, options, definition: Some(definition), fresh, s3 };
    let began = Instant::now();
    let mut watch = Watch::default();
    let mut containers = Containers::start(processes::container(), setup, Room::ONE)?;
    if let Some(error) =
        containers.load_all(vec![None; 2])?.into_iter().find_map(|loaded| loaded.error)
    {
        return Err(Error::Internal(format!("a function to measure cannot be loaded: {error}")));
    }
    let load_ms = milliseconds(began.elapsed()) / 2.0;
    let output = match containers.run(job(), &mut watch)? {
        Outcome::Succeeded(output) => output.into_value(),
        other => {
            return Err(Error::Internal(format!("the functions to measure ended: {other:?}")));
        }
    };
    drop(containers);
    let mib = |at: usize| {
        let kib = output.as_array()?.first()?.as_array()?.get(at)?.as_number()?;
        Some(kib.as_f64() / 1024.0)
    };
    let start_ms = watch.pair.iter().filter_map(waited).reduce(f64::max);
    Ok(Measured { hop_us: watch.hop_us(), load_ms, start_ms, own_mib: mib(0), parent_mib: mib(1) })
}

fn function(name: &str, python: &Python, folder: &TempDir) -> Function {
    Function {
        name: name.to_owned(),
        arn: format!("arn:aws:lambda:us-east-1:123456789012:function:{name}"),
        code_root: folder.path().to_owned(),
        handler: Handler::Named(format!("app.{name}")),
        python: python.path.clone(),
        libpython: python.libpython().ok(),
        layers: Vec::new(),
        environment: Vec::new(),
        timeout: Duration::from_secs(3),
        memory_mib: 128,
        memory_limit_mib: None,
        runtime: format!("python{}.{}", python.version.major, python.version.minor),
        debug: None,
        alone: false,
    }
}

/// One function called again and again, then a warm one twice at the same time.
fn definition() -> serde_json::Value {
    let step = |at: usize| {
        let next = if at + 1 == HOPS { PAIR.to_owned() } else { format!("S{}", at + 1) };
        (format!("S{at}"), json!({"Type": "Task", "Resource": "step", "Next": next}))
    };
    let mut states: serde_json::Map<_, _> = (0..HOPS).map(step).collect();
    let task = json!({"Type": "Task", "Resource": "memory", "End": true});
    let branch = json!({"StartAt": MEMORY, "States": {MEMORY: task}});
    let pair = json!({"Type": "Parallel", "End": true, "Branches": [branch, branch]});
    states.insert(PAIR.to_owned(), pair);
    json!({"StartAt": "S0", "States": states})
}

fn job() -> Job {
    let mut ids = Ids::random();
    Job {
        input: EVENT.to_owned(),
        start: Start {
            execution_arn: "arn:aws:states:us-east-1:123456789012:execution:profile:1".into(),
            execution_name: "1".into(),
            machine_arn: "arn:aws:states:us-east-1:123456789012:stateMachine:profile".into(),
            machine_name: "profile".into(),
            role_arn: "arn:aws:iam::123456789012:role/faastlane".into(),
            input: Value::Null,
            seed: ids.seed(),
            limits: Limits::NONE,
        },
        history: Wanted::Events,
        conditions: Conditions::default(),
    }
}

/// Notes when states end and when calls begin.
#[derive(Default)]
struct Watch {
    ends: Vec<Instant>,
    /// The two calls at the same time.
    pair: Vec<Times>,
}

impl Watch {
    /// The median from the end of a state to the end of the next.
    fn hop_us(&self) -> f64 {
        let mut hops: Vec<Duration> = self.ends.windows(2).map(|pair| pair[1] - pair[0]).collect();
        hops.sort_unstable();
        hops.get(hops.len() / 2).map_or(0.0, |hop| milliseconds(*hop) * 1000.0)
    }
}

impl Observer for Watch {
    fn recorded(&mut self, event: HistoryEvent, at: Instant) {
        if let EventKind::StateExited { .. } = event.kind {
            self.ends.push(at);
        }
    }

    fn wrote(&mut self, _: FunctionIndex, _: &str) {}

    fn called(&mut self, call: EndedCall) {
        if call.state == MEMORY {
            self.pair.push(call.times);
        }
    }
}

/// How long a call waited for its worker.
fn waited(times: &Times) -> Option<f64> {
    Some(milliseconds(times.started?.saturating_duration_since(times.called)))
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
