//! No definition, however broken, makes the reader panic or leaves it without an explanation.
//!
//! The definitions of `diagnostics/` are cut, spliced and sprinkled with words of one another, from
//! a fixed seed. `FAASTLANE_SLOW_TESTS=1` draws many more. Machines that come out are run by the
//! tests of the engine.

use std::path::Path;

use faastlane_asl::{Diagnostic, MachineType, Severity, read};
use faastlane_value::located;
use fastrand::Rng;

#[test]
fn broken_definitions_are_explained() {
    let definitions = definitions();
    let count = if std::env::var_os("FAASTLANE_SLOW_TESTS").is_some() { 400_000 } else { 20_000 };
    let mut random = Rng::with_seed(42);
    let mut refused = 0;
    for _ in 0..count {
        let text = mutated(&definitions, &mut random);
        let Ok(node) = located::parse(&text) else { continue };
        for machine_type in [MachineType::Standard, MachineType::Express] {
            let (machine, diagnostics) = read(&node, machine_type);
            let errors = diagnostics.iter().any(|found| found.severity == Severity::Error);
            assert_eq!(machine.is_none(), errors, "{diagnostics:?}\n{text}");
            check_places(&diagnostics, &text);
            refused += usize::from(errors);
        }
    }
    assert!(refused > count / 10, "hardly any text is JSON and not a machine: {refused}");
}

/// Places lie in the text, and diagnostics stand in their order.
fn check_places(diagnostics: &[Diagnostic], text: &str) {
    assert!(diagnostics.is_sorted_by_key(|found| found.place), "{diagnostics:?}\n{text}");
    let lines: Vec<&str> = text.split('\n').collect();
    for found in diagnostics {
        let line = lines[found.place.line as usize - 1].chars().count();
        assert!((1..=line).contains(&(found.place.column as usize)), "{found}\n{text}");
        assert!(found.location.starts_with('/') && !found.message.is_empty(), "{found}\n{text}");
    }
}

/// The definitions that the tests of diagnostics are about.
fn definitions() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diagnostics");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("the folder is there")
        .map(|entry| entry.expect("it can be listed").path())
        .collect();
    files.sort();
    let texts = files.iter().map(|file| std::fs::read_to_string(file).expect("a text"));
    let cases = texts.flat_map(|text| text.split("## ").map(str::to_owned).collect::<Vec<_>>());
    cases
        .filter_map(|case| {
            let (_, rest) = case.split_once('\n')?;
            rest.split_once("\n--\n").map(|(definition, _)| definition.to_owned())
        })
        .collect()
}

/// One of the definitions with one to three changes.
fn mutated(definitions: &[String], random: &mut Rng) -> String {
    let mut text = definitions[random.usize(..definitions.len())].clone();
    for _ in 0..random.u8(1..=3) {
        let other = &definitions[random.usize(..definitions.len())];
        text = match random.u8(..4) {
            0 => spliced(&text, other, random),
            _ => with_words_of(&text, other, random),
        };
    }
    text
}

/// The beginning of one text and the end of another, or of the same with a gap.
fn spliced(text: &str, other: &str, random: &mut Rng) -> String {
    let start: String = text.chars().take(random.usize(..=text.len())).collect();
    let skipped = match random.bool() {
        true => start.chars().count() + random.usize(..9),
        false => random.usize(..=other.len()),
    };
    let rest = if random.bool() { text } else { other };
    start.chars().chain(rest.chars().skip(skipped)).collect()
}

/// A quoted word or a bare value of `text` exchanged for one of `other`.
fn with_words_of(text: &str, other: &str, random: &mut Rng) -> String {
    let mut parts: Vec<&str> = text.split('"').collect();
    let others: Vec<&str> = other.split('"').collect();
    if parts.len() < 3 || others.len() < 3 {
        return text.to_owned();
    }
    let odd = |parts: &[&str], random: &mut Rng| 2 * random.usize(..parts.len() / 2) + 1;
    let at = odd(&parts, random);
    if random.u8(..4) > 0 {
        parts[at] = others[odd(&others, random)];
        return parts.join("\"");
    }
    const VALUES: [&str; 10] =
        ["null", "0", "-1", "1e400", "99999999999999999999", "true", "[]", "{}", "[{}]", r#""""#];
    let value = VALUES[random.usize(..VALUES.len())];
    let (before, after) = (parts[..at].join("\""), parts[at + 1..].join("\""));
    format!("{before}{value}{after}")
}
