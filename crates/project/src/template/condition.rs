//! Conditions: `Fn::Equals`, `Fn::And`, `Fn::Or`, `Fn::Not` and conditions by name.

use faastlane_value::located::{Data, Node, Place};

use super::evaluate::Evaluator;
use crate::error::Error;

impl Evaluator<'_> {
    /// Whether the condition `name` of the template's `Conditions` is met.
    pub(super) fn named_condition(&mut self, name: &str, place: Place) -> Result<bool, Error> {
        if let Some(met) = self.conditions.get(name) {
            return Ok(*met);
        }
        let Some(condition) = self.root.get("Conditions").and_then(|all| all.get(name)) else {
            return Err(self.invalid(place, format!("the template has no condition `{name}`")));
        };
        let met =
            self.once(&format!("condition {name}"), place, |this| this.condition(condition))?;
        self.conditions.insert(name.to_owned(), met);
        Ok(met)
    }

    /// Whether a condition that is written out is met.
    pub(super) fn condition(&mut self, node: &Node) -> Result<bool, Error> {
        self.nested(node.place, |this| this.written_condition(node))
    }

    fn written_condition(&mut self, node: &Node) -> Result<bool, Error> {
        let [member] = node.members() else {
            return Err(self.not_a_condition(node.place));
        };
        let argument = &member.value;
        match member.key.as_str() {
            "Condition" => match argument.as_str() {
                Some(name) => self.named_condition(name, argument.place),
                None => {
                    Err(self.invalid(argument.place, "Condition takes the name of a condition"))
                }
            },
            "Fn::Equals" => {
                let [one, other] = self.arguments(argument, "Fn::Equals", "[value, value]")?;
                Ok(self.comparable(one)? == self.comparable(other)?)
            }
            "Fn::Not" => {
                let [condition] = self.arguments(argument, "Fn::Not", "[condition]")?;
                Ok(!self.condition(condition)?)
            }
            "Fn::And" => self.any(argument, false).map(|found| !found),
            "Fn::Or" => self.any(argument, true),
            _ => Err(self.not_a_condition(node.place)),
        }
    }

    /// Whether any condition of a list is `wanted`.
    fn any(&mut self, list: &Node, wanted: bool) -> Result<bool, Error> {
        let Data::Array(conditions) = &list.data else {
            return Err(self.invalid(list.place, "a list of conditions is wanted here"));
        };
        for condition in conditions {
            if self.condition(condition)? == wanted {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Scalars compare as text: the parameter `"5"` equals the number 5.
    fn comparable(&mut self, node: &Node) -> Result<String, Error> {
        let value = self.required(node)?;
        let text = super::evaluate::scalar_text(&value.data);
        Ok(text.unwrap_or_else(|| value.to_value().to_json()))
    }

    fn not_a_condition(&self, place: Place) -> Error {
        let message =
            "a condition is wanted here: Fn::Equals, Fn::And, Fn::Or, Fn::Not or Condition";
        self.invalid(place, message)
    }
}
