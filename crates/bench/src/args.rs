//! What was typed.

use std::path::PathBuf;

/// Measures what a state costs in the engine and what a hop from function to function costs, beside
/// plain Python calls with `json.loads(json.dumps(x))` between them.
#[derive(Debug, clap::Parser)]
#[command(name = "faastlane-bench")]
pub(crate) struct Args {
    /// One short round: to see that it works, not how fast it is.
    #[arg(long)]
    pub(crate) quick: bool,
    /// Folder for the raw results.
    #[arg(long, value_name = "DIR", default_value = "bench-results")]
    pub(crate) out: PathBuf,
    /// The interpreter that runs the handlers and the baseline.
    #[arg(long, value_name = "PATH", default_value = "python3")]
    pub(crate) python: PathBuf,
    /// Only cases whose name contains this, such as `engine` or `hop/200 B`.
    #[arg(long, value_name = "TEXT")]
    pub(crate) filter: Option<String>,
    /// Leave the choice of processors to the kernel instead of staying on one.
    #[arg(long)]
    pub(crate) no_pin: bool,
}
