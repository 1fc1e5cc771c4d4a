//! Filters: `[?(@.price < 10 && @.tags contains 'new')]`.
//!
//! Comparison follows Jayway JsonPath: a string that is a number equals that number, a missing
//! value equals nothing (and so differs from everything), and operators that do not fit the types
//! of their operands are false.

use std::cmp::Ordering;

use faastlane_value::{Number, Value};
use regex::Regex;

use super::walk::{Steps, Walk};

/// What a filter demands.
#[derive(Debug, Clone)]
pub(super) enum Condition {
    Or(Box<[Condition]>),
    And(Box<[Condition]>),
    Not(Box<Condition>),
    /// `@.a` alone: it is there, be it null or false. As in Jayway an indefinite path is there as
    /// soon as its leading names and indexes are.
    Exists(Query),
    Compare(Operand, Operator, Operand),
}

/// A path inside an expression.
#[derive(Debug, Clone)]
pub(super) struct Query {
    /// `@` rather than `$`.
    pub(super) from_current: bool,
    pub(super) steps: Steps,
}

#[derive(Debug, Clone)]
pub(super) enum Operand {
    Query(Query),
    Literal(Value),
    /// `/re/i`, anchored at both ends.
    Pattern(Regex),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    /// `===`: equal and of one type.
    SameAs,
    NotSameAs,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Matches,
    In,
    NotIn,
    SubsetOf,
    AnyOf,
    NoneOf,
    All,
    Contains,
    Size,
    Empty,
}

impl Query {
    /// What the path leads to, where `current` is what `@` means.
    pub(super) fn select(
        &self,
        walk: &mut Walk<'_>,
        current: &Value,
    ) -> Result<Option<Value>, String> {
        let start = if self.from_current { current } else { walk.document };
        walk.select(&self.steps, start)
    }
}

impl Condition {
    /// Whether `current` meets the condition.
    pub(super) fn accepts(&self, walk: &mut Walk<'_>, current: &Value) -> Result<bool, String> {
        match self {
            Self::Or(options) => {
                for option in options {
                    if option.accepts(walk, current)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Self::And(demands) => {
                for demand in demands {
                    if !demand.accepts(walk, current)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Self::Not(inner) => Ok(!inner.accepts(walk, current)?),
            Self::Exists(query) if query.steps.is_definite() => {
                Ok(query.select(walk, current)?.is_some())
            }
            Self::Exists(query) => {
                let start = if query.from_current { current } else { walk.document };
                Ok(query.steps.prefix_exists(start))
            }
            Self::Compare(left, operator, right) => compare(left, *operator, right, walk, current),
        }
    }
}

fn compare(
    left: &Operand,
    operator: Operator,
    right: &Operand,
    walk: &mut Walk<'_>,
    current: &Value,
) -> Result<bool, String> {
    let mut value = |operand: &Operand| match operand {
        Operand::Query(query) => query.select(walk, current),
        Operand::Literal(value) => Ok(Some(value.clone())),
        Operand::Pattern(_) => Ok(None),
    };
    Ok(match (left, right) {
        (Operand::Pattern(pattern), subject) | (subject, Operand::Pattern(pattern)) => {
            operator == Operator::Matches && matches(pattern, value(subject)?.as_ref())
        }
        _ => holds(value(left)?.as_ref(), operator, value(right)?.as_ref()),
    })
}

/// Whether `left operator right`; `None` is a missing value.
fn holds(left: Option<&Value>, operator: Operator, right: Option<&Value>) -> bool {
    let ordered = |wanted: fn(Ordering) -> bool| order(left, right).is_some_and(wanted);
    match operator {
        Operator::Equal => equal(left, right),
        Operator::NotEqual => !equal(left, right),
        Operator::SameAs => same_kind(left, right) && equal(left, right),
        Operator::NotSameAs => !(same_kind(left, right) && equal(left, right)),
        Operator::Less => ordered(Ordering::is_lt),
        Operator::LessOrEqual => ordered(Ordering::is_le),
        Operator::Greater => ordered(Ordering::is_gt),
        Operator::GreaterOrEqual => ordered(Ordering::is_ge),
        Operator::Matches => false,
        Operator::In => is_in(left, right),
        Operator::NotIn => !is_in(left, right),
        Operator::SubsetOf => lists(left, right, |left, right| left.all(|item| has(right, item))),
        Operator::AnyOf => lists(left, right, |left, right| left.any(|item| has(right, item))),
        Operator::NoneOf => lists(left, right, |left, right| !left.any(|item| has(right, item))),
        Operator::All => contains_all(left, right),
        Operator::Contains => contains(left, right),
        Operator::Size => size(left).is_some_and(|size| right == Some(&Value::from(size))),
        Operator::Empty => is_empty(left).is_some_and(|empty| right == Some(&Value::Bool(empty))),
    }
}

/// Equality with Jayway's bridge between strings and numbers.
fn equal(left: Option<&Value>, right: Option<&Value>) -> bool {
    match (left, right) {
        (None, _) | (_, None) => false,
        (Some(Value::Number(a)), Some(Value::Number(b))) => a.compare(b).is_eq(),
        (Some(Value::String(text)), Some(Value::Number(number))) => *text == number.to_string(),
        (Some(Value::Number(number)), Some(Value::String(text))) => {
            parse_number(text).is_some_and(|parsed| parsed.compare(number).is_eq())
        }
        (left, right) => left == right,
    }
}

fn same_kind(left: Option<&Value>, right: Option<&Value>) -> bool {
    let kind = |value: Option<&Value>| value.map(Value::kind);
    kind(left) == kind(right)
        || matches!((left, right), (Some(a), Some(b)) if is_container(a) && is_container(b))
}

fn is_container(value: &Value) -> bool {
    matches!(value, Value::Array(_) | Value::Object(_))
}

fn parse_number(text: &str) -> Option<Number> {
    match faastlane_value::json::parse(text.as_bytes()) {
        Ok(Value::Number(number)) => Some(number),
        _ => None,
    }
}

/// The order of two numbers or strings; a number beside a string counts as its text.
fn order(left: Option<&Value>, right: Option<&Value>) -> Option<Ordering> {
    match (left?, right?) {
        (Value::Number(a), Value::Number(b)) => Some(a.compare(b)),
        (Value::String(a), Value::String(b)) => Some(order_of_texts(a, b)),
        (Value::String(a), Value::Number(b)) => Some(order_of_texts(a, &b.to_string())),
        (Value::Number(a), Value::String(b)) => Some(order_of_texts(&a.to_string(), b)),
        _ => None,
    }
}

/// Order by UTF-16 code units, as Java compares strings.
fn order_of_texts(left: &str, right: &str) -> Ordering {
    left.encode_utf16().cmp(right.encode_utf16())
}

fn has(list: &[Value], item: &Value) -> bool {
    list.iter().any(|candidate| equal(Some(item), Some(candidate)))
}

fn is_in(item: Option<&Value>, list: Option<&Value>) -> bool {
    match (item, list) {
        (Some(item), Some(Value::Array(list))) => has(list, item),
        _ => false,
    }
}

/// What `test` says about two arrays; false if either is none.
fn lists(
    left: Option<&Value>,
    right: Option<&Value>,
    test: impl Fn(&mut std::slice::Iter<'_, Value>, &[Value]) -> bool,
) -> bool {
    match (left, right) {
        (Some(Value::Array(left)), Some(Value::Array(right))) => test(&mut left.iter(), right),
        _ => false,
    }
}

/// `left all right`: each item of `right` is in `left`. True for an object, as in Jayway.
fn contains_all(left: Option<&Value>, right: Option<&Value>) -> bool {
    match (left, right) {
        (Some(Value::Array(left)), Some(Value::Array(right))) => {
            right.iter().all(|item| has(left, item))
        }
        (Some(Value::Object(_)), Some(Value::Array(_))) => true,
        _ => false,
    }
}

fn contains(left: Option<&Value>, right: Option<&Value>) -> bool {
    match (left, right) {
        (Some(Value::String(text)), Some(Value::String(part))) => text.contains(part.as_str()),
        (Some(Value::Array(list)), Some(item)) => has(list, item),
        _ => false,
    }
}

/// The length of an array, or of a string in UTF-16 code units as in Java.
fn size(value: Option<&Value>) -> Option<i64> {
    let size = match value? {
        Value::Array(array) => array.len(),
        Value::String(text) => text.encode_utf16().count(),
        _ => return None,
    };
    i64::try_from(size).ok()
}

fn is_empty(value: Option<&Value>) -> Option<bool> {
    match value? {
        Value::Array(array) => Some(array.is_empty()),
        Value::Object(object) => Some(object.is_empty()),
        Value::String(text) => Some(text.is_empty()),
        _ => None,
    }
}

/// Whether the whole text, or any item of an array, matches. What is no text counts as "".
fn matches(pattern: &Regex, subject: Option<&Value>) -> bool {
    let one = |subject: Option<&Value>| match subject {
        Some(Value::String(text)) => pattern.is_match(text),
        Some(Value::Number(number)) => pattern.is_match(&number.to_string()),
        Some(Value::Bool(value)) => pattern.is_match(if *value { "true" } else { "false" }),
        _ => pattern.is_match(""),
    };
    match subject {
        Some(Value::Array(list)) => list.iter().any(|item| one(Some(item))),
        single => one(single),
    }
}
