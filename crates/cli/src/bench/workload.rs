//! What is run: projects of the user, and built-in ones that show one thing each.

use std::ffi::OsString;
use std::path::Path;

use faastlane_results::{Goal, Metric};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::Error;
use crate::args::LanesArg;

/// Something that can be run, as it would be typed behind `faastlane run`.
pub(super) struct Workload {
    pub(super) name: String,
    pub(super) arguments: Vec<OsString>,
    /// Its functions wait most of the time: who runs them one after another only waits.
    pub(super) sleeps: bool,
    /// Where a built-in one lies.
    _folder: Option<TempDir>,
}

/// A workload that is written when it is needed.
struct BuiltIn {
    name: &'static str,
    make: fn() -> Parts,
    sleeps: bool,
}

/// What a built-in workload consists of.
struct Parts {
    definition: Value,
    /// Names and bodies of functions.
    functions: Vec<(String, &'static str)>,
    input: Value,
}

const BUILT_IN: [BuiltIn; 5] = [
    BuiltIn { name: CHAIN, make: || chain(record()), sleeps: false },
    BuiltIn {
        name: "chain of 5, 20 KB",
        make: || chain(vec![record(); 100].into()),
        sleeps: false,
    },
    BuiltIn { name: BRANCHES, make: || branches(50, BURN, 2), sleeps: false },
    BuiltIn { name: SLEEPERS, make: || items(200, SLEEP, 100), sleeps: true },
    BuiltIn { name: ITEMS, make: || items(1000, BURN, 1), sleeps: false },
];

const CHAIN: &str = "chain of 5, 200 B";
const BRANCHES: &str = "50 branches, 2 ms of CPU";
const SLEEPERS: &str = "200 items, 100 ms of sleep";
const ITEMS: &str = "1,000 items, 1 ms of CPU";

const STEP: &str = "def handler(event, context):\n    return event\n";
/// Computes until its own process has used so much processor time, whoever else computes.
const BURN: &str = "\
import time\n
def handler(event, context):
    until = time.process_time() + event / 1000
    while time.process_time() < until:
        pass
";
const SLEEP: &str = "import time\n\ndef handler(event, context):\n    time.sleep(event / 1000)\n";

/// The names of those that are built in.
pub(super) fn built_in() -> impl Iterator<Item = &'static str> {
    BUILT_IN.iter().map(|built_in| built_in.name)
}

impl Workload {
    /// The built-in workload of that name.
    pub(super) fn built_in(name: &str) -> Result<Self, Error> {
        let found = BUILT_IN.iter().find(|built_in| built_in.name == name);
        let BuiltIn { name, make, sleeps } = found.expect("one of their names");
        let failed = |error| Error::Internal(format!("cannot write the workload {name}: {error}"));
        let folder = TempDir::with_prefix("faastlane-").map_err(failed)?;
        let arguments = make().write(folder.path()).map_err(failed)?;
        Ok(Self { name: (*name).to_owned(), arguments, sleeps: *sleeps, _folder: Some(folder) })
    }

    /// The default machine of a project with its default input.
    pub(super) fn project(target: &Path) -> Self {
        let absolute = target.canonicalize();
        let path = absolute.as_deref().unwrap_or(target);
        let name = path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        Self { name, arguments: vec![target.into()], sleeps: false, _folder: None }
    }

    /// What we hope for when functions are placed so.
    pub(super) fn goals(&self, lanes: LanesArg, vcpus: usize) -> Vec<Goal> {
        let goal = |metric, limit| vec![Goal { metric, limit }];
        // Milliseconds of processor time, shared by all processors.
        let ideal = |ms: f64| ms * 1e3 / vcpus as f64;
        match (self.name.as_str(), lanes) {
            (CHAIN, LanesArg::Threads) => goal(Metric::Throughput, 40_000.0),
            (CHAIN, LanesArg::Processes) => goal(Metric::Throughput, 8_000.0),
            (BRANCHES, LanesArg::Auto) => goal(Metric::EndToEnd, ideal(100.0) + 8e3),
            (SLEEPERS, LanesArg::Auto) => goal(Metric::EndToEnd, 400e3),
            (ITEMS, LanesArg::Auto) => goal(Metric::EndToEnd, ideal(1000.0) * 1.1),
            ("finra", LanesArg::Auto) => goal(Metric::Interaction, 10e3),
            ("sentiment", LanesArg::Threads) => goal(Metric::Interaction, 40.0),
            _ => Vec::new(),
        }
    }
}

impl Parts {
    /// Writes it, and what is to be typed to run it.
    fn write(&self, folder: &Path) -> std::io::Result<Vec<OsString>> {
        let (definition, input) = (folder.join("flow.asl.json"), folder.join("input.json"));
        let functions = folder.join("functions");
        std::fs::write(&definition, self.definition.to_string())?;
        std::fs::write(&input, self.input.to_string())?;
        std::fs::create_dir(&functions)?;
        for (name, code) in &self.functions {
            std::fs::write(functions.join(format!("{name}.py")), code)?;
        }
        let options = ["--functions".into(), functions.into(), "--input".into(), input.into()];
        Ok(std::iter::once(definition.into()).chain(options).collect())
    }
}

/// About 200 bytes.
fn record() -> Value {
    json!({
        "id": "ord-000042", "status": "open", "amount": 129.95, "currency": "EUR", "items": 3,
        "customer": {"id": 7_731, "name": "Ada Lovelace", "priority": true},
        "tags": ["new", "gift"], "note": null, "created": "2026-01-31T12:00:00Z",
    })
}

/// Five functions that return their event.
fn chain(input: Value) -> Parts {
    let steps: Vec<String> = (0..5).map(|at| format!("step{at}")).collect();
    let state = |(at, name): (usize, &String)| {
        let mut state = task(name);
        if let Some(next) = steps.get(at + 1) {
            state = json!({"Type": "Task", "Resource": name, "Next": next});
        }
        (name.clone(), state)
    };
    let states: serde_json::Map<_, _> = steps.iter().enumerate().map(state).collect();
    Parts {
        definition: json!({"StartAt": "step0", "States": states}),
        functions: steps.into_iter().map(|name| (name, STEP)).collect(),
        input,
    }
}

fn task(name: &str) -> Value {
    json!({"Type": "Task", "Resource": name, "End": true})
}

fn branch() -> Value {
    json!({"StartAt": "Work", "States": {"Work": task("work")}})
}

/// Equal branches of a Parallel state, whose input is a number of milliseconds.
fn branches(width: usize, code: &'static str, ms: u32) -> Parts {
    let all = json!({"Type": "Parallel", "Branches": vec![branch(); width], "End": true});
    Parts {
        definition: json!({"StartAt": "All", "States": {"All": all}}),
        functions: vec![("work".to_owned(), code)],
        input: ms.into(),
    }
}

/// Equal items of a Map state, each a number of milliseconds.
fn items(width: usize, code: &'static str, ms: u32) -> Parts {
    let all = json!({"Type": "Map", "ItemProcessor": branch(), "End": true});
    Parts {
        definition: json!({"StartAt": "All", "States": {"All": all}}),
        functions: vec![("work".to_owned(), code)],
        input: vec![ms; width].into(),
    }
}
