//! Runs one command of making an environment and hands out its output line by line.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

/// One command.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) program: PathBuf,
    args: Vec<OsString>,
    /// Without one, the root: then neither uv nor pip reads a project that happens to be around.
    cwd: Option<PathBuf>,
}

impl Step {
    pub(crate) fn new(program: &Path) -> Self {
        Self { program: program.to_path_buf(), args: Vec::new(), cwd: None }
    }

    pub(crate) fn arg(self, arg: impl AsRef<OsStr>) -> Self {
        self.args([arg])
    }

    pub(crate) fn args(mut self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.args.extend(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        self
    }

    pub(crate) fn cwd(mut self, cwd: &Path) -> Self {
        self.cwd = Some(cwd.to_path_buf());
        self
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(cwd) = &self.cwd {
            write!(f, "in {}: ", cwd.display())?;
        }
        write!(f, "{}", self.program.display())?;
        self.args.iter().try_for_each(|arg| write!(f, " {}", arg.display()))
    }
}

/// Variables by which a user's shell would send packages to another place than the environment, or make
/// another Python's modules visible. All others (indexes, proxies, certificates) apply.
const REMOVED: [&str; 13] = [
    "PIP_TARGET",
    "PIP_PREFIX",
    "PIP_ROOT",
    "PIP_PYTHON",
    "PIP_DRY_RUN",
    "PYTHONHOME",
    "PYTHONPATH",
    "UV_SYSTEM_PYTHON",
    "UV_TARGET",
    "UV_PREFIX",
    "VIRTUAL_ENV",
    "FORCE_COLOR",
    "CLICOLOR_FORCE",
];

/// Runs the command to its end; `on_line` gets each line of its output and of its errors, in order.
///
/// The command stays in our process group, so that Ctrl-C reaches it too. `lock` is its standard input:
/// see `environments.rs`.
pub(crate) fn run(
    step: &Step,
    lock: &File,
    on_line: &mut dyn FnMut(&str),
) -> io::Result<ExitStatus> {
    let (reader, writer) = io::pipe()?;
    let mut command = Command::new(&step.program);
    command
        .args(&step.args)
        .current_dir(step.cwd.as_deref().unwrap_or(Path::new("/")))
        .env("PIP_USER", "0")
        .env("PIP_REQUIRE_VIRTUALENV", "0")
        .env("NO_COLOR", "1")
        .stdin(lock.try_clone()?)
        .stdout(writer.try_clone()?)
        .stderr(writer);
    for variable in REMOVED {
        command.env_remove(variable);
    }
    let mut child = command.spawn()?;
    // The command holds the pipe's other end open, and reading would never end.
    drop(command);
    let mut reader = BufReader::new(reader);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line)? > 0 {
        on_line(String::from_utf8_lossy(&line).trim_end());
        line.clear();
    }
    child.wait()
}

/// Whether Ctrl-C ended it: by the signal itself, by a shell's number for it, or, as pip does, with a word
/// and an ordinary failure.
pub(crate) fn interrupted(status: ExitStatus, lines: &[String]) -> bool {
    status.signal() == Some(2)
        || status.code() == Some(130)
        || lines.iter().any(|line| line.contains("Operation cancelled by user"))
}
