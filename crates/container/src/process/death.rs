//! How containers die, in words.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use crate::Error;
use crate::run::Death;

const KILLED: i32 = 9;

/// The death of a process with this status, or of one that nobody could wait for.
pub(super) fn of(status: &io::Result<ExitStatus>) -> Death {
    Death::Ended(status.as_ref().map_or(KILLED, |status| status.into_raw()))
}

/// How it died, as a phrase, with what it said.
pub(super) fn reason(death: Death, said: &str) -> String {
    match death {
        Death::Ended(status) => format!("{}{said}", ExitStatus::from_raw(status)),
        Death::Stuck => "it did not go on in time".to_owned(),
    }
}

/// What is told of a container after which none can go on.
pub(super) fn error(status: &io::Result<ExitStatus>, said: String) -> Error {
    Error::Died {
        how: status.as_ref().map_or_else(ToString::to_string, ToString::to_string),
        advice: status.as_ref().map_or("", |status| advice(*status)),
        said,
    }
}

/// What the user can do about a container that ended so.
fn advice(status: ExitStatus) -> &'static str {
    match status.signal() {
        Some(KILLED) => {
            "something killed it: perhaps the kernel, for want of memory (`dmesg` tells)"
        }
        Some(_) => "native code of a function may have done that",
        None => "that is a mistake in faastlane; please report it",
    }
}
