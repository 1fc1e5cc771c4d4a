//! Datasets of distributed Maps: their items are read and their results written, in S3 or in a folder
//! that stands for it.
//!
//! What is read comes in chunks, and each chunk comes with a [`Cursor`]: whoever has lost the reader
//! opens another one there. What is written goes to the end of files whose lengths the caller keeps, so
//! that a write may be repeated. Neither holds more than a chunk: a file may be larger than memory.
//!
//! The client for S3 is made of a small HTTP client without TLS and a signature of our own. The SDK of
//! AWS was the other way: an async runtime, TLS and some hundred crates, for an endpoint that stands on
//! the same machine.

mod error;
mod read;
mod store;
mod write;

pub use error::Error;
pub use read::{Chunk, Cursor, Reader, Source};
pub use store::{Endpoint, Location, Store};
pub use write::{Destination, Lengths, ResultFile, Spelling, Writer};
