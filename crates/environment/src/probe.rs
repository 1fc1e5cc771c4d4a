//! Runs an interpreter once and asks what it is.
//!
//! Only running it tells: a pyenv shim may stand for a version that is not enabled, and a binary may
//! miss its libraries. A candidate gets a time limit and a process group of its own, so that one that
//! hangs is killed together with what it started.
//!
//! Whether pip and venv are there is *not* asked here but at the moment they are needed (`maker.rs`):
//! answers from here are cached, and after `apt-get install python3-venv` a cached "no" would be wrong.

use crate::Library;
use rustix::process::{Pid, Signal, kill_process_group};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::io::{self, PipeReader, Read};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// The oldest Python that functions run on.
pub const OLDEST: Version = Version { major: 3, minor: 9, micro: 0 };

/// A Python that was run and answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Python {
    /// The interpreter to start; never a shim, which would cost tens of milliseconds at each start.
    pub path: PathBuf,
    /// Its version.
    pub version: Version,
    /// Its `sys.prefix`: an installation or a virtual environment.
    pub prefix: PathBuf,
    /// Its platform tag, for example `linux-x86_64`.
    pub platform: String,
    /// Where its shared library can be.
    pub library: Library,
}

/// A Python version, for example 3.12.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Version {
    /// 3 for every Python that functions run on.
    pub major: u32,
    /// The 12 of 3.12.1; what a Lambda runtime names.
    pub minor: u32,
    /// The 1 of 3.12.1.
    pub micro: u32,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.micro)
    }
}

/// Why a candidate is no usable Python.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    #[error("could not be started: {0}")]
    NotStarted(#[from] io::Error),
    #[error("did not answer within {0:?}")]
    Hung(Duration),
    #[error("failed ({0}){1}")]
    Failed(ExitStatus, String),
    #[error("is not CPython 3{0}")]
    NotPython(String),
}

/// Starts `program` in `cwd` (shims look there) and reads what it says of itself.
pub(crate) fn probe(program: &Path, cwd: &Path, limit: Duration) -> Result<Python, Fault> {
    let (status, text) = answer(program, QUESTION, cwd, limit)?;
    let said = complaint(&text);
    if !status.success() {
        return Err(Fault::Failed(status, said));
    }
    // Start-up files may print too; the answer is the last line that looks like one.
    let mut answers =
        text.lines().rev().filter_map(|line| serde_json::from_str::<Answer>(line).ok());
    match answers.next() {
        Some(answer) if answer.implementation == "cpython" => Ok(answer.into_python(program)),
        Some(answer) => Err(Fault::NotPython(format!(" but {}", answer.implementation))),
        None => Err(Fault::NotPython(said)),
    }
}

const QUESTION: &str = r#"
import json, os, sys, sysconfig
var = lambda name: sysconfig.get_config_var(name) or ""
print(json.dumps({"implementation": sys.implementation.name, "version": sys.version_info[:3],
    "executable": sys.executable, "prefix": sys.prefix, "platform": sysconfig.get_platform(),
    "library": {"shared": bool(var("Py_ENABLE_SHARED")), "name": var("INSTSONAME"), "folders": [
        var("LIBDIR"), os.path.join(var("LIBDIR"), var("MULTIARCH")),
        os.path.join(sys.base_prefix, "lib")]}}))
"#;

#[derive(Deserialize)]
struct Answer {
    implementation: String,
    version: (u32, u32, u32),
    executable: PathBuf,
    prefix: PathBuf,
    platform: String,
    #[serde(default)]
    library: Library,
}

impl Answer {
    fn into_python(self, program: &Path) -> Python {
        let (major, minor, micro) = self.version;
        let named = !self.executable.as_os_str().is_empty();
        Python {
            path: if named { self.executable } else { program.to_path_buf() },
            version: Version { major, minor, micro },
            prefix: self.prefix,
            platform: self.platform,
            library: self.library,
        }
    }
}

/// The line of an output that says what is wrong: the last of a traceback, else the first.
fn complaint(output: &str) -> String {
    let mut lines = output.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or_default();
    let last = lines.next_back().unwrap_or(first);
    match if first.starts_with("Traceback") { last } else { first } {
        "" => String::new(),
        line => format!(": {line}"),
    }
}

/// Runs a short Python program: how it ended, and what it printed.
pub(crate) fn answer(
    program: &Path,
    question: &str,
    cwd: &Path,
    limit: Duration,
) -> Result<(ExitStatus, String), Fault> {
    let (reader, writer) = io::pipe()?;
    let child = Command::new(program)
        // Isolated: a json.py in the current folder or in PYTHONPATH must not be imported.
        .args(["-I", "-c", question])
        .current_dir(cwd)
        .stdin(Stdio::null())
        .stdout(writer.try_clone()?)
        .stderr(writer)
        .process_group(0)
        .spawn()?;
    finish(child, reader, limit)
}

/// The child's end and output, or [`Fault::Hung`] after it was killed.
fn finish(
    mut child: Child,
    reader: PipeReader,
    limit: Duration,
) -> Result<(ExitStatus, String), Fault> {
    let group = Pid::from_child(&child);
    let (sender, receiver) = mpsc::channel();
    // Not joined: a process that left its group could hold the pipe open for ever.
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = reader.take(64 * 1024).read_to_end(&mut bytes);
        let ended = read.and_then(|_| child.wait());
        let text = String::from_utf8_lossy(&bytes).into_owned();
        // A failed send means that the limit has passed and nobody listens.
        let _ = sender.send(ended.map(|status| (status, text)));
    });
    match receiver.recv_timeout(limit) {
        Ok(ended) => Ok(ended?),
        Err(_) => {
            // An error means that the group ended in this very moment.
            let _ = kill_process_group(group, Signal::KILL);
            Err(Fault::Hung(limit))
        }
    }
}
