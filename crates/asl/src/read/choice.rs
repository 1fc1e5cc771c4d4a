//! Choice states: rules, boolean operators and data tests.

use faastlane_expr::glob::Glob;
use faastlane_expr::{Path, Timestamp};
use faastlane_value::Value;
use faastlane_value::located::{Data, Node};

use super::fields::Fields;
use super::{Pointer, Reader, Scope};
use crate::{Choice, ChoiceRule, Code, Condition, Kind, Operand, Relation, Test, ValueKind};

/// Operators that compare: the kind of value is the first part of the name, this the second.
const RELATIONS: [(&str, Relation); 5] = [
    ("Equals", Relation::Equals),
    ("LessThan", Relation::LessThan),
    ("LessThanEquals", Relation::LessThanEquals),
    ("GreaterThan", Relation::GreaterThan),
    ("GreaterThanEquals", Relation::GreaterThanEquals),
];

const KINDS: [(&str, ValueKind); 4] = [
    ("String", ValueKind::String),
    ("Numeric", ValueKind::Numeric),
    ("Boolean", ValueKind::Boolean),
    ("Timestamp", ValueKind::Timestamp),
];

/// What an operator's name says.
enum Operator {
    IsPresent,
    IsKind(ValueKind),
    StringMatches,
    Compare { kind: ValueKind, relation: Relation, path: bool },
}

impl Operator {
    /// The names of all operators that compare, for those who mistype one.
    fn names() -> Vec<String> {
        let names = KINDS.iter().flat_map(|(kind, _)| {
            RELATIONS.iter().map(move |(relation, _)| format!("{kind}{relation}"))
        });
        let names = names.filter(|name| Self::named(name).is_some());
        names.flat_map(|name| [format!("{name}Path"), name]).collect()
    }

    fn named(name: &str) -> Option<Self> {
        match name {
            "IsPresent" => return Some(Self::IsPresent),
            "IsNull" => return Some(Self::IsKind(ValueKind::Null)),
            "StringMatches" => return Some(Self::StringMatches),
            _ => {}
        }
        let kind_of =
            |text: &str| KINDS.iter().find(|(name, _)| *name == text).map(|(_, kind)| *kind);
        if let Some(kind) = name.strip_prefix("Is").and_then(kind_of) {
            return Some(Self::IsKind(kind));
        }
        let (comparison, path) = match name.strip_suffix("Path") {
            Some(comparison) => (comparison, true),
            None => (name, false),
        };
        let (kind, rest) =
            KINDS.iter().find_map(|(name, kind)| Some((*kind, comparison.strip_prefix(name)?)))?;
        let (_, relation) = RELATIONS.iter().find(|(name, _)| *name == rest)?;
        let ordered = *relation == Relation::Equals || kind != ValueKind::Boolean;
        ordered.then_some(Self::Compare { kind, relation: *relation, path })
    }
}

impl Reader {
    pub(super) fn choice(&mut self, fields: &mut Fields<'_>, scope: &Scope<'_>) -> Option<Kind> {
        let default = fields.text(self, "Default").and_then(|name| {
            let pointer = fields.pointer.key("Default");
            self.target(&name, scope, &pointer, fields.place_of("Default"))
        });
        let pointer = fields.pointer.key("Choices");
        let mut rules = Vec::new();
        let nodes = fields.required_items(self, "Choices")?;
        for (at, node) in nodes.iter().enumerate() {
            rules.extend(self.choice_rule(node, &pointer.index(at), scope, fields.jsonata));
        }
        Some(Kind::Choice(Choice { rules, default }))
    }

    fn choice_rule(
        &mut self,
        node: &Node,
        pointer: &Pointer<'_>,
        scope: &Scope<'_>,
        jsonata: bool,
    ) -> Option<ChoiceRule> {
        let mut fields = Fields::new(self, node, pointer)?;
        fields.jsonata = jsonata;
        fields.required(self, "Next");
        let name = fields.text(self, "Next");
        let (output, assign) = (fields.output(self), self.assign(&mut fields));
        let condition = if jsonata {
            fields.allow(&["Comment"]);
            let condition = self.jsonata_condition(&mut fields);
            fields.refuse_unknown(self);
            condition
        } else {
            self.condition(node, pointer, &["Next", "Assign"])
        };
        let next = self.target(&name?, scope, &pointer.key("Next"), fields.place_of("Next"))?;
        Some(ChoiceRule { condition: condition?, output, assign, next })
    }

    /// `Condition`: `true`, `false` or an expression.
    fn jsonata_condition(&mut self, fields: &mut Fields<'_>) -> Option<Condition> {
        let node = fields.required(self, "Condition")?;
        if let Data::Bool(value) = node.data {
            return Some(Condition::Fixed(value));
        }
        if fields.is_expression("Condition") {
            return fields.expression(self, "Condition").map(Condition::Jsonata);
        }
        let message = "Condition must be a boolean or a JSONata expression";
        self.schema_error(message, &fields.pointer.key("Condition"), node.place);
        None
    }

    /// A boolean expression; `also` names the fields that may stand beside it.
    fn condition(
        &mut self,
        node: &Node,
        pointer: &Pointer<'_>,
        also: &[&'static str],
    ) -> Option<Condition> {
        let mut fields = Fields::new(self, node, pointer)?;
        fields.allow(also);
        fields.allow(&["Comment"]);
        let condition = self.combination_or_test(&mut fields);
        fields.refuse_unknown_beside(self, Operator::names);
        condition
    }

    fn combination_or_test(&mut self, fields: &mut Fields<'_>) -> Option<Condition> {
        if let Some(node) = fields.node("Not") {
            let inner = self.condition(node, &fields.pointer.key("Not"), &[])?;
            return Some(Condition::Not(Box::new(inner)));
        }
        if fields.node("And").is_some() {
            return self.conditions(fields, "And").map(Condition::And);
        }
        if fields.node("Or").is_some() {
            return self.conditions(fields, "Or").map(Condition::Or);
        }
        self.test(fields)
    }

    fn conditions(
        &mut self,
        fields: &mut Fields<'_>,
        name: &'static str,
    ) -> Option<Vec<Condition>> {
        let pointer = fields.pointer.key(name);
        let items = fields.required_items(self, name)?;
        let mut conditions = Vec::new();
        for (at, node) in items.iter().enumerate() {
            conditions.extend(self.condition(node, &pointer.index(at), &[]));
        }
        (conditions.len() == items.len()).then_some(conditions)
    }

    fn test(&mut self, fields: &mut Fields<'_>) -> Option<Condition> {
        let variable = fields.path(self, "Variable");
        fields.required(self, "Variable");
        let operators: Vec<_> = fields
            .node
            .members()
            .iter()
            .filter_map(|member| Some((member, Operator::named(&member.key)?)))
            .collect();
        let [(member, operator)] = &operators[..] else {
            let message = match operators.len() {
                0 => "A comparison operator is required, such as StringEquals or IsPresent",
                _ => "Only one comparison operator can be given",
            };
            self.schema_error(message, fields.pointer, fields.node.place);
            for (member, _) in &operators {
                fields.know(&member.key);
            }
            return None;
        };
        fields.know(&member.key);
        let pointer = fields.pointer.key(&member.key);
        let test = self.operand(operator, &member.value, &pointer)?;
        Some(Condition::Test { variable: variable?, test })
    }

    fn operand(&mut self, operator: &Operator, node: &Node, at: &Pointer<'_>) -> Option<Test> {
        match operator {
            Operator::IsPresent => Some(Test::IsPresent(self.flag(node, at)?)),
            Operator::IsKind(kind) => Some(Test::IsKind(*kind, self.flag(node, at)?)),
            Operator::StringMatches => {
                let value = self.fixed(node, at, ValueKind::String)?;
                Some(Test::StringMatches(Glob::new(value.as_str()?)))
            }
            Operator::Compare { kind, relation, path: false } => {
                let value = self.fixed(node, at, *kind)?;
                Some(Test::Compare(*kind, *relation, Operand::Value(value)))
            }
            Operator::Compare { kind, relation, path: true } => {
                let text = self.fixed(node, at, ValueKind::String)?;
                match Path::parse(text.as_str()?) {
                    Ok(path) => Some(Test::Compare(*kind, *relation, Operand::Path(path))),
                    Err(error) => {
                        let message = format!("Value is not a valid JSONPath: {error}");
                        self.error(Code::InvalidPath, message, at, node.place);
                        None
                    }
                }
            }
        }
    }

    fn flag(&mut self, node: &Node, at: &Pointer<'_>) -> Option<bool> {
        self.fixed(node, at, ValueKind::Boolean)?.as_bool()
    }

    /// The fixed value an operator compares with, which must be of the operator's kind.
    fn fixed(&mut self, node: &Node, at: &Pointer<'_>, kind: ValueKind) -> Option<Value> {
        let (fits, expected) = match kind {
            ValueKind::Null => (node.data == Data::Null, "null"),
            ValueKind::Boolean => (matches!(node.data, Data::Bool(_)), "Boolean"),
            ValueKind::Numeric => (matches!(node.data, Data::Number(_)), "Number"),
            ValueKind::String => (node.as_str().is_some(), "String"),
            ValueKind::Timestamp => {
                (node.as_str().is_some_and(|text| Timestamp::parse(text).is_some()), "Timestamp")
            }
        };
        if !fits {
            let message = format!("Expected value of type {expected}");
            self.schema_error(message, at, node.place);
        }
        fits.then(|| node.to_value())
    }
}
