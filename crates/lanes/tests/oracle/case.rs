//! A handler and its events, and what is seen of it from outside.

use faastlane_lanes::{Function, Handler, Outcome, Pool, Returned};
use tempfile::TempDir;

use crate::harness::{Kind, call, finish_as, folder, function, options_for};
use crate::runtime_api::Said;

/// What both must agree on.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) files: Vec<(&'static str, String)>,
    pub(crate) handler: &'static str,
    pub(crate) events: Vec<&'static str>,
    pub(crate) runtime: &'static str,
    pub(crate) environment: Vec<(&'static str, &'static str)>,
    /// Whether the log is compared as well.
    pub(crate) with_log: bool,
}

impl Case {
    /// `app.py` with this text, called once.
    pub(crate) fn code(text: impl Into<String>) -> Case {
        Case {
            files: vec![("app.py", text.into())],
            handler: "app.handler",
            events: vec!["{}"],
            runtime: "python3.11",
            environment: Vec::new(),
            with_log: true,
        }
    }

    /// A handler with this body.
    pub(crate) fn body(body: &str) -> Case {
        Case::code(format!(
            "import json, logging, os, sys, warnings\n\
             def handler(event, context):\n    {}\n",
            body.replace('\n', "\n    ")
        ))
    }

    pub(crate) fn events(self, events: &[&'static str]) -> Case {
        Case { events: events.to_vec(), ..self }
    }

    pub(crate) fn runtime(self, runtime: &'static str) -> Case {
        Case { runtime, ..self }
    }

    pub(crate) fn handler(self, handler: &'static str) -> Case {
        Case { handler, ..self }
    }

    pub(crate) fn file(mut self, name: &'static str, text: &str) -> Case {
        self.files.push((name, text.to_owned()));
        self
    }

    pub(crate) fn variable(mut self, name: &'static str, value: &'static str) -> Case {
        self.environment.push((name, value));
        self
    }

    /// For cases of which Python itself prints something, with lines of the runtime's source.
    pub(crate) fn without_log(self) -> Case {
        Case { with_log: false, ..self }
    }

    /// The function in a folder of its own.
    pub(crate) fn write(&self) -> (TempDir, Function) {
        let files: Vec<_> = self.files.iter().map(|(name, text)| (*name, text.as_str())).collect();
        let root = folder(&files);
        let mut function = function(root.path());
        function.handler = Handler::Named(self.handler.to_owned());
        self.runtime.clone_into(&mut function.runtime);
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        function.environment = self.environment.iter().map(owned).collect();
        (root, function)
    }
}

/// What a runtime makes of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) answers: Vec<Answer>,
    pub(crate) log: String,
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It returned this text.
    Returned(String),
    /// It failed with this payload.
    Failed(String),
    /// The process ended without an answer.
    Ended,
}

impl From<Said> for Answer {
    fn from(said: Said) -> Self {
        let text = |body: Vec<u8>| String::from_utf8_lossy(&body).into_owned();
        match said {
            Said::Response(body) => Answer::Returned(text(body)),
            Said::Error(body) => Answer::Failed(text(body)),
            Said::Idle => unreachable!("it is asked for after the last answer"),
        }
    }
}

impl From<&Outcome> for Answer {
    fn from(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Returned(Returned::Text(text)) => {
                Answer::Returned(String::from_utf8_lossy(text).into_owned())
            }
            Outcome::Returned(frame) => unreachable!("`finish_as` has made text of {frame:?}"),
            Outcome::Failed { error_type, .. } if error_type == "Runtime.ExitError" => {
                Answer::Ended
            }
            Outcome::Failed { error_type, payload } => {
                let payload = String::from_utf8_lossy(payload).into_owned();
                let fields: serde_json::Value = serde_json::from_str(&payload).unwrap();
                assert_eq!(fields["errorType"], error_type.as_str());
                Answer::Failed(payload)
            }
        }
    }
}

/// Runs a function in a lane of ours: one worker, one event after the other.
pub(crate) fn run_in_lane(kind: Kind, function: Function, events: &[&str]) -> Seen {
    let runtime = function.runtime.clone();
    let mut pool = Pool::new(vec![function], options_for(kind)).unwrap();
    let mut seen = Seen { answers: Vec::new(), log: String::new() };
    for event in events {
        pool.call(call(1, 0, *event));
        let finished = finish_as(&mut pool, 1, &runtime).remove(0);
        seen.answers.push(Answer::from(&finished.outcome));
        seen.log.push_str(&finished.log);
    }
    seen
}
