//! What was typed behind the commands that ask a server.

use clap::Subcommand;

use super::help;

/// Where the server is.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct ServerArgs {
    /// The server's address [default: FAASTLANE_ENDPOINT, AWS_ENDPOINT_URL_SFN, http://127.0.0.1:8083]
    ///
    /// A token, if it was started with one, is taken from FAASTLANE_TOKEN.
    #[arg(long, value_name = "URL")]
    pub(crate) endpoint: Option<String>,
}

/// List, show, stop and redrive the executions of a server
#[derive(Debug, clap::Args)]
#[command(after_help = help::EXECUTIONS)]
pub(crate) struct ExecutionsArgs {
    #[command(subcommand)]
    pub(crate) command: ExecutionsCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ExecutionsCommand {
    List(ListArgs),
    Show(ShowArgs),
    Stop(StopArgs),
    Redrive(RedriveArgs),
}

/// List executions of Standard state machines, the newest first
#[derive(Debug, clap::Args)]
pub(crate) struct ListArgs {
    /// Only those of this state machine: its name or ARN
    #[arg(value_name = "MACHINE")]
    pub(crate) machine: Option<String>,

    /// Only those in this status
    #[arg(long, value_name = "STATUS", ignore_case = true, value_parser = STATUSES)]
    pub(crate) status: Option<String>,

    /// How many at most
    #[arg(long, short = 'n', value_name = "N", default_value_t = 20)]
    pub(crate) max: usize,

    /// Print what the API answers, as one line of JSON
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) server: ServerArgs,
}

/// `status` of an execution.
const STATUSES: [&str; 6] =
    ["RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED", "PENDING_REDRIVE"];

/// Show an execution: its status, times, input, and output or error
#[derive(Debug, clap::Args)]
pub(crate) struct ShowArgs {
    /// The execution: its name, MACHINE:NAME, or its ARN [default: the newest]
    #[arg(value_name = "EXECUTION")]
    pub(crate) execution: Option<String>,

    /// Print what the API answers, as one line of JSON
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) server: ServerArgs,
}

/// Stop a running execution
#[derive(Debug, clap::Args)]
pub(crate) struct StopArgs {
    /// The execution: its name, MACHINE:NAME, or its ARN
    #[arg(value_name = "EXECUTION")]
    pub(crate) execution: String,

    /// The error that it ends with
    #[arg(long, value_name = "NAME")]
    pub(crate) error: Option<String>,

    /// The cause of the error
    #[arg(long, value_name = "TEXT")]
    pub(crate) cause: Option<String>,

    /// Print what the API answers, as one line of JSON
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) server: ServerArgs,
}

/// Go on with an execution that did not succeed, from the states that failed
#[derive(Debug, clap::Args)]
pub(crate) struct RedriveArgs {
    /// The execution: its name, MACHINE:NAME, or its ARN
    #[arg(value_name = "EXECUTION")]
    pub(crate) execution: String,

    /// Print what the API answers, as one line of JSON
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) server: ServerArgs,
}

/// Show the history of an execution of a server
///
/// With --follow it is shown as `faastlane run` does, until it ends: output and exit code are those of `run`.
#[derive(Debug, clap::Args)]
#[command(after_help = help::HISTORY)]
pub(crate) struct HistoryArgs {
    /// The execution: its name, MACHINE:NAME, or its ARN [default: the newest]
    #[arg(value_name = "EXECUTION")]
    pub(crate) execution: Option<String>,

    /// Show what happens until it ends
    #[arg(long, short)]
    pub(crate) follow: bool,

    /// Print events as the API has them: all in one line, or with --follow a line for each
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) server: ServerArgs,
}

/// Show what the functions of a server have printed: the last 10,000 lines
#[derive(Debug, clap::Args)]
#[command(after_help = help::LOGS)]
pub(crate) struct LogsArgs {
    /// Only this function's
    #[arg(value_name = "FUNCTION")]
    pub(crate) function: Option<String>,

    /// Go on with what they print from now on, until Ctrl-C
    #[arg(long, short)]
    pub(crate) follow: bool,

    /// Only the last N lines of what there is
    #[arg(long, short = 'n', value_name = "N")]
    pub(crate) tail: Option<usize>,

    /// Print a line of JSON for each line
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) server: ServerArgs,
}
