//! What is right: the output written down, or an AWS error that the fault explains; in time, and with
//! nothing left behind.

use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use super::fault::{Deed, Fault, Pipe, Role};
use super::trial::Outcome;

/// How an execution ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) enum Verdict {
    /// With the output that it has when nothing happens.
    Right,
    /// With an error that its fault explains.
    Explained,
    /// With its command, which was killed, or whose output nobody read.
    Unseen,
    /// Never: the four that fail a campaign.
    Wrong,
    /// With an error of our own.
    Internal,
    /// Later than a timeout and a little.
    Late,
    /// Something of it is left.
    Left,
}

impl Verdict {
    pub(crate) fn is_good(self) -> bool {
        matches!(self, Self::Right | Self::Explained | Self::Unseen)
    }

    /// Of an execution that otherwise gives `expected`, and may take until `latest`.
    pub(crate) fn of(fault: Fault, outcome: &Outcome, expected: &Value, latest: Duration) -> Self {
        if !outcome.hung.is_empty() || outcome.took > latest {
            Self::Late
        } else if !outcome.left.is_empty() {
            Self::Left
        } else {
            Self::of_end(fault, outcome, expected)
        }
    }

    fn of_end(fault: Fault, outcome: &Outcome, expected: &Value) -> Self {
        let was_hit = !outcome.hit.is_empty();
        let killed = 128 + rustix::process::Signal::KILL.as_raw();
        match fault {
            Fault::Signal(Deed::Kill, Role::Command) if was_hit && outcome.code == killed => {
                return Self::Unseen;
            }
            Fault::Closed(Pipe::Stdout) if matches!(outcome.code, 0 | 1) => return Self::Unseen,
            // Without its service it cannot begin.
            Fault::Signal(Deed::Kill, Role::Service) if was_hit && outcome.code == 2 => {
                return Self::Explained;
            }
            _ => {}
        }
        let Ok(said) = serde_json::from_str::<Value>(&outcome.stdout) else {
            return Self::Internal;
        };
        let status = said["status"].as_str().unwrap_or_default();
        match (status, outcome.code) {
            ("SUCCEEDED", 0) | ("FAILED", 1) if said == *expected => Self::Right,
            ("FAILED", 1) if was_hit && explains(fault, &said) => Self::Explained,
            ("SUCCEEDED" | "FAILED", 0 | 1) => Self::Wrong,
            _ => Self::Internal,
        }
    }
}

fn explains(fault: Fault, said: &Value) -> bool {
    let text = |name: &str| said[name].as_str().unwrap_or_default();
    fault.explains(text("error"), text("cause"))
}
