//! Frames: how a value travels between the orchestrator and the lanes of one machine.
//!
//! A frame is a value in bytes ([`mod@format`]). It is smaller and many times faster than JSON text, and
//! whoever hands a value on needs to know no more of it than where it ends: a [`Frame`] that came
//! from one lane goes to the next as it is. MessagePack and CBOR were the other way; they have no
//! exact numbers as text and no packed floats, and each side would still need a reader of its own
//! for hostile bytes.
//!
//! - [`encode`]: a value of the orchestrator to bytes. [`Frame::check`]: bytes from a lane, which
//!   may be anything, to a frame; [`Frame::decode`]: that to a value.
//! - [`Data`]: a value of which there is a tree, a frame, or both, whichever was needed.

#[cfg(feature = "value")]
mod check;
#[cfg(feature = "value")]
mod data;
#[cfg(feature = "value")]
mod decode;
#[cfg(feature = "value")]
mod encode;
pub mod format;
#[cfg(feature = "value")]
mod size;
#[cfg(feature = "value")]
mod token;

#[cfg(feature = "value")]
pub use {
    check::{Frame, Malformed},
    data::Data,
    encode::{TooLarge, encode},
    size::Spelling,
};
