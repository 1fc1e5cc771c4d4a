//! Exit codes: what scripts may rely on.

/// How the command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExitCode {
    /// The execution succeeded, or the definition is valid.
    Succeeded,
    /// The execution failed, timed out or was aborted.
    Failed,
    /// Wrong arguments, or a project that cannot be used; clap uses the same number.
    Invalid,
    /// A mistake of ours, or a system that refuses something (`EX_SOFTWARE` of sysexits.h).
    Internal,
    /// Ended by Ctrl-C (128 and the number of SIGINT, as shells have it).
    Interrupted,
}

impl From<ExitCode> for u8 {
    fn from(code: ExitCode) -> Self {
        match code {
            ExitCode::Succeeded => 0,
            ExitCode::Failed => 1,
            ExitCode::Invalid => 2,
            ExitCode::Internal => 70,
            ExitCode::Interrupted => 130,
        }
    }
}

/// Ends the process where it is. Only for a moment at which there is nothing to clean up.
#[expect(clippy::exit, reason = "a signal must end a write to a pipe that nobody reads")]
pub(crate) fn now(code: ExitCode) {
    std::process::exit(i32::from(u8::from(code)));
}
