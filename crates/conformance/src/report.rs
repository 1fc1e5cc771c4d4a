//! All cases together: counts by tag and level, the first difference of each failing case, and what
//! is out of scope.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use faastlane_value::{ObjectBuilder, Value};

use crate::run::{Finding, Level};

/// What came of all cases.
#[derive(Debug, Default)]
pub struct Report {
    /// The way in which they were run.
    pub way: &'static str,
    /// The cases that were run, by name.
    pub cases: Vec<CaseReport>,
    /// How many cases were not run, by reason.
    pub out_of_scope: BTreeMap<String, usize>,
}

/// What came of one case.
#[derive(Debug)]
pub struct CaseReport {
    /// Its name.
    pub name: String,
    /// Its tags.
    pub tags: Vec<String>,
    /// What was found at each level it was compared at.
    pub findings: Vec<Finding>,
}

/// How many cases passed, of how many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Count {
    passed: usize,
    total: usize,
}

type Counts = BTreeMap<Level, Count>;

impl Report {
    /// Whether every case agrees at every level.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.cases.iter().all(|case| case.findings.iter().all(|finding| finding.outcome.is_ok()))
    }

    /// Writes the report for people.
    ///
    /// # Errors
    /// What `out` reports.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        self.write_table(out)?;
        self.write_differences(out)?;
        let skipped: usize = self.out_of_scope.values().sum();
        let (run, way) = (self.cases.len(), self.way);
        writeln!(out, "\n{run} cases run through {way}, {skipped} out of scope:")?;
        for (reason, count) in &self.out_of_scope {
            writeln!(out, "  {count:4} {reason}")?;
        }
        Ok(())
    }

    fn write_table(&self, out: &mut impl Write) -> io::Result<()> {
        let total = self.counts("");
        let levels: Vec<Level> =
            Level::ALL.into_iter().filter(|level| total.contains_key(level)).collect();
        write!(out, "{:36}", "tag")?;
        for level in &levels {
            write!(out, " {:>11}", level.name())?;
        }
        writeln!(out)?;
        for tag in self.tags() {
            write_row(out, tag, &self.counts(tag), &levels)?;
        }
        write_row(out, "all", &total, &levels)
    }

    fn write_differences(&self, out: &mut impl Write) -> io::Result<()> {
        let first = |case: &CaseReport| {
            let mut findings = case.findings.iter();
            findings.find_map(|finding| Some((finding.level, finding.outcome.clone().err()?)))
        };
        let failed: Vec<_> =
            self.cases.iter().filter_map(|case| Some((case, first(case)?))).collect();
        if failed.is_empty() {
            return Ok(());
        }
        writeln!(out, "\n{} cases differ:", failed.len())?;
        for (case, (level, difference)) in failed {
            writeln!(out, "{}\n    {}: {difference}", case.name, level.name())?;
        }
        Ok(())
    }

    /// The report for programs.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let mut tags = ObjectBuilder::default();
        for tag in self.tags() {
            tags.insert(tag, counts_value(&self.counts(tag)));
        }
        let reasons = self.out_of_scope.iter();
        let mut report = ObjectBuilder::default();
        report.insert("way", Value::from(self.way));
        report.insert("total", counts_value(&self.counts("")));
        report.insert("tags", tags.build());
        report.insert(
            "outOfScope",
            Value::object(reasons.map(|(tag, n)| (tag.as_str(), number(*n)))),
        );
        report.insert("cases", Value::array(self.cases.iter().map(CaseReport::to_value)));
        report.build()
    }

    fn tags(&self) -> BTreeSet<&str> {
        self.cases.iter().flat_map(|case| &case.tags).map(String::as_str).collect()
    }

    /// Counts of the cases with `tag`; of all for "".
    fn counts(&self, tag: &str) -> Counts {
        let has_tag = |case: &&CaseReport| tag.is_empty() || case.tags.iter().any(|own| own == tag);
        let mut counts = Counts::new();
        for finding in self.cases.iter().filter(has_tag).flat_map(|case| &case.findings) {
            let count = counts.entry(finding.level).or_default();
            count.total += 1;
            count.passed += usize::from(finding.outcome.is_ok());
        }
        counts
    }
}

impl CaseReport {
    fn to_value(&self) -> Value {
        let finding = |finding: &Finding| {
            let text = match &finding.outcome {
                Ok(()) => Value::from(true),
                Err(difference) => Value::from(difference.to_string()),
            };
            (finding.level.name(), text)
        };
        Value::object([
            ("name", Value::from(self.name.as_str())),
            ("levels", Value::object(self.findings.iter().map(finding))),
        ])
    }
}

fn write_row(out: &mut impl Write, tag: &str, counts: &Counts, levels: &[Level]) -> io::Result<()> {
    write!(out, "{tag:36}")?;
    for level in levels {
        let cell = counts
            .get(level)
            .map_or("-".to_owned(), |count| format!("{}/{}", count.passed, count.total));
        write!(out, " {cell:>11}")?;
    }
    writeln!(out)
}

fn counts_value(counts: &Counts) -> Value {
    Value::object(counts.iter().map(|(level, count)| {
        let count = [("passed", number(count.passed)), ("total", number(count.total))];
        (level.name(), Value::object(count))
    }))
}

fn number(count: usize) -> Value {
    Value::from(i64::try_from(count).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::Difference;

    #[test]
    fn a_report_counts_and_names_what_differs() {
        let finding = |level, passed: bool| Finding {
            level,
            outcome: if passed { Ok(()) } else { Err(Difference::new("output.a", "1", "2")) },
        };
        let case = |name: &str, tag: &str, findings| CaseReport {
            name: name.into(),
            tags: vec![tag.into()],
            findings,
        };
        let report = Report {
            way: "the engine",
            cases: vec![
                case("one", "state:Pass", vec![finding(Level::Status, true)]),
                case(
                    "two",
                    "state:Map",
                    vec![finding(Level::Status, true), finding(Level::Result, false)],
                ),
            ],
            out_of_scope: BTreeMap::from([("ql:JSONata".to_owned(), 2)]),
        };
        let mut text = Vec::new();
        report.write(&mut text).expect("writing to memory does not fail");
        let expected = [
            "tag                                       status      result",
            "state:Map                                    1/1         0/1",
            "state:Pass                                   1/1           -",
            "all                                          2/2         0/1",
            "",
            "1 cases differ:",
            "two",
            "    result: output.a: expected 1, got 2",
            "",
            "2 cases run through the engine, 2 out of scope:",
            "     2 ql:JSONata",
            "",
        ];
        assert_eq!(String::from_utf8(text).expect("it is text"), expected.join("\n"));
        assert!(!report.is_clean());
        assert_eq!(
            report.to_value().to_json(),
            r#"{"way":"the engine","total":{"status":{"passed":2,"total":2},"result":{"passed":0,"total":1}},"tags":{"state:Map":{"status":{"passed":1,"total":1},"result":{"passed":0,"total":1}},"state:Pass":{"status":{"passed":1,"total":1}}},"outOfScope":{"ql:JSONata":2},"cases":[{"name":"one","levels":{"status":true}},{"name":"two","levels":{"status":true,"result":"output.a: expected 1, got 2"}}]}"#
        );
    }
}
