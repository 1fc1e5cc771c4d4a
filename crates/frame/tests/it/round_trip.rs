//! What goes through a frame is what it was: every digit, every key in its place.

use faastlane_frame::{Frame, TooLarge, encode, format};
use faastlane_value::Value;

use crate::random::{Document, count};
use crate::{bytes, frame, value};

#[test]
fn documents_survive() {
    for seed in 0..count() {
        let document = value(&Document::drawn(seed, 5).compact);
        let frame = frame(&document);
        let again = frame.decode();
        assert_eq!(again, document, "seed {seed}");
        assert_eq!(again.to_json(), document.to_json(), "the order of keys, seed {seed}");
        assert_eq!(frame.depth(), document.depth(), "seed {seed}");
        assert_eq!(again.size_at_least(), document.size_at_least(), "seed {seed}");
    }
}

#[test]
fn lengths_survive_where_their_form_changes() {
    for length in [0, 1, 62, 63, 64, 65, 254, 255, 256, 257, 70_000] {
        let text = "x".repeat(length);
        let object = Value::object([(text.clone(), Value::from(text.as_str()))]);
        let document = Value::array([object, Value::array(vec![Value::Null; length])]);
        assert_eq!(frame(&document).decode(), document, "length {length}");
    }
    for int in [i64::MIN, -1, 0, 1, 127, 128, 255, 256, i64::MAX] {
        assert_eq!(frame(&Value::from(int)).decode(), Value::from(int));
    }
}

#[test]
fn floats_are_packed_only_if_all_are() {
    let check = |text: &str, tag: u8| {
        let document = value(text);
        let bytes = bytes(&document);
        assert_eq!(bytes[0], tag, "{text}");
        assert_eq!(Frame::check(bytes).unwrap().decode().to_json(), text);
    };
    check("[0.5,-0.0,1e300]", format::FLOATS);
    check("[0.5,1]", format::ARRAY);
    check("[1,0.5]", format::ARRAY);
    check("[0.5,null]", format::ARRAY);
    check("[]", format::ARRAY);
}

#[test]
fn any_form_of_a_value_is_read() {
    let check = |bytes: &[u8], expected: &str| {
        assert_eq!(Frame::check(bytes.to_vec()).unwrap().decode().to_json(), expected);
    };
    check(&[0x03, 5, 0, 0, 0, 0, 0, 0, 0], "5");
    check(&[0x06, 1, 0, 0, 0, b'a'], r#""a""#);
    check(&[0x05, 3, 0, 0, 0, b'1', b'e', b'2'], "100.0");
    check(&[0x09, 0, 0, 0, 0], "[]");
    check(&[0x08, 1, 0, 0, 0, 255, 1, 0, 0, 0, b'k', 0x80], r#"{"k":0}"#);
}

#[test]
fn of_equal_keys_the_last_value_stands_in_the_first_place() {
    let object = |count: u8, key: fn(u8) -> u8| {
        let members = (0..count).flat_map(|at| [1, key(at), 0x80 + at]);
        let bytes: Vec<u8> = [0x08, count, 0, 0, 0].into_iter().chain(members).collect();
        Frame::check(bytes).unwrap().decode().to_json()
    };
    assert_eq!(object(3, |at| b"aba"[usize::from(at)]), r#"{"a":2,"b":1}"#);
    let many = object(40, |at| b'a' + at % 26);
    assert!(many.starts_with(r#"{"a":26,"b":27,"#), "{many}");
    assert!(many.ends_with(r#""y":24,"z":25}"#), "{many}");
}

#[test]
fn depth_is_limited() {
    let nested = |depth: usize| (0..depth).fold(Value::Null, |inner, _| Value::array([inner]));
    let deepest = nested(format::MAX_DEPTH);
    assert_eq!(frame(&deepest).depth(), format::MAX_DEPTH);
    let mut bytes = vec![7];
    assert_eq!(encode(&nested(format::MAX_DEPTH + 1), &mut bytes), Err(TooLarge));
    assert_eq!(bytes, [7], "nothing is left of it");
}

#[test]
fn values_that_share_themselves_without_end_are_refused() {
    let mut value = Value::from("x");
    for _ in 0..100 {
        value = Value::array([value.clone(), value]);
    }
    assert_eq!(encode(&value, &mut Vec::new()), Err(TooLarge));
}
