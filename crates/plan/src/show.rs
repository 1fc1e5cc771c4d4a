//! A plan as text for people.

use std::fmt;

use crate::plan::{
    Choice, FanOut, FanOutKind, FunctionPlan, Isolation, Lanes, Plan, Process, ProcessKind, Runs,
    Start,
};

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { lanes, isolation, vcpus, .. } = self;
        let plural = if *vcpus == 1 { "" } else { "s" };
        write!(f, "{vcpus} vCPU{plural}, lanes {lanes}, isolation {isolation}")?;
        let functions = self.functions.iter().map(FunctionPlan::row);
        table(f, ["functions", "alone", "beside others", "why"], functions.collect())?;
        let processes = self.alike().into_iter().map(|process| {
            let functions = match process.functions.join(", ") {
                none if none.is_empty() => "no functions".to_owned(),
                names => names,
            };
            [process.what, process.starts.to_string(), functions]
        });
        table(f, ["processes", "start", "with"], processes.collect())?;
        if !self.fan_outs.is_empty() {
            let rows = self.fan_outs.iter().map(|fan| [fan.state.clone(), fan.size(), fan.lanes()]);
            table(f, ["fan-outs", "", "run"], rows.collect())?;
        }
        Ok(())
    }
}

/// Processes that differ only in their one function, shown as one.
pub(crate) struct Alike<'a> {
    pub(crate) what: String,
    pub(crate) kind: ProcessKind,
    pub(crate) starts: Start,
    pub(crate) functions: Vec<&'a str>,
}

impl Plan {
    pub(crate) fn alike(&self) -> Vec<Alike<'_>> {
        let is_alike = |one: &Process, other: &Process| {
            let shape = |process: &Process| (process.kind, process.starts, process.functions.len());
            one.kind != ProcessKind::Container
                && one.functions.len() == 1
                && shape(one) == shape(other)
        };
        let together = self.processes.chunk_by(is_alike).map(|processes| {
            let Process { kind, starts, .. } = processes[0];
            let each = if processes.len() > 1 { ", one for each" } else { "" };
            let functions = processes.iter().flat_map(|process| &process.functions);
            let functions = functions.map(String::as_str).collect();
            Alike { what: format!("{kind}{each}"), kind, starts, functions }
        });
        together.collect()
    }
}

/// Rows whose columns stand below each other and below their heads.
fn table<const N: usize>(
    f: &mut fmt::Formatter<'_>,
    heads: [&str; N],
    mut rows: Vec<[String; N]>,
) -> fmt::Result {
    for row in &mut rows {
        row[0].insert_str(0, "  ");
    }
    rows.insert(0, heads.map(str::to_owned));
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths: [usize; N] = std::array::from_fn(|column| width(column).unwrap_or(0));
    writeln!(f)?;
    for row in &rows {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        write!(f, "\n{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
    }
    Ok(())
}

impl FunctionPlan {
    fn row(&self) -> [String; 4] {
        let lane = |choice: &Option<Choice>| {
            choice.as_ref().map_or_else(|| "–".to_owned(), |choice| choice.lane.to_string())
        };
        let mut reasons: Vec<String> = Vec::new();
        for choice in [&self.alone, &self.beside].into_iter().flatten() {
            let reason = choice.why.to_string();
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
        if reasons.is_empty() {
            reasons.push("no state calls it".to_owned());
        }
        [self.name.clone(), lane(&self.alone), lane(&self.beside), reasons.join("; ")]
    }
}

impl FanOut {
    /// `Map, 4 at once`
    fn size(&self) -> String {
        let what = match self.kind {
            FanOutKind::Parallel => "branches",
            FanOutKind::Map => "items",
        };
        let width = match (self.width, self.kind) {
            (Some(1), _) => format!("1 {}", if what == "items" { "item" } else { "branch" }),
            (Some(width), _) => format!("{width} {what}"),
            (None, _) => format!("any number of {what}"),
        };
        let at_once = match self.at_once.filter(|at_once| Some(*at_once) != self.width) {
            Some(at_once) => format!(", {at_once} at a time"),
            None => String::new(),
        };
        format!("{}, {width}{at_once}", self.kind)
    }

    /// `side by side in 2 hosts, up to 50 while some of them sleep or wait`
    fn lanes(&self) -> String {
        let (Some(hosts), Some(most)) = (self.hosts, self.hosts_most) else {
            return match self.functions.is_empty() {
                true => "calls no function".to_owned(),
                false => self.runs.to_string(),
            };
        };
        let plural = if hosts == 1 { "worker" } else { "workers" };
        let more = match most > hosts {
            true => format!(", up to {most} while some of them sleep or wait"),
            false => String::new(),
        };
        let groups = match self.groups.as_slice() {
            [] => String::new(),
            groups => format!(
                "; {} containers would hold it ({}), a run has one and lets the rest wait",
                groups.len(),
                groups_text(groups)
            ),
        };
        format!("{} in {hosts} {plural}{more}{groups}", self.runs)
    }
}

/// `4 of 250`, or `1 of 9, 2 of 8`.
fn groups_text(groups: &[usize]) -> String {
    let same: Vec<String> = groups
        .chunk_by(|one, other| one == other)
        .map(|same| format!("{} of {}", same.len(), same[0]))
        .collect();
    same.join(", ")
}

impl fmt::Display for Lanes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Lanes::Auto => "auto",
            Lanes::Threads => "threads",
            Lanes::Processes => "processes",
            Lanes::Portable => "portable",
        })
    }
}

impl fmt::Display for Isolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Isolation::Mpk => "mpk",
            Isolation::Process => "process",
            Isolation::None => "none",
        })
    }
}

impl fmt::Display for ProcessKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Container => "container",
            Self::Template => "template",
            Self::Portable => "portable",
        })
    }
}

impl fmt::Display for FanOutKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            FanOutKind::Parallel => "Parallel",
            FanOutKind::Map => "Map",
        })
    }
}

impl fmt::Display for Runs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Runs::SideBySide => "side by side",
            Runs::OneAfterAnother => "one after another",
        })
    }
}
