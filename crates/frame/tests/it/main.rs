//! Tests of the codec from outside.

#[path = "../../../value/tests/random/mod.rs"]
mod random;

mod data;
mod hostile;
mod round_trip;
mod sizes;

use faastlane_frame::{Frame, encode};
use faastlane_value::{Value, json};

/// The value of a JSON text that the test knows to be right.
fn value(text: &str) -> Value {
    json::parse(text.as_bytes()).expect("the test's JSON is right")
}

/// The bytes of a value's frame.
fn bytes(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode(value, &mut bytes).expect("the test's value is small");
    bytes
}

/// A value's frame.
fn frame(value: &Value) -> Frame {
    Frame::check(bytes(value)).expect("what is written can be read")
}
