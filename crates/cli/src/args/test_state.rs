//! What was typed behind `faastlane test-state`.

use std::path::PathBuf;

use clap::ValueEnum;

use super::help;

/// Test one state: run it alone, with mocks, and see what it does on the way
///
/// What the TestState operation of AWS's API does. Values are JSON files, `-` for stdin, or JSON itself.
#[derive(Debug, clap::Args)]
#[command(after_help = help::TEST_STATE)]
pub(crate) struct TestStateArgs {
    /// A project, as for `faastlane run`
    #[arg(value_name = "TARGET", required_unless_present = "request")]
    pub(crate) target: Option<PathBuf>,

    /// The state, wherever in the machine it is
    #[arg(long, value_name = "NAME", required_unless_present = "request")]
    pub(crate) state: Option<String>,

    /// The whole request in the shape of the API, instead of a TARGET and the options below
    #[arg(long, value_name = "FILE|-|JSON", conflicts_with_all = ["target", "state"])]
    pub(crate) request: Option<String>,

    /// The state machine, where the template has several
    #[arg(long, value_name = "NAME", requires = "target")]
    pub(crate) machine: Option<String>,

    /// The functions of a plain definition: a folder (NAME.py or NAME/app.py) or a map (JSON)
    #[arg(long, value_name = "DIR|MAP.json", requires = "target")]
    pub(crate) functions: Option<PathBuf>,

    /// A value for a template parameter; may be given several times
    #[arg(long = "parameter", value_name = "NAME=VALUE", value_parser = super::key_value, requires = "target")]
    pub(crate) parameters: Vec<(String, String)>,

    /// The Python to use, an interpreter or an environment; nothing is installed
    #[arg(long, value_name = "PATH")]
    pub(crate) python: Option<PathBuf>,

    /// The state's input [default: {}]
    #[arg(long, value_name = "FILE|-|JSON", conflicts_with = "request")]
    pub(crate) input: Option<String>,

    /// The variables before it
    #[arg(long, value_name = "FILE|-|JSON", conflicts_with = "request")]
    pub(crate) variables: Option<String>,

    /// The context object
    #[arg(long, value_name = "FILE|-|JSON", conflicts_with = "request")]
    pub(crate) context: Option<String>,

    /// What its task returns, or its branches or iterations: nothing is called
    #[arg(long, value_name = "FILE|-|JSON", conflicts_with_all = ["request", "mock_error"])]
    pub(crate) mock_result: Option<String>,

    /// The name of the error with which its task fails
    #[arg(long, value_name = "NAME", conflicts_with = "request")]
    pub(crate) mock_error: Option<String>,

    /// The cause of that error
    #[arg(long, value_name = "TEXT", requires = "mock_error")]
    pub(crate) mock_cause: Option<String>,

    /// How a mocked result is held against the model of its service
    #[arg(long, value_enum, value_name = "MODE", requires = "mock_result")]
    pub(crate) field_validation_mode: Option<ValidationArg>,

    /// How often the state was tried again already
    #[arg(long, value_name = "N", conflicts_with = "request")]
    pub(crate) retrier_retry_count: Option<u32>,

    /// How many iterations of a Map state have failed
    #[arg(long, value_name = "N", conflicts_with = "request")]
    pub(crate) map_iteration_failure_count: Option<u32>,

    /// The state inside of a Map or Parallel state that has failed
    #[arg(long, value_name = "NAME", conflicts_with = "request")]
    pub(crate) error_caused_by_state: Option<String>,

    /// What the ItemReader of a Map state reads, as it is in its source
    #[arg(long, value_name = "FILE", conflicts_with = "request")]
    pub(crate) map_item_reader_data: Option<PathBuf>,

    /// How much is shown
    #[arg(long, value_enum, value_name = "LEVEL", conflicts_with = "request")]
    pub(crate) inspection_level: Option<LevelArg>,

    /// Print one line of JSON: the answer as the API gives it
    #[arg(long)]
    pub(crate) json: bool,
}

/// How much of a test is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LevelArg {
    /// Output or error, and the next state
    Info,
    /// Also every step from input to output
    Debug,
    /// The same; on AWS also requests of HTTP tasks
    Trace,
}

/// How a mock is held against the model of its service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ValidationArg {
    /// What is required must be there, and all must be right
    Strict,
    /// What is there must be right
    Present,
    /// Not at all
    None,
}
