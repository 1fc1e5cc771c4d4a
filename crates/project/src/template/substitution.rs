//! `Fn::Sub`: text with `${Name}`, `${Resource.Attribute}` and `${!Literal}`.

use faastlane_value::located::{Data, Node, Place};

use super::evaluate::{Evaluator, scalar_text};
use crate::error::Error;

impl Evaluator<'_> {
    /// Evaluates `text` or `[text, {name: value}]`.
    pub(super) fn sub(&mut self, argument: &Node, place: Place) -> Result<Node, Error> {
        let mut variables = Vec::new();
        let template = match &argument.data {
            Data::Array(_) => {
                let [template, own] =
                    self.arguments(argument, "Fn::Sub", "[text, {name: value}]")?;
                for member in own.members() {
                    variables.push((member.key.as_str(), self.text(&member.value)?));
                }
                template
            }
            _ => argument,
        };
        let Some(template) = template.as_str() else {
            return Err(self.invalid(place, "Fn::Sub takes text, or [text, {name: value}]"));
        };
        let mut text = String::new();
        for part in parts(template) {
            match part {
                Part::Text(literal) => text.push_str(literal),
                Part::Literal(name) => text.push_str(&format!("${{{name}}}")),
                Part::Variable(name) => {
                    // Of repeated names the last counts, as in every object.
                    match variables.iter().rev().find(|(key, _)| *key == name) {
                        Some((_, value)) => text.push_str(value),
                        None => text.push_str(&self.variable(name, place)?),
                    }
                }
            }
        }
        self.string(place, text)
    }

    fn variable(&mut self, name: &str, place: Place) -> Result<String, Error> {
        let value = match name.split_once('.') {
            Some((resource, attribute)) if !self.is_defined(name) => {
                Some(self.attribute(resource, attribute, place)?)
            }
            _ => self.reference_to(name, place)?,
        };
        let Some(value) = value else {
            return Err(self.invalid(place, format!("`${{{name}}}` has no value")));
        };
        match &value.data {
            Data::Array(items) => {
                let texts: Vec<_> =
                    items.iter().filter_map(|item| scalar_text(&item.data)).collect();
                Ok(texts.join(","))
            }
            data => Ok(scalar_text(data).unwrap_or_default()),
        }
    }
}

#[derive(Debug, PartialEq)]
enum Part<'t> {
    Text(&'t str),
    /// `${!Name}`, which deploys as `${Name}`.
    Literal(&'t str),
    Variable(&'t str),
}

/// Takes a text apart. What only looks like a variable (`${ $x }`, an open `${`) is text.
fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = text;
    let mut searched = 0;
    while let Some(start) = rest[searched..].find("${").map(|offset| searched + offset) {
        let inner = &rest[start + 2..];
        let Some(length) = inner.find('}') else { break };
        let name = &inner[..length];
        let part = match name.strip_prefix('!') {
            Some(literal) => Part::Literal(literal),
            None if is_name(name) => Part::Variable(name),
            None => {
                searched = start + 2;
                continue;
            }
        };
        parts.extend([Part::Text(&rest[..start]), part]);
        rest = &inner[length + 1..];
        searched = 0;
    }
    parts.push(Part::Text(rest));
    parts
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.chars().all(|character| character.is_alphanumeric() || ":._-".contains(character))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_taken_apart() {
        let check = |text: &str, expected: &[Part<'_>]| {
            let parts: Vec<_> =
                parts(text).into_iter().filter(|part| *part != Part::Text("")).collect();
            assert_eq!(parts, expected, "for {text}");
        };
        check("a${B}c", &[Part::Text("a"), Part::Variable("B"), Part::Text("c")]);
        check("${A.Arn}${AWS::Region}", &[Part::Variable("A.Arn"), Part::Variable("AWS::Region")]);
        check("${!A}", &[Part::Literal("A")]);
        check("${ $x }", &[Part::Text("${ $x }")]);
        check("${ ${A}", &[Part::Text("${ "), Part::Variable("A")]);
        check("$A ${A", &[Part::Text("$A ${A")]);
    }
}
