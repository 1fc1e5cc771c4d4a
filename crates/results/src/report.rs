//! What a file of results holds.

use serde::{Deserialize, Serialize};

use crate::Metric;
use crate::statistics::{median, rank};

/// Counts up when the meaning of the file changes.
pub const FORMAT: u32 = 1;

/// All that one run has measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// [`FORMAT`] of the program that wrote it.
    pub format: u32,
    /// Where and when.
    pub machine: Machine,
    /// What was run.
    pub workloads: Vec<Workload>,
}

/// Where and when something was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// Seconds since 1970.
    pub measured_at: u64,
    /// The version of this program.
    pub version: String,
    /// Model of the processor.
    pub processor: String,
    /// How many of them.
    pub processors: usize,
    /// The kernel's release.
    pub kernel: String,
    /// Whether there are memory protection keys.
    pub keys: bool,
    /// Processes that ran on average in the minute before.
    pub load: f64,
    /// Executions at a time, where throughput was measured.
    pub concurrency: usize,
}

/// One workload, and all who have run it in turns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Workload {
    /// What it is.
    pub name: String,
    /// Who has run it; ratios are to the one called [`Workload::BASELINE`].
    pub contenders: Vec<Contender>,
    /// Who has not, each with why.
    pub left_out: Vec<String>,
}

/// One way to run a workload.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contender {
    /// Which way.
    pub name: String,
    /// What is hoped for.
    pub goals: Vec<Goal>,
    /// What came out, in the order of time.
    pub rounds: Vec<Round>,
}

/// A number that is hoped for. Nothing fails when it is missed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Goal {
    /// Of what.
    pub metric: Metric,
    /// The limit, in the unit of the metric.
    pub limit: f64,
}

/// One turn of a contender.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Round {
    /// Executions one after another.
    pub samples: Vec<Sample>,
    /// Executions in a second, several at a time; none where an execution is too long for it.
    pub throughput: Option<f64>,
    /// Processor time of all processes together for an execution, in µs; none where it was too short
    /// for the kernel's clock.
    pub cpu: Option<f64>,
    /// Memory of all processes after the round, shared pages divided among those that share them, in MiB.
    pub memory: f64,
}

/// One execution; times in µs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// From its start to its output.
    pub end_to_end: f64,
    /// When at least one handler ran.
    pub functions: f64,
    /// Of `functions`, when handlers did not compute: outside services, files, sleep. None where nobody
    /// knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outside: Option<f64>,
    /// When no handler ran and the definition asked for it: Wait states, retries.
    pub waiting: f64,
}

impl Workload {
    /// Who the others are compared with.
    pub const BASELINE: &str = "plain calls, JSON between";

    /// The contender that ratios are to, if it took part.
    pub(crate) fn baseline(&self) -> Option<&Contender> {
        self.contenders.iter().find(|contender| contender.name == Self::BASELINE)
    }
}

impl Contender {
    /// The median over the rounds.
    #[must_use]
    pub fn value(&self, metric: Metric) -> Option<f64> {
        median(self.values(metric))
    }

    /// A value for each round that has one.
    pub(crate) fn values(&self, metric: Metric) -> Vec<f64> {
        self.rounds.iter().filter_map(|round| round.value(metric)).collect()
    }
}

impl Round {
    /// What this round says of `metric`, in its unit.
    #[must_use]
    pub fn value(&self, metric: Metric) -> Option<f64> {
        let of = |part: fn(&Sample) -> f64| self.samples.iter().map(part).collect::<Vec<_>>();
        match metric {
            Metric::EndToEnd => median(of(|sample| sample.end_to_end)),
            Metric::EndToEndP99 => rank(of(|sample| sample.end_to_end), 99),
            Metric::Functions => median(of(|sample| sample.functions)),
            Metric::Outside => median(self.samples.iter().filter_map(|s| s.outside).collect()),
            Metric::Waiting => median(of(|sample| sample.waiting)),
            Metric::Interaction => median(of(Sample::interaction)),
            Metric::InteractionP99 => rank(of(Sample::interaction), 99),
            Metric::Throughput => self.throughput,
            Metric::Cpu => self.cpu,
            Metric::Memory => Some(self.memory),
        }
    }
}

impl Sample {
    /// What the workflow itself took between its functions.
    #[must_use]
    pub fn interaction(&self) -> f64 {
        (self.end_to_end - self.functions - self.waiting).max(0.0)
    }
}
