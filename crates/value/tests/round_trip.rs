//! What is read and written again is what it was: every digit, every key in its place.
//!
//! Documents are drawn at random from a fixed seed, each in two spellings: compact, as we write it,
//! and loose, with white space and escapes. `FAASTLANE_SLOW_TESTS=1` draws many more.

use faastlane_value::{Value, json, located};
use fastrand::Rng;

mod random;
use random::{Document, count};

#[test]
fn documents_survive() {
    for seed in 0..count() {
        let Document { compact, loose, .. } = Document::drawn(seed, 5);
        let value =
            json::parse(loose.as_bytes()).unwrap_or_else(|error| panic!("{error}: {loose}"));
        assert_eq!(value.to_json(), compact, "seed {seed}");
        assert_eq!(json::size(&value), compact.len(), "seed {seed}");
        assert!(value.size_at_least() <= compact.len(), "seed {seed}");
        let again = json::parse(compact.as_bytes()).expect("what is written can be read");
        assert_eq!(again, value, "seed {seed}");
        let mut pretty = Vec::new();
        json::write_pretty(&value, &mut pretty).expect("memory takes everything");
        assert_eq!(json::parse(&pretty).map(|value| value.to_json()), Ok(compact.clone()));
        let node = located::parse(&loose).expect("both readers take the same texts");
        assert_eq!(node.to_value().to_json(), compact, "seed {seed}");
        let snapshot = serde_json::to_string(&value).expect("a value can be stored");
        let stored: Value = serde_json::from_str(&snapshot).expect("what is stored can be read");
        assert_eq!(stored.to_json(), compact, "seed {seed}");
    }
}

#[test]
fn doubles_stay_the_same_to_the_bit() {
    let mut random = Rng::with_seed(7);
    for _ in 0..count() {
        let double = f64::from_bits(random.u64(..));
        if !double.is_finite() {
            continue;
        }
        for text in [format!("{double:e}"), format!("{double:?}")] {
            let value = json::parse(text.as_bytes()).expect("it is JSON");
            let again =
                json::parse(value.to_json().as_bytes()).expect("what is written can be read");
            let number = again.as_number().expect("a number stays one");
            // An integer has no sign to lose but that of zero.
            assert_eq!(number.as_f64().to_bits(), (double + 0.0).to_bits(), "{text}");
        }
    }
}

#[test]
fn broken_documents_are_refused_with_a_place() {
    let mut refused = 0;
    for seed in 0..count() {
        let Document { mut random, loose, .. } = Document::drawn(seed, 3);
        let mut bytes = loose.into_bytes();
        for _ in 0..random.u8(1..3) {
            let at = random.usize(..bytes.len());
            bytes[at] = random.u8(..);
        }
        match json::parse(&bytes) {
            Ok(value) => assert_eq!(json::parse(value.to_json().as_bytes()), Ok(value)),
            Err(error) => {
                let line =
                    bytes.split(|byte| *byte == b'\n').nth(error.line - 1).expect("its line");
                assert!((1..=line.len() + 1).contains(&error.column), "{error}, seed {seed}");
                refused += 1;
            }
        }
    }
    assert!(refused > count() / 4, "the changes break hardly anything: {refused}");
}
