//! Values of which nobody knows yet in which form they will be needed.
//!
//! A result of one function is mostly the event of the next: as a frame it goes there without being
//! taken apart. But a path may point into it, a result may be placed in it, a history may be
//! printed. So a value is decoded as late and as little as can be: all of it when somebody wants
//! the tree, and one level when somebody wants a member. Each form is kept once it is made.

mod parts;
mod transfer;

use std::borrow::Cow;
use std::fmt;
use std::sync::OnceLock;

use faastlane_value::{ArcStr, Array, Object, Value, json};
use triomphe::Arc;

use crate::{Frame, Spelling, TooLarge, encode};
use parts::Parts;

/// A value as a tree, as a frame, or in parts that are one or the other. A clone is a reference
/// count.
#[derive(Clone)]
pub struct Data(Form);

#[derive(Clone)]
enum Form {
    /// Small: its frame is made whenever it is asked for.
    Value(Value),
    /// Several forms, at least one of which is there.
    Shared(Arc<Shared>),
}

const _: () = assert!(size_of::<Data>() == size_of::<Value>(), "it costs no more than the value");

#[derive(Default)]
struct Shared {
    value: OnceLock<Value>,
    frame: OnceLock<Frame>,
    parts: OnceLock<Parts>,
    /// See [`Data::depth`].
    depth: usize,
    /// See [`Data::size_at_least`].
    size: usize,
}

/// From this size on a value's frame is kept: encoding it takes longer than what keeping it needs.
const KEPT_FROM: usize = 512;
/// From this size on a frame stays a frame: what is smaller is decoded at once.
const FRAME_FROM: usize = 64;
/// From this size on a frame is decoded level by level, and not all at once.
const SPLIT_FROM: usize = 256;

impl Data {
    /// An array of the given values.
    #[must_use]
    pub fn array(items: Vec<Data>) -> Self {
        if items.iter().all(Data::is_decoded) {
            let (count, mut items) = (items.len(), items.into_iter());
            let next = || items.next().expect("so many were counted").into_value();
            return Value::Array(Array::of(count, next)).into();
        }
        Parts::Array(items).into()
    }

    /// An object with the given members, in order; of equal keys the last value counts.
    #[must_use]
    pub fn object(members: Vec<(ArcStr, Data)>) -> Self {
        let decoded = members.iter().all(|(_, member)| member.is_decoded());
        if decoded || members.len() > parts::MOST_MEMBERS {
            let (count, mut members) = (members.len(), members.into_iter());
            let object = Object::of(count, || {
                let (key, member) = members.next().expect("so many were counted");
                (key, member.into_value())
            });
            return Value::Object(object).into();
        }
        Parts::object(members).into()
    }

    /// The value as a tree. What is not decoded yet is decoded now.
    #[must_use]
    #[inline]
    pub fn value(&self) -> &Value {
        match &self.0 {
            Form::Value(value) => value,
            Form::Shared(shared) => shared.value.get_or_init(|| match shared.parts.get() {
                Some(parts) => parts.to_value(),
                None => shared.frame.get().expect("one of the forms is there").decode(),
            }),
        }
    }

    /// The value as a tree of its own.
    #[must_use]
    #[inline]
    pub fn into_value(self) -> Value {
        match self.0 {
            Form::Value(value) => value,
            Form::Shared(_) => self.value().clone(),
        }
    }

    /// The bytes of the value's frame. What is not encoded yet is encoded now.
    ///
    /// # Errors
    /// A value that no frame can hold: its JSON text can go in its place.
    pub fn frame(&self) -> Result<Cow<'_, [u8]>, TooLarge> {
        let shared = match &self.0 {
            Form::Value(_) => return self.encoded().map(Cow::Owned),
            Form::Shared(shared) => shared,
        };
        if let Some(frame) = shared.frame.get() {
            return Ok(Cow::Borrowed(frame.as_bytes()));
        }
        let frame = Frame::of_written(self.encoded()?, shared.depth);
        Ok(Cow::Borrowed(shared.frame.get_or_init(|| frame).as_bytes()))
    }

    fn encoded(&self) -> Result<Vec<u8>, TooLarge> {
        let mut bytes = Vec::new();
        encode::reserve(self.depth(), self.size_at_least(), &mut bytes)?;
        self.append(&mut bytes);
        Ok(bytes)
    }

    /// Appends its frame to `out`.
    fn append(&self, out: &mut Vec<u8>) {
        let shared = match &self.0 {
            Form::Value(value) => return encode::append(value, out),
            Form::Shared(shared) => shared,
        };
        match (shared.frame.get(), shared.parts.get()) {
            (Some(frame), _) => out.extend_from_slice(frame.as_bytes()),
            (None, Some(parts)) => parts.append(out),
            (None, None) => encode::append(self.value(), out),
        }
    }

    /// Whether the value is there as a tree.
    #[must_use]
    #[inline]
    pub fn is_decoded(&self) -> bool {
        match &self.0 {
            Form::Value(_) => true,
            Form::Shared(shared) => shared.value.get().is_some(),
        }
    }

    /// Whether both are the same array or object, as far as that is known without looking at what they
    /// hold. Costs nothing.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Form::Shared(a), Form::Shared(b)) if Arc::ptr_eq(a, b) => true,
            _ => self.is_decoded() && other.is_decoded() && self.value().is_same(other.value()),
        }
    }

    /// Its compact JSON text.
    #[must_use]
    pub fn to_json(&self) -> String {
        self.value().to_json()
    }

    /// How many levels of arrays and objects it has; 0 for anything else. Costs nothing.
    #[must_use]
    #[inline]
    pub fn depth(&self) -> usize {
        match &self.0 {
            Form::Value(value) => value.depth(),
            Form::Shared(shared) => shared.depth,
        }
    }

    /// A lower bound of the length of its JSON text, in bytes; `u32::MAX` stands for that and
    /// anything above. Costs nothing.
    #[must_use]
    #[inline]
    pub fn size_at_least(&self) -> usize {
        match &self.0 {
            Form::Value(value) => value.size_at_least(),
            Form::Shared(shared) => shared.size,
        }
    }

    /// Whether its compact JSON text has more than `limit` bytes; mostly known without counting.
    #[must_use]
    pub fn json_exceeds(&self, limit: usize) -> bool {
        let exact = |frame: &Frame| frame.json_size(Spelling::Compact);
        self.size_at_least() > limit
            || self.json_size(Frame::json_size_at_most) > limit && self.json_size(exact) > limit
    }

    /// Length of its compact JSON text, in which frames have the length that `of_frame` says.
    fn json_size(&self, of_frame: fn(&Frame) -> usize) -> usize {
        let shared = match &self.0 {
            Form::Value(value) => return json::size(value),
            Form::Shared(shared) => shared,
        };
        match (shared.value.get(), shared.frame.get(), shared.parts.get()) {
            (Some(value), _, _) => json::size(value),
            (None, Some(frame), _) => of_frame(frame),
            (None, None, Some(parts)) => parts.json_size(of_frame),
            (None, None, None) => unreachable!("one of the forms is there"),
        }
    }
}

impl<T: Into<Value>> From<T> for Data {
    fn from(value: T) -> Self {
        let value = value.into();
        let size = value.size_at_least();
        if size < KEPT_FROM {
            return Self(Form::Value(value));
        }
        let depth = value.depth();
        let value = OnceLock::from(value);
        Self(Form::Shared(Arc::new(Shared { value, depth, size, ..Shared::default() })))
    }
}

impl From<Frame> for Data {
    fn from(frame: Frame) -> Self {
        if frame.as_bytes().len() < FRAME_FROM {
            return Self(Form::Value(frame.decode()));
        }
        let (depth, size) = (frame.depth(), frame.json_size_at_least());
        let frame = OnceLock::from(frame);
        Self(Form::Shared(Arc::new(Shared { frame, depth, size, ..Shared::default() })))
    }
}

/// Equality is that of the values.
impl PartialEq for Data {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Form::Shared(a), Form::Shared(b)) if Arc::ptr_eq(a, b) => true,
            _ => self.value() == other.value(),
        }
    }
}

impl PartialEq<Value> for Data {
    fn eq(&self, other: &Value) -> bool {
        self.value() == other
    }
}

impl fmt::Debug for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value().fmt(f)
    }
}
