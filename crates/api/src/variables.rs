//! `variableReferences`: which variables the states of a definition look at.
//!
//! Found in the text of paths and expressions, as it was recorded on AWS: all states, also those inside
//! of others, each with the names in alphabetical order; states that look at none are left out.

use std::collections::BTreeSet;

use faastlane_value::{ArcStr, ObjectBuilder, Value, json};

/// The variables that each state looks at; none if no state does, or the definition is no JSON.
#[must_use]
pub fn variable_references(definition: &str) -> Option<Value> {
    let definition = json::parse(definition.as_bytes()).ok()?;
    let mut found = Found { states: Vec::new(), assigned: BTreeSet::new() };
    find_assigned(&definition, &mut found.assigned);
    found.machine(&definition, is_jsonata(&definition, false));
    let mut answer = ObjectBuilder::default();
    for (state, names) in &found.states {
        answer.insert(state.clone(), Value::array(names.iter().cloned().map(Value::from)));
    }
    (!found.states.is_empty()).then(|| answer.build())
}

struct Found {
    states: Vec<(ArcStr, BTreeSet<String>)>,
    /// What the definition assigns. Only these are variables in JSONata, whose functions have names of
    /// the same form.
    assigned: BTreeSet<String>,
}

impl Found {
    fn machine(&mut self, machine: &Value, jsonata: bool) {
        let states = machine.get("States").and_then(Value::as_object);
        for (name, state) in states.into_iter().flat_map(|states| states.iter()) {
            let jsonata = is_jsonata(state, jsonata);
            let mut names = BTreeSet::new();
            self.look(state, "", jsonata, &mut names);
            if !names.is_empty() {
                self.states.push((name.clone(), names));
            }
            for inner in machines_in(state) {
                self.machine(inner, jsonata);
            }
        }
    }

    /// Finds the variables in a field of a state and what lies below.
    fn look(&self, value: &Value, key: &str, jsonata: bool, names: &mut BTreeSet<String>) {
        match value {
            Value::Object(members) => {
                for (key, member) in members.iter() {
                    if !["Branches", "ItemProcessor", "Iterator"].contains(&key.as_str()) {
                        self.look(member, key, jsonata, names);
                    }
                }
            }
            Value::Array(items) => {
                items.iter().for_each(|item| self.look(item, key, jsonata, names))
            }
            Value::String(text) if jsonata => {
                let expression =
                    text.trim().strip_prefix("{%").and_then(|rest| rest.strip_suffix("%}"));
                let used = expression.map(|text| used_in(text, "\"'`")).unwrap_or_default();
                names.extend(used.into_iter().filter(|name| self.assigned.contains(name)));
            }
            Value::String(text)
                if key.ends_with(".$") || key.ends_with("Path") || key == "Variable" =>
            {
                names.extend(used_in(text, "'"));
            }
            _ => {}
        }
    }
}

fn is_jsonata(node: &Value, around: bool) -> bool {
    node.get("QueryLanguage").and_then(Value::as_str).map_or(around, |name| name == "JSONata")
}

/// The branches and item processors of a state.
fn machines_in(state: &Value) -> impl Iterator<Item = &Value> {
    let branches = state.get("Branches").and_then(Value::as_array);
    let branches = branches.into_iter().flat_map(|branches| branches.iter());
    branches.chain(["ItemProcessor", "Iterator"].into_iter().filter_map(|field| state.get(field)))
}

/// The names in all `Assign` fields.
fn find_assigned(value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (key, member) in members.iter() {
                if let ("Assign", Some(assigned)) = (key.as_str(), member.as_object()) {
                    let keys = assigned.iter().map(|(key, _)| key.as_str());
                    names.extend(keys.map(|key| key.strip_suffix(".$").unwrap_or(key).to_owned()));
                }
                find_assigned(member, names);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| find_assigned(item, names)),
        _ => {}
    }
}

/// The names after a single `$` in a path or expression, outside of what stands in `quotes`.
fn used_in(text: &str, quotes: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if quotes.contains(c) {
            while let Some(inner) = chars.next() {
                match inner {
                    '\\' => drop(chars.next()),
                    inner if inner == c => break,
                    _ => {}
                }
            }
        } else if c == '$' && chars.next_if_eq(&'$').is_none() {
            let mut name = String::new();
            while let Some(next) = chars.next_if(|next| next.is_alphanumeric() || *next == '_') {
                name.push(next);
            }
            if !name.is_empty() {
                names.push(name);
            }
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(states: &str, expected: Option<&str>) {
        let definition = format!(r#"{{"StartAt": "A", "States": {{{states}}}}}"#);
        let found = variable_references(&definition).map(|found| found.to_json());
        assert_eq!(found.as_deref(), expected, "{states}");
    }

    #[test]
    fn paths_and_templates_name_variables() {
        check(
            r#""A": {"Type": "Pass", "Parameters": {"r": "$result"}, "Assign": {"result": "$x"}},
               "B": {"Type": "Pass", "ResultPath": "$.result", "Parameters": {"r.$": "$result"}}"#,
            Some(r#"{"B":["result"]}"#),
        );
        check(
            r#""A": {"Type": "Choice", "Choices": [{"Variable": "$guess", "StringEqualsPath": "$answer", "Next": "B"}]},
               "B": {"Type": "Pass", "Assign": {"guess.$": "$answer"}}"#,
            Some(r#"{"A":["answer","guess"],"B":["answer"]}"#),
        );
        check(
            r#""A": {"Type": "Pass", "Parameters": {"f.$": "States.Format('$no {}', $name, $$.State.Name, $.x)"}}"#,
            Some(r#"{"A":["name"]}"#),
        );
        check(
            r#""A": {"Type": "Fail", "CausePath": "$c", "ErrorPath": "$e"}"#,
            Some(r#"{"A":["c","e"]}"#),
        );
        check(r#""A": {"Type": "Pass", "InputPath": "$.a", "OutputPath": "$"}"#, None);
    }

    #[test]
    fn states_inside_of_others_stand_for_themselves() {
        check(
            r#""M": {"Type": "Map", "ItemSelector": {"a.$": "$t"}, "ItemProcessor": {"StartAt": "P",
                "States": {"P": {"Type": "Pass", "Parameters": {"q.$": "$q"}}}}},
               "R": {"Type": "Parallel", "Branches": [{"StartAt": "Q", "States": {"Q": {"Type": "Wait", "SecondsPath": "$w"}}}]}"#,
            Some(r#"{"M":["t"],"P":["q"],"Q":["w"]}"#),
        );
    }

    #[test]
    fn functions_of_jsonata_are_no_variables() {
        check(
            r#""A": {"Type": "Pass", "QueryLanguage": "JSONata", "Assign": {"n": 1},
                "Output": "{% $sum($map([1], function($v) { $v + $n })) & \"$n2\" & $states.input.$x %}"}"#,
            Some(r#"{"A":["n"]}"#),
        );
        check(
            r#""A": {"Type": "Choice", "QueryLanguage": "JSONata", "Choices": [{"Condition": true, "Next": "B"}]}"#,
            None,
        );
    }
}
