//! What was typed.

use std::path::PathBuf;

/// Measures what the engine, a hop from function to function, a start, a second processor and a lane
/// cost, each beside something known that does the same work in the same run.
#[derive(Debug, clap::Parser)]
#[command(name = "faastlane-bench", args_conflicts_with_subcommands = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) measure: Measure,
}

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Calls lanes a million times, or runs the examples for minutes, and watches what stays behind.
    Soak(Soak),
    /// Runs the examples while something happens to each run, and judges how each one ended.
    Faults(Faults),
    /// Starts `faastlane serve` and measures executions over HTTP, executions that wait, and its start.
    Serve(Serve),
    /// Kills a server again and again while executions run, and judges each of them.
    Crash(Crash),
}

/// Options of measuring.
#[derive(Debug, clap::Args)]
pub(crate) struct Measure {
    /// One short round: to see that it works, not how fast it is.
    #[arg(long)]
    pub(crate) quick: bool,
    /// Folder for the raw results.
    #[arg(long, value_name = "DIR", default_value = "bench-results")]
    pub(crate) out: PathBuf,
    #[command(flatten)]
    pub(crate) programs: Programs,
    /// Only cases whose name contains this, such as `engine` or `hop/200 B`. Several are possible.
    #[arg(long, value_name = "TEXT")]
    pub(crate) filter: Vec<String>,
    /// Leave the choice of processors to the kernel instead of staying on one.
    #[arg(long)]
    pub(crate) no_pin: bool,
}

/// Options of soaking.
#[derive(Debug, clap::Args)]
pub(crate) struct Soak {
    /// How many calls, over 8 lanes of one process.
    #[arg(long, value_name = "N", default_value_t = 1_000_000, conflicts_with = "minutes")]
    pub(crate) calls: u64,
    /// Run the examples in turn for so long instead, and count wrong outputs.
    #[arg(long, value_name = "MINUTES")]
    pub(crate) minutes: Option<u64>,
    #[command(flatten)]
    pub(crate) programs: Programs,
}

/// Options of a fault campaign.
#[derive(Debug, clap::Args)]
pub(crate) struct Faults {
    /// How many executions something happens to.
    #[arg(long, value_name = "N", default_value_t = 1000)]
    pub(crate) executions: u64,
    /// Chooses what happens to which execution, and when.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Only the execution of this number, as a campaign with the same seed has it.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) only: Option<u64>,
    /// How many go on at the same time.
    #[arg(long, value_name = "N", default_value_t = 4)]
    pub(crate) jobs: usize,
    /// How long each function may take, in seconds: what stands still lasts that long, and on a busy
    /// machine nothing else may.
    #[arg(long, value_name = "SECONDS", default_value_t = 15)]
    pub(crate) timeout: u64,
    /// How much later than a timeout an execution may end, in seconds, on a machine that does nothing else.
    #[arg(long, value_name = "SECONDS", default_value_t = 5)]
    pub(crate) slack: u64,
    /// Only faults whose name contains this, such as `Kill` or `Function Trespasses`.
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(crate) fault: String,
    /// Only this example, such as `finra`. Several are possible.
    #[arg(long, value_name = "NAME")]
    pub(crate) example: Vec<String>,
    /// Folder for the raw results.
    #[arg(long, value_name = "DIR", default_value = "bench-results")]
    pub(crate) out: PathBuf,
    #[command(flatten)]
    pub(crate) programs: Programs,
}

/// Options of measuring a server.
#[derive(Debug, clap::Args)]
pub(crate) struct Serve {
    /// How many connections ask at the same time.
    #[arg(long, value_name = "N", default_value_t = 64)]
    pub(crate) connections: usize,
    /// How long each kind of execution is asked for.
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    pub(crate) seconds: u64,
    /// How many executions wait.
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    pub(crate) waiting: u64,
    /// How many servers are started to see how long that takes.
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub(crate) starts: usize,
    /// Only what this names: `StartSyncExecution`, `StartExecution`, `timer` or `token`. Several are possible.
    #[arg(long, value_name = "NAME")]
    pub(crate) only: Vec<String>,
    /// Folder for the raw results.
    #[arg(long, value_name = "DIR", default_value = "bench-results")]
    pub(crate) out: PathBuf,
    #[command(flatten)]
    pub(crate) programs: Programs,
    /// Further arguments of the server.
    #[arg(last = true, default_value = "--isolation=none")]
    pub(crate) arguments: Vec<String>,
}

impl Serve {
    pub(crate) fn is_wanted(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == name)
    }
}

/// Options of a crash campaign.
#[derive(Debug, clap::Args)]
pub(crate) struct Crash {
    /// How many executions run.
    #[arg(long, value_name = "N", default_value_t = 500)]
    pub(crate) executions: u64,
    /// How often the server is killed.
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub(crate) kills: u64,
    /// Chooses the moments.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// How often each execution goes through its states.
    #[arg(long, value_name = "N", default_value_t = 2)]
    pub(crate) rounds: u64,
    /// How long after its start a server is killed at the latest, in milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 3000)]
    pub(crate) within: u64,
    /// How long the executions may take when no server is killed any more, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    pub(crate) patience: u64,
    /// Folder for the raw results.
    #[arg(long, value_name = "DIR", default_value = "bench-results")]
    pub(crate) out: PathBuf,
    #[command(flatten)]
    pub(crate) programs: Programs,
    /// Further arguments of the server, such as `--durability full`.
    #[arg(last = true)]
    pub(crate) arguments: Vec<String>,
}

/// The programs that are measured.
#[derive(Debug, clap::Args)]
pub(crate) struct Programs {
    /// The interpreter of the lanes and the baselines; its version is in the raw results.
    #[arg(long, value_name = "PATH", default_value = "python3")]
    pub(crate) python: PathBuf,
    /// The `faastlane` command; by default the one beside this program.
    #[arg(long, value_name = "PATH")]
    pub(crate) faastlane: Option<PathBuf>,
}
