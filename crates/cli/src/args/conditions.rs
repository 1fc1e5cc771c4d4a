//! Options for what is not as it would be outside of a test.

use std::path::PathBuf;

use faastlane_container::WaitScale;
use faastlane_engine::Time;

/// What is not as it would be outside of a test.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct ConditionArgs {
    /// Mocks for Task states, a MockConfigFile.json of Step Functions Local
    #[arg(long, value_name = "FILE", requires = "case")]
    pub(crate) mock: Option<PathBuf>,

    /// The test case of that file
    #[arg(long, value_name = "NAME", requires = "mock")]
    pub(crate) case: Option<String>,

    /// How long Wait states and delays before retries take: 0 no time, 0.5 half of it
    #[arg(long, value_name = "FACTOR", value_parser = wait_scale)]
    pub(crate) wait_scale: Option<WaitScale>,

    /// Draw random numbers and ids from this seed, so that a run can be repeated
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,

    /// The time at which the execution starts, such as 2026-01-31T12:00:00Z
    #[arg(long, value_name = "TIMESTAMP", value_parser = time)]
    pub(crate) now: Option<Time>,
}

pub(super) fn wait_scale(text: &str) -> Result<WaitScale, String> {
    let factor = text.parse().ok().and_then(WaitScale::new);
    factor.ok_or_else(|| "expected a number that is not negative, such as 0 or 0.1".to_owned())
}

fn time(text: &str) -> Result<Time, String> {
    Time::parse(text).ok_or_else(|| "expected a time such as 2026-01-31T12:00:00Z".to_owned())
}
