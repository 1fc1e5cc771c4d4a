//! Differences for people: lines that were expected with `-`, lines that came with `+`, and some around.

use std::fmt::Write;

use console::Style;
use faastlane_testing::verdict::Difference;
use faastlane_value::{Value, json};
use similar::{ChangeTag, TextDiff};

/// Lines that are shown around a change.
const AROUND: usize = 3;

/// A difference in a few lines; coloured if `colours` is set.
pub(crate) fn shown(difference: &Difference, colours: bool) -> String {
    let Difference { what, expected, actual } = difference;
    if let (Some(expected), Some(actual)) = (line(expected), line(actual)) {
        let [expected, actual] = [(&red(colours), expected), (&green(colours), actual)]
            .map(|(style, text)| style.apply_to(text).to_string());
        return format!("{what}: expected {expected}, got {actual}");
    }
    let (expected, actual) = (pretty(expected), pretty(actual));
    let diff = TextDiff::from_lines(&expected, &actual);
    let mut text = format!("{what} differs (- expected, + actual):");
    for (at, group) in diff.grouped_ops(AROUND).iter().enumerate() {
        if at > 0 {
            text.push_str("\n  ⋮");
        }
        for change in group.iter().flat_map(|operation| diff.iter_changes(operation)) {
            let (sign, style) = match change.tag() {
                ChangeTag::Delete => ('-', red(colours)),
                ChangeTag::Insert => ('+', green(colours)),
                ChangeTag::Equal => (' ', Style::new()),
            };
            let line = format!("{sign} {}", change.value().trim_end_matches('\n'));
            // Writing to a text does not fail.
            let _ = write!(text, "\n  {}", style.apply_to(line.trim_end()));
        }
    }
    text
}

fn red(colours: bool) -> Style {
    Style::new().red().force_styling(colours)
}

fn green(colours: bool) -> Style {
    Style::new().green().force_styling(colours)
}

/// A value that fits into a line: no object or array with something in it, no long or broken text.
fn line(value: &Value) -> Option<String> {
    const LONGEST: usize = 100;
    match value {
        Value::Null => Some("nothing".to_owned()),
        Value::String(text) if text.len() <= LONGEST && !text.contains('\n') => {
            Some(text.to_string())
        }
        Value::Bool(_) | Value::Number(_) => Some(value.to_json()),
        _ => None,
    }
}

/// A value over several lines; a text without the quotes that would hide its lines.
fn pretty(value: &Value) -> String {
    let mut bytes = Vec::new();
    match value {
        Value::Null => return "nothing\n".to_owned(),
        Value::String(text) => return format!("{text}\n"),
        // Writing to memory does not fail.
        _ => drop(json::write_pretty(value, &mut bytes)),
    }
    format!("{}\n", String::from_utf8_lossy(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(expected: &str, actual: &str, text: &str) {
        let parse = |text: &str| json::parse(text.as_bytes()).unwrap();
        let (expected, actual) = (parse(expected), parse(actual));
        assert_eq!(shown(&Difference { what: "output", expected, actual }, false), text);
    }

    #[test]
    fn short_values_stand_in_one_line() {
        check("\"a\"", "\"b\"", "output: expected a, got b");
        check("1", "null", "output: expected 1, got nothing");
    }

    #[test]
    fn long_ones_are_shown_by_their_lines() {
        check(
            r#"{"a": 1, "b": [2, 3]}"#,
            r#"{"a": 1, "b": [2, 4]}"#,
            "output differs (- expected, + actual):\n      \"a\": 1,\n      \"b\": [\n        2,\n  \
             -     3\n  +     4\n      ]\n    }",
        );
    }
}
