//! `States.Array…`

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use faastlane_value::{Array, Value};

use super::arguments::Arguments;

/// The most items that `States.ArrayRange` makes (AWS developer guide).
const MAX_RANGE: usize = 1_000;

pub(super) fn contains(arguments: &Arguments) -> Result<Value, String> {
    Ok(Value::Bool(arguments.array(0)?.contains(arguments.value(1))))
}

pub(super) fn get_item(arguments: &Arguments) -> Result<Value, String> {
    let (array, index) = (arguments.array(0)?, arguments.integer(1)?);
    let item = usize::try_from(index).ok().and_then(|index| array.get(index));
    item.cloned().ok_or_else(|| format!("an array of {} has no item {index}", array.len()))
}

pub(super) fn length(arguments: &Arguments) -> Result<Value, String> {
    Ok(Value::from(i64::try_from(arguments.array(0)?.len()).unwrap_or(i64::MAX)))
}

pub(super) fn partition(arguments: &Arguments) -> Result<Value, String> {
    let array = arguments.array(0)?;
    let size = usize::try_from(arguments.integer(1)?).ok().filter(|size| *size > 0);
    let size = size.ok_or_else(|| arguments.refusal(1, "a number above 0"))?;
    let chunk = |items: &[Value]| Value::Array(Array::new(items.to_vec()));
    Ok(Value::array(array.chunks(size).map(chunk)))
}

/// From the first to the last number, both included; nothing if the step leads away from the last.
pub(super) fn range(arguments: &Arguments) -> Result<Value, String> {
    let (first, last) = (arguments.integer(0)?, arguments.integer(1)?);
    let step = arguments.integer(2)?;
    if step == 0 {
        return Err(arguments.refusal(2, "a number other than 0"));
    }
    let inside = |number: &i64| if step > 0 { *number <= last } else { *number >= last };
    let numbers = std::iter::successors(Some(first), |number| number.checked_add(step));
    let numbers: Vec<Value> =
        numbers.take_while(inside).take(MAX_RANGE + 1).map(Value::from).collect();
    if numbers.len() > MAX_RANGE {
        return Err(format!("the range has more than {MAX_RANGE} items"));
    }
    Ok(Value::array(numbers))
}

/// The first of each kind of equal items, in order.
pub(super) fn unique(arguments: &Arguments) -> Result<Value, String> {
    let mut kept: Vec<Value> = Vec::new();
    let mut places: HashMap<u64, Vec<usize>> = HashMap::new();
    for item in arguments.array(0)?.iter() {
        let mut hasher = DefaultHasher::new();
        hash_outline(item, &mut hasher, 0);
        let same_outline = places.entry(hasher.finish()).or_default();
        if !same_outline.iter().any(|at| kept[*at] == *item) {
            same_outline.push(kept.len());
            kept.push(item.clone());
        }
    }
    Ok(Value::array(kept))
}

/// Feeds a hasher with what equal values have in common: enough to keep most unequal ones apart, and
/// cheap.
fn hash_outline(value: &Value, hasher: &mut DefaultHasher, depth: usize) {
    match value {
        Value::Null => 0.hash(hasher),
        Value::Bool(value) => value.hash(hasher),
        // Adding zero makes one zero of the two that are equal.
        Value::Number(number) => (number.as_f64() + 0.0).to_bits().hash(hasher),
        Value::String(text) => text.hash(hasher),
        Value::Array(array) => {
            array.len().hash(hasher);
            if depth < 3 {
                array.iter().take(64).for_each(|item| hash_outline(item, hasher, depth + 1));
            }
        }
        Value::Object(object) => {
            // Equal objects may differ in the order of their keys, so members are hashed apart.
            let members = object.iter().take(if depth < 3 { 64 } else { 0 });
            let sum = members.map(|(key, member)| {
                let mut hasher = DefaultHasher::new();
                key.hash(&mut hasher);
                hash_outline(member, &mut hasher, depth + 1);
                hasher.finish()
            });
            let sum = if object.len() <= 64 { sum.fold(0, u64::wrapping_add) } else { 0 };
            (object.len(), sum).hash(hasher);
        }
    }
}
