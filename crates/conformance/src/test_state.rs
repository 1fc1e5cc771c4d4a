//! Requests of `TestState`, answered in this process.

use std::path::PathBuf;
use std::sync::{Mutex, OnceLock, PoisonError};

use faastlane_api::{Models, Surroundings};
use faastlane_asl::MachineType;
use faastlane_container::{Error, Ids};
use faastlane_engine::{ErrorDetails, Outcome, TaskRequest, TaskTarget, Time};
use faastlane_environment::{Environments, Requirements, Search, choose, package_of, pythons};
use faastlane_testing::botocore::Botocore;
use faastlane_value::Value;

use crate::corpus::{Definition, Function};
use crate::definition::read;
use crate::execution::execute;

/// The answer to a request.
pub(crate) fn answer(
    request: &Value,
    functions: &[Function],
) -> Result<Result<Value, faastlane_api::Error>, Error> {
    let mut here = Here { functions, ids: Ids::random(), broken: None };
    let answer = faastlane_api::test_state(request, &mut here);
    here.broken.map_or(Ok(answer), Err)
}

/// This machine.
struct Here<'a> {
    functions: &'a [Function],
    ids: Ids,
    /// The lanes could not be had.
    broken: Option<Error>,
}

impl Models for Here<'_> {
    fn model(&mut self, service: &str) -> Option<Value> {
        static BOTOCORE: OnceLock<Option<Mutex<Botocore>>> = OnceLock::new();
        let botocore = BOTOCORE.get_or_init(|| Some(Mutex::new(Botocore::new(&botocore()?))));
        let mut botocore = botocore.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
        botocore.model(service)
    }
}

/// The folder of a botocore, which is installed into an environment of the cache if it must be.
fn botocore() -> Option<PathBuf> {
    let search = Search::from_env();
    let python = choose(None, &pythons(&search)).ok()?.python;
    if let Some(package) = python.package("botocore") {
        return Some(package);
    }
    // As for a function that imports it.
    let function = tempfile::tempdir().ok()?;
    std::fs::write(function.path().join("app.py"), "import botocore\n").ok()?;
    let requirements = Requirements::collect(function.path(), function.path()).ok()?;
    let made = Environments::new(&search).ensure(&python, &requirements, &mut |_| {});
    package_of(&made.ok()?, python.version, "botocore")
}

impl Surroundings for Here<'_> {
    fn now(&self) -> Time {
        Time::parse("2026-01-31T12:00:00Z").expect("it is a time")
    }

    fn uuid(&mut self) -> String {
        self.ids.uuid()
    }

    fn call(&mut self, request: &TaskRequest) -> Result<Value, ErrorDetails> {
        let TaskTarget::Function(function) = &request.target else {
            let cause = "Only functions are called here.";
            return Err(ErrorDetails {
                error: Some("States.TaskFailed".into()),
                cause: Some(cause.into()),
            });
        };
        match self.run(function, request.input.value().clone()) {
            Ok(outcome) => outcome.into_output().map(|output| output.into_value()),
            Err(broken) => {
                self.broken = Some(broken);
                Err(ErrorDetails::default())
            }
        }
    }
}

impl Here<'_> {
    /// Calls a function as a machine of one state does.
    fn run(&self, function: &str, input: Value) -> Result<Outcome, Error> {
        let call = Value::object([
            ("Type", Value::from("Task")),
            ("Resource", Value::from(function)),
            ("End", Value::from(true)),
        ]);
        let machine = Value::object([
            ("StartAt", Value::from("Call")),
            ("States", Value::object([("Call", call)])),
        ]);
        let (text, machine_type) = (machine.to_json(), MachineType::Standard);
        let machine = read(&Definition { text, machine_type }).map_err(|diagnostics| {
            let why: Vec<String> = diagnostics.iter().map(ToString::to_string).collect();
            Error::GaveUp(why.join("; "))
        })?;
        execute(self.functions, input, machine).map(|(outcome, _)| outcome)
    }
}
