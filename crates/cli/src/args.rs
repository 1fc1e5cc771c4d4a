//! What was typed. What it means is decided by the commands.

mod bench;
mod client;
mod conditions;
mod help;
mod serve;
mod test;
mod test_state;

use std::num::NonZero;
use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

pub(crate) use bench::{BenchArgs, BenchCommand, CompareArgs, MeasureArgs};
pub(crate) use client::{
    ExecutionsArgs, ExecutionsCommand, HistoryArgs, ListArgs, LogsArgs, RedriveArgs, ServerArgs,
    ShowArgs, StopArgs,
};
pub(crate) use conditions::ConditionArgs;
pub(crate) use serve::{DurabilityArg, ServeArgs};
pub(crate) use test::TestArgs;
pub(crate) use test_state::{LevelArg, TestStateArgs, ValidationArg};

/// Runs AWS Step Functions workflows over Lambda functions, in one container.
#[derive(Debug, Parser)]
#[command(name = "faastlane", version, arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Run(Box<RunArgs>),
    Serve(Box<ServeArgs>),
    Test(TestArgs),
    TestState(Box<TestStateArgs>),
    Validate(ValidateArgs),
    Plan(PlanArgs),
    Profile(ProfileArgs),
    Bench(BenchArgs),
    Doctor(DoctorArgs),
    Inspect(InspectArgs),
    Executions(ExecutionsArgs),
    History(HistoryArgs),
    Logs(LogsArgs),
    Completions(CompletionsArgs),
}

/// What both commands need to find a project.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct ProjectArgs {
    /// A SAM template, cdk.out, serverless.yml, a state machine definition, or a folder with one of them
    #[arg(value_name = "TARGET")]
    pub(crate) target: PathBuf,

    /// The state machine, where the template has several
    #[arg(long, value_name = "NAME")]
    pub(crate) machine: Option<String>,

    /// The functions of a plain definition: a folder (NAME.py or NAME/app.py) or a map (JSON)
    #[arg(long, value_name = "DIR|MAP.json")]
    pub(crate) functions: Option<PathBuf>,

    /// A value for a template parameter; may be given several times
    #[arg(long = "parameter", value_name = "NAME=VALUE", value_parser = key_value)]
    pub(crate) parameters: Vec<(String, String)>,
}

/// What every command needs that runs executions.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct SetupArgs {
    #[command(flatten)]
    pub(crate) project: ProjectArgs,

    /// A variable for all functions: NAME=VALUE, or NAME to pass on yours; wins over the template
    #[arg(long = "env", value_name = "NAME[=VALUE]")]
    pub(crate) environment: Vec<String>,

    /// The Python to use, an interpreter or an environment; nothing is installed
    #[arg(long, value_name = "PATH")]
    pub(crate) python: Option<PathBuf>,

    /// Whose limits apply: `aws` fails executions as AWS does (256 KiB payloads, 25,000 events)
    #[arg(long, value_enum, default_value_t = LimitsArg::None)]
    pub(crate) limits: LimitsArg,

    #[command(flatten)]
    pub(crate) placement: PlacementArgs,

    /// A folder that stands for S3, its subfolders for buckets [default: AWS_ENDPOINT_URL_S3]
    #[arg(long, value_name = "FOLDER")]
    pub(crate) s3: Option<PathBuf>,
}

/// Run a state machine to its end and print its output
///
/// The output goes to stdout, the functions' logs and errors go to stderr.
#[derive(Debug, clap::Args)]
#[command(after_help = help::RUN)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) setup: SetupArgs,

    /// The input: a JSON file, `-` for stdin, or JSON itself [default: the project's, else {}]
    #[arg(long, value_name = "FILE|-|JSON")]
    pub(crate) input: Option<String>,

    #[command(flatten)]
    pub(crate) conditions: ConditionArgs,

    /// Print one line of JSON: status and output, or error and cause
    #[arg(long)]
    pub(crate) json: bool,

    /// Show nothing but the functions' logs and errors
    #[arg(long, short)]
    pub(crate) quiet: bool,

    /// Show where the time went, or write it to FILE for Chrome or Perfetto
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true)]
    pub(crate) trace: Option<Option<PathBuf>>,

    /// Wait for a Python debugger in that function before its first call
    #[arg(long, value_name = "NAME")]
    pub(crate) debug_function: Option<String>,

    /// Where the debugger is waited for, on this machine; 0 takes a free port
    #[arg(long, value_name = "PORT", default_value_t = 5678, requires = "debug_function")]
    pub(crate) debug_port: u16,

    /// Run again whenever a file of the project changes, until Ctrl-C
    #[arg(long)]
    pub(crate) watch: bool,

    /// Run N executions and print an output for each, and what they took
    #[arg(long, value_name = "N", conflicts_with_all = ["history", "trace", "watch", "debug_function"])]
    pub(crate) repeat: Option<NonZero<u64>>,

    /// How many executions run at a time
    #[arg(long, value_name = "C", default_value = "1", requires = "repeat")]
    pub(crate) concurrency: NonZero<usize>,

    /// Give every execution lanes that no other one has used
    #[arg(long)]
    pub(crate) fresh: bool,

    /// Write the history there, in the shape of GetExecutionHistory
    #[arg(long, value_name = "FILE")]
    pub(crate) history: Option<PathBuf>,
}

/// Where functions run, and what keeps them apart.
#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub(crate) struct PlacementArgs {
    /// What keeps functions from reading each other's memory [default: the project's, else auto]
    #[arg(long, value_enum, value_name = "HOW")]
    pub(crate) isolation: Option<IsolationArg>,

    /// Where functions run
    #[arg(long, value_enum, value_name = "KIND", default_value_t = LanesArg::Auto)]
    pub(crate) lanes: LanesArg,
}

/// Check state machines and the functions they name, and say everything that is wrong
#[derive(Debug, clap::Args)]
#[command(after_help = help::VALIDATE)]
pub(crate) struct ValidateArgs {
    #[command(flatten)]
    pub(crate) project: ProjectArgs,
}

/// Show where everything of a state machine runs, and why
///
/// Functions are prepared and loaded, and none is called. What is shown is what `faastlane run` does.
#[derive(Debug, clap::Args)]
#[command(after_help = help::PLAN)]
pub(crate) struct PlanArgs {
    #[command(flatten)]
    pub(crate) project: ProjectArgs,

    #[command(flatten)]
    pub(crate) placement: PlacementArgs,

    /// The Python to use, an interpreter or an environment; nothing is installed
    #[arg(long, value_name = "PATH")]
    pub(crate) python: Option<PathBuf>,

    /// Processors to plan for [default: the profile's]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) vcpus: Option<u16>,

    /// How many items to assume for every Map, as no definition says it
    #[arg(long, value_name = "N")]
    pub(crate) width: Option<u32>,

    /// Say with which numbers each choice was made
    #[arg(long)]
    pub(crate) explain: bool,

    #[command(flatten)]
    pub(crate) form: PlanForm,
}

/// How a plan is shown, instead of as a table.
#[derive(Debug, Clone, Copy, clap::Args)]
#[group(multiple = false)]
pub(crate) struct PlanForm {
    /// Print one line of JSON
    #[arg(long)]
    pub(crate) json: bool,

    /// Print a graph for Graphviz
    #[arg(long)]
    pub(crate) dot: bool,

    /// Print a picture
    #[arg(long)]
    pub(crate) svg: bool,
}

/// Measure what this container can do: processors, hops, forks, memory
///
/// What was measured is kept for a day; `faastlane plan` and `faastlane run` use it.
#[derive(Debug, clap::Args)]
#[command(after_help = help::PROFILE)]
pub(crate) struct ProfileArgs {
    /// Measure again
    #[arg(long)]
    pub(crate) refresh: bool,

    /// Print one line of JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// List the instructions in programs and libraries that could open another function's memory
///
/// WRPKRU and XRSTOR write the register of protection keys. Memory is searched at every byte: an
/// instruction can also hide inside of another one.
#[derive(Debug, clap::Args)]
#[command(after_help = help::INSPECT)]
pub(crate) struct InspectArgs {
    /// An ELF file, or a folder with any number of them
    #[arg(value_name = "FILE|FOLDER")]
    pub(crate) path: PathBuf,

    /// Print one line of JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Say what this machine offers, and in which lane each function of a project runs
///
/// With a TARGET its functions are prepared and loaded. None is called but those with an --event: each of
/// them once, and again in a safer lane if it ends its process. Such a call does all that the function
/// does.
#[derive(Debug, clap::Args)]
#[command(after_help = help::DOCTOR)]
pub(crate) struct DoctorArgs {
    /// A project, as for `faastlane run`
    #[arg(value_name = "TARGET")]
    pub(crate) target: Option<PathBuf>,

    /// The functions of a plain definition: a folder (NAME.py or NAME/app.py) or a map (JSON)
    #[arg(long, value_name = "DIR|MAP.json", requires = "target")]
    pub(crate) functions: Option<PathBuf>,

    /// A value for a template parameter; may be given several times
    #[arg(long = "parameter", value_name = "NAME=VALUE", value_parser = key_value, requires = "target")]
    pub(crate) parameters: Vec<(String, String)>,

    /// The Python to use, an interpreter or an environment; nothing is installed
    #[arg(long, value_name = "PATH", requires = "target")]
    pub(crate) python: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) placement: PlacementArgs,

    /// Call that function with this event, a JSON file or JSON itself; may be given several times
    #[arg(long = "event", value_name = "FUNCTION=FILE|JSON", value_parser = key_value, requires = "target")]
    pub(crate) events: Vec<(String, String)>,

    /// Print one line of JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Print a script that completes commands and options in your shell
#[derive(Debug, clap::Args)]
#[command(after_help = help::COMPLETIONS)]
pub(crate) struct CompletionsArgs {
    /// Your shell
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

/// What keeps functions apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum IsolationArg {
    /// Memory protection keys where the machine has them, else processes
    Auto,
    /// Memory protection keys: functions share processes, a key guards the memory of each
    Mpk,
    /// A process for each function
    Process,
    /// Nothing: functions share processes; for trusted code
    None,
}

/// Where functions run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum LanesArg {
    /// Thread lanes one after another, forked hosts side by side; as far as the isolation lets them
    #[default]
    Auto,
    /// Thread lanes only: branches and items run one after another
    Threads,
    /// Forked hosts only, one function to a process
    Processes,
    /// A process of its own Python for each function, started afresh
    Portable,
}

/// Whose limits apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LimitsArg {
    None,
    Aws,
}

fn key_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}
