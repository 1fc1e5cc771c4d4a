//! Values in files and streams. In formats for people they are JSON text, as a [`Value`] is. In binary
//! ones they are a frame if there is one, and text if not: text is written piece by piece, while the
//! frame of a large value would first need room of its own.

use std::borrow::Cow;

use faastlane_value::{Value, json};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Data, Form};
use crate::Frame;
use crate::format::MAX_DEPTH;

/// A value that is written to a binary format.
#[derive(Serialize)]
#[serde(rename = "Data")]
enum Written<'a> {
    Frame(#[serde(with = "serde_bytes")] Cow<'a, [u8]>),
    Text(Cow<'a, Value>),
}

/// The same when it is read.
#[derive(Deserialize)]
#[serde(rename = "Data")]
enum Read<'a> {
    Frame(#[serde(with = "serde_bytes", borrow)] Cow<'a, [u8]>),
    Text(Value),
}

impl Data {
    /// About how many bytes a binary format needs for it.
    #[must_use]
    pub fn binary_size(&self) -> usize {
        match self.written() {
            Written::Frame(bytes) => bytes.len(),
            Written::Text(value) => json::size(&value),
        }
    }

    fn written(&self) -> Written<'_> {
        let has_frame = match &self.0 {
            Form::Value(_) => true,
            Form::Shared(shared) => shared.frame.get().is_some() || shared.parts.get().is_some(),
        };
        if has_frame && let Ok(bytes) = self.frame() {
            return Written::Frame(bytes);
        }
        if self.depth() <= MAX_DEPTH {
            return Written::Text(Cow::Borrowed(self.value()));
        }
        // Nobody could read it: then its text stays text.
        Written::Text(Cow::Owned(self.to_json().into()))
    }
}

impl Serialize for Data {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            self.value().serialize(serializer)
        } else {
            self.written().serialize(serializer)
        }
    }
}

impl<'de> Deserialize<'de> for Data {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            return Value::deserialize(deserializer).map(Self::from);
        }
        match Read::deserialize(deserializer)? {
            Read::Text(value) => Ok(value.into()),
            Read::Frame(bytes) => {
                Frame::check(bytes.into_owned()).map(Self::from).map_err(D::Error::custom)
            }
        }
    }
}
