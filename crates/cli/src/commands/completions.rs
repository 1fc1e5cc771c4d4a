//! `faastlane completions`: a script that completes our commands and options in a shell.

use clap::CommandFactory;

use crate::args::{Args, CompletionsArgs};
use crate::exit::ExitCode;
use crate::{Error, print};

/// Prints the script for the shell that was named.
pub(crate) fn completions(args: &CompletionsArgs) -> Result<ExitCode, Error> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "faastlane", &mut script);
    print::line(String::from_utf8_lossy(&script).trim_end())?;
    Ok(ExitCode::Succeeded)
}
