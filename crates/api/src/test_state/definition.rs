//! The machine in which a state is tested.

use faastlane_asl::{Diagnostic, MachineType, Severity, StateMachine};
use faastlane_value::ArcStr;
use faastlane_value::located::{self, Data, Member, Node, Place};

use crate::Error;
use crate::definition::{read_definition, refusal};

/// What AWS calls a state under test, whatever its name is.
const NAME: &str = "StateName";

/// A state in a machine of its own.
pub(super) struct Isolated {
    pub(super) machine: StateMachine,
    /// The state as it was written.
    pub(super) state: Node,
}

/// Puts the state of a definition into a machine of its own: the one with this name, or the only one,
/// which is then the whole definition.
pub(super) fn isolate(definition: &str, name: Option<&str>) -> Result<Isolated, Error> {
    let Ok(root) = located::parse(definition) else {
        let (_, diagnostics) = read_definition(definition, MachineType::Standard);
        return Err(refusal(&diagnostics));
    };
    let mut language = None;
    let state = match name {
        None => &root,
        Some(name) => {
            let (machine, diagnostics) = faastlane_asl::read(&root, MachineType::Standard);
            if machine.is_none() {
                return Err(refusal(&diagnostics));
            }
            language = root.get("QueryLanguage");
            find(&root, name)
                .ok_or_else(|| Error::new("ValidationException", "State not found in definition"))?
        }
    };
    let (machine, diagnostics) =
        faastlane_asl::read(&surround(state, language), MachineType::Standard);
    let machine = machine.ok_or_else(|| refusal(&inside(diagnostics)))?;
    Ok(Isolated { machine, state: state.clone() })
}

/// The state of that name, wherever in a machine it is.
pub(super) fn find<'n>(node: &'n Node, name: &str) -> Option<&'n Node> {
    let states = node.get("States").map(Node::members).unwrap_or_default();
    let here = states.iter().find(|state| state.key == name).map(|state| &state.value);
    here.or_else(|| {
        let inner = states.iter().flat_map(|state| machines_in(&state.value));
        inner.into_iter().find_map(|machine| find(machine, name))
    })
}

/// The branches and item processors of a state.
pub(super) fn machines_in(state: &Node) -> Vec<&Node> {
    let branches = match state.get("Branches").map(|branches| &branches.data) {
        Some(Data::Array(branches)) => branches.iter().collect(),
        _ => Vec::new(),
    };
    let processors = ["ItemProcessor", "Iterator"].iter().filter_map(|field| state.get(field));
    branches.into_iter().chain(processors).collect()
}

/// A machine that begins with `state` and in which every state is there that it leads to.
fn surround(state: &Node, language: Option<&Node>) -> Node {
    let mut states = vec![(ArcStr::from(NAME), state.clone())];
    for target in targets(state) {
        if states.iter().all(|(name, _)| *name != target) {
            let end = object(state.place, vec![("Type".into(), text(state.place, "Succeed"))]);
            states.push((target, end));
        }
    }
    let mut members = vec![
        ("StartAt".into(), text(state.place, NAME)),
        ("States".into(), object(state.place, states)),
    ];
    members.extend(language.map(|language| ("QueryLanguage".into(), language.clone())));
    object(state.place, members)
}

/// The names of all states that a state can lead to.
fn targets(state: &Node) -> Vec<ArcStr> {
    let list = |field: &str| match state.get(field).map(|list| &list.data) {
        Some(Data::Array(items)) => items.iter().collect::<Vec<_>>(),
        _ => Vec::new(),
    };
    let rules = list("Choices").into_iter().chain(list("Catch"));
    let next = rules.chain([state]).filter_map(|from| from.get("Next"));
    let all = next.chain(state.get("Default")).filter_map(Node::as_str);
    all.map(ArcStr::from).collect()
}

/// What is wrong with a state, with places inside of it.
fn inside(mut diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    diagnostics.retain(|diagnostic| diagnostic.severity == Severity::Error);
    for diagnostic in &mut diagnostics {
        let inner = diagnostic.location.strip_prefix("/States/StateName");
        if let Some(inner) = inner.map(|inner| if inner.is_empty() { "/" } else { inner }) {
            diagnostic.location = inner.to_owned();
        }
    }
    diagnostics
}

fn text(place: Place, text: &str) -> Node {
    Node { place, data: Data::String(text.into()) }
}

fn object(place: Place, members: Vec<(ArcStr, Node)>) -> Node {
    let member = |(key, value)| Member { key, key_place: place, value };
    Node { place, data: Data::Object(members.into_iter().map(member).collect()) }
}
