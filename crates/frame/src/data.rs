//! Values of which nobody knows yet in which form they will be needed.
//!
//! A result of one function is mostly the event of the next: as a frame it goes there without being
//! taken apart. But a path may point into it, a history may be printed. So the other form is made
//! when it is first asked for, and kept where making it again would cost more than keeping it.

use std::borrow::Cow;
use std::fmt;
use std::sync::OnceLock;

use faastlane_value::Value;
use triomphe::Arc;

use crate::encode::append_head;
use crate::format::{ARRAY, MAX_DEPTH};
use crate::{Frame, TooLarge, encode};

/// A value as a tree, as a frame, or as both. A clone is a reference count.
#[derive(Clone)]
pub struct Data(Form);

#[derive(Clone)]
enum Form {
    /// Small: its frame is made whenever it is asked for.
    Value(Value),
    /// Both forms, at least one of which is there.
    Shared(Arc<Both>),
}

const _: () = assert!(size_of::<Data>() == size_of::<Value>(), "it costs no more than the value");

#[derive(Default)]
struct Both {
    value: OnceLock<Value>,
    frame: OnceLock<Frame>,
}

/// From this size on a value's frame is kept: encoding it takes longer than what keeping it needs.
const KEPT_FROM: usize = 512;

impl Data {
    /// The value as a tree. It is decoded the first time that somebody asks.
    #[must_use]
    pub fn value(&self) -> &Value {
        match &self.0 {
            Form::Value(value) => value,
            Form::Shared(both) => both
                .value
                .get_or_init(|| both.frame.get().expect("one of both forms is there").decode()),
        }
    }

    /// The bytes of the value's frame. It is encoded the first time that somebody asks; a small one
    /// each time.
    ///
    /// # Errors
    /// A value that no frame can hold: its JSON text can go in its place.
    pub fn frame(&self) -> Result<Cow<'_, [u8]>, TooLarge> {
        let both = match &self.0 {
            Form::Value(value) => return encoded(value).map(Cow::Owned),
            Form::Shared(both) => both,
        };
        if let Some(frame) = both.frame.get() {
            return Ok(Cow::Borrowed(frame.as_bytes()));
        }
        let value = both.value.get().expect("one of both forms is there");
        let frame = Frame::of_written(encoded(value)?, value.depth());
        Ok(Cow::Borrowed(both.frame.get_or_init(|| frame).as_bytes()))
    }

    /// The frame, if nobody has asked for the value yet: then that is what can be had for nothing.
    #[must_use]
    pub fn undecoded(&self) -> Option<&Frame> {
        match &self.0 {
            Form::Shared(both) if both.value.get().is_none() => both.frame.get(),
            _ => None,
        }
    }

    /// Its compact JSON text.
    #[must_use]
    pub fn to_json(&self) -> String {
        self.value().to_json()
    }

    /// How many levels of arrays and objects it has; 0 for anything else. Costs nothing.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.undecoded().map_or_else(|| self.value().depth(), Frame::depth)
    }

    /// An array of the given values. If one of them was not decoded, the array is not either.
    #[must_use]
    pub fn array(items: &[Data]) -> Self {
        if items.iter().any(|item| item.undecoded().is_some())
            && let Some(frame) = array_frame(items)
        {
            return frame.into();
        }
        Value::array(items.iter().map(|item| item.value().clone())).into()
    }
}

fn encoded(value: &Value) -> Result<Vec<u8>, TooLarge> {
    let mut bytes = Vec::new();
    encode(value, &mut bytes)?;
    Ok(bytes)
}

/// The frame of an array: the frames of its items one after the other.
fn array_frame(items: &[Data]) -> Option<Frame> {
    let depth = 1 + items.iter().map(Data::depth).max().unwrap_or(0);
    if depth > MAX_DEPTH || u32::try_from(items.len()).is_err() {
        return None;
    }
    let mut bytes = Vec::new();
    append_head(ARRAY, items.len(), &mut bytes);
    for item in items {
        bytes.extend_from_slice(&item.frame().ok()?);
    }
    Some(Frame::of_written(bytes, depth))
}

impl From<Value> for Data {
    fn from(value: Value) -> Self {
        if value.size_at_least() < KEPT_FROM {
            return Self(Form::Value(value));
        }
        Self(Form::Shared(Arc::new(Both { value: value.into(), frame: OnceLock::new() })))
    }
}

impl From<Frame> for Data {
    fn from(frame: Frame) -> Self {
        Self(Form::Shared(Arc::new(Both { value: OnceLock::new(), frame: frame.into() })))
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

impl fmt::Debug for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value().fmt(f)
    }
}

/// On disk it is its JSON text, as a [`Value`] is.
impl serde::Serialize for Data {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value().serialize(serializer)
    }
}

impl<'de> serde::Deserialize<'de> for Data {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(Self::from)
    }
}
