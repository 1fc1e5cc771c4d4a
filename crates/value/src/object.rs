//! Objects that keep the order of their keys.
//!
//! Members stand in one exactly sized, shared slice. Few members are searched one by one; from
//! [`INDEXED_FROM`] on a sorted index is kept beside them. A hash map per object (`indexmap`) was
//! the other way: three allocations and about twice the memory for the small objects that JSON is
//! mostly made of.

use std::sync::LazyLock;

use arcstr::ArcStr;
use triomphe::{Arc, ThinArc};

use crate::Value;
use crate::measure::Measure;

/// From this many members on, an object has a sorted index.
const INDEXED_FROM: usize = 17;

/// An immutable JSON object; a clone is a reference count.
#[derive(Clone)]
pub struct Object(ThinArc<Header, (ArcStr, Value)>);

#[derive(Clone)]
struct Header {
    measure: Measure,
    /// Positions of the members, ordered by key; `None` for small objects. Boxed twice to be one
    /// word, since most objects have none.
    #[expect(clippy::box_collection, reason = "one word in the header of every object")]
    index: Option<Box<Vec<u32>>>,
}

impl Object {
    /// The value of `key`.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.position(key).map(|at| &self.members()[at].1)
    }

    /// The members in order.
    pub fn iter(&self) -> std::slice::Iter<'_, (ArcStr, Value)> {
        self.members().iter()
    }

    /// How many members it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.members().len()
    }

    /// Whether it is `{}`.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members().is_empty()
    }

    /// A copy in which `key` has `value`: in its old place, or last if it is new.
    #[must_use]
    pub fn with(&self, key: &ArcStr, value: Value) -> Self {
        let place = self.position(key).unwrap_or(self.len());
        let mut old = self.iter();
        let mut value = Some(value);
        Self::of_unique(self.len().max(place + 1), |at| {
            let kept = old.next();
            if at != place {
                return kept.expect("the new member is the last at most").clone();
            }
            let key = kept.map_or(key, |(key, _)| key).clone();
            (key, value.take().expect("one place is asked for once"))
        })
    }

    /// An object of `count` members, each from a call of `next`: they are made where they stay. Of
    /// equal keys the last value counts, at its first place.
    pub fn of(count: usize, mut next: impl FnMut() -> (ArcStr, Value)) -> Self {
        if count == 0 {
            return Self::default();
        }
        let object = Self::of_unique(count, |_| next());
        if object.has_duplicates() {
            return Self::from_stack(&mut object.members().to_vec(), 0);
        }
        object
    }

    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.0.ptr() == other.0.ptr()
    }

    #[inline]
    pub(crate) fn measure(&self) -> Measure {
        self.0.header.header.measure
    }

    fn members(&self) -> &[(ArcStr, Value)] {
        &self.0.slice
    }

    fn position(&self, key: &str) -> Option<usize> {
        let members = self.members();
        match &self.0.header.header.index {
            None => members.iter().position(|(name, _)| name == key),
            Some(index) => index
                .binary_search_by(|at| members[*at as usize].0.as_str().cmp(key))
                .ok()
                .map(|found| index[found] as usize),
        }
    }

    /// Takes the members off the end of `stack` from `start`; of equal keys the last value counts
    /// and stands where the first stood, as in Python's `json`.
    pub(crate) fn from_stack(stack: &mut Vec<(ArcStr, Value)>, start: usize) -> Self {
        if stack.len() == start {
            return Self::default();
        }
        remove_duplicates(stack, start);
        Self::from_unique(stack, start)
    }

    fn from_unique(stack: &mut Vec<(ArcStr, Value)>, start: usize) -> Self {
        let mut members = stack.drain(start..);
        Self::of_unique(members.len(), |_| members.next().expect("so many were counted"))
    }

    /// An object of `count` members, all of whose keys differ.
    fn of_unique(count: usize, mut next: impl FnMut(usize) -> (ArcStr, Value)) -> Self {
        let mut measure = Measure::empty_container();
        let members = (0..count).map(|at| {
            let member = next(at);
            measure.add_bytes(member.0.len());
            measure.add(&member.1);
            member
        });
        let header = Header { measure: Measure::default(), index: None };
        let mut object = ThinArc::from_header_and_iter(header, members);
        object.with_arc_mut(|object| {
            let object = Arc::get_mut(object).expect("nobody shares it yet");
            let index = (count >= INDEXED_FROM).then(|| Box::new(sorted_positions(object.slice())));
            *object.header_mut() = Header { measure, index };
        });
        Self(object)
    }

    fn has_duplicates(&self) -> bool {
        let members = self.members();
        match &self.0.header.header.index {
            None => has_duplicates(members),
            Some(index) => index
                .windows(2)
                .any(|pair| members[pair[0] as usize].0 == members[pair[1] as usize].0),
        }
    }
}

/// The empty object. There is one, which all share.
impl Default for Object {
    fn default() -> Self {
        static EMPTY: LazyLock<Object> = LazyLock::new(|| Object::from_unique(&mut Vec::new(), 0));
        EMPTY.clone()
    }
}

impl FromIterator<(ArcStr, Value)> for Object {
    fn from_iter<I: IntoIterator<Item = (ArcStr, Value)>>(members: I) -> Self {
        let mut members = members.into_iter();
        match members.size_hint() {
            (count, Some(most)) if count == most => {
                Self::of(count, || members.next().expect("it has as many members as it says"))
            }
            _ => Self::from_stack(&mut members.collect(), 0),
        }
    }
}

impl<'a> IntoIterator for &'a Object {
    type Item = &'a (ArcStr, Value);
    type IntoIter = std::slice::Iter<'a, (ArcStr, Value)>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// The order of keys does not matter.
impl PartialEq for Object {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len()
            && self.iter().all(|(key, value)| other.get(key).is_some_and(|found| found == value))
    }
}

impl std::fmt::Debug for Object {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.iter().map(|(key, value)| (key, value))).finish()
    }
}

/// Collects the members of an object in order.
#[derive(Debug, Default)]
pub struct ObjectBuilder(Vec<(ArcStr, Value)>);

impl ObjectBuilder {
    /// A builder with room for `capacity` members.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self(Vec::with_capacity(capacity))
    }

    /// Adds a member.
    pub fn insert(&mut self, key: impl Into<ArcStr>, value: impl Into<Value>) {
        self.0.push((key.into(), value.into()));
    }

    /// The finished object.
    #[must_use]
    pub fn build(mut self) -> Value {
        Value::Object(Object::from_stack(&mut self.0, 0))
    }
}

fn sorted_positions(members: &[(ArcStr, Value)]) -> Vec<u32> {
    let count = u32::try_from(members.len()).expect("4 billion members do not fit in memory");
    let mut positions: Vec<u32> = (0..count).collect();
    // Stable, so that equal keys stay in order of appearance.
    positions.sort_by(|a, b| members[*a as usize].0.cmp(&members[*b as usize].0));
    positions
}

/// Compares each key with each other one: for few members.
fn has_duplicates(members: &[(ArcStr, Value)]) -> bool {
    let repeats = |at: usize| members[..at].iter().any(|(key, _)| *key == members[at].0);
    (1..members.len()).any(repeats)
}

fn remove_duplicates(stack: &mut Vec<(ArcStr, Value)>, start: usize) {
    let members = &mut stack[start..];
    if members.len() < INDEXED_FROM && !has_duplicates(members) {
        return;
    }
    let positions = sorted_positions(members);
    let same_key = |a: &u32, b: &u32| members[*a as usize].0 == members[*b as usize].0;
    let groups: Vec<Vec<u32>> =
        positions.chunk_by(same_key).filter(|group| group.len() > 1).map(<[u32]>::to_vec).collect();
    if groups.is_empty() {
        return;
    }
    let mut superseded = vec![false; members.len()];
    for group in groups {
        // The keys are equal, so a swap gives the first place the last value.
        members.swap(group[0] as usize, group[group.len() - 1] as usize);
        for later in &group[1..] {
            superseded[*later as usize] = true;
        }
    }
    let mut at = 0;
    stack.retain(|_| {
        at += 1;
        at <= start || !superseded[at - 1 - start]
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(keys: &[&str]) -> Object {
        keys.iter().zip(0..).map(|(key, at)| (ArcStr::from(*key), Value::from(at))).collect()
    }

    #[test]
    fn of_equal_keys_the_last_value_stands_in_the_first_place() {
        assert_eq!(
            format!("{:?}", object(&["a", "b", "a", "c", "a"])),
            r#"{"a": 4, "b": 1, "c": 3}"#
        );
        let many: Vec<String> = (0..100).map(|at| format!("k{}", at % 40)).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let object = object(&many);
        assert_eq!(object.len(), 40);
        assert_eq!(object.get("k7"), Some(&Value::from(87)));
        assert_eq!(object.iter().nth(7).map(|(key, _)| key.as_str()), Some("k7"));
    }

    #[test]
    fn with_replaces_in_place_and_appends_what_is_new() {
        let base = object(&["a", "b"]);
        assert_eq!(format!("{:?}", base.with(&"a".into(), Value::Null)), r#"{"a": null, "b": 1}"#);
        assert_eq!(
            format!("{:?}", base.with(&"c".into(), Value::Null)),
            r#"{"a": 0, "b": 1, "c": null}"#
        );
    }

    #[test]
    fn equality_ignores_the_order_of_keys() {
        let forward = Value::object([("a", Value::from(1)), ("b", Value::from(2))]);
        let backward = Value::object([("b", Value::from(2)), ("a", Value::from(1))]);
        assert_eq!(forward, backward);
    }
}
