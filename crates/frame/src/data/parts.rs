//! Values that are known one level deep: their members may be trees, frames, or parts again.

use std::sync::OnceLock;

use faastlane_value::{ArcStr, Array, Object, Value, intern, json};
use triomphe::Arc;

use super::{Data, Form, SPLIT_FROM, Shared};
use crate::Frame;
use crate::decode::text;
use crate::encode::{append_head, append_key};
use crate::format;
use crate::token::{Token, Tokens};

/// The items of an array, or the members of an object in order, each key once.
pub(super) enum Parts {
    Array(Vec<Data>),
    Object(Vec<(ArcStr, Data)>),
}

/// Members are searched one by one. An object with more of them is better decoded: then it has an
/// index.
pub(super) const MOST_MEMBERS: usize = 64;

impl Data {
    /// The member `key` of an object; `None` for anything else.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Data> {
        match self.parts() {
            Some(Parts::Object(members)) => {
                members.iter().find(|(name, _)| name == key).map(|(_, member)| member.clone())
            }
            Some(Parts::Array(_)) => None,
            None => self.value().get(key).cloned().map(Data::from),
        }
    }

    /// The item `at` of an array; `None` for anything else.
    #[must_use]
    pub fn item(&self, at: usize) -> Option<Data> {
        match self.parts() {
            Some(Parts::Array(items)) => items.get(at).cloned(),
            Some(Parts::Object(_)) => None,
            None => self.value().as_array()?.get(at).cloned().map(Data::from),
        }
    }

    /// How many items an array has; `None` for anything else.
    #[must_use]
    pub fn array_len(&self) -> Option<usize> {
        match self.parts() {
            Some(Parts::Array(items)) => Some(items.len()),
            Some(Parts::Object(_)) => None,
            None => Some(self.value().as_array()?.len()),
        }
    }

    /// Whether it is an object.
    #[must_use]
    pub fn is_object(&self) -> bool {
        match self.parts() {
            Some(parts) => matches!(parts, Parts::Object(_)),
            None => self.value().as_object().is_some(),
        }
    }

    /// The members of an object, in order; `None` for anything else.
    #[must_use]
    pub fn members(&self) -> Option<Vec<(ArcStr, Data)>> {
        match self.parts() {
            Some(Parts::Object(members)) => Some(members.clone()),
            Some(Parts::Array(_)) => None,
            None => {
                let members = self.value().as_object()?.iter();
                Some(members.map(|(key, member)| (key.clone(), member.clone().into())).collect())
            }
        }
    }

    /// A copy of an object in which `key` has the value `member`: in its old place, or last if it is
    /// new. Anything else is replaced by an object with that one member.
    #[must_use]
    pub fn with(&self, key: &ArcStr, member: Data) -> Self {
        if self.is_decoded() && member.is_decoded() {
            let object = self.value().as_object().cloned().unwrap_or_default();
            return Value::Object(object.with(key, member.into_value())).into();
        }
        let mut members = self.members().unwrap_or_default();
        put(&mut members, key.clone(), member);
        Self::object(members)
    }

    /// A copy of an array in which the item `at` is `item`.
    ///
    /// # Panics
    /// If it is no array with such an item.
    #[must_use]
    pub fn with_item(&self, at: usize, item: Data) -> Self {
        let length = self.array_len().expect("it is an array");
        let old = |at| self.item(at).expect("it has so many items");
        let mut items: Vec<_> = (0..length).map(old).collect();
        items[at] = item;
        Self::array(items)
    }

    /// The value in parts, if it is one that is better left so.
    fn parts(&self) -> Option<&Parts> {
        let Form::Shared(shared) = &self.0 else { return None };
        if let Some(parts) = shared.parts.get() {
            return Some(parts);
        }
        let frame = match shared.value.get() {
            None => shared.frame.get().expect("one of the forms is there"),
            Some(_) => return None,
        };
        if frame.as_bytes().len() < SPLIT_FROM {
            return None;
        }
        let parts = Parts::of(frame)?;
        Some(shared.parts.get_or_init(|| parts))
    }
}

impl Parts {
    /// An object of few members; of equal keys the last value counts.
    pub(super) fn object(members: Vec<(ArcStr, Data)>) -> Self {
        let mut unique = Vec::with_capacity(members.len());
        members.into_iter().for_each(|(key, member)| put(&mut unique, key, member));
        Self::Object(unique)
    }

    /// One level of a frame. None for what has no parts, and for objects with many members.
    fn of(frame: &Frame) -> Option<Self> {
        let mut tokens = Tokens::new(frame.as_bytes());
        match tokens.next().expect("the frame was checked") {
            Token::Array(count) => {
                let items = (0..count).map(|_| frame.take_inner(&mut tokens).into());
                Some(Self::Array(items.collect()))
            }
            Token::Object(count) if count <= MOST_MEMBERS => {
                let mut members = Vec::with_capacity(count);
                for _ in 0..count {
                    let key = tokens.key().expect("the frame was checked");
                    put(&mut members, intern(&text(key)), frame.take_inner(&mut tokens).into());
                }
                Some(Self::Object(members))
            }
            _ => None,
        }
    }

    pub(super) fn to_value(&self) -> Value {
        match self {
            Self::Array(items) => {
                let mut items = items.iter();
                let count = items.len();
                let next = || items.next().expect("so many were counted").value().clone();
                Value::Array(Array::of(count, next))
            }
            Self::Object(members) => {
                let mut members = members.iter();
                let count = members.len();
                Value::Object(Object::of(count, || {
                    let (key, member) = members.next().expect("so many were counted");
                    (key.clone(), member.value().clone())
                }))
            }
        }
    }

    /// Appends the frame of the value to `out`.
    pub(super) fn append(&self, out: &mut Vec<u8>) {
        match self {
            Self::Array(items) => {
                append_head(format::ARRAY, items.len(), out);
                items.iter().for_each(|item| item.append(out));
            }
            Self::Object(members) => {
                append_head(format::OBJECT, members.len(), out);
                for (key, member) in members {
                    append_key(key, out);
                    member.append(out);
                }
            }
        }
    }

    /// Length of the compact JSON text.
    pub(super) fn json_size(&self, of_frame: fn(&Frame) -> usize) -> usize {
        let separators = |count: usize| count.saturating_sub(1) + "[]".len();
        match self {
            Self::Array(items) => {
                separators(items.len())
                    + items.iter().map(|item| item.json_size(of_frame)).sum::<usize>()
            }
            Self::Object(members) => {
                let size = |(key, member): &(ArcStr, Data)| {
                    json::size(&Value::from(key.clone())) + ":".len() + member.json_size(of_frame)
                };
                separators(members.len()) + members.iter().map(size).sum::<usize>()
            }
        }
    }

    /// Depth and size of the value; see [`Data::depth`] and [`Data::size_at_least`].
    fn measure(&self) -> (usize, usize) {
        let (mut depth, mut size) = (0, "[]".len());
        let mut add = |key: usize, member: &Data| {
            depth = depth.max(member.depth());
            size += key + member.size_at_least();
        };
        match self {
            Self::Array(items) => items.iter().for_each(|item| add(0, item)),
            Self::Object(members) => {
                members.iter().for_each(|(key, member)| add(key.len(), member));
            }
        }
        (depth + 1, size.min(u32::MAX as usize))
    }
}

/// Gives `key` the value `member`: in its old place, or last if it is new.
fn put(members: &mut Vec<(ArcStr, Data)>, key: ArcStr, member: Data) {
    match members.iter_mut().find(|(name, _)| *name == key) {
        Some((_, old)) => *old = member,
        None => members.push((key, member)),
    }
}

impl From<Parts> for Data {
    fn from(parts: Parts) -> Self {
        let (depth, size) = parts.measure();
        let parts = OnceLock::from(parts);
        Data(Form::Shared(Arc::new(Shared { parts, depth, size, ..Shared::default() })))
    }
}
