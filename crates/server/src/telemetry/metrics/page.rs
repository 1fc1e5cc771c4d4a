//! Prometheus' text format, and the histograms in it.
//!
//! <https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format>. Labels here are names of ours, so
//! nothing in them needs escaping.

use std::fmt::{Display, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Upper bounds of the buckets of times, in seconds.
const BOUNDS: [f64; 14] =
    [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 10.0, 60.0];

/// Times, counted by how long they are.
#[derive(Debug, Default)]
pub(super) struct Histogram {
    counts: [AtomicU64; BOUNDS.len() + 1],
    sum_nanoseconds: AtomicU64,
}

impl Histogram {
    pub(super) fn observe(&self, time: Duration) {
        let seconds = time.as_secs_f64();
        let bucket = BOUNDS.iter().position(|bound| seconds <= *bound).unwrap_or(BOUNDS.len());
        self.counts[bucket].fetch_add(1, Ordering::Relaxed);
        let nanoseconds = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.sum_nanoseconds.fetch_add(nanoseconds, Ordering::Relaxed);
    }

    pub(super) fn count(&self) -> u64 {
        self.counts.iter().map(|count| count.load(Ordering::Relaxed)).sum()
    }
}

/// A page of metrics while it is written.
#[derive(Debug, Default)]
pub(super) struct Page {
    text: String,
    /// The family that samples are of.
    family: &'static str,
}

impl Page {
    /// The samples that follow are of the metric `name`.
    pub(super) fn family(&mut self, name: &'static str, kind: &str, help: &str) {
        self.family = name;
        self.write(format_args!("# HELP {name} {help}\n# TYPE {name} {kind}\n"));
    }

    /// A sample of the family, or of its part with this suffix.
    pub(super) fn sample(&mut self, suffix: &str, labels: &[(&str, &str)], value: impl Display) {
        let family = self.family;
        self.write(format_args!("{family}{suffix}"));
        for (index, (name, label)) in labels.iter().enumerate() {
            let before = if index == 0 { '{' } else { ',' };
            self.write(format_args!("{before}{name}=\"{label}\""));
        }
        let end = if labels.is_empty() { "" } else { "}" };
        self.write(format_args!("{end} {value}\n"));
    }

    /// A metric that is one number.
    pub(super) fn single(
        &mut self,
        name: &'static str,
        kind: &str,
        help: &str,
        value: impl Display,
    ) {
        self.family(name, kind, help);
        self.sample("", &[], value);
    }

    /// The samples of a histogram.
    pub(super) fn histogram(&mut self, labels: &[(&str, &str)], histogram: &Histogram) {
        let mut total = 0;
        let bounds = BOUNDS.iter().map(f64::to_string).chain(["+Inf".to_owned()]);
        for (bound, count) in bounds.zip(&histogram.counts) {
            total += count.load(Ordering::Relaxed);
            let mut labels = labels.to_vec();
            labels.push(("le", &bound));
            self.sample("_bucket", &labels, total);
        }
        let sum = Duration::from_nanos(histogram.sum_nanoseconds.load(Ordering::Relaxed));
        self.sample("_sum", labels, sum.as_secs_f64());
        // The same number as the last bucket, whatever is counted meanwhile.
        self.sample("_count", labels, total);
    }

    pub(super) fn text(self) -> String {
        self.text
    }

    fn write(&mut self, text: std::fmt::Arguments<'_>) {
        self.text.write_fmt(text).expect("writing to memory does not fail");
    }
}
