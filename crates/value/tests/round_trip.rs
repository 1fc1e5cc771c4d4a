//! What is read and written again is what it was: every digit, every key in its place.
//!
//! Documents are drawn at random from a fixed seed, each in two spellings: compact, as we write it,
//! and loose, with white space and escapes. `FAASTLANE_SLOW_TESTS=1` draws many more.

use faastlane_value::{Value, json, located};
use fastrand::Rng;

const NUMBERS: [&str; 14] = [
    "0",
    "-1",
    "0.1",
    "-0.0",
    "1.5e300",
    "5e-324",
    "1e400",
    "-1e400",
    "9007199254740993",
    "9223372036854775807",
    "-9223372036854775808",
    "9223372036854775808",
    "123456789012345678901234567890",
    "-0.30000000000000004",
];

const CHARACTERS: [char; 16] = [
    'a', 'Z', '0', ' ', '/', '"', '\\', '\n', '\r', '\t', '\u{8}', '\u{c}', '\u{0}', 'é',
    '\u{2028}', '😀',
];

#[test]
fn documents_survive() {
    for seed in 0..count() {
        let mut spelling =
            Spelling { random: Rng::with_seed(seed), compact: String::new(), loose: String::new() };
        spelling.value(5);
        let Spelling { compact, loose, .. } = spelling;
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
        let mut spelling =
            Spelling { random: Rng::with_seed(seed), compact: String::new(), loose: String::new() };
        spelling.value(3);
        let mut bytes = spelling.loose.into_bytes();
        for _ in 0..spelling.random.u8(1..3) {
            let at = spelling.random.usize(..bytes.len());
            bytes[at] = spelling.random.u8(..);
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

fn count() -> u64 {
    if std::env::var_os("FAASTLANE_SLOW_TESTS").is_some() { 200_000 } else { 10_000 }
}

/// One document in two spellings.
struct Spelling {
    random: Rng,
    compact: String,
    loose: String,
}

impl Spelling {
    fn value(&mut self, depth: u8) {
        match self.random.u8(..if depth == 0 { 5 } else { 9 }) {
            0 => self.both("null"),
            1 => self.both("true"),
            2 => {
                let at = self.random.usize(..NUMBERS.len());
                self.both(NUMBERS[at]);
            }
            3 => {
                let number = self.random.i64(..);
                self.both(&number.to_string());
            }
            4 => self.string(0),
            5 | 6 => self.items(['[', ']'], |spelling, _| spelling.value(depth - 1)),
            _ => self.items(['{', '}'], |spelling, at| {
                spelling.string(at);
                spelling.space();
                spelling.both(":");
                spelling.space();
                spelling.value(depth - 1);
            }),
        }
    }

    fn items(&mut self, marks: [char; 2], mut item: impl FnMut(&mut Self, usize)) {
        let count = self.random.usize(..6);
        self.both(&marks[0].to_string());
        for at in 0..count {
            if at > 0 {
                self.both(",");
            }
            self.space();
            item(self, at);
            self.space();
        }
        self.both(&marks[1].to_string());
    }

    /// A string that begins with `at`, so that keys of one object differ.
    fn string(&mut self, at: usize) {
        let mut text = at.to_string();
        for _ in 0..self.random.u8(..6) {
            text.push(CHARACTERS[self.random.usize(..CHARACTERS.len())]);
        }
        let mut written = Vec::new();
        json::write_str(&text, &mut written).expect("memory takes everything");
        self.compact.push_str(str::from_utf8(&written).expect("it is text"));
        self.loose.push('"');
        for character in text.chars() {
            let must = character < ' ' || character == '"' || character == '\\';
            if must || self.random.u8(..4) == 0 {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    self.loose.push_str(&format!("\\u{unit:04X}"));
                }
            } else {
                self.loose.push(character);
            }
        }
        self.loose.push('"');
    }

    fn both(&mut self, text: &str) {
        self.compact.push_str(text);
        self.loose.push_str(text);
    }

    fn space(&mut self) {
        self.loose.push_str(["", "", " ", "\n", "\t", "\r\n  "][self.random.usize(..6)]);
    }
}
