//! The arguments of `faastlane serve`.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::ValueEnum;
use faastlane_container::WaitScale;
use faastlane_server::telemetry::{Format, Level};

use super::{LimitsArg, PlacementArgs, conditions, help, key_value};

/// Serve the Step Functions API for boto3, the AWS CLI and other SDKs
///
/// State machines and functions of the projects are loaded at the start. More machines can be created
/// through the API; their functions are those of the projects.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = help::SERVE)]
pub(crate) struct ServeArgs {
    /// Projects, as for `faastlane run`
    #[arg(value_name = "TARGET")]
    pub(crate) targets: Vec<PathBuf>,

    /// The port; 0 takes a free one
    #[arg(long, short, value_name = "PORT", default_value_t = 8083)]
    pub(crate) port: u16,

    /// The address to listen on; one that other machines reach needs --token or --insecure
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub(crate) host: IpAddr,

    /// The secret that requests must have: as access key id, or as `Authorization: Bearer`
    #[arg(long, value_name = "TOKEN", env = "FAASTLANE_TOKEN", hide_env_values = true)]
    pub(crate) token: Option<String>,

    /// Let everybody who reaches the address do everything
    #[arg(long)]
    pub(crate) insecure: bool,

    /// Where executions are kept: a file, or :memory:
    #[arg(long, value_name = "FILE", default_value = ".faastlane/store.db")]
    pub(crate) store: PathBuf,

    /// What Standard executions survive
    #[arg(long, value_enum, value_name = "HOW", default_value_t = DurabilityArg::Process)]
    pub(crate) durability: DurabilityArg,

    /// Load the projects again when their files change
    #[arg(long)]
    pub(crate) watch: bool,

    /// Functions without a template: a folder (NAME.py or NAME/app.py) or a map (JSON)
    #[arg(long, value_name = "DIR|MAP.json")]
    pub(crate) functions: Option<PathBuf>,

    /// A value for a template parameter; may be given several times
    #[arg(long = "parameter", value_name = "NAME=VALUE", value_parser = key_value)]
    pub(crate) parameters: Vec<(String, String)>,

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

    /// Mocks for `StartExecution` with MACHINE_ARN#CASE, a MockConfigFile.json of Step Functions Local
    #[arg(long, value_name = "FILE", env = "SFN_MOCK_CONFIG")]
    pub(crate) mock: Option<PathBuf>,

    /// How long Wait states and delays before retries take: 0 no time, 0.5 half of it
    #[arg(long, value_name = "FACTOR", value_parser = conditions::wait_scale)]
    pub(crate) wait_scale: Option<WaitScale>,

    /// What the server's log looks like
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = LogFormatArg::Text)]
    pub(crate) log_format: LogFormatArg,

    /// The least that matters enough for the log
    #[arg(long, value_enum, value_name = "LEVEL", default_value_t = LogLevelArg::Warn)]
    pub(crate) log_level: LogLevelArg,
}

/// What the log looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormatArg {
    Text,
    Json,
}

/// How much an event of the log matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogLevelArg {
    Error,
    Warn,
    /// Also when executions start and end
    Info,
    /// Also each request
    Debug,
}

impl From<LogFormatArg> for Format {
    fn from(format: LogFormatArg) -> Self {
        match format {
            LogFormatArg::Text => Self::Text,
            LogFormatArg::Json => Self::Json,
        }
    }
}

impl From<LogLevelArg> for Level {
    fn from(level: LogLevelArg) -> Self {
        match level {
            LogLevelArg::Error => Self::Error,
            LogLevelArg::Warn => Self::Warn,
            LogLevelArg::Info => Self::Info,
            LogLevelArg::Debug => Self::Debug,
        }
    }
}

/// What Standard executions survive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DurabilityArg {
    /// Also a loss of power: each commit waits for the disk
    Full,
    /// That the server is killed; a loss of power costs the last moments
    Process,
    /// That the server is killed; a loss of power may damage the file
    Off,
}
