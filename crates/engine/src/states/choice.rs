//! Choice states.

use std::cmp::Ordering;

use faastlane_asl::{
    Choice, ChoiceRule, Condition, Language, Next, Operand, Relation, Test, ValueKind,
};
use faastlane_expr::{Path, Scope, Timestamp};
use faastlane_frame::Data;
use faastlane_value::{Value, str_literal};

use crate::expressions::{Seen, Wrong};
use crate::failure::Failure;
use crate::flow::FlowId;
use crate::turn::{Step, Turn};

impl Turn<'_> {
    pub(crate) fn choice(
        &mut self,
        id: FlowId,
        choice: &Choice,
        input: Data,
    ) -> Result<Step, Failure> {
        let chosen = match self.state(id).language {
            Language::JsonPath { .. } => self.rule_of_jsonpath(id, choice, &input)?,
            Language::Jsonata { .. } => self.rule_of_jsonata(id, choice, &input)?,
        };
        if let Some(rule) = chosen {
            let next = Next::State(rule.next);
            return self.exit_to(id, input, rule.assign.as_ref(), rule.output.as_ref(), next);
        }
        let state = self.state(id);
        let Some(default) = choice.default else {
            let message = format!(
                "Failed to transition out of the state '{}'. The state does not point to a next \
                 state.",
                state.name
            );
            return Err(self.failure(id, str_literal!("States.NoChoiceMatched"), &message));
        };
        let (assign, output) = (state.assign.as_ref(), state.language.output());
        self.exit_to(id, input, assign, output, Next::State(default))
    }

    fn rule_of_jsonpath<'c>(
        &mut self,
        id: FlowId,
        choice: &'c Choice,
        input: &Data,
    ) -> Result<Option<&'c ChoiceRule>, Failure> {
        let chosen = self.in_scope(id, Seen::input(input), |scope, _| first_match(choice, scope));
        chosen.map_err(|invalid| {
            let message = format!(
                "Invalid path '{}': The choice state's condition path references an invalid value.",
                invalid.0
            );
            self.runtime_failure(id, &message)
        })
    }

    fn rule_of_jsonata<'c>(
        &mut self,
        id: FlowId,
        choice: &'c Choice,
        input: &Data,
    ) -> Result<Option<&'c ChoiceRule>, Failure> {
        let chosen = self.in_jsonata(id, Seen::input(input), |scope, random| {
            for (at, rule) in choice.rules.iter().enumerate() {
                let condition = match &rule.condition {
                    Condition::Jsonata(condition) => condition,
                    Condition::Fixed(true) => return Ok(Some(rule)),
                    _ => continue,
                };
                let wrong = match condition.evaluate(scope, random) {
                    Err(error) => Wrong::Error(error),
                    Ok(value) => match value.value() {
                        Value::Bool(true) => return Ok(Some(rule)),
                        Value::Bool(false) => continue,
                        _ => Wrong::Type { expected: "boolean", value },
                    },
                };
                return Err((at, condition.as_str().clone(), wrong));
            }
            Ok(None)
        });
        chosen.map_err(|(at, condition, wrong)| {
            self.wrong_value(id, &format!("Choices[{at}]/Condition"), &condition, &wrong)
        })
    }
}

/// A path that leads nowhere, as it is written.
struct InvalidPath(String);

fn first_match<'c>(
    choice: &'c Choice,
    scope: &Scope<'_>,
) -> Result<Option<&'c ChoiceRule>, InvalidPath> {
    for rule in &choice.rules {
        if holds(&rule.condition, scope)? {
            return Ok(Some(rule));
        }
    }
    Ok(None)
}

fn holds(condition: &Condition, scope: &Scope<'_>) -> Result<bool, InvalidPath> {
    match condition {
        Condition::And(conditions) => {
            for condition in conditions {
                if !holds(condition, scope)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        Condition::Or(conditions) => {
            for condition in conditions {
                if holds(condition, scope)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        Condition::Not(condition) => Ok(!holds(condition, scope)?),
        Condition::Test { variable, test: Test::IsPresent(expected) } => {
            Ok(variable.select(scope).is_ok() == *expected)
        }
        Condition::Fixed(_) | Condition::Jsonata(_) => {
            unreachable!("conditions of JSONata stand in states of JSONata")
        }
        Condition::Test { variable, test } => passes(test, find(variable, scope)?.value(), scope),
    }
}

fn passes(test: &Test, value: &Value, scope: &Scope<'_>) -> Result<bool, InvalidPath> {
    Ok(match test {
        Test::IsPresent(_) => unreachable!("tested before the value is looked up"),
        Test::IsKind(kind, expected) => is_kind(value, *kind) == *expected,
        Test::StringMatches(pattern) => value.as_str().is_some_and(|text| pattern.matches(text)),
        Test::Compare(kind, relation, Operand::Value(operand)) => {
            compare(*kind, value, operand).is_some_and(|order| is(*relation, order))
        }
        Test::Compare(kind, relation, Operand::Path(path)) => {
            let operand = find(path, scope)?;
            compare(*kind, value, operand.value()).is_some_and(|order| is(*relation, order))
        }
    })
}

fn find(path: &Path, scope: &Scope<'_>) -> Result<Data, InvalidPath> {
    path.select(scope).map_err(|_| InvalidPath(path.as_str().to_string()))
}

fn is_kind(value: &Value, kind: ValueKind) -> bool {
    match kind {
        ValueKind::Null => *value == Value::Null,
        ValueKind::Boolean => value.as_bool().is_some(),
        ValueKind::Numeric => value.as_number().is_some(),
        ValueKind::String => value.as_str().is_some(),
        ValueKind::Timestamp => value.as_str().is_some_and(|text| Timestamp::parse(text).is_some()),
    }
}

/// How two values of one kind compare; `None` if one of them is not of that kind.
fn compare(kind: ValueKind, a: &Value, b: &Value) -> Option<Ordering> {
    match kind {
        ValueKind::Null => None,
        ValueKind::Boolean => Some(a.as_bool()?.cmp(&b.as_bool()?)),
        ValueKind::Numeric => Some(a.as_number()?.compare(b.as_number()?)),
        // AWS compares as Java does, by UTF-16 units.
        ValueKind::String => Some(a.as_str()?.encode_utf16().cmp(b.as_str()?.encode_utf16())),
        ValueKind::Timestamp => {
            Some(Timestamp::parse(a.as_str()?)?.cmp(&Timestamp::parse(b.as_str()?)?))
        }
    }
}

fn is(relation: Relation, order: Ordering) -> bool {
    match relation {
        Relation::Equals => order.is_eq(),
        Relation::LessThan => order.is_lt(),
        Relation::LessThanEquals => order.is_le(),
        Relation::GreaterThan => order.is_gt(),
        Relation::GreaterThanEquals => order.is_ge(),
    }
}
