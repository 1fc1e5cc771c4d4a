//! A test of a workflow: a file `NAME.test.json`.
//!
//! ```json
//! {
//!   "machine": "Orders",
//!   "input": {"id": 7},
//!   "mocks": {"Pay": {"Throw": {"Error": "CardDeclined"}}},
//!   "expected": {"status": "FAILED", "error": "CardDeclined", "states": ["Check", "Pay"]}
//! }
//! ```
//!
//! A member that is not known is a mistake: a test that does not test what it seems to is worse than none.

use std::path::PathBuf;

use faastlane_asl::StateMachine;
use faastlane_engine::{Mocks, Time};
use faastlane_value::located::{self, Data, Node, Place};
use faastlane_value::{ArcStr, Value};

use crate::mocks::{self, Error};

/// A test as it was written.
#[derive(Debug, Clone)]
pub struct Case {
    /// The state machine; without it the project's default.
    pub machine: Option<ArcStr>,
    /// The input.
    pub input: Input,
    /// How long waits take, as a factor: 0 by default.
    pub wait_scale: f64,
    /// The time at which the execution starts.
    pub now: Option<Time>,
    /// Where chance comes from: 0 by default.
    pub seed: u64,
    /// Where mocks come from.
    pub mocks: MockSource,
    /// What is to come of it.
    pub expected: Expected,
    /// All of the file, to be written again with other expectations.
    pub root: Value,
}

/// The input of a test.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// A value.
    Value(Value),
    /// A file, relative to that of the test.
    File(PathBuf),
}

/// Where the mocks of a test come from.
#[derive(Debug, Clone)]
pub enum MockSource {
    /// There are none.
    None,
    /// From the test itself.
    Inline(Node),
    /// From a file of Step Functions Local, relative to that of the test.
    File {
        /// The file.
        file: PathBuf,
        /// The test case in it.
        case: String,
    },
}

/// What is to come of an execution; what is absent may be anything.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Expected {
    /// `SUCCEEDED`, `FAILED`, …
    pub status: ArcStr,
    /// The output.
    pub output: Option<Value>,
    /// A part of the output: of objects the members that are there.
    pub output_includes: Option<Value>,
    /// The error's name.
    pub error: Option<ArcStr>,
    /// Its cause.
    pub cause: Option<ArcStr>,
    /// A part of its cause.
    pub cause_includes: Option<ArcStr>,
    /// The states of the machine itself, without those in branches and iterations, in the order in which
    /// they were entered.
    pub states: Option<Vec<ArcStr>>,
}

const MEMBERS: [&str; 10] = [
    "Comment",
    "machine",
    "input",
    "inputFile",
    "mocks",
    "mockConfig",
    "now",
    "seed",
    "waitScale",
    "expected",
];
const EXPECTATIONS: [&str; 7] =
    ["status", "output", "outputIncludes", "error", "cause", "causeIncludes", "states"];
const STATUSES: [&str; 4] = ["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"];

impl Case {
    /// Reads the text of a test.
    ///
    /// # Errors
    /// The first mistake, with its place.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let root = located::parse(text).map_err(|error| Error::of_json(&error))?;
        let case = Object::new(&root, "a test", &MEMBERS)?;
        let input = match (root.get("input"), case.text("inputFile")?) {
            (Some(input), Some(_)) => {
                return Err(Error::at(input, "a test has 'input' or 'inputFile', not both"));
            }
            (Some(input), None) => Input::Value(input.to_value()),
            (None, Some(file)) => Input::File(file.as_str().into()),
            (None, None) => Input::Value(Value::empty_object()),
        };
        let mocks = match (root.get("mocks"), root.get("mockConfig")) {
            (Some(mocks), Some(_)) => {
                return Err(Error::at(mocks, "a test has 'mocks' or 'mockConfig', not both"));
            }
            (Some(mocks), None) => MockSource::Inline(mocks.clone()),
            (None, Some(config)) => {
                let config = Object::new(config, "'mockConfig'", &["file", "case"])?;
                let file = config.required("file")?.as_str().into();
                MockSource::File { file, case: config.required("case")?.to_string() }
            }
            (None, None) => MockSource::None,
        };
        let now = match root.get("now") {
            None => None,
            Some(node) => Some(node.as_str().and_then(Time::parse).ok_or_else(|| {
                Error::at(node, "'now' must be a time such as \"2026-01-31T12:00:00Z\"")
            })?),
        };
        let wait_scale = case.number("waitScale")?.map_or(0.0, |number| number.as_f64());
        let seed = case.number("seed")?.and_then(|number| number.as_i64()).unwrap_or(0);
        let none = Node { place: root.place, data: Data::Object(Vec::new()) };
        Ok(Self {
            machine: case.text("machine")?,
            input,
            wait_scale,
            now,
            seed: seed.unsigned_abs(),
            mocks,
            expected: Expected::read(root.get("expected").unwrap_or(&none))?,
            root: root.to_value(),
        })
    }

    /// The mocks that stand in the test itself.
    ///
    /// # Errors
    /// As those of [`mocks::inline`].
    pub fn inline_mocks(&self, machine: &StateMachine) -> Result<Mocks, Error> {
        match &self.mocks {
            MockSource::Inline(states) => mocks::inline(states, machine),
            MockSource::None | MockSource::File { .. } => Ok(Mocks::default()),
        }
    }
}

impl Expected {
    fn read(node: &Node) -> Result<Self, Error> {
        let expected = Object::new(node, "'expected'", &EXPECTATIONS)?;
        let error = expected.text("error")?;
        let status = match (expected.text("status")?, &error) {
            (Some(status), _) => status,
            (None, Some(_)) => "FAILED".into(),
            (None, None) => "SUCCEEDED".into(),
        };
        if !STATUSES.contains(&status.as_str()) {
            let place = node.get("status").unwrap_or(node);
            let message = format!("'status' must be one of {}", STATUSES.join(", "));
            return Err(Error::at(place, message));
        }
        let states = match node.get("states").map(|states| (states, &states.data)) {
            None => None,
            Some((_, Data::Array(names))) => {
                let name = |name: &Node| match name.as_str() {
                    Some(name) => Ok(name.into()),
                    None => Err(Error::at(name, "this must be the name of a state")),
                };
                Some(names.iter().map(name).collect::<Result<_, _>>()?)
            }
            Some((states, _)) => {
                return Err(Error::at(states, "'states' must be an array of names"));
            }
        };
        Ok(Self {
            status,
            output: node.get("output").map(Node::to_value),
            output_includes: node.get("outputIncludes").map(Node::to_value),
            error,
            cause: expected.text("cause")?,
            cause_includes: expected.text("causeIncludes")?,
            states,
        })
    }
}

/// An object of which all members are known.
struct Object<'n>(&'n Node);

impl<'n> Object<'n> {
    fn new(node: &'n Node, what: &str, known: &[&str]) -> Result<Self, Error> {
        if !matches!(node.data, Data::Object(_)) {
            return Err(Error::at(node, format!("{what} must be an object")));
        }
        match node.members().iter().find(|member| !known.contains(&member.key.as_str())) {
            None => Ok(Self(node)),
            Some(unknown) => {
                let message = format!(
                    "{what} has no member '{}' (there are: {})",
                    unknown.key,
                    known.join(", ")
                );
                Err(Error { place: unknown.key_place, message })
            }
        }
    }

    fn text(&self, name: &str) -> Result<Option<ArcStr>, Error> {
        match self.0.get(name).map(|node| (node, node.as_str())) {
            None => Ok(None),
            Some((_, Some(text))) => Ok(Some(text.into())),
            Some((node, None)) => Err(Error::at(node, format!("'{name}' must be a string"))),
        }
    }

    fn required(&self, name: &str) -> Result<ArcStr, Error> {
        let missing = || Error::at(self.0, format!("the member '{name}' is missing"));
        self.text(name)?.ok_or_else(missing)
    }

    /// A number that is not negative.
    fn number(&self, name: &str) -> Result<Option<faastlane_value::Number>, Error> {
        match self.0.get(name).map(|node| (node, &node.data)) {
            None => Ok(None),
            Some((_, Data::Number(number))) if number.as_f64() >= 0.0 => Ok(Some(number.clone())),
            Some((node, _)) => {
                let message = format!("'{name}' must be a number that is not negative");
                Err(Error::at(node, message))
            }
        }
    }
}

impl Error {
    /// A text that is no JSON.
    pub(crate) fn of_json(error: &faastlane_value::json::Error) -> Self {
        let number = |number| u32::try_from(number).unwrap_or(u32::MAX);
        Self {
            place: Place { line: number(error.line), column: number(error.column) },
            message: format!("this is not JSON: {}", error.message),
        }
    }
}
