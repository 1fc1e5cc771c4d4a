//! Sizes of JSON text that is never written, held against those who write it.

use std::io::Write;
use std::process::{Command, Stdio};

use faastlane_frame::Spelling;
use faastlane_value::{Number, Value, json};

use crate::frame;
use crate::random::{Document, count};

#[test]
fn compact_sizes_are_those_of_our_own_text() {
    for seed in 0..count() {
        let value = crate::value(&Document::drawn(seed, 5).compact);
        assert_eq!(frame(&value).json_size(Spelling::Compact), json::size(&value), "seed {seed}");
    }
}

#[test]
fn python_sizes_are_those_of_its_json() {
    let documents: Vec<Value> = (0..count() / 10)
        .map(|seed| crate::value(&Document::drawn(seed, 4).compact))
        .chain(floats())
        .chain(["\u{7f}\u{80}\u{ffff}\u{10000}\u{1f}~ ", &"é".repeat(300)].map(Value::from))
        // Python reads a number beyond doubles as infinity, which is no JSON.
        .filter(|value| !value.to_json().contains("1e400"))
        .collect();
    for (value, [plain, ascii]) in documents.iter().zip(python_sizes(&documents)) {
        let frame = frame(value);
        assert_eq!(frame.json_size(Spelling::Python), plain, "{value:?}");
        assert_eq!(frame.json_size(Spelling::PythonAscii), ascii, "{value:?}");
    }
}

/// Floats around the places where notations change, and some at random.
fn floats() -> impl Iterator<Item = Value> {
    let mut random = fastrand::Rng::with_seed(3);
    let powers = (-25..25).flat_map(|power| {
        [1.0, -1.5, 9.999_999_999_999_998].map(|digits| digits * 10_f64.powi(power))
    });
    let edges = [0.0, -0.0, f64::MAX, f64::MIN_POSITIVE, 5e-324, 1e99, 1e100, 1e-99, 1e-100];
    let drawn: Vec<f64> = (0..1000)
        .map(|_| f64::from_bits(random.u64(..)))
        .filter(|float| float.is_finite())
        .collect();
    powers.chain(edges).chain(drawn).map(|float| Value::from(Number::Float(float)))
}

/// Lengths of what `json.dumps` makes of the values: without escapes, and all ASCII.
fn python_sizes(values: &[Value]) -> Vec<[usize; 2]> {
    const PROGRAM: &str = "
import json, sys
for line in sys.stdin.buffer:
    value = json.loads(line)
    print(len(json.dumps(value, ensure_ascii=False).encode()), len(json.dumps(value)))
";
    let mut python = Command::new("python3")
        .args(["-c", PROGRAM])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 is there, as for all tests of lanes");
    let mut stdin = python.stdin.take().expect("it is piped");
    let lines: String = values.iter().map(|value| value.to_json() + "\n").collect();
    let writer = std::thread::spawn(move || stdin.write_all(lines.as_bytes()));
    let output = python.wait_with_output().expect("python3 ends");
    writer.join().expect("no panic").expect("python3 reads all of it");
    let lines = String::from_utf8(output.stdout).expect("digits are text");
    let sizes: Vec<_> = lines
        .lines()
        .map(|line| {
            let (plain, ascii) = line.split_once(' ').expect("two numbers");
            [plain, ascii].map(|size| size.parse().expect("a number"))
        })
        .collect();
    assert_eq!(sizes.len(), values.len());
    sizes
}
