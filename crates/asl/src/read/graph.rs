//! Can every state be reached, and can every state reach an end?
//!
//! Works on the text's nodes and not on the states read from them, so that a mistake elsewhere in a
//! state hides nothing.

use faastlane_value::located::{Data, Node};

use super::{Pointer, Reader, Scope};
use crate::{Code, StateId};

/// Checks the states of one `States` field, entered at `start`.
pub(super) fn check(
    reader: &mut Reader,
    states: &Node,
    scope: &Scope<'_>,
    start: StateId,
    pointer: &Pointer<'_>,
) {
    let first = scope.values().map(|id| id.0).min().unwrap_or(0);
    let position = |id: StateId| (id.0 - first) as usize;
    let mut edges = vec![Vec::new(); scope.len()];
    let mut ends = vec![false; scope.len()];
    for member in states.members() {
        let at = position(scope[member.key.as_str()]);
        let targets = transitions(&member.value);
        let found = targets.iter().filter_map(|name| scope.get(name));
        edges[at] = found.map(|id| position(*id)).collect();
        // Where a transition is missing or leads nowhere, that was told; it may have led to an end.
        let broken = targets.is_empty() || edges[at].len() < targets.len();
        ends[at] = broken || is_end(&member.value);
    }
    let reached = reach(&edges, &[position(start)]);
    let ending: Vec<usize> = (0..ends.len()).filter(|at| ends[*at]).collect();
    let can_end = reach(&reversed(&edges), &ending);
    for member in states.members() {
        let at = position(scope[member.key.as_str()]);
        let pointer = pointer.key(&member.key);
        if !reached[at] {
            let message = format!("State \"{}\" is not reachable.", member.key);
            reader.error(Code::MissingTransitionTarget, message, &pointer, member.key_place);
        }
        if !can_end[at] && at == position(start) {
            let message = "No path leads from here to an end; give a state \"End\": true";
            reader.error(Code::NoPathToTerminalState, message, &pointer, member.key_place);
        } else if !can_end[at] && reached[at] {
            let message = "No path leads from here to an end";
            reader.warning(Code::NoPathToTerminalState, message, &pointer, member.key_place);
        }
    }
}

/// The names of the states that a state may lead to.
fn transitions(state: &Node) -> Vec<&str> {
    let mut names: Vec<&str> =
        ["Next", "Default"].iter().filter_map(|field| state.get(field)?.as_str()).collect();
    for field in ["Choices", "Catch"] {
        if let Some(Node { data: Data::Array(entries), .. }) = state.get(field) {
            names.extend(entries.iter().filter_map(|entry| entry.get("Next")?.as_str()));
        }
    }
    names
}

fn is_end(state: &Node) -> bool {
    let kind = state.get("Type").and_then(Node::as_str);
    matches!(kind, Some("Succeed" | "Fail"))
        || state.get("End").is_some_and(|end| end.data == Data::Bool(true))
}

fn reach(edges: &[Vec<usize>], from: &[usize]) -> Vec<bool> {
    let mut reached = vec![false; edges.len()];
    let mut open = from.to_vec();
    while let Some(at) = open.pop() {
        if !std::mem::replace(&mut reached[at], true) {
            open.extend(&edges[at]);
        }
    }
    reached
}

fn reversed(edges: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut reversed = vec![Vec::new(); edges.len()];
    for (from, targets) in edges.iter().enumerate() {
        for to in targets {
            reversed[*to].push(from);
        }
    }
    reversed
}
