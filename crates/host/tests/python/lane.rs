//! A lane with a handler of the test's own.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use faastlane_abi::Encoding;
use faastlane_host::{Input, Lane, LaneSpec, PROCESS_ENVIRONMENT, Reply, Request, Space};
use faastlane_value::{Value, json};
use tempfile::TempDir;

use crate::harness::pythons;

/// The request id of every call.
pub(crate) const REQUEST_ID: &str = "8f7d2c1e-0000-4000-8000-000000000000";

const LANG: &str = "en_US.UTF-8";

/// Runs `body` for each Python of this machine, in a process that is made for lanes. `test` is the
/// full name of the test which asks for it.
#[expect(clippy::print_stderr, reason = "what is skipped is said")]
pub(crate) fn for_each_python(test: &str, mut body: impl FnMut(&Python)) {
    let is_set = |(name, value): &(&str, &str)| std::env::var(name).as_deref() == Ok(value);
    if !PROCESS_ENVIRONMENT.iter().all(is_set) {
        let mut again = Command::new(std::env::current_exe().unwrap());
        let output = again
            .args([test, "--exact", "--nocapture"])
            .envs(PROCESS_ENVIRONMENT)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(output.status.success(), "{text}");
        assert!(text.contains("1 passed"), "no test is called {test}: {text}");
        eprint!("{}", text.lines().filter(|line| line.starts_with("skipped")).collect::<String>());
        return;
    }
    pythons().iter().map(|path| Python::new(path)).for_each(|python| body(&python));
}

/// A loaded handler.
pub(crate) struct Handler {
    lane: Lane,
    _root: TempDir,
}

/// A Python with a shared library.
#[derive(Debug)]
pub(crate) struct Python {
    executable: PathBuf,
    library: PathBuf,
}

impl Python {
    fn new(executable: &Path) -> Python {
        let mut python = Python { executable: executable.to_owned(), library: PathBuf::new() };
        let ask = "import sysconfig as s; \
            print(s.get_config_var('LIBDIR') + '/' + s.get_config_var('INSTSONAME'))";
        python.library = python.run(ask).into();
        python
    }

    /// What the command prints for this program, in an environment like that of the handlers here.
    pub(crate) fn run(&self, program: &str) -> String {
        let mut command = Command::new(&self.executable);
        command.args(["-c", program]).env_clear().env("LANG", LANG).stdin(Stdio::null());
        let output = command.output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Loads `handler` of `app.py`, which has this text.
    pub(crate) fn load(&self, text: &str) -> Handler {
        let root = TempDir::new().unwrap();
        std::fs::write(root.path().join("app.py"), text).unwrap();
        let config = serde_json::json!({
            "module": null, "names": ["app.handler"], "arn": "arn:test", "layers": [],
            "code_root": root.path(), "debug": null,
        });
        let set = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let spec = LaneSpec {
            name: "test".to_owned(),
            python: self.executable.clone(),
            libpython: self.library.clone(),
            runner: include_str!("../../../lanes/src/portable/runner.py"),
            config: config.to_string(),
            environment: vec![
                set("LANG", LANG),
                set("AWS_EXECUTION_ENV", "AWS_Lambda_python3.11"),
                set("AWS_LAMBDA_FUNCTION_NAME", "test"),
            ],
            code_root: root.path().to_owned(),
        };
        let lane = Lane::load(&spec, Space::Own).unwrap();
        Handler { lane, _root: root }
    }
}

/// What a handler answers: its result, or its error payload.
#[derive(Debug, PartialEq)]
pub(crate) enum Answer {
    /// Plain, so it came as a frame.
    Plain(Value),
    /// Odd, so it came as text.
    Text(String),
    /// The error payload.
    Failed(String),
}

impl Handler {
    pub(crate) fn call(&mut self, input: Input<'_>) -> Answer {
        self.call_with(input, "", "")
    }

    pub(crate) fn call_with(
        &mut self,
        input: Input<'_>,
        client_context: &str,
        trace_id: &str,
    ) -> Answer {
        let deadline = SystemTime::now() + Duration::from_mins(1);
        let request_id = REQUEST_ID;
        let request = Request { request_id, client_context, trace_id, deadline, input };
        match self.lane.call(&request) {
            Reply::Returned { encoding: Encoding::Frame, body, .. } => {
                Answer::Plain(faastlane_frame::Frame::check(body).unwrap().decode())
            }
            Reply::Returned { body, .. } => Answer::Text(String::from_utf8(body).unwrap()),
            Reply::Failed { error_type, payload, .. } => {
                let fields: serde_json::Value = serde_json::from_slice(&payload).unwrap();
                assert_eq!(fields["errorType"], error_type);
                Answer::Failed(String::from_utf8(payload).unwrap())
            }
            other => panic!("{other:?}"),
        }
    }

    /// Calls it with the value that this JSON text means.
    pub(crate) fn call_frame(&mut self, text: &str) -> Answer {
        self.call(Input::Frame(&frame(&json::parse(text.as_bytes()).unwrap())))
    }
}

pub(crate) fn frame(value: &Value) -> Vec<u8> {
    let mut frame = Vec::new();
    faastlane_frame::encode(value, &mut frame).unwrap();
    frame
}
