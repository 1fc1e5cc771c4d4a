//! The `faastlane` command: reads arguments, calls the other crates, prints.
//!
//! Results go to stdout, everything else to stderr. Each command is a file in `commands`; what they
//! share about projects and functions is in `target` and `functions`.

mod args;
mod bench;
mod changes;
mod client;
mod commands;
mod composer;
mod conditions;
mod excerpt;
mod exit;
mod functions;
mod history;
mod input;
mod interrupt;
mod isolation;
mod measure;
mod outcome;
mod print;
mod processes;
mod profile;
mod s3;
mod services;
mod target;
mod testing;
mod trace;
mod view;
mod watcher;
mod workshop;

use clap::Parser;
use faastlane_host::HostAllocator;

use crate::args::{Args, Command};
use crate::exit::ExitCode;

/// In a container's process, memory that no function may read.
#[global_allocator]
static ALLOCATOR: HostAllocator = HostAllocator;

fn main() -> std::process::ExitCode {
    if let Some(role) = processes::role() {
        return processes::play(role);
    }
    let code = match Args::try_parse() {
        Ok(Args { command: Command::Run(args) }) => commands::run::run(&args),
        Ok(Args { command: Command::Serve(args) }) => commands::serve::serve(&args),
        Ok(Args { command: Command::Test(args) }) => commands::test::test(&args),
        Ok(Args { command: Command::TestState(args) }) => commands::test_state::test_state(&args),
        Ok(Args { command: Command::Validate(args) }) => commands::validate::validate(&args),
        Ok(Args { command: Command::Plan(args) }) => commands::plan::plan(&args),
        Ok(Args { command: Command::Profile(args) }) => commands::profile::profile(&args),
        Ok(Args { command: Command::Bench(args) }) => commands::bench::bench(&args),
        Ok(Args { command: Command::Doctor(args) }) => commands::doctor::doctor(&args),
        Ok(Args { command: Command::Inspect(args) }) => commands::inspect::inspect(&args),
        Ok(Args { command: Command::Executions(args) }) => commands::executions::executions(&args),
        Ok(Args { command: Command::History(args) }) => commands::history::history(&args),
        Ok(Args { command: Command::Logs(args) }) => commands::logs::logs(&args),
        Ok(Args { command: Command::Completions(args) }) => {
            commands::completions::completions(&args)
        }
        Err(error) => usage(&error),
    };
    let code = code.unwrap_or_else(|error| {
        print::error(&error);
        error.exit_code()
    });
    std::process::ExitCode::from(u8::from(code))
}

/// Help, or what is wrong with the arguments; also for a program that reads `--json`.
fn usage(error: &clap::Error) -> Result<ExitCode, Error> {
    // Nobody is left to be told when the stream is closed.
    let _ = error.print();
    if !error.use_stderr() {
        return Ok(ExitCode::Succeeded);
    }
    if std::env::args_os().any(|argument| argument == "--json") {
        let text = error.to_string();
        outcome::tell_unusable(text.trim_start_matches("error: ").trim_end())?;
    }
    Ok(ExitCode::Invalid)
}

/// What ends a command: a message for the user and an exit code.
#[derive(Debug, thiserror::Error)]
enum Error {
    /// The user's files or arguments cannot be used.
    #[error("{0}")]
    Invalid(String),
    /// The state machine has mistakes: for people with the lines they are in, and a line each.
    #[error("the state machine cannot be run:\n{shown}")]
    Definition {
        /// Every finding and the line of the file it is about.
        shown: String,
        /// The findings alone.
        lines: String,
    },
    /// The project cannot be read.
    #[error(transparent)]
    Project(#[from] faastlane_project::Error),
    /// A function gets no Python or no packages.
    #[error(transparent)]
    Environment(faastlane_environment::Error),
    /// Ctrl-C or SIGTERM.
    #[error("interrupted")]
    Interrupted,
    /// Something of ours or of the system failed.
    #[error("{0}")]
    Internal(String),
}

impl Error {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Interrupted => ExitCode::Interrupted,
            Self::Invalid(_)
            | Self::Definition { .. }
            | Self::Project(_)
            | Self::Environment(_) => ExitCode::Invalid,
            Self::Internal(_) => ExitCode::Internal,
        }
    }
}

impl From<faastlane_environment::Error> for Error {
    fn from(error: faastlane_environment::Error) -> Self {
        match error {
            faastlane_environment::Error::Interrupted { .. } => Self::Interrupted,
            other => Self::Environment(other),
        }
    }
}

impl From<faastlane_inspect::Error> for Error {
    fn from(error: faastlane_inspect::Error) -> Self {
        Self::Invalid(error.to_string())
    }
}

impl From<faastlane_container::Error> for Error {
    fn from(error: faastlane_container::Error) -> Self {
        Self::Internal(error.to_string())
    }
}
