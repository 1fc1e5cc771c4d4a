//! What came of a run: for people or for programs, and as an exit code.

use faastlane_engine::Outcome;
use faastlane_value::{ArcStr, ObjectBuilder, Value};

use crate::exit::ExitCode;
use crate::{Error, print};

/// Tells it: with `json` as one line on stdout, whatever it is; else the output there, and a
/// failure on stderr.
pub(crate) fn tell(json: bool, ended: Result<Outcome, Error>) -> Result<ExitCode, Error> {
    let (failure, code) = match ended {
        Ok(Outcome::Succeeded(output)) => return succeeded(json, output.into_value()),
        Ok(Outcome::Failed { error, cause }) => {
            (Failure { status: "FAILED", error, cause }, ExitCode::Failed)
        }
        Ok(Outcome::TimedOut { error, cause }) => {
            (Failure { status: "TIMED_OUT", error, cause }, ExitCode::Failed)
        }
        Ok(Outcome::Aborted { error, cause }) => {
            (Failure { status: "ABORTED", error, cause }, ExitCode::Interrupted)
        }
        Err(error) => {
            print::error(&error);
            if json {
                print::json_line(&Failure::from(&error).line())?;
            }
            return Ok(error.exit_code());
        }
    };
    if json {
        print::json_line(&failure.line())?;
    } else {
        print::note(&failure.text());
    }
    Ok(code)
}

/// Tells a program that its arguments cannot be used.
pub(crate) fn tell_unusable(why: &str) -> Result<(), Error> {
    print::json_line(&Failure::from(&Error::Invalid(why.to_owned())).line())
}

fn succeeded(json: bool, output: Value) -> Result<ExitCode, Error> {
    if json {
        let mut line = ObjectBuilder::with_capacity(2);
        line.insert("status", "SUCCEEDED");
        line.insert("output", output);
        print::json_line(&line.build())?;
    } else {
        print::output(&output)?;
    }
    Ok(ExitCode::Succeeded)
}

/// An execution that did not succeed, or did not begin.
struct Failure {
    status: &'static str,
    error: Option<ArcStr>,
    cause: Option<ArcStr>,
}

impl Failure {
    /// `{"status":…,"error":…,"cause":…}`; what there is not is absent.
    fn line(self) -> Value {
        let mut line = ObjectBuilder::with_capacity(3);
        line.insert("status", self.status);
        for (name, text) in [("error", self.error), ("cause", self.cause)] {
            if let Some(text) = text {
                line.insert(name, text);
            }
        }
        line.build()
    }

    /// `FAILED: ValueError: …`
    fn text(&self) -> String {
        let parts = [Some(self.status), self.error.as_deref(), self.cause.as_deref()];
        parts.into_iter().flatten().collect::<Vec<_>>().join(": ")
    }
}

/// A run that ended before its execution did.
impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        let (status, name) = match error {
            Error::Interrupted => return Self { status: "ABORTED", error: None, cause: None },
            Error::Invalid(_) => ("INVALID", "InvalidUsage"),
            Error::Definition { .. } => ("INVALID", "InvalidDefinition"),
            Error::Project(_) => ("INVALID", "InvalidProject"),
            Error::Environment(_) => ("INVALID", "NoEnvironment"),
            Error::Internal(_) => ("FAILED", "InternalError"),
        };
        let cause = match error {
            Error::Definition { lines, .. } => lines.clone(),
            _ => error.to_string(),
        };
        Self { status, error: Some(name.into()), cause: Some(cause.into()) }
    }
}
