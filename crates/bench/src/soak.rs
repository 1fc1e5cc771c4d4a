//! Many calls, and what stays behind: the only part with a verdict.

mod examples;
mod lanes;

use std::process::ExitCode;
use std::time::Duration;

use crate::args::Soak;

/// Runs what was asked for; a failure is memory that grows, or an output that is wrong.
pub(crate) fn run(soak: &Soak) -> anyhow::Result<ExitCode> {
    let good = match soak.minutes {
        Some(minutes) => {
            examples::run(Duration::from_secs(60 * minutes), soak.programs.faastlane.as_deref())
        }
        None => lanes::run(soak.calls, &soak.programs.python),
    };
    good.map(|good| if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
