//! What was typed behind `faastlane test`.

use std::path::PathBuf;

use super::{SetupArgs, help};

/// Run a project's tests: executions with mocks, held against what is expected of them
///
/// Tests are the files `*.test.json` in the folder `tests` of the project and below. Waits and delays before
/// retries take no time unless a test says otherwise.
#[derive(Debug, clap::Args)]
#[command(after_help = help::TEST)]
pub(crate) struct TestArgs {
    #[command(flatten)]
    pub(crate) setup: SetupArgs,

    /// Only tests with this in their name; may be given several times
    #[arg(long, value_name = "TEXT")]
    pub(crate) filter: Vec<String>,

    /// Write a report for CI there, in the format of JUnit
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,

    /// Write into each test that fails what came of it as what is expected
    #[arg(long)]
    pub(crate) update: bool,
}
