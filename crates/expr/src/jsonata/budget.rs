//! The functions that look at sizes, which the guard puts into expressions.

use std::cell::Cell;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;

use jsonata_core::evaluator::{EvaluatorError, HostFnResult};
use jsonata_core::functions::array::values_equal;
use jsonata_core::value::{JValue, with_stack};

use super::Limits;
use super::error::MEMORY;
use super::functions::{argument, call, raise};
use super::guard::{CHARGE, MEASURE, RANGE};

/// About how many bytes an item of an array takes, and a member of an object.
const ITEM: usize = size_of::<JValue>();
const MEMBER: usize = 3 * ITEM;
/// How many parts a value may have, counting each as often as it is there.
const MAX_PARTS: usize = 4_000_000;
/// A text or list below this size needs no closer look.
const SMALL: usize = 64 * 1024;

/// What an evaluation may still make.
pub(super) struct Budget {
    left: Cell<usize>,
    max_items: usize,
}

type Check = fn(&Budget, &[JValue]) -> HostFnResult;

impl Budget {
    pub(super) fn new(limits: Limits) -> Rc<Self> {
        Rc::new(Self { left: Cell::new(limits.bytes), max_items: limits.items })
    }

    /// The function of that name, if it is one of those that the guard knows.
    pub(super) fn function(name: &str) -> Option<Check> {
        Some(match name {
            CHARGE => Self::charge,
            MEASURE => Self::measure,
            RANGE => Self::range,
            "(pad)" => Self::pad,
            "(replace)" => Self::replace,
            "(join)" => Self::join,
            "(string)" => Self::string,
            "(distinct)" => Self::distinct,
            _ => return None,
        })
    }

    fn spend(&self, bytes: usize) -> Result<(), EvaluatorError> {
        match self.left.get().checked_sub(bytes) {
            Some(left) => {
                self.left.set(left);
                Ok(())
            }
            None => Err(too_much()),
        }
    }

    fn charge(&self, arguments: &[JValue]) -> HostFnResult {
        let value = argument(arguments, 0);
        self.spend(match value {
            JValue::String(text) => text.len(),
            JValue::Array(items) => items.len().saturating_mul(ITEM),
            JValue::Object(members) => members.len().saturating_mul(MEMBER),
            _ => 0,
        })?;
        Ok(value.clone())
    }

    fn measure(&self, arguments: &[JValue]) -> HostFnResult {
        let value = argument(arguments, 0);
        let mut parts = MAX_PARTS;
        let mut bytes = self.left.get();
        count(value, &mut parts, &mut bytes)?;
        self.charge(arguments)
    }

    /// `first..last`
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "there are few enough numbers"
    )]
    fn range(&self, arguments: &[JValue]) -> HostFnResult {
        let bound = |at: usize, message: &str| match argument(arguments, at) {
            JValue::Number(number) if number.fract() == 0.0 => Ok(Some(*number)),
            JValue::Undefined | JValue::Null => Ok(None),
            _ => Err(raise(message)),
        };
        let first = bound(
            0,
            "T2003: The left side of the range operator (..) must evaluate to an integer",
        )?;
        let last = bound(
            1,
            "T2004: The right side of the range operator (..) must evaluate to an integer",
        )?;
        let (Some(first), Some(last)) = (first, last) else { return Ok(JValue::Undefined) };
        if first > last {
            return Ok(JValue::Undefined);
        }
        let count = last - first + 1.0;
        if count > self.max_items as f64 {
            return Err(too_much());
        }
        let count = count as usize;
        self.spend(count.saturating_mul(ITEM))?;
        let numbers = (0..count).map(|at| JValue::Number(first + at as f64)).collect();
        Ok(JValue::sequence_flat(numbers, true))
    }

    /// `$pad(text, width, char)`
    #[expect(clippy::cast_precision_loss, reason = "it need not be exact")]
    fn pad(&self, arguments: &[JValue]) -> HostFnResult {
        let width = argument(arguments, 1).as_f64().unwrap_or(0.0).abs();
        // A character of the padding takes at most four bytes.
        if width * 4.0 > self.left.get() as f64 {
            return Err(too_much());
        }
        let padded = call("pad", arguments)?;
        self.charge(&[padded])
    }

    /// `$replace(text, pattern, replacement, limit)`
    fn replace(&self, arguments: &[JValue]) -> HostFnResult {
        if let (Some(text), Some(new)) =
            (argument(arguments, 0).as_str(), argument(arguments, 2).as_str())
        {
            // A pattern is found at most before each character, and a `$1` may stand for all of the text.
            let groups = new.matches('$').count();
            let each = groups.saturating_mul(text.len()).saturating_add(new.len());
            let most = each.saturating_mul(text.len().saturating_add(1));
            if most > SMALL && most > self.left.get() {
                let times = match argument(arguments, 1).as_str() {
                    Some(pattern) if !pattern.is_empty() => text.matches(pattern).count(),
                    _ => return Err(too_much()),
                };
                if times.saturating_mul(new.len()) > self.left.get() {
                    return Err(too_much());
                }
            }
        }
        let replaced = call("replace", arguments)?;
        self.charge(&[replaced])
    }

    fn join(&self, arguments: &[JValue]) -> HostFnResult {
        if let JValue::Array(items) = argument(arguments, 0) {
            let between = argument(arguments, 1).as_str().map_or(0, str::len);
            let length = |item: &JValue| item.as_str().map_or(0, str::len).saturating_add(between);
            let total = items.iter().map(length).fold(0, usize::saturating_add);
            if total > self.left.get() {
                return Err(too_much());
            }
        }
        let joined = call("join", arguments)?;
        self.charge(&[joined])
    }

    fn string(&self, arguments: &[JValue]) -> HostFnResult {
        let value = argument(arguments, 0);
        count(value, &mut { MAX_PARTS }, &mut self.left.get())?;
        let text = call("string", arguments)?;
        self.charge(&[text])
    }

    /// `$distinct(items)`, in a time that grows with their number and not with its square.
    fn distinct(&self, arguments: &[JValue]) -> HostFnResult {
        let items = match argument(arguments, 0) {
            JValue::Array(items) if items.len() > 1 => items,
            other => return Ok(other.clone()),
        };
        let mut places: HashMap<u64, Vec<usize>> = HashMap::new();
        let mut kept: Vec<JValue> = Vec::new();
        for item in items {
            let mut hasher = DefaultHasher::new();
            outline(item, &mut hasher, 0);
            let same = places.entry(hasher.finish()).or_default();
            if !same.iter().any(|at| values_equal(item, &kept[*at])) {
                same.push(kept.len());
                kept.push(item.clone());
            }
        }
        self.spend(kept.len().saturating_mul(ITEM))?;
        Ok(if items.sequence { JValue::sequence(kept) } else { JValue::array(kept) })
    }
}

/// Takes the parts of a value and the bytes of its texts off what there may be.
fn count(value: &JValue, parts: &mut usize, bytes: &mut usize) -> Result<(), EvaluatorError> {
    *parts = parts.checked_sub(1).ok_or_else(too_much)?;
    match value {
        JValue::String(text) => *bytes = bytes.checked_sub(text.len()).ok_or_else(too_much)?,
        JValue::Array(items) => {
            with_stack(|| items.iter().try_for_each(|item| count(item, parts, bytes)))?;
        }
        JValue::Object(members) => {
            with_stack(|| members.values().try_for_each(|member| count(member, parts, bytes)))?;
        }
        _ => {}
    }
    Ok(())
}

/// Feeds a hasher with what equal values have in common: enough to keep most unequal ones apart, and
/// cheap.
fn outline(value: &JValue, hasher: &mut DefaultHasher, depth: usize) {
    std::mem::discriminant(value).hash(hasher);
    match value {
        JValue::Bool(value) => value.hash(hasher),
        // Adding zero makes one zero of the two that are equal.
        JValue::Number(number) => (number + 0.0).to_bits().hash(hasher),
        JValue::String(text) => text.hash(hasher),
        JValue::Array(items) => {
            items.len().hash(hasher);
            if depth < 3 {
                items.iter().take(64).for_each(|item| outline(item, hasher, depth + 1));
            }
        }
        JValue::Object(members) => {
            members.len().hash(hasher);
            if depth < 3 && members.len() <= 64 {
                // Equal objects may differ in the order of their keys, so members are hashed apart.
                let sum = members.iter().map(|(key, member)| {
                    let mut hasher = DefaultHasher::new();
                    key.hash(&mut hasher);
                    outline(member, &mut hasher, depth + 1);
                    hasher.finish()
                });
                sum.fold(0, u64::wrapping_add).hash(hasher);
            }
        }
        _ => {}
    }
}

fn too_much() -> EvaluatorError {
    raise(MEMORY)
}
