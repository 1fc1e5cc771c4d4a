//! Variables: names that `Assign` may set, and where.

use std::collections::HashSet;

use faastlane_value::ArcStr;
use faastlane_value::located::{Data, Node, Place};

use super::fields::Fields;
use super::{Pointer, Reader};
use crate::Payload;

const ASSIGN: &str = "Assign";

impl Reader {
    /// `Assign` of a state, rule or catcher: an object of variables.
    pub(super) fn assign(&mut self, fields: &mut Fields<'_>) -> Option<Payload> {
        let node = fields.node(ASSIGN)?;
        let pointer = fields.pointer.key(ASSIGN);
        if !matches!(node.data, Data::Object(_)) {
            self.schema_error("Field has to be an object", &pointer, node.place);
            return None;
        }
        for member in node.members() {
            let pointer = pointer.key(&member.key);
            self.check_name(variable(&member.key, fields.jsonata), &pointer, member.key_place);
        }
        fields.payload(self, ASSIGN)
    }

    /// Names of variables are those of programs, and no branch may assign one of its surroundings
    /// ("Passing data between states with variables" in the AWS developer guide).
    fn check_name(&mut self, name: &str, pointer: &Pointer<'_>, place: Place) {
        let mut characters = name.chars();
        let begins = characters.next().is_some_and(|first| first.is_alphabetic() || first == '_');
        let goes_on = characters.all(|next| next.is_alphanumeric() || next == '_');
        let outer = self.variables.split_last().map_or(&[][..], |(_, outer)| outer);
        let message = if name == "states" {
            "The variable name 'states' is reserved".to_owned()
        } else if !begins || !goes_on || name.chars().count() > 80 {
            format!(
                "'{name}' is not a variable name: use a letter, then letters, digits and \
                 underscores, at most 80 in all"
            )
        } else if outer.iter().any(|names| names.contains(name)) {
            format!("The variable '{name}' is assigned outside of this branch; use another name")
        } else {
            return;
        };
        self.schema_error(message, pointer, place);
    }
}

/// The names that the states of one `States` field assign, without those inside of them.
pub(super) fn assigned_in(states: &Node) -> HashSet<ArcStr> {
    let mut names = HashSet::new();
    for state in states.members() {
        let jsonata = state.value.get("QueryLanguage").and_then(Node::as_str) == Some("JSONata");
        add_assigned(&state.value, jsonata, &mut names);
        for field in ["Choices", "Catch"] {
            if let Some(Node { data: Data::Array(entries), .. }) = state.value.get(field) {
                entries.iter().for_each(|entry| add_assigned(entry, jsonata, &mut names));
            }
        }
    }
    names
}

fn add_assigned(node: &Node, jsonata: bool, names: &mut HashSet<ArcStr>) {
    let Some(assign) = node.get(ASSIGN) else { return };
    names.extend(assign.members().iter().map(|member| variable(&member.key, jsonata).into()));
}

/// The variable that a key of `Assign` names.
fn variable(key: &str, jsonata: bool) -> &str {
    key.strip_suffix(".$").filter(|_| !jsonata).unwrap_or(key)
}
