//! Bytes from a lane to a value.
//!
//! A lane runs a user's code and may write anything. What passes for a frame must be a value to the
//! last byte, however it is looked at.
#![no_main]

use faastlane_frame::{Data, Frame, Spelling};
use faastlane_value::json;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(frame) = Frame::check(bytes.to_vec()) else { return };
    let value = frame.decode();
    for spelling in [Spelling::Compact, Spelling::Python, Spelling::PythonAscii] {
        assert!(!frame.json_exceeds(frame.json_size(spelling), spelling));
    }
    let written = Data::from(value.clone());
    let written = Frame::check(written.frame().expect("a frame held it").into_owned());
    let written = written.expect("what is written can be read");
    assert_eq!(written.decode(), value);
    assert_eq!(written.json_size(Spelling::Compact), json::size(&value));
});
