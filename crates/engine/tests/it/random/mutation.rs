//! Definitions with mistakes: words of a good one are exchanged, doubled, cut or made up.

use fastrand::Rng;

/// Words to put where another stood: fields, values of the wrong type, and what ends a text early.
const WORDS: [&str; 30] = [
    "Type",
    "Next",
    "End",
    "States",
    "StartAt",
    "Resource",
    "Choices",
    "Default",
    "Catch",
    "Retry",
    "Branches",
    "ItemProcessor",
    "Parameters",
    "a.$",
    "$",
    "$.",
    "$$",
    "$[",
    "States.Array(",
    "",
    "Map",
    "Parallel",
    "Fail",
    "S0",
    "S1",
    "E",
    "é\u{0}",
    "QueryLanguage",
    "JSONata",
    "{% $states %}",
];

/// Values to put where another stood.
const VALUES: [&str; 14] = [
    "null",
    "true",
    "[]",
    "{}",
    "-1",
    "0",
    "1e400",
    "99999999999999999999",
    "0.5",
    "[[[]]]",
    r#""x""#,
    "[null]",
    r#"{"a.$": "$.b"}"#,
    "nope",
];

/// `text` with one to three changes.
pub(crate) fn mutated(text: &str, random: &mut Rng) -> String {
    let mut text = text.to_owned();
    for _ in 0..random.u8(1..=3) {
        text = match random.u8(..8) {
            0 => cut(&text, random),
            1..4 => with_value(&text, random),
            _ => with_word(&text, random),
        };
    }
    text
}

/// Without some characters, or without all from some place on.
fn cut(text: &str, random: &mut Rng) -> String {
    let characters: Vec<char> = text.chars().collect();
    let start = random.usize(..=characters.len());
    let end = match random.u8(..8) {
        0 => characters.len(),
        _ => (start + random.usize(1..8)).min(characters.len()),
    };
    characters[..start].iter().chain(&characters[end..]).collect()
}

/// With another word in quotes: one of ours, or one that stands elsewhere in the text.
fn with_word(text: &str, random: &mut Rng) -> String {
    let mut parts: Vec<&str> = text.split('"').collect();
    let words = parts.len() / 2;
    if words > 0 {
        let mut word = || 2 * random.usize(..words) + 1;
        let (at, other) = (word(), word());
        parts[at] = if random.bool() { parts[other] } else { WORDS[random.usize(..WORDS.len())] };
    }
    parts.join("\"")
}

/// With another value behind one of its colons.
fn with_value(text: &str, random: &mut Rng) -> String {
    let colons: Vec<usize> = text.match_indices(": ").map(|(at, _)| at + 2).collect();
    let Some(at) = random.choice(colons) else { return text.to_owned() };
    let end = text[at..].find([',', '}', ']']).map_or(text.len(), |length| at + length);
    let value = VALUES[random.usize(..VALUES.len())];
    format!("{}{value}{}", &text[..at], &text[end..])
}
