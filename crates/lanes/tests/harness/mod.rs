//! What every test here does: write a handler into a folder of its own and call it.
#![allow(dead_code, reason = "each test target uses its own part of this module")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use faastlane_lanes::{
    Call, CallId, Event, Function, FunctionIndex, Handler, Options, Outcome, Payload, Pool,
    Returned, Times,
};
use tempfile::TempDir;

/// The request id of every call, unless a test says otherwise.
pub(crate) const REQUEST_ID: &str = "8f7d2c1e-0000-4000-8000-000000000000";

/// The interpreter behind `python3` on PATH, which may be a wrapper script.
pub(crate) fn python() -> &'static Path {
    static PYTHON: OnceLock<PathBuf> = OnceLock::new();
    PYTHON.get_or_init(|| {
        let script = "import sys; print(sys.executable)";
        let output =
            Command::new("python3").args(["-c", script]).output().expect("python3 on PATH");
        PathBuf::from(String::from_utf8(output.stdout).unwrap().trim())
    })
}

/// The version of [`python`], such as `3.11`.
pub(crate) fn python_version() -> String {
    let script = "import sys; print('%d.%d' % sys.version_info[:2])";
    let output = Command::new(python()).args(["-c", script]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A folder with these files.
pub(crate) fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

/// A function `app.handler` in `root`.
pub(crate) fn function(root: &Path) -> Function {
    Function {
        name: "test".to_owned(),
        arn: "arn:aws:lambda:us-east-1:123456789012:function:test".to_owned(),
        code_root: root.to_owned(),
        handler: Handler::Named("app.handler".to_owned()),
        python: python().to_owned(),
        libpython: None,
        layers: Vec::new(),
        environment: Vec::new(),
        timeout: Duration::from_secs(60),
        memory_mib: 128,
        runtime: "python3.11".to_owned(),
        debug: None,
    }
}

pub(crate) fn options() -> Options {
    Options { vcpus: 2, ..Options::default() }
}

pub(crate) fn call(id: u64, function: usize, payload: impl Into<Vec<u8>>) -> Call {
    Call {
        id: CallId(id),
        function: FunctionIndex(function),
        payload: Payload::Text(payload.into()),
        request_id: REQUEST_ID.to_owned(),
        client_context: None,
        trace_id: None,
    }
}

/// A finished call.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Finished {
    pub(crate) id: u64,
    pub(crate) outcome: Outcome,
    pub(crate) log: String,
    pub(crate) log_tail: String,
    pub(crate) times: Times,
}

impl Finished {
    /// The JSON text that the handler returned.
    #[track_caller]
    pub(crate) fn returned(&self) -> &str {
        match &self.outcome {
            Outcome::Returned(Returned::Text(text)) => std::str::from_utf8(text).unwrap(),
            Outcome::Returned(frame) => panic!("a portable lane returns text, not {frame:?}"),
            Outcome::Failed { payload, .. } => {
                panic!("failed: {}\n{}", String::from_utf8_lossy(payload), self.log)
            }
        }
    }

    /// Error type and payload of the failure.
    #[track_caller]
    pub(crate) fn failed(&self) -> (&str, &str) {
        match &self.outcome {
            Outcome::Failed { error_type, payload } => {
                (error_type, std::str::from_utf8(payload).unwrap())
            }
            Outcome::Returned(Returned::Text(text)) => {
                panic!("returned: {}", String::from_utf8_lossy(text))
            }
            Outcome::Returned(frame) => panic!("returned: {frame:?}"),
        }
    }
}

/// Waits until `count` calls have finished; the log of each is what came since the one before.
pub(crate) fn finish(pool: &mut Pool, count: usize) -> Vec<Finished> {
    let (mut finished, mut log, mut events) = (Vec::new(), String::new(), Vec::new());
    while finished.len() < count {
        pool.wait(None, &mut events).unwrap();
        for event in events.drain(..) {
            match event {
                Event::Log { text, .. } => log.push_str(&text),
                Event::Finished { id, outcome, log_tail, times } => {
                    let log = std::mem::take(&mut log);
                    finished.push(Finished { id: id.0, outcome, log, log_tail, times });
                }
            }
        }
    }
    finished
}

/// Calls a function once in a pool of its own.
pub(crate) fn run(function: Function, event: &str) -> Finished {
    run_with(options(), function, event)
}

pub(crate) fn run_with(options: Options, function: Function, event: &str) -> Finished {
    let mut pool = Pool::new(vec![function], options).unwrap();
    pool.call(call(1, 0, event));
    finish(&mut pool, 1).remove(0)
}

/// Calls the handler in this text of `app.py` once.
pub(crate) fn run_code(code: &str, event: &str) -> Finished {
    let root = folder(&[("app.py", code)]);
    run(function(root.path()), event)
}
