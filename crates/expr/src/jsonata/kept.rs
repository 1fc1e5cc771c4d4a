//! Conversions that are kept for the next evaluation that wants the same of the same value.
//!
//! A value often stays where it is while states and rules look at it again and again. Converting it costs as
//! much as evaluating an expression, so each thread keeps the last few. Keeping them beside the values
//! would need no search, but JSONata's values belong to one thread.

use std::cell::RefCell;

use faastlane_frame::Data;
use jsonata_core::value::JValue;

use super::scope;
use super::uses::Wanted;

/// Smaller values are converted in no time; their lengths as JSON text, in bytes.
const KEPT_FROM: usize = 512;
/// Larger ones would take too much room.
const KEPT_TO: usize = 1024 * 1024;
/// How many are kept.
const MOST: usize = 8;

struct Kept {
    data: Data,
    wanted: Wanted,
    value: JValue,
}

thread_local! {
    static LAST: RefCell<Vec<Kept>> = const { RefCell::new(Vec::new()) };
}

/// What is wanted of `data`.
pub(super) fn convert(data: &Data, wanted: &Wanted) -> JValue {
    if !(KEPT_FROM..=KEPT_TO).contains(&data.size_at_least()) {
        return scope::convert(data, wanted);
    }
    LAST.with_borrow_mut(|last| {
        let found = last.iter().find(|kept| kept.data.is_same(data) && kept.wanted == *wanted);
        if let Some(kept) = found {
            return kept.value.clone();
        }
        let value = scope::convert(data, wanted);
        if last.len() == MOST {
            last.remove(0);
        }
        last.push(Kept { data: data.clone(), wanted: wanted.clone(), value: value.clone() });
        value
    })
}
