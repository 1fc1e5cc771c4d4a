//! The results as aligned columns: a table for each group of cases.

use std::fmt::Write;

use crate::case::CaseResult;

/// Width of the column of names; each column of numbers takes [`NUMBER`].
const NAME: usize = 38;
const NUMBER: usize = 11;

/// What is said above a group's table, and the unit of its numbers.
struct Group {
    prefix: &'static str,
    title: &'static str,
    unit: &'static str,
    nanoseconds: f64,
}

const GROUPS: [Group; 2] = [
    Group {
        prefix: "engine/",
        title: "A state in the engine: null lane, full history (goal: 2000 ns)",
        unit: "ns",
        nanoseconds: 1.0,
    },
    Group {
        prefix: "hop/",
        title: "A hop between no-op functions, portable lane, full history (goal at 200 B: 60 us)",
        unit: "us",
        nanoseconds: 1000.0,
    },
];

/// All tables, each followed by an empty line.
pub(crate) fn render(results: &[CaseResult]) -> String {
    let mut out = String::new();
    for group in &GROUPS {
        let rows: Vec<_> = results
            .iter()
            .filter_map(|result| Some((result.name.strip_prefix(group.prefix)?, result)))
            .collect();
        if let Some((_, first)) = rows.first() {
            header(group, first, &mut out);
            rows.iter().for_each(|(name, result)| row(group, name, result, &mut out));
            out.push('\n');
        }
    }
    out
}

fn header(group: &Group, first: &CaseResult, out: &mut String) {
    let several = first.contenders.len() > 1;
    line(out, group.title);
    if several {
        let mut names = " ".repeat(NAME);
        for contender in &first.contenders {
            push(&mut names, contender.name, 2 * NUMBER);
        }
        line(out, &names);
    }
    let mut columns = format!("{:NAME$}", "");
    for _ in &first.contenders {
        push(&mut columns, &format!("median {}", group.unit), NUMBER);
        push(&mut columns, "p99", NUMBER);
    }
    if several {
        push(&mut columns, "ratio", NUMBER);
    }
    line(out, &columns);
}

fn row(group: &Group, name: &str, result: &CaseResult, out: &mut String) {
    let mut cells = format!("  {name:0$}", NAME - 2);
    for contender in &result.contenders {
        for time in [contender.median_of(|round| round.median), contender.median_of(|r| r.p99)] {
            push(&mut cells, &short(time / group.nanoseconds), NUMBER);
        }
    }
    if let Some(ratio) = result.ratio() {
        push(&mut cells, &format!("{ratio:.2}"), NUMBER);
    }
    line(out, &cells);
}

fn push(line: &mut String, cell: &str, width: usize) {
    write!(line, "{cell:>width$}").expect("a String takes everything");
}

fn line(out: &mut String, text: &str) {
    out.push_str(text.trim_end());
    out.push('\n');
}

/// A decimal only where it tells something.
fn short(number: f64) -> String {
    if number < 100.0 { format!("{number:.1}") } else { format!("{number:.0}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::{ContenderResult, Round};

    #[test]
    fn columns_are_aligned() {
        let contender = |name, median, p99| ContenderResult {
            name,
            rounds: vec![Round { samples: 9, min: 1.0, median, p99 }],
        };
        let result = |name: &str, contenders| CaseResult { name: name.to_owned(), contenders };
        let results = [
            result("engine/Pass", vec![contender("engine", 312.4, 1500.0)]),
            result(
                "hop/200 B",
                vec![
                    contender("container", 30_000.0, 45_500.0),
                    contender("plain", 6000.0, 9000.0),
                ],
            ),
        ];
        let expected = "\
A state in the engine: null lane, full history (goal: 2000 ns)
                                        median ns        p99
  Pass                                        312       1500

A hop between no-op functions, portable lane, full history (goal at 200 B: 60 us)
                                                   container                 plain
                                        median us        p99  median us        p99      ratio
  200 B                                      30.0       45.5        6.0        9.0       5.00

";
        assert_eq!(render(&results), expected);
    }
}
