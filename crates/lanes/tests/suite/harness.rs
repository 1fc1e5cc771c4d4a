//! What every test here does: write a handler into a folder of its own and call it.
#![allow(dead_code, reason = "each test target uses its own part of this module")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use faastlane_lanes::{
    Call, CallId, Event, Function, FunctionIndex, Handler, HostProgram, Isolation, LaneKind,
    Options, Outcome, Payload, Pool, Reason, Returned, Times,
};
use tempfile::TempDir;

use super::python_text::python_text;

/// Where functions are to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Each worker a process of the function's own Python.
    Portable,
    /// Each worker a fork of a process that has loaded one function.
    Process,
    /// Each worker a fork of a process that has loaded many functions, without keys.
    Namespaces,
}

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
        libpython: libpython().map(Path::to_owned),
        layers: Vec::new(),
        environment: Vec::new(),
        timeout: Duration::from_secs(60),
        memory_mib: 128,
        memory_limit_mib: None,
        runtime: "python3.11".to_owned(),
        debug: None,
        alone: false,
    }
}

/// Set in a process where functions are to run inline.
pub(crate) const INLINE: &str = "FAASTLANE_TEST_INLINE";

pub(crate) fn options() -> Options {
    let inline = std::env::var_os(INLINE).is_some();
    if inline {
        keep_stderr();
    }
    Options { inline, ..options_for(crate::KIND) }
}

/// Has panics reported where stderr is now: the pool makes it the log of the functions.
fn keep_stderr() {
    static KEPT: OnceLock<std::os::fd::OwnedFd> = OnceLock::new();
    KEPT.get_or_init(|| {
        std::panic::set_hook(Box::new(|panic| {
            let text = format!("{panic}\n");
            // Nobody is left who could be told that it fails.
            let _ = rustix::io::write(KEPT.get().expect("kept before"), text.as_bytes());
        }));
        rustix::io::fcntl_dupfd_cloexec(std::io::stderr(), 3).unwrap()
    });
}

/// Options of a pool with lanes of this kind.
pub(crate) fn options_for(kind: Kind) -> Options {
    let program = HostProgram {
        path: env!("CARGO_BIN_EXE_faastlane-lane-host").into(),
        arguments: Vec::new(),
    };
    Options {
        vcpus: 2,
        isolation: if kind == Kind::Namespaces { Isolation::None } else { Isolation::Process },
        host_program: (kind != Kind::Portable && libpython().is_some()).then_some(program),
        ..Options::default()
    }
}

/// No function had to go to a lane of another kind, where it could be.
#[track_caller]
pub(crate) fn assert_runs_as_asked(pool: &Pool) {
    let expected = match libpython() {
        Some(_) if crate::KIND != Kind::Portable => LaneKind::Forked,
        _ => LaneKind::Portable,
    };
    let inline = std::env::var_os(INLINE).is_some();
    for (_, kind, reason) in pool.lanes() {
        let is_as_asked = kind == expected && !matches!(reason, Reason::Unfit(_));
        // A lane that has ended is gone, and a process that has held 15 of them is full.
        let is_inline = kind == LaneKind::Thread || reason != Reason::Asked;
        assert!(is_as_asked || inline && is_inline, "{kind}: {reason}");
    }
}

/// The shared library of [`python`]; without one, all functions run in portable lanes.
#[expect(clippy::print_stderr, reason = "whoever runs the tests must see what was not tested")]
pub(crate) fn libpython() -> Option<&'static Path> {
    static LIBPYTHON: OnceLock<Option<PathBuf>> = OnceLock::new();
    let found = LIBPYTHON.get_or_init(|| {
        let script = "import sysconfig\n\
                      part = sysconfig.get_config_var\n\
                      print(part('LIBDIR') + '/' + part('INSTSONAME'))";
        let output = Command::new(python()).args(["-c", script]).output().unwrap();
        let path = PathBuf::from(String::from_utf8(output.stdout).unwrap().trim());
        let is_shared = path.to_string_lossy().contains(".so") && path.is_file();
        if !is_shared {
            eprintln!("only portable lanes are tested: {} is not there", path.display());
        }
        is_shared.then_some(path)
    });
    found.as_deref()
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
            Outcome::Returned(frame) => unreachable!("`finish` has made text of {frame:?}"),
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
    finish_as(pool, count, "python3.11")
}

/// The same; results that are frames become the text that this runtime would write.
pub(crate) fn finish_as(pool: &mut Pool, count: usize, runtime: &str) -> Vec<Finished> {
    let (mut finished, mut log, mut events) = (Vec::new(), String::new(), Vec::new());
    while finished.len() < count {
        pool.wait(None, &mut events).unwrap();
        for event in events.drain(..) {
            match event {
                Event::Log { text, .. } => log.push_str(&text),
                Event::Placed { .. } => {}
                Event::Finished { id, mut outcome, log_tail, times } => {
                    let log = std::mem::take(&mut log);
                    if let Outcome::Returned(returned @ Returned::Frame(_)) = &mut outcome {
                        *returned = Returned::Text(text_of(returned, runtime).into_bytes());
                    }
                    finished.push(Finished { id: id.0, outcome, log, log_tail, times });
                }
            }
        }
    }
    finished
}

/// The text of a result.
fn text_of(returned: &Returned, runtime: &str) -> String {
    let minor = runtime.strip_prefix("python3.").and_then(|minor| minor.parse::<u32>().ok());
    match returned {
        Returned::Text(text) => String::from_utf8_lossy(text).into_owned(),
        Returned::Frame(frame) => python_text(&frame.decode(), minor < Some(12)),
    }
}

/// Calls a function once in a pool of its own.
pub(crate) fn run(function: Function, event: &str) -> Finished {
    run_with(options(), function, event)
}

pub(crate) fn run_with(options: Options, function: Function, event: &str) -> Finished {
    let runtime = function.runtime.clone();
    let mut pool = Pool::new(vec![function], options).unwrap();
    pool.call(call(1, 0, event));
    let finished = finish_as(&mut pool, 1, &runtime).remove(0);
    if let Outcome::Returned(_) = finished.outcome {
        assert_runs_as_asked(&pool);
    }
    finished
}

/// Calls the handler in this text of `app.py` once.
pub(crate) fn run_code(code: &str, event: &str) -> Finished {
    let root = folder(&[("app.py", code)]);
    run(function(root.path()), event)
}
