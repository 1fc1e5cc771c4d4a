//! A project in a folder of its own, and the real command run in it.
//!
//! Environments and what is known of this machine's Pythons are kept in the target's folder, so that
//! they are made once for all tests and runs of tests.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A state machine of one state that calls the function `f`.
pub(crate) const CALLS_F: &str =
    r#"{"StartAt": "F", "States": {"F": {"Type": "Task", "Resource": "f", "End": true}}}"#;

/// A folder with files, removed at the end of the test.
pub(crate) struct Project(TempDir);

impl Project {
    /// Files by their names; a name may hold folders.
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let project = Self(TempDir::with_prefix("faastlane-test-").unwrap());
        for (name, text) in files {
            project.write(name, text);
        }
        project
    }

    /// A machine that calls one function, whose module is `code`: run `flow.asl.json`.
    pub(crate) fn calling(code: &str) -> Self {
        Self::new(&[("flow.asl.json", CALLS_F), ("functions/f.py", code)])
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// `faastlane ARGUMENTS` in this folder, the arguments separated by spaces.
    pub(crate) fn faastlane(&self, arguments: &str) -> Command {
        faastlane(self.0.path(), arguments)
    }

    /// What `faastlane run flow.asl.json ARGUMENTS` does, to its end.
    pub(crate) fn run(&self, arguments: &str) -> Outcome {
        Outcome::of(self.faastlane("run flow.asl.json").args(arguments.split_whitespace()))
    }

    /// The history that `--history history.json` wrote.
    pub(crate) fn history(&self) -> Vec<Value> {
        let mut history: Value = serde_json::from_str(&self.read("history.json")).unwrap();
        serde_json::from_value(history["events"].take()).unwrap()
    }
}

/// `faastlane ARGUMENTS`, the arguments separated by spaces.
pub(crate) fn faastlane(folder: &Path, arguments: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_faastlane"));
    command
        .args(arguments.split_whitespace())
        .current_dir(folder)
        .env("FAASTLANE_CACHE", cache())
        .stdin(Stdio::null());
    command
}

/// The folder for what all tests share.
pub(crate) fn cache() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("faastlane-cache")
}

/// How a command ended and what it said.
pub(crate) struct Outcome {
    /// 128 and the number of the signal that killed it, as shells have it.
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Outcome {
    pub(crate) fn of(command: &mut Command) -> Self {
        Self::from(command.output().unwrap())
    }

    /// Of a command that reads `input` from stdin.
    pub(crate) fn with_stdin(command: &mut Command, input: &str) -> Self {
        let mut child = start(command.stdin(Stdio::piped()));
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        Self::from(child.wait_with_output().unwrap())
    }

    /// Its stdout, which must be one line of JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.stdout.matches('\n').count(), 1, "one line: {:?}", self.stdout);
        serde_json::from_str(&self.stdout).unwrap()
    }

    #[track_caller]
    pub(crate) fn expect(&self, code: i32, stdout: &str) {
        assert_eq!((self.code, self.stdout.as_str()), (code, stdout), "stderr: {}", self.stderr);
    }
}

impl From<Output> for Outcome {
    fn from(output: Output) -> Self {
        use std::os::unix::process::ExitStatusExt;
        let status = output.status;
        Self {
            code: status.code().or(status.signal().map(|signal| 128 + signal)).unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// Starts a command, its output kept.
pub(crate) fn start(command: &mut Command) -> Child {
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Says that a test leaves out something that this machine does not have.
#[expect(clippy::print_stderr, reason = "a test that skips its work says so")]
pub(crate) fn skip(why: &str) {
    eprintln!("skipped: {why}");
}

/// JSON text without white space outside strings.
pub(crate) fn compact(json: &str) -> String {
    let mut in_string = false;
    let mut escaped = false;
    let keep = |character: &char| {
        if *character == '"' && !escaped {
            in_string = !in_string;
        }
        escaped = *character == '\\' && !escaped;
        in_string || !character.is_whitespace()
    };
    json.chars().filter(keep).collect()
}
