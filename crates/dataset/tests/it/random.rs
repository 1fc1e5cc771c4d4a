//! Random arrays: what is read piece by piece is what the text holds. Texts with mistakes end with an error
//! or with items, and never with a panic.
//!
//! Texts are longer than what is read from a file at once, so that values lie across the seams.

use faastlane_asl::Format;
use faastlane_dataset::Source;
use faastlane_value::{Value, json};
use fastrand::Rng;

use crate::{Bucket, read};

fn value(random: &mut Rng, depth: usize) -> String {
    let spaces = [" ", "", "\n  ", "", "\t"][random.usize(..5)];
    let text = match random.u8(if depth == 0 { 0..6 } else { 0..9 }) {
        0 => "null".to_owned(),
        1 => random.i64(-1_000_000..1_000_000).to_string(),
        2 => "-1.5e3".to_owned(),
        3 => r#""\\\"]},{[""#.to_owned(),
        4 => format!("\"{}\"", "ü\\n, \\\\".repeat(random.usize(..400))),
        5 => "true".to_owned(),
        6 => format!("[{}]", values(random, depth - 1, 4).join(",")),
        _ => {
            let members = values(random, depth - 1, 4).into_iter().enumerate();
            let members: Vec<String> =
                members.map(|(at, value)| format!("{spaces}\"}}{at}\" :{value}")).collect();
            format!("{{{}}}", members.join(","))
        }
    };
    format!("{spaces}{text}{spaces}")
}

fn values(random: &mut Rng, depth: usize, most: usize) -> Vec<String> {
    (0..random.usize(..=most)).map(|_| value(random, depth)).collect()
}

#[test]
fn arrays_are_read_as_they_are_written() {
    let json = Format::Json(Vec::new());
    let source = Source::Object { bucket: "data", key: "items", format: &json };
    for seed in 0..60 {
        let random = &mut Rng::with_seed(seed);
        let text = format!("[{}]", values(random, 3, 400).join(","));
        let bucket = Bucket::new();
        bucket.put("items", &text);
        let found = read(&bucket.store(), source, random.usize(1..100)).unwrap();
        let expected = json::parse(text.as_bytes()).unwrap();
        let expected: Vec<String> =
            expected.as_array().unwrap().iter().map(Value::to_json).collect();
        assert_eq!(found, expected, "seed {seed}");
    }
}

#[test]
fn mistakes_end_with_an_error_or_with_items() {
    let formats = [
        Format::Json(Vec::new()),
        Format::Json(vec!["}0".into()]),
        Format::JsonLines,
        Format::Csv(faastlane_asl::Csv { columns: None, delimiter: b',' }),
    ];
    let mut errors = 0;
    for seed in 0..400 {
        let random = &mut Rng::with_seed(seed);
        let mut text = value(random, 3).into_bytes();
        for _ in 0..random.usize(1..4) {
            let at = random.usize(..text.len());
            match random.u8(..3) {
                0 => drop(text.remove(at)),
                1 => text.insert(at, b"[]{}\",:\\\n1"[random.usize(..10)]),
                _ => text.truncate(at + 1),
            }
            if text.is_empty() {
                break;
            }
        }
        let bucket = Bucket::new();
        bucket.put("items", &text);
        for format in &formats {
            let source = Source::Object { bucket: "data", key: "items", format };
            errors += usize::from(read(&bucket.store(), source, random.usize(1..9)).is_err());
        }
    }
    assert!(errors > 400, "hardly any mistake is noticed: {errors}");
}
