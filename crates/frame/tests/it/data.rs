//! A value in several forms is the same value, and a form is made when it is asked for.

use faastlane_frame::{Data, Frame, TooLarge, format};
use faastlane_value::{Value, json};

use crate::random::{Document, count};
use crate::{bytes, frame, value};

/// A value of every shape, large enough to be taken apart level by level.
fn large(seed: u64) -> Value {
    let drawn = |at: u64| value(&Document::drawn(seed * 10 + at, 4).compact);
    let text = Value::from("x".repeat(600));
    let inner = Value::object([("text", text.clone()), ("drawn", drawn(0)), ("more", drawn(1))]);
    let items = Value::array([drawn(2), inner.clone(), drawn(3)]);
    Value::object([("a", inner), ("items", items), ("text", text), ("b", drawn(4))])
}

/// All that can be done with a value must give the same in every form.
fn check(data: &Data, expected: &Value) {
    assert_eq!(data.depth(), expected.depth());
    let size = json::size(expected);
    assert!(data.size_at_least() <= size);
    assert!(data.json_exceeds(size - 1) && !data.json_exceeds(size));
    assert_eq!(data.is_object(), expected.as_object().is_some());
    assert_eq!(data.array_len(), expected.as_array().map(|items| items.len()));
    assert_eq!((data.get("nowhere"), data.item(1000)), (None, None));
    for (key, member) in expected.as_object().into_iter().flatten() {
        check(&data.get(key).expect("it has the member"), member);
    }
    for (at, item) in expected.as_array().into_iter().flat_map(|items| items.iter()).enumerate() {
        check(&data.item(at).expect("it has the item"), item);
    }
    let encoded = Frame::check(data.frame().expect("it is small").into_owned());
    assert_eq!(encoded.expect("what is written can be read").decode(), *expected);
    assert_eq!(data.to_json(), expected.to_json());
}

#[test]
fn all_forms_are_the_same_value() {
    for seed in 0..count() / 20 {
        for expected in [value(&Document::drawn(seed, 5).compact), large(seed)] {
            check(&Data::from(expected.clone()), &expected);
            check(&Data::from(frame(&expected)), &expected);
        }
    }
}

#[test]
fn changes_are_those_of_values() {
    for seed in 0..count() / 20 {
        let [old, new] = [large(seed), large(seed + 1)];
        let forms = |value: &Value| [Data::from(value.clone()), Data::from(frame(value))];
        for old_form in forms(&old) {
            for new_form in forms(&new) {
                for key in ["a", "new"] {
                    let object = old.as_object().expect("it is one");
                    let expected = Value::Object(object.with(&key.into(), new.clone()));
                    check(&old_form.with(&key.into(), new_form.clone()), &expected);
                }
                let members = [("k", old.clone()), ("l", Value::Null), ("k", new.clone())];
                let forms = [old_form.clone(), Value::Null.into(), new_form.clone()];
                let keys = members.iter().map(|(key, _)| (*key).into());
                let object = Data::object(keys.zip(forms.clone()).collect());
                check(&object, &Value::object(members));
                let array = Data::array(forms.into()).with_item(1, new_form.clone());
                check(&array, &Value::array([old.clone(), new.clone(), new.clone()]));
            }
        }
    }
}

#[test]
fn a_frame_is_decoded_only_as_far_as_it_is_looked_at() {
    let data = Data::from(frame(&large(1)));
    let inner = data.get("items").and_then(|items| items.item(1)).expect("it is there");
    let text = inner.get("text").expect("it is there");
    assert!([&data, &inner, &text].iter().all(|data| !data.is_decoded()));
    let placed = inner.with(&"result".into(), data.clone());
    let array = Data::array(vec![placed.clone(), Value::Null.into()]);
    let object = Data::object(vec![("Payload".into(), array.clone())]);
    assert!([&placed, &array, &object].iter().all(|data| !data.is_decoded()));
    object.frame().expect("it is small");
    assert!(!object.json_exceeds(1_000_000));
    assert!([&data, &inner, &text, &placed, &array, &object].iter().all(|data| !data.is_decoded()));
    assert_eq!(object.get("Payload").as_ref().map(Data::value), Some(array.value()));
}

#[test]
fn of_equal_keys_in_a_frame_the_last_value_stands_in_the_first_place() {
    let text = bytes(&Value::from("x".repeat(600)));
    let member = |key: u8, value: &[u8]| [&[1, key][..], value].concat();
    let members = [member(b'a', &[0x80]), member(b'b', &text), member(b'a', &[0x81])].concat();
    let object = [&[format::OBJECT, 3, 0, 0, 0], &members[..]].concat();
    let data = Data::from(Frame::check(object).unwrap());
    assert_eq!(data.get("a").unwrap(), Value::from(1));
    assert_eq!(data.value().as_object().map(|object| object.len()), Some(2));
}

#[test]
fn objects_with_many_members_keep_them_in_order() {
    let member = |at: i64| (format!("k{at}"), Value::from("x".repeat(100)));
    let expected = Value::object((0..1000).map(member));
    check(&Data::from(frame(&expected)), &expected);
    let members = expected.as_object().expect("it is one").iter();
    let members = members.map(|(key, member)| (key.clone(), frame(member).into()));
    check(&Data::object(members.collect()), &expected);
}

#[test]
fn clones_share_what_one_of_them_made() {
    let large = Value::array((0..1000).map(Value::from));
    let data = Data::from(large.clone());
    let clone = data.clone();
    let pointer = |data: &Data| data.frame().unwrap().as_ptr();
    assert_eq!(pointer(&data), pointer(&clone), "the frame was kept");
    let data = Data::from(frame(&large));
    let clone = data.clone();
    assert_eq!(clone.value(), &large);
    assert!(data.is_decoded(), "the value was kept");
}

#[test]
fn what_no_frame_can_hold_is_still_a_value() {
    let nested = |depth: usize| (0..depth).fold(Value::Null, |inner, _| Value::array([inner]));
    let too_deep = Data::from(nested(format::MAX_DEPTH + 1));
    assert_eq!(too_deep.frame(), Err(TooLarge));
    let deepest = Data::from(frame(&nested(format::MAX_DEPTH)));
    let array = Data::array(vec![deepest]);
    assert_eq!(array.frame(), Err(TooLarge));
    assert_eq!(array, too_deep);
    let mut shared = Data::from(frame(&Value::from("x".repeat(100))));
    for _ in 0..100 {
        shared = Data::array(vec![shared.clone(), shared]);
    }
    assert_eq!(shared.size_at_least(), u32::MAX as usize);
    assert_eq!(shared.frame(), Err(TooLarge));
}

#[test]
fn for_people_it_is_json_text() {
    let expected = value(r#"{"a":[1,12345678901234567890]}"#);
    let stored = serde_json::to_string(&Data::from(frame(&expected))).unwrap();
    assert_eq!(stored, serde_json::to_string(&expected).unwrap());
    let read: Data = serde_json::from_str(&stored).unwrap();
    assert_eq!(read.value(), &expected);
}

#[test]
fn for_programs_it_is_a_frame() {
    let nested = |depth: usize| (0..depth).fold(Value::Null, |inner, _| Value::array([inner]));
    for expected in [large(1), Value::Null, nested(format::MAX_DEPTH)] {
        let sent = Data::from(frame(&expected));
        let stored = postcard::to_allocvec(&sent).unwrap();
        assert!(stored.len() < frame(&expected).as_bytes().len() + 8);
        let read: Data = postcard::from_bytes(&stored).unwrap();
        assert_eq!(read.is_decoded(), sent.is_decoded());
        assert_eq!(read.value(), &expected);
    }
    let too_deep = nested(format::MAX_DEPTH + 1);
    let stored = postcard::to_allocvec(&Data::from(too_deep.clone())).unwrap();
    assert_eq!(postcard::from_bytes::<Data>(&stored).unwrap(), Value::from(too_deep.to_json()));
    let text = Data::from(Value::from("text"));
    let mut broken = postcard::to_allocvec(&text).unwrap();
    *broken.last_mut().unwrap() = 0xff;
    assert_eq!(postcard::from_bytes::<Data>(&broken).unwrap(), Value::from("tex\u{fffd}"));
    broken.truncate(3);
    broken[1..].copy_from_slice(&[1, 0x0a]);
    assert!(postcard::from_bytes::<Data>(&broken).is_err(), "a frame that is none");
}
