//! A report in the format of JUnit, as CI systems read it.
//!
//! Sixty lines of our own: the format has no standard, and what CI systems read of it is this.

use std::fmt::Write;
use std::time::Duration;

use super::{Ran, TestFile, shown};

/// The report of tests of a project.
pub(crate) fn report(project: &str, tests: &[(&TestFile, Ran)]) -> String {
    let failed = tests.iter().filter(|(_, ran)| !ran.passed()).count();
    let took: Duration = tests.iter().map(|(_, ran)| ran.took).sum();
    let counts = format!(
        "tests=\"{}\" failures=\"{failed}\" errors=\"0\" time=\"{}\"",
        tests.len(),
        seconds(took)
    );
    let project = escaped(project);
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites {counts}>\n  \
         <testsuite name=\"{project}\" {counts}>\n"
    );
    for (test, ran) in tests {
        // Writing to a text does not fail.
        let _ = writeln!(
            xml,
            "    <testcase classname=\"{project}\" name=\"{}\" file=\"{}\" time=\"{}\">",
            escaped(&test.name),
            escaped(&test.path.display().to_string()),
            seconds(ran.took)
        );
        if !ran.passed() {
            let all: Vec<String> =
                ran.differences.iter().map(|difference| shown(difference, false)).collect();
            let message = all.first().and_then(|first| first.lines().next()).unwrap_or_default();
            let _ = writeln!(
                xml,
                "      <failure message=\"{}\">{}</failure>",
                escaped(message),
                escaped(&all.join("\n"))
            );
        }
        if !ran.logs.is_empty() {
            let _ = writeln!(xml, "      <system-err>{}</system-err>", escaped(&ran.logs));
        }
        xml.push_str("    </testcase>\n");
    }
    xml + "  </testsuite>\n</testsuites>\n"
}

fn seconds(duration: Duration) -> String {
    format!("{:.3}", duration.as_secs_f64())
}

/// Text for an attribute or an element. Characters that XML 1.0 cannot hold become `\u{FFFD}`.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\t' => escaped.push(character),
            '\0'..'\u{20}' | '\u{FFFE}' | '\u{FFFF}' => escaped.push('\u{FFFD}'),
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_breaks_out_of_its_element() {
        assert_eq!(escaped("a<b>&\"c\"\u{1}\n"), "a&lt;b&gt;&amp;&quot;c&quot;\u{FFFD}\n");
    }
}
