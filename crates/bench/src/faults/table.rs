//! What came of a campaign, as a table of Markdown: a line for each fault.

use std::collections::BTreeMap;
use std::io::Write;

use super::Record;
use super::fault::Fault;
use super::verdict::Verdict;

const VERDICTS: [Verdict; 7] = [
    Verdict::Right,
    Verdict::Explained,
    Verdict::Unseen,
    Verdict::Wrong,
    Verdict::Internal,
    Verdict::Late,
    Verdict::Left,
];
const HEAD: &str = "\
| fault | executions | met something | right | explained | unseen | wrong | internal | late | left | calls again | extra ms, median | p99 |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |";

/// Prints it.
pub(super) fn print(records: &[Record]) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{HEAD}")?;
    let mut lines: BTreeMap<Fault, Vec<&Record>> = BTreeMap::new();
    for record in records {
        lines.entry(record.fault).or_default().push(record);
    }
    for (fault, records) in lines {
        line(&mut out, &fault.to_string(), &records)?;
    }
    if records.is_empty() {
        return Ok(());
    }
    line(&mut out, "all", &records.iter().collect::<Vec<_>>())
}

fn line(out: &mut impl Write, name: &str, records: &[&Record]) -> std::io::Result<()> {
    let count = |is: &dyn Fn(&Record) -> bool| records.iter().filter(|record| is(record)).count();
    write!(out, "| {name} | {} | {} |", records.len(), count(&|record| record.was_hit))?;
    for verdict in VERDICTS {
        write!(out, " {} |", count(&|record| record.verdict == verdict))?;
    }
    let again: u64 = records.iter().map(|record| record.calls_again).sum();
    let milliseconds =
        |record: &&Record| (record.outcome.took.as_secs_f64() - record.usual.as_secs_f64()) * 1e3;
    let mut extra: Vec<f64> = records.iter().map(milliseconds).collect();
    extra.sort_by(f64::total_cmp);
    let at = |share: usize| extra[(extra.len() - 1) * share / 100];
    writeln!(out, " {again} | {:.0} | {:.0} |", at(50), at(99))
}
