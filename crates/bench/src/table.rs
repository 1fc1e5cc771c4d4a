//! The results as Markdown that can be read as it is: a table for each group of cases.

use std::fmt::Write;

use crate::case::{CaseResult, ContenderResult};

/// What is said above a group's table, and how its numbers are shown.
struct Group {
    prefix: &'static str,
    title: &'static str,
    show: Show,
}

/// How samples are shown.
struct Show {
    unit: &'static str,
    /// So many samples are one of the unit.
    scale: f64,
    decimals: usize,
}

const NANOSECONDS: Show = Show { unit: "ns", scale: 1.0, decimals: 0 };
const MICROSECONDS: Show = Show { unit: "µs", scale: 1e3, decimals: 1 };
const MILLISECONDS: Show = Show { unit: "ms", scale: 1e6, decimals: 1 };
const MEGABYTES: Show = Show { unit: "MB", scale: 1024.0 * 1024.0, decimals: 1 };
const TIMES: Show = Show { unit: "times", scale: 1.0, decimals: 2 };

const GROUPS: [Group; 8] = [
    Group {
        prefix: "engine/",
        title: "A state in the engine, null lane, full history",
        show: NANOSECONDS,
    },
    Group { prefix: "expr/", title: "Expressions and definitions", show: NANOSECONDS },
    Group {
        prefix: "hop/",
        title: "A hop between no-op functions, full history",
        show: MICROSECONDS,
    },
    Group {
        prefix: "passing on/",
        title: "A hop where a path touches the result",
        show: MICROSECONDS,
    },
    Group { prefix: "start/", title: "Until the first answer", show: MILLISECONDS },
    Group { prefix: "parallel/", title: "Two at the same time, speed-up", show: TIMES },
    Group { prefix: "fan-out/", title: "A fan-out, all branches done", show: MILLISECONDS },
    Group { prefix: "memory/", title: "Private memory of a warm function", show: MEGABYTES },
];

/// All tables, each followed by an empty line.
pub(crate) fn render(results: &[CaseResult]) -> String {
    let mut out = String::new();
    for group in &GROUPS {
        let rows: Vec<_> = results
            .iter()
            .filter_map(|result| Some((result.name.strip_prefix(group.prefix)?, result)))
            .flat_map(|(name, result)| rows(name, result, &group.show))
            .collect();
        if !rows.is_empty() {
            let unit = group.show.unit;
            let head = ["", "", &format!("median {unit}"), "p99", "ratio", "goal"];
            writeln!(out, "### {}\n", group.title).expect("a String takes everything");
            push(&mut out, &head.map(str::to_owned), &rows);
            out.push('\n');
        }
    }
    out
}

/// A row for each contender; the name of the case stands in the first.
fn rows(name: &str, result: &CaseResult, show: &Show) -> Vec<[String; COLUMNS]> {
    let mut names = std::iter::once(name).chain(std::iter::repeat(""));
    let row = |(contender, ratio): (&ContenderResult, Option<f64>)| {
        let number = |value: f64| number(value / show.scale, show.decimals);
        [
            names.next().unwrap_or_default().to_owned(),
            contender.name.to_owned(),
            number(contender.median_of(|round| round.median)),
            number(contender.median_of(|round| round.p99)),
            ratio.map(|ratio| self::number(ratio, 2)).unwrap_or_default(),
            contender.goal.to_owned(),
        ]
    };
    result.contenders.iter().zip(result.ratios()).map(row).collect()
}

/// Decimals only where they tell something.
fn number(value: f64, decimals: usize) -> String {
    let decimals = if value < 100.0 { decimals } else { 0 };
    let text = format!("{value:.decimals$}");
    // A small ratio is not nothing.
    if decimals > 0 && value > 0.0 && value < 0.1 { format!("{value:.3}") } else { text }
}

const COLUMNS: usize = 6;
/// Names to the left, numbers to the right.
const TO_THE_LEFT: [bool; COLUMNS] = [true, true, false, false, false, false];

fn push(out: &mut String, head: &[String; COLUMNS], rows: &[[String; COLUMNS]]) {
    let lines = || std::iter::once(head).chain(rows);
    let width = |column: usize| lines().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; COLUMNS] = std::array::from_fn(|column| width(column).max(4));
    for (at, line) in lines().enumerate() {
        for column in 0..COLUMNS {
            let (cell, width) = (&line[column], widths[column]);
            let ended = if TO_THE_LEFT[column] {
                write!(out, "| {cell:<width$} ")
            } else {
                write!(out, "| {cell:>width$} ")
            };
            ended.expect("a String takes everything");
        }
        out.push_str("|\n");
        if at == 0 {
            for column in 0..COLUMNS {
                let dashes = "-".repeat(widths[column] - 1);
                out.push_str(&if TO_THE_LEFT[column] {
                    format!("| {dashes}- ")
                } else {
                    format!("| {dashes}: ")
                });
            }
            out.push_str("|\n");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::{Round, Unit};

    #[test]
    fn columns_are_aligned() {
        let contender = |name, goal, median, p99| ContenderResult {
            name,
            goal,
            rounds: vec![Round { samples: 9, min: 1.0, median, p99 }],
        };
        let result =
            |name: &str, unit, contenders| CaseResult { name: name.to_owned(), unit, contenders };
        let results = [
            result(
                "engine/Pass",
                Unit::Nanoseconds,
                vec![contender("engine", "≤ 500 ns", 312.4, 1500.0)],
            ),
            result(
                "hop/200 B",
                Unit::Nanoseconds,
                vec![
                    contender("thread lanes", "≤ 0.5", 2500.0, 3550.0),
                    contender("plain Python", "", 6000.0, 9000.0),
                ],
            ),
        ];
        let expected = "\
### A state in the engine, null lane, full history

|      |        | median ns |  p99 | ratio |     goal |
| ---- | ------ | --------: | ---: | ----: | -------: |
| Pass | engine |       312 | 1500 |       | ≤ 500 ns |

### A hop between no-op functions, full history

|       |              | median µs |  p99 | ratio |  goal |
| ----- | ------------ | --------: | ---: | ----: | ----: |
| 200 B | thread lanes |       2.5 |  3.5 |  0.42 | ≤ 0.5 |
|       | plain Python |       6.0 |  9.0 |       |       |

";
        assert_eq!(render(&results), expected);
    }

    #[test]
    fn numbers_are_as_long_as_they_tell_something() {
        let check = |value, decimals, expected| assert_eq!(number(value, decimals), expected);
        check(312.4, 1, "312");
        check(31.24, 1, "31.2");
        check(0.5, 2, "0.50");
        check(0.0312, 2, "0.031");
        check(0.0, 2, "0.00");
        check(7.4, 0, "7");
    }
}
