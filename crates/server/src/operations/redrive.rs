//! Which executions can go on after they have failed, and requests of that which were seen before.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use faastlane_store::{Execution, Millis, Status};

const DAY: Millis = 24 * 60 * 60 * 1000;
/// How long after its end an execution can be redriven (API reference, `RedriveExecution`).
const REDRIVABLE: Millis = 14 * DAY;
/// How long one may take in all.
const LONGEST: Millis = 365 * DAY;
/// With so many events there is no room for more.
const MOST_EVENTS: u64 = 24_999;

/// Whether an execution can be redriven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Redrivable {
    Yes,
    /// Its map run can.
    ByMapRun,
    /// No, and why in AWS's words.
    No(&'static str),
}

impl Redrivable {
    /// What is known of an execution: whether its machine is still there, how many events it has, and the time.
    pub(super) fn of(execution: &Execution, has_machine: bool, events: u64, now: Millis) -> Self {
        let stopped = execution.stopped.unwrap_or(now);
        match execution.status {
            Status::Running => Self::No("Execution is RUNNING and cannot be redriven"),
            Status::Succeeded => Self::No("Execution is SUCCEEDED and cannot be redriven"),
            Status::PendingRedrive => {
                Self::No("Execution is PENDING_REDRIVE and cannot be redriven")
            }
            _ if !has_machine => Self::No("State machine is in DELETING status"),
            _ if events >= MOST_EVENTS => Self::No("Execution history event limit exceeded"),
            _ if now.saturating_sub(execution.started) > LONGEST => {
                Self::No("Execution has exceeded the max execution time")
            }
            _ if now.saturating_sub(stopped) > REDRIVABLE => {
                Self::No("Execution redrivable period exceeded")
            }
            _ if execution.map_run_arn.is_some() => Self::ByMapRun,
            _ => Self::Yes,
        }
    }

    pub(super) fn status(self) -> &'static str {
        match self {
            Self::Yes => "REDRIVABLE",
            Self::ByMapRun => "REDRIVABLE_BY_MAP_RUN",
            Self::No(_) => "NOT_REDRIVABLE",
        }
    }

    pub(super) fn reason(self) -> Option<&'static str> {
        match self {
            Self::No(reason) => Some(reason),
            Self::Yes | Self::ByMapRun => None,
        }
    }
}

/// How long a client token is remembered.
const REMEMBERED: Millis = 15 * 60 * 1000;
/// How many are. AWS says 10 for each execution.
const MOST_TOKENS: usize = 1000;

/// Redrives of the last minutes by their client tokens: SDKs make one for each request and send it again when
/// they try again. They are in memory only; after a restart a second try says that the execution is running.
#[derive(Debug, Default)]
pub(super) struct Redrives(Mutex<VecDeque<Redrive>>);

#[derive(Debug)]
struct Redrive {
    execution: String,
    token: String,
    at: Millis,
}

impl Redrives {
    /// When an execution was redriven with this token.
    pub(super) fn seen(&self, execution: &str, token: Option<&str>, now: Millis) -> Option<Millis> {
        let token = token?;
        let redrives = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut young =
            redrives.iter().filter(|redrive| now.saturating_sub(redrive.at) < REMEMBERED);
        let same = |redrive: &&Redrive| redrive.execution == execution && redrive.token == token;
        young.find(same).map(|redrive| redrive.at)
    }

    pub(super) fn add(&self, execution: &str, token: Option<&str>, at: Millis) {
        let Some(token) = token else { return };
        let mut redrives = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if redrives.len() >= MOST_TOKENS {
            redrives.pop_front();
        }
        let (execution, token) = (execution.to_owned(), token.to_owned());
        redrives.push_back(Redrive { execution, token, at });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn execution(status: Status, started: Millis, stopped: Millis) -> Execution {
        Execution {
            arn: String::new(),
            machine_arn: String::new(),
            revision: 1,
            name: String::new(),
            status,
            started,
            stopped: Some(stopped),
            redrive_count: 0,
            redriven: None,
            item_count: None,
            version_arn: None,
            alias_arn: None,
            trace_header: None,
            map_run_arn: None,
            parent: None,
            input: String::new(),
            output: None,
            error: None,
            cause: None,
        }
    }

    #[test]
    fn what_failed_lately_can_be_redriven() {
        let now = 400 * DAY;
        let check = |status, started, stopped, has_machine, events, expected: &str| {
            let execution = execution(status, started, stopped);
            let found = Redrivable::of(&execution, has_machine, events, now);
            assert_eq!(found.reason().unwrap_or(found.status()), expected);
        };
        for status in [Status::Failed, Status::TimedOut, Status::Aborted] {
            check(status, now - DAY, now, true, 9, "REDRIVABLE");
        }
        check(Status::Running, now, now, true, 9, "Execution is RUNNING and cannot be redriven");
        check(
            Status::Succeeded,
            now,
            now,
            true,
            9,
            "Execution is SUCCEEDED and cannot be redriven",
        );
        check(Status::Failed, now, now, false, 9, "State machine is in DELETING status");
        check(Status::Failed, now, now, true, 24_999, "Execution history event limit exceeded");
        check(
            Status::Failed,
            now - 20 * DAY,
            now - 15 * DAY,
            true,
            9,
            "Execution redrivable period exceeded",
        );
        check(Status::Failed, DAY, now, true, 9, "Execution has exceeded the max execution time");
        let child =
            Execution { map_run_arn: Some("m".to_owned()), ..execution(Status::Failed, now, now) };
        assert_eq!(Redrivable::of(&child, true, 0, now).status(), "REDRIVABLE_BY_MAP_RUN");
    }

    #[test]
    fn a_token_is_remembered_for_a_while() {
        let redrives = Redrives::default();
        redrives.add("e", Some("t"), 1000);
        redrives.add("e", None, 2000);
        assert_eq!(redrives.seen("e", Some("t"), 2000), Some(1000));
        assert_eq!(redrives.seen("f", Some("t"), 2000), None);
        assert_eq!(redrives.seen("e", None, 2000), None);
        assert_eq!(redrives.seen("e", Some("t"), 1000 + REMEMBERED), None);
    }
}
