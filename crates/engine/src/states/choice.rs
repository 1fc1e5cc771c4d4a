//! Choice states.

use std::cell::LazyCell;
use std::cmp::Ordering;

use faastlane_asl::{Choice, Condition, Operand, Relation, Test, ValueKind};
use faastlane_expr::{Path, Scope, Timestamp};
use faastlane_frame::Data;
use faastlane_value::{Value, str_literal};

use crate::context;
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
        let chosen = {
            let flow = self.progress.flow(id);
            let state = self.state(id);
            let context = LazyCell::new(|| context::build(self.progress, flow, state, None));
            first_match(choice, &Scope::new(&input, &context))
        };
        let chosen = chosen.map_err(|invalid| {
            let message = format!(
                "Invalid path '{}': The choice state's condition path references an invalid value.",
                invalid.0
            );
            self.runtime_failure(id, &message)
        })?;
        let Some(next) = chosen.or(choice.default) else {
            let message = format!(
                "Failed to transition out of the state '{}'. The state does not point to a next \
                 state.",
                self.state(id).name
            );
            return Err(self.failure(id, str_literal!("States.NoChoiceMatched"), &message));
        };
        let output = self.output(id, input)?;
        Ok(Step::Exit(output, faastlane_asl::Next::State(next)))
    }
}

/// A path that leads nowhere, as it is written.
struct InvalidPath(String);

fn first_match(
    choice: &Choice,
    scope: &Scope<'_>,
) -> Result<Option<faastlane_asl::StateId>, InvalidPath> {
    for rule in &choice.rules {
        if holds(&rule.condition, scope)? {
            return Ok(Some(rule.next));
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
