//! Two reports side by side: which numbers have changed, and which only seem so.

use crate::markdown::table;
use crate::metric::digits;
use crate::statistics::{FEWEST_ROUNDS, Ratio, ratio};
use crate::{Contender, Metric, Report};

/// What is compared; the parts of it that a change of the machine moves are left out.
const METRICS: [Metric; 6] = [
    Metric::EndToEnd,
    Metric::Interaction,
    Metric::InteractionP99,
    Metric::Throughput,
    Metric::Cpu,
    Metric::Memory,
];

/// A table of all that both reports have measured: both medians, the ratio of the new one to the old
/// one, and its confidence interval.
#[must_use]
pub fn compare(old: &Report, new: &Report) -> String {
    let mut rows = Vec::new();
    for (before, after) in pairs(&old.workloads, &new.workloads, |workload| &workload.name) {
        let contenders = pairs(&before.contenders, &after.contenders, |contender| &contender.name);
        for (a, b) in contenders {
            rows.extend(METRICS.iter().filter_map(|metric| row(&before.name, a, b, *metric)));
        }
    }
    if rows.is_empty() {
        return "The two files have nothing in common: no workload was run in the same way.\n"
            .into();
    }
    let header = ["workload", "way", "", "A", "B", "B / A", "95 %", ""].map(str::to_owned);
    let machines = [old, new].map(|report| {
        let machine = &report.machine;
        (&machine.processor, machine.processors, &machine.kernel, machine.keys)
    });
    let mut text = table(&header, &rows);
    if machines[0] != machines[1] {
        text += "\nThe files come from different machines: ratios say as much about those.\n";
    }
    text += &format!(
        "\n95 %: the interval that holds the true ratio, by drawing rounds again; empty with fewer than \
         {FEWEST_ROUNDS} rounds.\n"
    );
    text
}

/// Those of both that have the same name.
fn pairs<'a, T>(old: &'a [T], new: &'a [T], name: impl Fn(&T) -> &String) -> Vec<(&'a T, &'a T)> {
    let same = |one: &'a T| Some((one, new.iter().find(|other| name(other) == name(one))?));
    old.iter().filter_map(same).collect()
}

fn row(workload: &str, a: &Contender, b: &Contender, metric: Metric) -> Option<Vec<String>> {
    let ratio = ratio(&a.values(metric), &b.values(metric))?;
    let shown = |contender: &Contender| contender.value(metric).map(|value| metric.shown(value));
    let interval = ratio
        .interval
        .map_or_else(String::new, |(low, high)| format!("{} – {}", digits(low), digits(high)));
    Some(vec![
        workload.to_owned(),
        a.name.clone(),
        metric.name().to_owned(),
        shown(a)?,
        shown(b)?,
        digits(ratio.middle),
        interval,
        verdict(metric, &ratio).to_owned(),
    ])
}

/// Less than this share is nothing that anybody would act on, however sure it is.
const SMALL: f64 = 0.02;

/// In words, where the interval excludes that nothing has changed.
fn verdict(metric: Metric, ratio: &Ratio) -> &'static str {
    match ratio.interval {
        _ if (ratio.middle - 1.0).abs() < SMALL => "",
        Some((low, _)) if low > 1.0 => {
            if metric.more_is_better() {
                "better"
            } else {
                "worse"
            }
        }
        Some((_, high)) if high < 1.0 => {
            if metric.more_is_better() {
                "worse"
            } else {
                "better"
            }
        }
        _ => "",
    }
}
