//! Bytes from a lane may be anything: they are refused, or they are a value.

use faastlane_frame::{Frame, Malformed, Spelling, format};

use crate::random::{Document, count};
use crate::{bytes, value};

/// If the bytes are a frame, all that can be done with one must work.
fn use_all(bytes: Vec<u8>) -> bool {
    let Ok(frame) = Frame::check(bytes) else { return false };
    let value = frame.decode();
    assert!(frame.depth() >= value.depth(), "a member that another replaces may be deeper");
    for spelling in [Spelling::Compact, Spelling::Python, Spelling::PythonAscii] {
        let size = frame.json_size(spelling);
        assert!(!frame.json_exceeds(size, spelling));
        assert!(frame.json_exceeds(size - 1, spelling));
    }
    true
}

#[test]
fn truncated_frames_are_refused() {
    for seed in 0..count() / 20 {
        let whole = bytes(&value(&Document::drawn(seed, 4).compact));
        for end in 0..whole.len() {
            let part = whole[..end].to_vec();
            assert_eq!(Frame::check(part), Err(Malformed::Truncated), "seed {seed}, end {end}");
        }
    }
}

#[test]
fn changed_frames_are_refused_or_read() {
    let mut refused = 0;
    for seed in 0..count() {
        let Document { mut random, compact, .. } = Document::drawn(seed, 4);
        let mut bytes = bytes(&value(&compact));
        for _ in 0..random.u8(1..4) {
            let at = random.usize(..bytes.len());
            bytes[at] = random.u8(..);
        }
        refused += u64::from(!use_all(bytes));
    }
    assert!(refused > count() / 4, "the changes break hardly anything: {refused}");
}

#[test]
fn each_mistake_is_told() {
    let check = |bytes: &[u8], expected| {
        assert_eq!(Frame::check(bytes.to_vec()), Err(expected), "{bytes:?}");
    };
    check(&[], Malformed::Truncated);
    check(&[0x0a], Malformed::UnknownTag(0x0a));
    check(&[0x3f], Malformed::UnknownTag(0x3f));
    check(&[0x00, 0x00], Malformed::TrailingBytes);
    check(&[0x45, b'a'], Malformed::Truncated);
    for float in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let float = float.to_le_bytes();
        check(&[&[0x04][..], &float].concat(), Malformed::NotFinite);
        let packed = [&[0x09, 2, 0, 0, 0][..], &[0; 8], &float].concat();
        check(&packed, Malformed::NotFinite);
    }
    check(&[0x05, 2, 0, 0, 0, b'0', b'1'], Malformed::NotANumber);
    check(&[0x05, 1, 0, 0, 0, 0xff], Malformed::NotANumber);
}

#[test]
fn lengths_that_lie_are_refused_before_anything_is_made() {
    for tag in [
        format::NUMBER,
        format::STRING,
        format::ARRAY,
        format::OBJECT,
        format::FLOATS,
        format::LONG_KEY,
    ] {
        let lie = [tag, 0xff, 0xff, 0xff, 0xff, 0x00, 0x00];
        // A key stands in an object.
        let start: &[u8] = if tag == format::LONG_KEY { &[0x08, 1, 0, 0, 0] } else { &[] };
        assert_eq!(Frame::check([start, &lie].concat()), Err(Malformed::Truncated), "{tag:#x}");
    }
    // More floats, or members, than the bytes that follow can hold.
    let floats = [&[format::FLOATS, 2, 0, 0, 0][..], &[0; 15]].concat();
    assert_eq!(Frame::check(floats), Err(Malformed::Truncated));
    let members = [format::OBJECT, 2, 0, 0, 0, 0, 0, 0];
    assert_eq!(Frame::check(members.to_vec()), Err(Malformed::Truncated));
}

#[test]
fn nesting_is_refused_before_the_stack_ends() {
    for count in [format::MAX_DEPTH + 1, 1_000_000] {
        let mut bytes = [format::ARRAY, 1, 0, 0, 0].repeat(count);
        bytes.push(format::NULL);
        assert_eq!(Frame::check(bytes), Err(Malformed::TooDeep));
        let mut bytes = [format::OBJECT, 1, 0, 0, 0, 1, b'k'].repeat(count);
        bytes.push(format::NULL);
        assert_eq!(Frame::check(bytes), Err(Malformed::TooDeep));
    }
}

#[test]
fn what_is_not_utf_8_is_replaced() {
    let bytes = [0x08, 1, 0, 0, 0, 2, b'k', 0xff, 0x42, 0xed, 0xa0];
    let frame = Frame::check(bytes.to_vec()).unwrap();
    assert_eq!(frame.decode().to_json(), "{\"k\u{fffd}\":\"\u{fffd}\u{fffd}\"}");
    assert_eq!(frame.json_size(Spelling::Compact), frame.decode().to_json().len());
}
