//! `DefinitionSubstitutions`: every `${Key}` in a definition is replaced by its value.
//!
//! In JSON the text is replaced before it is parsed, so that `"Seconds": ${Delay}` may become a
//! number; inside quotes the value is escaped. Places are then put back to where the user wrote
//! them. In YAML and in trees the replacement happens per scalar and per key. A `${…}` that names no
//! key stays as it is, since JSONata and `States.Format` texts may hold one.
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-stepfunctions-statemachine.html>

use faastlane_value::Value;
use faastlane_value::located::{Data, Node, Place};

/// What to put for each key.
#[derive(Debug, Default)]
pub(crate) struct Substitutions(Vec<(String, String)>);

impl Substitutions {
    pub(crate) fn new(values: Vec<(String, String)>) -> Self {
        Self(values)
    }

    /// A scalar with its values put in; `None` if there is nothing to replace.
    pub(crate) fn scalar(&self, text: &str) -> Option<String> {
        let mut result = String::new();
        let mut rest = text;
        let mut replaced = false;
        while let Some(found) = self.next(rest) {
            result.push_str(&rest[..found.start]);
            result.push_str(found.value);
            rest = &rest[found.end..];
            replaced = true;
        }
        result.push_str(rest);
        replaced.then_some(result)
    }

    /// Puts the values into all keys and strings of a tree.
    pub(crate) fn tree(&self, node: &mut Node) {
        match &mut node.data {
            Data::String(text) => {
                if let Some(replaced) = self.scalar(text) {
                    *text = replaced.into();
                }
            }
            Data::Array(items) => items.iter_mut().for_each(|item| self.tree(item)),
            Data::Object(members) => {
                for member in members {
                    if let Some(replaced) = self.scalar(&member.key) {
                        member.key = replaced.into();
                    }
                    self.tree(&mut member.value);
                }
            }
            Data::Null | Data::Bool(_) | Data::Number(_) => {}
        }
    }

    /// Puts the values into JSON text.
    pub(crate) fn json(&self, text: &str) -> Replaced {
        let mut replaced = Replaced { text: String::with_capacity(text.len()), edits: Vec::new() };
        let (mut written, mut result) = (Position::START, Position::START);
        let mut in_string = false;
        let mut rest = text;
        while let Some(found) = self.next(rest) {
            let before = &rest[..found.start];
            in_string = ends_in_string(before, in_string);
            let value = if in_string { escape(found.value) } else { found.value.to_owned() };
            written.advance(before);
            result.advance(before);
            let starts = (written.0, result.0);
            written.advance(&rest[found.start..found.end]);
            result.advance(&value);
            replaced.edits.push(Edit { starts, ends: (written.0, result.0) });
            replaced.text.push_str(before);
            replaced.text.push_str(&value);
            rest = &rest[found.end..];
        }
        replaced.text.push_str(rest);
        replaced
    }

    fn next(&self, text: &str) -> Option<Found<'_>> {
        let mut from = 0;
        while let Some(start) = text[from..].find("${").map(|offset| from + offset) {
            let length = text[start..].find('}')?;
            let key = &text[start + 2..start + length];
            if let Some((_, value)) = self.0.iter().find(|(name, _)| name == key) {
                return Some(Found { start, end: start + length + 1, value });
            }
            from = start + 2;
        }
        None
    }
}

struct Found<'v> {
    start: usize,
    end: usize,
    value: &'v str,
}

/// Text after substitution, with the way back to the places in the text before.
#[derive(Debug)]
pub(crate) struct Replaced {
    pub(crate) text: String,
    edits: Vec<Edit>,
}

/// One replacement: where it starts and ends, as (in the written text, in the result).
#[derive(Debug)]
struct Edit {
    starts: (Place, Place),
    ends: (Place, Place),
}

impl Replaced {
    /// The place in the written text of a place in the result.
    pub(crate) fn written(&self, place: Place) -> Place {
        let after = self.edits.partition_point(|edit| edit.starts.1 <= place);
        let Some(edit) = after.checked_sub(1).map(|index| &self.edits[index]) else {
            return place;
        };
        let (written, result) = edit.ends;
        if place < result {
            edit.starts.0
        } else if place.line == result.line {
            Place { line: written.line, column: place.column - result.column + written.column }
        } else {
            Place { line: place.line - result.line + written.line, column: place.column }
        }
    }
}

/// Changes every place of a tree.
pub(crate) fn relocate(node: &mut Node, place: &dyn Fn(Place) -> Place) {
    node.place = place(node.place);
    match &mut node.data {
        Data::Array(items) => items.iter_mut().for_each(|item| relocate(item, place)),
        Data::Object(members) => {
            for member in members {
                member.key_place = place(member.key_place);
                relocate(&mut member.value, place);
            }
        }
        _ => {}
    }
}

/// A place that moves over text.
struct Position(Place);

impl Position {
    const START: Self = Self(Place { line: 1, column: 1 });

    fn advance(&mut self, text: &str) {
        for character in text.chars() {
            if character == '\n' {
                self.0 = Place { line: self.0.line.saturating_add(1), column: 1 };
            } else {
                self.0.column = self.0.column.saturating_add(1);
            }
        }
    }
}

/// Whether JSON text that starts inside or outside a string ends inside one.
fn ends_in_string(text: &str, mut in_string: bool) -> bool {
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => in_string = !in_string,
            b'\\' if in_string => {
                bytes.next();
            }
            _ => {}
        }
    }
    in_string
}

/// The text as it stands between the quotes of a JSON string.
fn escape(text: &str) -> String {
    let quoted = Value::from(text).to_json();
    quoted[1..quoted.len() - 1].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn substitutions() -> Substitutions {
        let pairs =
            [("Fn", "arn:aws:lambda:fn"), ("Delay", "5"), ("Key", "pk"), ("Odd", "a\"\n${Fn}")];
        Substitutions::new(pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec())
    }

    #[test]
    fn json_text() {
        let check =
            |text: &str, expected: &str| assert_eq!(substitutions().json(text).text, expected);
        check(r#"{"a": "${Fn}"}"#, r#"{"a": "arn:aws:lambda:fn"}"#);
        check(r#"{"a": "${Fn}:$LATEST"}"#, r#"{"a": "arn:aws:lambda:fn:$LATEST"}"#);
        check(r#"{"${Key}": {"S.$": "$.${Key}"}}"#, r#"{"pk": {"S.$": "$.pk"}}"#);
        check(r#"{"Seconds": ${Delay}}"#, r#"{"Seconds": 5}"#);
        check(r#"{"a": "${Odd}"}"#, r#"{"a": "a\"\n${Fn}"}"#);
        check(r#"{"a": "\"${Odd}"}"#, r#"{"a": "\"a\"\n${Fn}"}"#);
        check(r#""${Unknown} ${${Key} ${Key""#, r#""${Unknown} ${pk ${Key""#);
    }

    #[test]
    fn places_are_those_of_the_written_text() {
        let replaced = substitutions().json("{\"${Key}\": \"${Fn}\", \"b\": 1,\n\"c\": 2}");
        let mut node = faastlane_value::located::parse(&replaced.text).unwrap();
        relocate(&mut node, &|place| replaced.written(place));
        let places: Vec<_> = node
            .members()
            .iter()
            .map(|member| (member.key_place.line, member.value.place.column))
            .collect();
        assert_eq!(places, [(1, 12), (1, 26), (2, 6)]);
    }

    #[test]
    fn trees() {
        let mut node = faastlane_value::located::parse(r#"{"${Key}": ["x${Delay}", 1]}"#).unwrap();
        substitutions().tree(&mut node);
        assert_eq!(node.to_value().to_json(), r#"{"pk":["x5",1]}"#);
        assert_eq!(substitutions().scalar("${Unknown}"), None);
    }
}
