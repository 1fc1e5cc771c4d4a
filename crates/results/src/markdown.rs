//! A report as Markdown that can be read as it is: a table for each workload.

use std::fmt::Write as _;

use crate::metric::digits;
use crate::statistics::ratio;
use crate::{Contender, Machine, Metric, Report, Workload};

/// Columns between the name and the goals.
const COLUMNS: [(&str, Metric); 10] = [
    ("end to end", Metric::EndToEnd),
    ("p99", Metric::EndToEndP99),
    ("functions", Metric::Functions),
    ("of that outside", Metric::Outside),
    ("waiting", Metric::Waiting),
    ("interaction", Metric::Interaction),
    ("p99", Metric::InteractionP99),
    ("throughput", Metric::Throughput),
    ("CPU", Metric::Cpu),
    ("memory", Metric::Memory),
];

/// All of the report's numbers: medians over the rounds.
#[must_use]
pub fn markdown(report: &Report) -> String {
    let mut text = head(&report.machine);
    for workload in &report.workloads {
        let _ = write!(text, "\n### {}\n\n", workload.name);
        text += &table(&header(), &rows(workload));
        for reason in &workload.left_out {
            let _ = write!(text, "\nLeft out: {reason}\n");
        }
    }
    text
}

fn head(machine: &Machine) -> String {
    let Machine { version, processor, processors, kernel, keys, load, concurrency, .. } = machine;
    let keys = if *keys { "with" } else { "without" };
    format!(
        "faastlane {version}, Linux {kernel}, {processor}, {processors} processors {keys} protection \
         keys, load {load:.1} before. Medians over the rounds; *ratio* is interaction beside {}; \
         throughput with {concurrency} executions at a time.\n",
        Workload::BASELINE
    )
}

fn header() -> Vec<String> {
    let mut header: Vec<String> = COLUMNS.iter().map(|(name, _)| (*name).to_owned()).collect();
    header.insert(0, String::new());
    header.extend(["ratio", "goal"].map(str::to_owned));
    header
}

fn rows(workload: &Workload) -> Vec<Vec<String>> {
    let baseline = workload.baseline();
    let row = |contender: &Contender| {
        let mut row = vec![contender.name.clone()];
        row.extend(COLUMNS.map(|(_, metric)| {
            contender.value(metric).map_or_else(String::new, |value| metric.shown(value))
        }));
        let beside = baseline.filter(|baseline| baseline.name != contender.name).and_then(|b| {
            ratio(&b.values(Metric::Interaction), &contender.values(Metric::Interaction))
        });
        row.push(beside.map_or_else(String::new, |ratio| digits(ratio.middle)));
        row.push(goals(contender));
        row
    };
    workload.contenders.iter().map(row).collect()
}

/// Each goal, and whether it was met.
fn goals(contender: &Contender) -> String {
    let goal = |goal: &crate::Goal| {
        let (sign, met) = match (goal.metric.more_is_better(), contender.value(goal.metric)) {
            (true, value) => ("≥", value.map(|value| value >= goal.limit)),
            (false, value) => ("≤", value.map(|value| value <= goal.limit)),
        };
        let met = met.map_or("not measured", |met| if met { "met" } else { "missed" });
        format!("{} {sign} {}: {met}", goal.metric.name(), goal.metric.shown(goal.limit))
    };
    contender.goals.iter().map(goal).collect::<Vec<_>>().join(", ")
}

/// A table with names to the left and numbers to the right.
pub(crate) fn table(header: &[String], rows: &[Vec<String>]) -> String {
    let lines = || std::iter::once(header).chain(rows.iter().map(Vec::as_slice));
    let width = |column: usize| lines().map(|line| line[column].chars().count()).max();
    let widths: Vec<usize> =
        (0..header.len()).map(|column| width(column).unwrap_or(0).max(3)).collect();
    let is_number = |column: usize| {
        rows.iter().any(|row| row[column].starts_with(|first: char| first.is_ascii_digit()))
            && column > 0
    };
    let mut text = String::new();
    for (at, line) in lines().enumerate() {
        for (column, (cell, width)) in line.iter().zip(&widths).enumerate() {
            let _ = if is_number(column) {
                write!(text, "| {cell:>width$} ")
            } else {
                write!(text, "| {cell:<width$} ")
            };
        }
        text.push_str("|\n");
        if at == 0 {
            for (column, width) in widths.iter().enumerate() {
                let end = if is_number(column) { ":" } else { "-" };
                let _ = write!(text, "| {}{end} ", "-".repeat(width - 1));
            }
            text.push_str("|\n");
        }
    }
    text
}
