//! A value in two forms is the same value, and the second form is made when it is asked for.

use faastlane_frame::{Data, Frame, TooLarge, format};
use faastlane_value::Value;

use crate::random::{Document, count};
use crate::{bytes, frame, value};

#[test]
fn both_forms_are_the_same_value() {
    for seed in 0..count() / 10 {
        let value = value(&Document::drawn(seed, 5).compact);
        let [from_value, from_frame] = [Data::from(value.clone()), Data::from(frame(&value))];
        assert_eq!(from_value.frame().unwrap(), bytes(&value), "seed {seed}");
        assert_eq!(from_frame.depth(), value.depth(), "seed {seed}");
        assert!(from_frame.undecoded().is_some(), "seed {seed}");
        assert_eq!(from_frame.value(), &value, "seed {seed}");
        assert!(from_frame.undecoded().is_none(), "seed {seed}");
        assert_eq!(from_frame, from_value, "seed {seed}");
    }
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
    assert!(data.undecoded().is_none(), "the value was kept");
}

#[test]
fn arrays_of_frames_are_not_decoded() {
    let items = [r#"{"a":[1,2.5]}"#, "[0.5,0.25]", "null"].map(value);
    let expected = Value::array(items.clone());
    let forms = |frames: &[usize]| {
        let item = |(at, value): (usize, &Value)| match frames.contains(&at) {
            true => Data::from(frame(value)),
            false => Data::from(value.clone()),
        };
        Data::array(&items.iter().enumerate().map(item).collect::<Vec<_>>())
    };
    for frames in [&[0, 1, 2][..], &[1], &[2]] {
        let array = forms(frames);
        let frame = array.undecoded().expect("one of its items was not decoded");
        assert_eq!(frame.depth(), 3);
        Frame::check(frame.as_bytes().to_vec()).expect("what is written can be read");
        assert_eq!(array.value(), &expected);
    }
    assert_eq!(forms(&[]).value(), &expected);
    assert_eq!(Data::array(&[]).value(), &Value::array([]));
}

#[test]
fn what_no_frame_can_hold_is_still_a_value() {
    let nested = |depth: usize| (0..depth).fold(Value::Null, |inner, _| Value::array([inner]));
    let too_deep = Data::from(nested(format::MAX_DEPTH + 1));
    assert_eq!(too_deep.frame(), Err(TooLarge));
    let deepest = Data::from(frame(&nested(format::MAX_DEPTH)));
    assert_eq!(Data::array(&[deepest]).value(), too_deep.value());
}

#[test]
fn on_disk_it_is_json_text() {
    let expected = value(r#"{"a":[1,12345678901234567890]}"#);
    let stored = serde_json::to_string(&Data::from(frame(&expected))).unwrap();
    assert_eq!(stored, serde_json::to_string(&expected).unwrap());
    let read: Data = serde_json::from_str(&stored).unwrap();
    assert_eq!(read.value(), &expected);
}
