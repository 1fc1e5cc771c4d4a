//! What every lane must do, whatever its kind: each program here runs all of it for one kind.

mod containment;
mod debugging;
mod errors;
mod exits;
mod handlers;
pub(crate) mod harness;
mod layouts;
mod logs;
mod marshalling;
pub(crate) mod python_text;
mod roundtrip;
mod surroundings;
mod templates;
mod times;
mod warmth;
