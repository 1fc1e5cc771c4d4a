//! What came of the suite, as text.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::{Outcome, Report};

/// How many cases of a group ended in which way.
#[derive(Default)]
struct Counts {
    passed: usize,
    failed: usize,
    left_out: usize,
}

/// Writes a table by group, each case that failed, and those that were left out with the reason.
///
/// # Errors
/// Those of `out`.
pub fn write(reports: &[Report], out: &mut impl Write) -> io::Result<()> {
    let mut groups: BTreeMap<&str, Counts> = BTreeMap::new();
    let mut all = Counts::default();
    for report in reports {
        let group = groups.entry(&report.group).or_default();
        for counts in [group, &mut all] {
            match report.outcome {
                Outcome::Passed => counts.passed += 1,
                Outcome::Failed(_) => counts.failed += 1,
                Outcome::NotApplicable(_) => counts.left_out += 1,
            }
        }
    }
    writeln!(out, "| group | passed | of | left out |\n| --- | ---: | ---: | ---: |")?;
    let total = std::iter::once(("**all**", &all));
    for (name, counts) in groups.iter().map(|(name, counts)| (*name, counts)).chain(total) {
        let Counts { passed, failed, left_out } = counts;
        writeln!(out, "| {name} | {passed} | {} | {left_out} |", passed + failed)?;
    }
    write_list("failed", reports, out, |outcome| match outcome {
        Outcome::Failed(difference) => Some(difference),
        _ => None,
    })?;
    write_list("left out", reports, out, |outcome| match outcome {
        Outcome::NotApplicable(reason) => Some(reason),
        _ => None,
    })
}

fn write_list(
    title: &str,
    reports: &[Report],
    out: &mut impl Write,
    text: impl Fn(&Outcome) -> Option<&str>,
) -> io::Result<()> {
    writeln!(out, "\n{title}:")?;
    for report in reports {
        if let Some(text) = text(&report.outcome) {
            writeln!(out, "  {}/{}: {}", report.group, report.name, shortened(text))?;
        }
    }
    Ok(())
}

/// At most 300 characters.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(300) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
