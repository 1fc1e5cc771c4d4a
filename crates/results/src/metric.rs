//! What is measured of an execution, and in which unit.

use serde::{Deserialize, Serialize};

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Metric {
    /// From start to output, in µs.
    EndToEnd,
    /// The same, which one of a hundred executions exceeds.
    EndToEndP99,
    /// Handlers, in µs.
    Functions,
    /// Handlers that wait for what is outside of the workflow, in µs.
    Outside,
    /// Retries and Wait states, in µs.
    Waiting,
    /// All else, in µs.
    Interaction,
    /// The same, which one of a hundred executions exceeds.
    InteractionP99,
    /// Executions in a second.
    Throughput,
    /// Processor time of an execution, in µs.
    Cpu,
    /// Memory in MiB.
    Memory,
}

impl Metric {
    /// In the order in which they are shown.
    pub const ALL: [Self; 10] = [
        Self::EndToEnd,
        Self::EndToEndP99,
        Self::Functions,
        Self::Outside,
        Self::Waiting,
        Self::Interaction,
        Self::InteractionP99,
        Self::Throughput,
        Self::Cpu,
        Self::Memory,
    ];

    /// What it is called.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::EndToEnd => "end to end",
            Self::EndToEndP99 => "end to end p99",
            Self::Functions => "functions",
            Self::Outside => "outside services",
            Self::Waiting => "waiting",
            Self::Interaction => "interaction",
            Self::InteractionP99 => "interaction p99",
            Self::Throughput => "throughput",
            Self::Cpu => "CPU",
            Self::Memory => "memory",
        }
    }

    /// Whether a larger number is a better one.
    #[must_use]
    pub const fn more_is_better(self) -> bool {
        matches!(self, Self::Throughput)
    }

    /// A number with its unit.
    pub(crate) fn shown(self, value: f64) -> String {
        match self {
            Self::Throughput => format!("{} /s", digits(value)),
            Self::Memory => format!("{} MB", digits(value)),
            _ if value < 1e3 => format!("{} µs", digits(value)),
            _ if value < 1e6 => format!("{} ms", digits(value / 1e3)),
            _ => format!("{} s", digits(value / 1e6)),
        }
    }
}

/// Three digits, or all before the point.
pub(crate) fn digits(value: f64) -> String {
    match value.abs() {
        size if size >= 99.95 || size == 0.0 => format!("{value:.0}"),
        size if size >= 9.995 => format!("{value:.1}"),
        size if size >= 0.0995 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_shown_with_their_unit() {
        let check = |metric: Metric, value, expected| assert_eq!(metric.shown(value), expected);
        check(Metric::Interaction, 21.04, "21.0 µs");
        check(Metric::EndToEnd, 58_240.0, "58.2 ms");
        check(Metric::Cpu, 1.25e6, "1.25 s");
        check(Metric::Throughput, 41_300.4, "41300 /s");
        check(Metric::Memory, 0.05, "0.050 MB");
        check(Metric::Waiting, 0.0, "0 µs");
    }
}
