//! Documents drawn at random: every kind of value, numbers and characters at their edges.

use faastlane_value::json;
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

/// How many documents a test draws.
pub(crate) fn count() -> u64 {
    if std::env::var_os("FAASTLANE_SLOW_TESTS").is_some() { 200_000 } else { 10_000 }
}

/// One document in two spellings.
pub(crate) struct Document {
    pub(crate) random: Rng,
    /// As we write it.
    pub(crate) compact: String,
    /// With white space and escapes.
    pub(crate) loose: String,
}

impl Document {
    /// The document of a seed, nested up to `depth` levels.
    pub(crate) fn drawn(seed: u64, depth: u8) -> Self {
        let random = Rng::with_seed(seed);
        let mut document = Self { random, compact: String::new(), loose: String::new() };
        document.value(depth);
        document
    }

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
            5 | 6 => self.items(['[', ']'], |document, _| document.value(depth - 1)),
            _ => self.items(['{', '}'], |document, at| {
                document.string(at);
                document.space();
                document.both(":");
                document.space();
                document.value(depth - 1);
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
