//! Mocks as Step Functions Local reads them from its `MockConfigFile.json`.
//!
//! ```json
//! {
//!   "StateMachines": {"Orders": {"TestCases": {"Busy": {"Pay": "PayIsBusyOnce"}}}},
//!   "MockedResponses": {"PayIsBusyOnce": {
//!     "0-1": {"Throw": {"Error": "Lambda.TooManyRequestsException", "Cause": "slow down"}},
//!     "2": {"Return": {"StatusCode": 200, "Payload": {"paid": true}}}}}
//! }
//! ```
//!
//! The first mistake is told with its place. Members that nobody asks for are let through, as files for
//! Step Functions Local may hold what other tools read.
//!
//! Source: "Configuration file for mocked service integrations in Step Functions" in the AWS
//! developer guide.

mod responses;

use faastlane_asl::{Kind, StateMachine};
use faastlane_engine::{Mock, Mocks};
use faastlane_value::ArcStr;
use faastlane_value::located::{self, Data, Member, Node, Place};

/// A file of mocks, or a part of a test that has the same form.
#[derive(Debug, Clone)]
pub struct MockFile {
    root: Node,
}

/// Mocks that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}:{}: {message}", place.line, place.column)]
pub struct Error {
    /// Where the mistake is.
    pub place: Place,
    /// What is wrong, and what to do.
    pub message: String,
}

impl Error {
    /// A mistake at the start of `node`.
    pub(crate) fn at(node: &Node, message: impl Into<String>) -> Self {
        Self { place: node.place, message: message.into() }
    }
}

impl MockFile {
    /// Reads the text of such a file.
    ///
    /// # Errors
    /// It is not JSON, or lacks one of its two parts.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let root = located::parse(text).map_err(|error| Error::of_json(&error))?;
        for part in ["StateMachines", "MockedResponses"] {
            object(&root, part)?;
        }
        Ok(Self { root })
    }

    /// The mocks of a test case for a state machine of this name. A case may be written as
    /// `MACHINE#CASE`, as Step Functions Local has it at the end of a state machine's ARN.
    ///
    /// If the file knows no machine of that name and only one in all, that one is meant: the names of
    /// files and of deployed machines mostly differ.
    ///
    /// # Errors
    /// There is no such case, or it mocks a state that is no Task, or with responses that are none.
    pub fn case(
        &self,
        machine_name: &str,
        case: &str,
        machine: &StateMachine,
    ) -> Result<Mocks, Error> {
        let machines = object(&self.root, "StateMachines")?;
        let (typed, case) = match case.rsplit_once('#') {
            Some((machine, case)) => (machine.rsplit(':').next(), case),
            None => (None, case),
        };
        let wanted = typed.unwrap_or(machine_name);
        let named = machines.get(wanted).or_else(|| match (typed, machines.members()) {
            (None, [only]) => Some(&only.value),
            _ => None,
        });
        let named = named.ok_or_else(|| {
            let message = format!(
                "there are no mocks for the state machine '{wanted}' (there are some for: {})",
                names(machines)
            );
            Error::at(machines, message)
        })?;
        let cases = object(named, "TestCases")?;
        let states = cases.get(case).ok_or_else(|| {
            let message = format!("there is no test case '{case}' (there are: {})", names(cases));
            Error::at(cases, message)
        })?;
        self.mocks(states, machine)
    }

    fn mocks(&self, states: &Node, machine: &StateMachine) -> Result<Mocks, Error> {
        if !matches!(states.data, Data::Object(_)) {
            return Err(Error::at(states, "a test case is an object of states and their mocks"));
        }
        let all = object(&self.root, "MockedResponses")?;
        let mut mocks = Mocks::default();
        for Member { key: state, key_place, value } in states.members() {
            check_state(state, *key_place, machine)?;
            let name = value
                .as_str()
                .ok_or_else(|| Error::at(value, "this must be the name of a mocked response"))?;
            let responses = all.get(name).ok_or_else(|| {
                let message =
                    format!("MockedResponses has no '{name}' (there are: {})", names(all));
                Error::at(value, message)
            })?;
            let responses = responses::read(responses)?;
            mocks.insert(state.clone(), Mock { name: name.into(), responses });
        }
        Ok(mocks)
    }
}

/// Mocks written where they are used: an object of states and their responses, in the form of
/// `MockedResponses`, or one response alone for all invocations.
///
/// # Errors
/// A state that is no Task of the machine, or responses that are none.
pub fn inline(states: &Node, machine: &StateMachine) -> Result<Mocks, Error> {
    if !matches!(states.data, Data::Object(_)) {
        return Err(Error::at(states, "mocks are an object of states and their responses"));
    }
    let mut mocks = Mocks::default();
    for Member { key: state, key_place, value } in states.members() {
        check_state(state, *key_place, machine)?;
        let responses = match value.get("Return").or_else(|| value.get("Throw")) {
            Some(_) => vec![(u64::MAX, responses::response(value)?)],
            None => responses::read(value)?,
        };
        mocks.insert(state.clone(), Mock { name: state.clone(), responses });
    }
    Ok(mocks)
}

fn check_state(name: &ArcStr, place: Place, machine: &StateMachine) -> Result<(), Error> {
    let found = machine.states.iter().find(|state| state.name == *name);
    let message = match found.map(|state| &state.kind) {
        Some(Kind::Task(_)) => return Ok(()),
        Some(kind) => {
            format!("'{name}' is a {} state; only Task states can be mocked", kind.name())
        }
        None => {
            let tasks = machine.states.iter().filter(|state| matches!(state.kind, Kind::Task(_)));
            let tasks: Vec<&str> = tasks.map(|state| state.name.as_str()).collect();
            format!("the machine has no state '{name}' (its Task states: {})", tasks.join(", "))
        }
    };
    Err(Error { place, message })
}

/// A member that is an object.
fn object<'n>(node: &'n Node, name: &str) -> Result<&'n Node, Error> {
    match node.get(name) {
        Some(found) if matches!(found.data, Data::Object(_)) => Ok(found),
        Some(found) => Err(Error::at(found, format!("'{name}' must be an object"))),
        None => Err(Error::at(node, format!("the member '{name}' is missing"))),
    }
}

fn names(node: &Node) -> String {
    let names: Vec<&str> = node.members().iter().map(|member| member.key.as_str()).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
