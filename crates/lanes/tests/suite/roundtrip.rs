//! Any JSON value that a handler gets and returns is the same afterwards: integers to the last
//! digit, floats to the same double, text to the same characters, keys in their order. What JSON
//! leaves open is decided as `lib.rs` says.
//!
//! The values come from a generator with a fixed seed, so that every run tests the same ones; a
//! failure prints the value. The road not taken is `proptest`: most of it shrinks values, and a
//! worker process would be started anew for each.

use faastlane_lanes::{Payload, Pool};

use super::harness::{self, call, finish, folder, function, options};

const ECHO: &str = "def handler(event, context): return event\n";
const VALUES: u64 = 2000;

#[test]
fn values_survive() {
    for runtime in ["python3.11", "python3.12"] {
        let root = folder(&[("app.py", ECHO)]);
        let mut function = function(root.path());
        runtime.clone_into(&mut function.runtime);
        let mut pool = Pool::new(vec![function], options()).unwrap();
        for seed in 0..VALUES {
            let mut text = String::new();
            Generator::new(seed).value(5, &mut text);
            let value = faastlane_value::json::parse(text.as_bytes()).unwrap();
            for event in [Payload::Text(text.clone().into()), Payload::Data(value.into())] {
                let mut call = call(seed, 0, "");
                call.payload = event;
                pool.call(call);
                let finished = finish(&mut pool, 1).remove(0);
                assert_eq!(tokens(finished.returned()), tokens(&text), "value {seed}: {text}");
            }
        }
    }
}

/// The event comes back as this.
fn check(event: &str, expected: &str) {
    let root = folder(&[("app.py", ECHO)]);
    let finished = harness::run(function(root.path()), event);
    assert_eq!(finished.returned(), expected, "{event}");
}

#[test]
fn what_json_leaves_open() {
    check(r#"{"a": 1, "b": 2, "a": 3}"#, r#"{"a": 3, "b": 2}"#);
    check("[1e400, -1e400, 1e-400]", "[Infinity, -Infinity, 0.0]");
    check("[-0, -0.0]", "[0, -0.0]");
    check(r#"["\ud800", "\ude00\ud83d"]"#, r#"["\ud800", "\ude00\ud83d"]"#);
    check(r#""\ud83d\ude00""#, r#""\ud83d\ude00""#);
    let digits = "1".repeat(4300);
    check(&digits, &digits);
    let nested = ["[".repeat(500), "]".repeat(500)].concat();
    check(&nested, &nested);
}

fn check_refused(event: &str, message: &str) {
    let root = folder(&[("app.py", ECHO)]);
    let finished = harness::run(function(root.path()), event);
    let (error_type, payload) = finished.failed();
    assert_eq!(error_type, "Runtime.UnmarshalError", "{event}");
    assert!(payload.contains(message), "{payload}");
}

#[test]
fn what_is_not_json_is_refused() {
    check_refused("NaN", "Expecting value: line 1 column 1 (char 0)");
    check_refused(r#"{"a": ["NaN", -Infinity]}"#, "Expecting value: line 1 column 15 (char 14)");
    check_refused("[1, 2", "Expecting ',' delimiter");
    check_refused("", "Expecting value: line 1 column 1 (char 0)");
}

/// What a text means, without spaces and ways of writing.
#[derive(Debug, PartialEq)]
enum Token {
    Text(String),
    /// The bits of a number with a point or an exponent.
    Float(u64),
    /// Anything else: an integer, a bracket, `null`, …
    Other(String),
}

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => text_length(rest),
            '[' | ']' | '{' | '}' | ',' | ':' => 1,
            _ => rest.find([' ', '\n', ',', ':', ']', '}']).unwrap_or(rest.len()),
        };
        let token = &rest[..length];
        tokens.push(match first {
            '"' => Token::Text(serde_json::from_str(token).unwrap()),
            '-' | '0'..='9' if token.contains(['.', 'e', 'E']) => {
                Token::Float(token.parse::<f64>().unwrap().to_bits())
            }
            _ => Token::Other(token.to_owned()),
        });
        rest = rest[length..].trim_start();
    }
    tokens
}

/// The length of the string literal at the beginning.
fn text_length(text: &str) -> usize {
    let mut escaped = false;
    let end = text.char_indices().skip(1).find(|(_, char)| {
        let ends = *char == '"' && !escaped;
        escaped = *char == '\\' && !escaped;
        ends
    });
    end.expect("strings end").0 + 1
}

/// Writes random JSON. SplitMix64 (Steele et al. 2014): small, and any seed will do.
struct Generator(u64);

impl Generator {
    fn new(seed: u64) -> Generator {
        Generator(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }

    /// A number below `limit`.
    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    fn pick<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        let index = usize::try_from(self.below(choices.len() as u64)).unwrap();
        choices[index]
    }

    fn space(&mut self, out: &mut String) {
        out.push_str(self.pick(&["", "", "", " ", "\n  "]));
    }

    fn value(&mut self, depth: u32, out: &mut String) {
        self.space(out);
        match self.below(if depth == 0 { 5 } else { 8 }) {
            0 => out.push_str(self.pick(&["null", "true", "false", "[]", "{}"])),
            1 => self.integer(out),
            2 => self.float(out),
            3 | 4 => self.text("", out),
            5 => self.items('[', ']', out, |this, _, out| this.value(depth - 1, out)),
            _ => self.items('{', '}', out, |this, index, out| {
                // The number keeps keys apart, the text mixes up their order.
                this.text(&index.to_string(), out);
                this.space(out);
                out.push(':');
                this.value(depth - 1, out);
            }),
        }
        self.space(out);
    }

    fn items(
        &mut self,
        open: char,
        close: char,
        out: &mut String,
        mut item: impl FnMut(&mut Self, u64, &mut String),
    ) {
        out.push(open);
        for index in 0..self.below(6) {
            if index > 0 {
                out.push(',');
            }
            self.space(out);
            item(self, index, out);
        }
        out.push(close);
    }

    /// Up to sixty digits; never `-0`, which has no sign afterwards.
    fn integer(&mut self, out: &mut String) {
        out.push_str(self.pick(&["", "-"]));
        out.push(char::from(b'1' + u8::try_from(self.below(9)).unwrap()));
        self.digits(60, out);
    }

    fn digits(&mut self, most: u64, out: &mut String) {
        for _ in 0..self.below(most) {
            out.push(char::from(b'0' + u8::try_from(self.below(10)).unwrap()));
        }
    }

    /// Any double as Rust writes it, or any digits with a point and an exponent.
    fn float(&mut self, out: &mut String) {
        let any = f64::from_bits(self.next());
        if any.is_finite() && self.below(2) == 0 {
            out.push_str(&format!("{any:e}"));
            return;
        }
        out.push_str(self.pick(&["0.", "-1.", "12345678901234567.", "-0.0000"]));
        out.push(char::from(b'0' + u8::try_from(self.below(10)).unwrap()));
        self.digits(40, out);
        out.push_str(self.pick(&["", "", "e5", "E-5", "e+290", "e-320"]));
    }

    fn text(&mut self, start: &str, out: &mut String) {
        out.push('"');
        out.push_str(start);
        for _ in 0..self.below(8) {
            match self.below(6) {
                0 => out.push_str(self.pick(&["\\n", "\\\"", "\\\\", "\\/", "\\u0000", "\\b"])),
                1 => out.push_str(self.pick(&["é", "\u{2028}", "\u{1F600}", "\u{7F}", "中"])),
                2 => self.escaped(out),
                _ => out.push_str(self.pick(&["a", "B", " ", "0", "{", ",", "long text "])),
            }
        }
        out.push('"');
    }

    /// Any character, as `\uXXXX`, perhaps twice.
    fn escaped(&mut self, out: &mut String) {
        let code = u32::try_from(self.below(0x11_0000)).unwrap();
        let char = char::from_u32(code).unwrap_or('x');
        for unit in char.encode_utf16(&mut [0; 2]) {
            out.push_str(&format!("\\u{unit:04x}"));
        }
    }
}
