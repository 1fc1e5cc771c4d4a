//! What was typed behind `faastlane bench`.

use std::num::NonZero;
use std::path::PathBuf;

use clap::Subcommand;

use super::help;

/// Measure what executions cost here, beside plain Python that makes the same calls
///
/// Each workload is run in every legal combination of --lanes and --isolation, and by plain calls, a fork
/// for each call, and a process for each function behind pipes and behind HTTP, in turns.
#[derive(Debug, clap::Args)]
#[command(after_help = help::BENCH, args_conflicts_with_subcommands = true)]
pub(crate) struct BenchArgs {
    #[command(subcommand)]
    pub(crate) command: Option<BenchCommand>,

    #[command(flatten)]
    pub(crate) measure: MeasureArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum BenchCommand {
    Compare(CompareArgs),
}

/// What to measure, and how long.
#[derive(Debug, clap::Args)]
pub(crate) struct MeasureArgs {
    /// Projects, as for `faastlane run` [default: built-in chains and fan-outs]
    #[arg(value_name = "TARGET")]
    pub(crate) targets: Vec<PathBuf>,

    /// Measure the built-in chains and fan-outs, too
    #[arg(long)]
    pub(crate) built_in: bool,

    /// Only workloads with this in their name; may be given several times
    #[arg(long, value_name = "TEXT")]
    pub(crate) filter: Vec<String>,

    /// How often all take their turn
    #[arg(long, value_name = "N", default_value = "7")]
    pub(crate) rounds: NonZero<usize>,

    /// How many executions run at a time, where throughput is measured
    #[arg(long, value_name = "C", default_value = "8")]
    pub(crate) concurrency: NonZero<usize>,

    /// One short round: whether it works, not how fast it is
    #[arg(long, conflicts_with = "rounds")]
    pub(crate) quick: bool,

    /// The Python to use, an interpreter or an environment; nothing is installed
    #[arg(long, value_name = "PATH")]
    pub(crate) python: Option<PathBuf>,

    /// The folder for raw results, table and plots; each run gets a folder of its own in there
    #[arg(long, value_name = "DIR", default_value = "bench-results")]
    pub(crate) out: PathBuf,
}

/// Compare two files of raw results, with confidence intervals
#[derive(Debug, clap::Args)]
pub(crate) struct CompareArgs {
    /// The results.json of before
    #[arg(value_name = "A.json")]
    pub(crate) old: PathBuf,

    /// The results.json of after
    #[arg(value_name = "B.json")]
    pub(crate) new: PathBuf,
}
