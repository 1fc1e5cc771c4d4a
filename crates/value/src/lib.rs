//! JSON values: exact numbers, kept key order, cheap copies.
//!
//! A [`Value`] is immutable and shared by reference count, so handing one to ten branches costs ten
//! counts and nobody can change what another holds (value semantics). It is 16 bytes; a container is
//! one exactly sized allocation. The road not taken: `serde_json::Value`, which loses integers
//! beyond 64 bits (or reads every number as text) and copies deeply.
//!
//! - [`json`]: JSON text to values and back.
//! - [`located`]: JSON text to a tree that knows where each part stood, for diagnostics.

pub mod json;
mod keys;
pub mod located;
mod measure;
mod number;
mod object;
mod serial;
mod stack;

pub use arcstr::{ArcStr, literal as str_literal};
pub use keys::{KeyCache, intern};
pub use number::Number;
pub use object::{Object, ObjectBuilder};

use std::sync::LazyLock;

use triomphe::{Arc, ThinArc};

use measure::Measure;
use stack::Stack;

/// Any JSON value.
///
/// Equality is structural and exact: `1` and `1.0` differ, the order of keys does not matter.
#[derive(Clone, PartialEq)]
pub enum Value {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, exact.
    Number(Number),
    /// A string.
    String(ArcStr),
    /// An array.
    Array(Array),
    /// An object; keys keep their order.
    Object(Object),
}

const _: () = assert!(size_of::<Value>() == 16, "a Value is two words: arrays of them are common");

/// An immutable array of values; a clone is a reference count.
#[derive(Clone)]
pub struct Array(ThinArc<Measure, Value>);

impl Array {
    /// An array of the given values, in an allocation of exactly their size.
    #[must_use]
    pub fn new(values: Vec<Value>) -> Self {
        let measure = Measure::of_container(values.iter(), 0);
        Self(ThinArc::from_header_and_iter(measure, values.into_iter()))
    }

    /// An array of `count` values, each from a call of `next`: they are made where they stay.
    pub fn of(count: usize, mut next: impl FnMut() -> Value) -> Self {
        if count == 0 {
            return Self::default();
        }
        let mut measure = Measure::empty_container();
        let values = (0..count).map(|_| {
            let value = next();
            measure.add(&value);
            value
        });
        let mut array = ThinArc::from_header_and_iter(Measure::default(), values);
        array.with_arc_mut(|array| {
            *Arc::get_mut(array).expect("nobody shares it yet").header_mut() = measure;
        });
        Self(array)
    }

    /// Takes the values off the end of `stack` from `start`.
    pub(crate) fn from_stack(stack: &mut Stack<Value>, start: usize) -> Self {
        if stack.len() == start {
            return Self::default();
        }
        let measure = Measure::of_container(stack.iter_from(start), 0);
        Self(ThinArc::from_header_and_iter(measure, stack.take_from(start)))
    }

    #[inline]
    pub(crate) fn measure(&self) -> Measure {
        self.0.header.header
    }
}

/// The empty array. There is one, which all share.
impl Default for Array {
    fn default() -> Self {
        static EMPTY: LazyLock<Array> = LazyLock::new(|| Array::new(Vec::new()));
        EMPTY.clone()
    }
}

impl PartialEq for Array {
    fn eq(&self, other: &Self) -> bool {
        self[..] == other[..]
    }
}

impl std::ops::Deref for Array {
    type Target = [Value];
    fn deref(&self) -> &[Value] {
        &self.0.slice
    }
}

impl FromIterator<Value> for Array {
    fn from_iter<I: IntoIterator<Item = Value>>(items: I) -> Self {
        let mut items = items.into_iter();
        match items.size_hint() {
            (count, Some(most)) if count == most => {
                Self::of(count, || items.next().expect("it has as many items as it says"))
            }
            _ => Self::new(items.collect()),
        }
    }
}

impl Value {
    /// The empty object, `{}`.
    #[must_use]
    pub fn empty_object() -> Self {
        Self::Object(Object::default())
    }

    /// An array of the values that `items` yields.
    pub fn array(items: impl IntoIterator<Item = Value>) -> Self {
        Self::Array(items.into_iter().collect())
    }

    /// An object with the given members, in order; of equal keys the last value counts.
    pub fn object<K: Into<ArcStr>>(members: impl IntoIterator<Item = (K, Value)>) -> Self {
        let members = members.into_iter().map(|(key, value)| (key.into(), value));
        Self::Object(members.collect())
    }

    /// What kind of value it is, as JSON names it: `null`, `boolean`, `number`, ….
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "boolean",
            Self::Number(_) => "number",
            Self::String(_) => "string",
            Self::Array(_) => "array",
            Self::Object(_) => "object",
        }
    }

    /// How many levels of arrays and objects it has; 0 for anything else. Costs nothing.
    #[must_use]
    #[inline]
    pub fn depth(&self) -> usize {
        Measure::of(self).depth as usize
    }

    /// A lower bound of the length of its JSON text, in bytes; `u32::MAX` stands for that and
    /// anything above. Costs nothing.
    #[must_use]
    #[inline]
    pub fn size_at_least(&self) -> usize {
        Measure::of(self).size as usize
    }

    /// Whether both are the same array or object, and not only equal ones. Costs nothing.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Array(a), Self::Array(b)) => a.0.ptr() == b.0.ptr(),
            (Self::Object(a), Self::Object(b)) => a.is_same(b),
            _ => false,
        }
    }

    /// The member `key` of an object; `None` for anything else.
    #[must_use]
    #[inline]
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.as_object()?.get(key)
    }

    /// The value as an object, if it is one.
    #[must_use]
    #[inline]
    pub fn as_object(&self) -> Option<&Object> {
        if let Self::Object(object) = self { Some(object) } else { None }
    }

    /// The value as an array, if it is one.
    #[must_use]
    pub fn as_array(&self) -> Option<&Array> {
        if let Self::Array(array) = self { Some(array) } else { None }
    }

    /// The value as text, if it is a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        if let Self::String(text) = self { Some(text) } else { None }
    }

    /// The value as a number, if it is one.
    #[must_use]
    pub fn as_number(&self) -> Option<&Number> {
        if let Self::Number(number) = self { Some(number) } else { None }
    }

    /// The value as a boolean, if it is one.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        if let Self::Bool(value) = self { Some(*value) } else { None }
    }

    /// Compact JSON text: no spaces, non-ASCII characters as they are.
    #[must_use]
    pub fn to_json(&self) -> String {
        json::to_string(self)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text.into())
    }
}

impl From<ArcStr> for Value {
    fn from(text: ArcStr) -> Self {
        Self::String(text)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Number(Number::Int(value))
    }
}

impl From<Number> for Value {
    fn from(value: Number) -> Self {
        Self::Number(value)
    }
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.to_json())
    }
}

impl std::fmt::Debug for Array {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
