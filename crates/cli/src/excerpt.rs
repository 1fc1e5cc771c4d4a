//! The line of a file that a message is about, with a mark under the place.

use faastlane_value::located::Place;

/// How much of a long line is shown, in characters.
const WIDTH: usize = 80;

/// Two lines: that of `place` with its number, and a caret under its column. `None` where the text has
/// no such line.
pub(crate) fn excerpt(source: &str, place: Place) -> Option<String> {
    let number = usize::try_from(place.line).ok()?.checked_sub(1)?;
    let column = usize::try_from(place.column).ok()?.checked_sub(1)?;
    let line = source.lines().nth(number)?.replace('\t', " ");
    // Of a long line, the part around the place.
    let is_long = line.chars().count() > WIDTH;
    let from = if is_long { column.saturating_sub(WIDTH / 2) } else { 0 };
    let shown: String = line.chars().skip(from).take(WIDTH).collect();
    let label = place.line.to_string();
    Some(format!(
        "  {label} | {}\n  {} | {}^",
        shown.trim_end(),
        " ".repeat(label.len()),
        " ".repeat(column - from),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(source: &str, line: u32, column: u32, expected: Option<&str>) {
        assert_eq!(excerpt(source, Place { line, column }).as_deref(), expected);
    }

    #[test]
    fn a_caret_stands_under_the_place() {
        check("{\n\t\"é\": x\n}", 2, 7, Some("  2 |  \"é\": x\n    |       ^"));
        check("{}", 1, 1, Some("  1 | {}\n    | ^"));
        check("{}", 2, 1, None);
        check("{}", 0, 0, None);
    }

    #[test]
    fn of_a_long_line_the_part_around_the_place_is_shown() {
        let source = format!("{}X{}", "a".repeat(200), "b".repeat(200));
        let expected =
            format!("  1 | {}X{}\n    | {}^", "a".repeat(40), "b".repeat(39), " ".repeat(40));
        check(&source, 1, 201, Some(&expected));
    }
}
