//! Requests of `TestState`.

use std::path::PathBuf;
use std::sync::{Mutex, OnceLock, PoisonError};

use faastlane_api::{Models, Surroundings};
use faastlane_asl::MachineType;
use faastlane_container::{Error, Ids};
use faastlane_engine::{ErrorDetails, Outcome, TaskRequest, TaskTarget, Time};
use faastlane_environment::{Environments, Requirements, Search, choose, package_of, pythons};
use faastlane_testing::botocore::Botocore;
use faastlane_value::{Value, json};

use crate::compare::{self, Difference, Volatile};
use crate::corpus::{Definition, Function};
use crate::definition::read;
use crate::execution::execute;
use crate::run::{Finding, Level};

/// What is found when a request is answered here.
pub(crate) fn findings(
    request: &Value,
    functions: &[Function],
    expected: &Result<Value, (String, Option<Value>)>,
    volatile: &Volatile,
) -> Result<Vec<Finding>, Error> {
    let mut here = Here { functions, ids: Ids::random(), broken: None };
    let answer = faastlane_api::test_state(request, &mut here);
    if let Some(error) = here.broken {
        return Err(error);
    }
    let finding = |level, outcome| Finding { level, outcome };
    Ok(match (expected, answer) {
        (Ok(expected), Ok(answer)) => {
            let outcome = compare::values(expected, &as_recorded(&answer), volatile);
            vec![finding(Level::Answer, outcome)]
        }
        (Ok(_), Err(error)) => {
            let outcome = Err(Difference::new("answer", "one", &error.to_string()));
            vec![finding(Level::Answer, outcome)]
        }
        (Err((code, message)), answer) => {
            let (found, said) = match answer {
                Err(error) => (error.code, Value::from(error.message)),
                Ok(_) => ("accepted", Value::Null),
            };
            let same = found == code;
            let outcome = if same { Ok(()) } else { Err(Difference::new("request", code, found)) };
            let message = message.as_ref().map(|message| {
                let outcome = compare::members("message", Some(message), Some(&said), volatile);
                finding(Level::Message, outcome)
            });
            std::iter::once(finding(Level::ErrorCode, outcome)).chain(message).collect()
        }
    })
}

/// The answer with its output as the recordings have it: as a value and not as text.
fn as_recorded(answer: &Value) -> Value {
    let members = answer.as_object().into_iter().flat_map(|members| members.iter());
    Value::object(members.map(|(name, value)| {
        let parsed = match value.as_str() {
            Some(text) if name == "output" => json::parse(text.as_bytes()).ok(),
            _ => None,
        };
        (name.clone(), parsed.unwrap_or_else(|| value.clone()))
    }))
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
