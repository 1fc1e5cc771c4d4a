//! Values that pass through a handler.

use faastlane_frame::{Frame, format};
use faastlane_host::Input;
use faastlane_value::json;

use crate::lane::{Answer, frame};

const ECHO: &str = "def handler(event, context): return event\n";

/// Whole documents, as frames and as text.
fn documents() -> Vec<String> {
    let nested = |open: &str, close: &str| open.repeat(512) + &close.repeat(512);
    let long = "k".repeat(300);
    let keys: Vec<_> = (0..40).map(|size| format!("\"{}\": {size}", "x".repeat(size))).collect();
    let records: Vec<_> =
        (0..300).map(|id| format!(r#"{{"id": {id}, "näme": "é{id}"}}"#)).collect();
    vec![
        "null".to_owned(),
        "[true, false, null, [], {}, \"\"]".to_owned(),
        "[0, 1, -1, 127, 128, 255, 256, -128, 9223372036854775807, -9223372036854775808]"
            .to_owned(),
        "[9223372036854775808, -9223372036854775809, 123456789012345678901234567890]".to_owned(),
        "[0.5]".to_owned(),
        "[0.1, -0.0, 1e308, 5e-324, 1.0]".to_owned(),
        "[0.1, 1, 0.5]".to_owned(),
        "[0.1, \"text\"]".to_owned(),
        r#"["a", "ab", "é", "ß", "€", "😀", "a\u0000b", "\u007f\u0080", "x\ny"]"#.to_owned(),
        format!("{{\"{long}\": \"{}\", \"é\": 1, \"\": 2}}", "y".repeat(70_000)),
        format!("[\"{}é\"]", "z".repeat(20_000)),
        format!("{{{}}}", keys.join(", ")),
        format!("[{}]", records.join(", ")),
        nested("[", "]"),
        format!("{}1{}", "{\"a\": ".repeat(512), "}".repeat(512)),
    ]
}

#[test]
fn values_come_back_as_they_were() {
    crate::lane::for_each_python("frames::values_come_back_as_they_were", |python| {
        let mut echo = python.load(ECHO);
        for text in documents() {
            let value = json::parse(text.as_bytes()).unwrap();
            // The second time, keys are found that the first time has kept.
            for _ in 0..2 {
                let answer = echo.call(Input::Frame(&frame(&value)));
                assert_eq!(answer, Answer::Plain(value.clone()));
            }
            assert_eq!(echo.call(Input::Text(text.as_bytes())), Answer::Plain(value));
        }
    });
}

#[test]
fn other_ways_to_write_a_value() {
    let cases: [(&[u8], &str); 8] = [
        (&[format::INT, 5, 0, 0, 0, 0, 0, 0, 0], "5"),
        (&[format::STRING, 2, 0, 0, 0, b'a', b'b'], "\"ab\""),
        (&[format::NUMBER, 2, 0, 0, 0, b'-', b'7'], "-7"),
        (&[format::NUMBER, 3, 0, 0, 0, b'1', b'e', b'2'], "100.0"),
        (&[format::FLOATS, 0, 0, 0, 0], "[]"),
        (&[format::ARRAY, 1, 0, 0, 0, format::FLOAT, 0, 0, 0, 0, 0, 0, 0xe0, 0x3f], "[0.5]"),
        (&[format::OBJECT, 1, 0, 0, 0, format::LONG_KEY, 1, 0, 0, 0, b'a', 0x81], "{\"a\": 1}"),
        (&[format::OBJECT, 2, 0, 0, 0, 1, b'a', 0x81, 1, b'a', 0x82], "{\"a\": 2}"),
    ];
    let check = move |python: &crate::lane::Python| {
        let mut echo = python.load(ECHO);
        for (frame, text) in cases {
            let value = json::parse(text.as_bytes()).unwrap();
            assert_eq!(echo.call(Input::Frame(frame)), Answer::Plain(value), "{frame:x?}");
        }
    };
    crate::lane::for_each_python("frames::other_ways_to_write_a_value", check);
}

/// Frames with changed, lost and added bytes cost an error, if anything, and never the lane.
#[test]
fn frames_that_are_none() {
    crate::lane::for_each_python("frames::frames_that_are_none", |python| {
        let mut echo = python.load(ECHO);
        let mut random = fastrand::Rng::with_seed(7);
        let documents: Vec<_> = documents()
            .iter()
            .map(|text| frame(&json::parse(text.as_bytes()).unwrap()))
            .filter(|frame| frame.len() < 10_000)
            .collect();
        for _ in 0..1_000 {
            let mut bytes = random.choice(&documents).unwrap().clone();
            for _ in 0..random.usize(1..4) {
                let at = random.usize(..bytes.len());
                match random.u8(..3) {
                    0 => bytes[at] = random.u8(..),
                    1 => bytes.truncate(at + 1),
                    _ => bytes.insert(at, random.u8(..)),
                }
            }
            let answer = echo.call(Input::Frame(&bytes));
            match (Frame::check(bytes), answer) {
                // A number with so large an exponent is infinite for Python, as it is in JSON.
                (Ok(_), Answer::Text(text)) => assert!(text.contains("Infinity"), "{text}"),
                (Ok(frame), answer) => assert_eq!(answer, Answer::Plain(frame.decode())),
                (Err(_), _) => {}
            }
        }
        let deep = |depth: usize| [&[format::ARRAY, 1, 0, 0, 0].repeat(depth)[..], &[0]].concat();
        let refused = [
            vec![],
            vec![format::NULL, format::NULL],
            vec![0x3f],
            vec![format::ARRAY, 0xff, 0xff, 0xff, 0xff],
            vec![format::OBJECT, 0xff, 0xff, 0xff, 0xff],
            vec![format::FLOATS, 0xff, 0xff, 0xff, 0xff],
            deep(format::MAX_DEPTH + 1),
            deep(1_000_000),
        ];
        for bytes in refused {
            let Answer::Failed(payload) = echo.call(Input::Frame(&bytes)) else {
                panic!("{} bytes were read", bytes.len())
            };
            assert!(payload.contains("Unable to unmarshal input: malformed frame"), "{payload}");
        }
    });
}
