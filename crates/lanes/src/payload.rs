//! Values on their way into functions and out of them.
//!
//! A portable lane speaks JSON text, a lane host frames. Neither is made here before somebody needs
//! it: a result that came as a frame goes to the next function as one.

use std::borrow::Cow;

use faastlane_abi::Encoding;
use faastlane_frame::{Data, Frame, Malformed, Spelling};

/// The event of a call.
#[derive(Debug, Clone, PartialEq)]
pub enum Payload {
    /// A value.
    Data(Data),
    /// JSON text, unchecked: a function is told what is wrong with it.
    Text(Vec<u8>),
}

impl Payload {
    /// Its bytes as a lane host takes them: a frame, or text where there can be none.
    pub(crate) fn encoded(&self) -> (Encoding, Cow<'_, [u8]>) {
        match self {
            Self::Text(text) => (Encoding::Text, text.into()),
            Self::Data(data) => match data.frame() {
                Ok(frame) => (Encoding::Frame, frame),
                Err(_) => (Encoding::Text, data.to_json().into_bytes().into()),
            },
        }
    }

    /// Its JSON text.
    pub(crate) fn into_text(self) -> Vec<u8> {
        match self {
            Self::Data(data) => data.to_json().into_bytes(),
            Self::Text(text) => text,
        }
    }
}

impl From<Data> for Payload {
    fn from(data: Data) -> Self {
        Self::Data(data)
    }
}

/// What a handler returned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Returned {
    /// The JSON text that the function's process wrote, as it wrote it and unchecked: a handler that
    /// returns `bytes` puts anything here.
    Text(Vec<u8>),
    /// A frame, which was checked.
    Frame(Frame),
}

impl Returned {
    /// What a lane host has written.
    pub(crate) fn read(encoding: Encoding, body: Vec<u8>) -> Result<Self, Malformed> {
        Ok(match encoding {
            Encoding::Text => Self::Text(body),
            Encoding::Frame => Self::Frame(Frame::check(body)?),
        })
    }

    /// Whether its JSON text, as a function's runtime writes it, has more than `limit` bytes.
    #[must_use]
    pub fn exceeds(&self, limit: usize, spelling: Spelling) -> bool {
        match self {
            Self::Text(text) => text.len() > limit,
            Self::Frame(frame) => frame.json_exceeds(limit, spelling),
        }
    }
}
