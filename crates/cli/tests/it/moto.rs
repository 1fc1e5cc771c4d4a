//! moto, a server that stands in for AWS, from PyPI.
//!
//! `FAASTLANE_MOTO` names a Python that has it. Elsewhere one is made in the target's folder, once; where that
//! is not possible tests that need it say so and are skipped.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use tempfile::TempDir;

/// What is installed. It must suit each other, so versions are given.
const PACKAGES: [&str; 2] = ["moto[server]==5.2.5", "boto3==1.44.5"];

/// Starts a server on a free port and says where it is; it ends with its input.
const PROGRAM: &str = r#"
import sys
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print("http://%s:%d" % server.get_host_and_port(), flush=True)
sys.stdin.read()
"#;

/// A server, as long as it is needed.
pub(crate) struct Moto {
    child: Child,
    /// Where it is.
    pub(crate) url: String,
    /// A Python with boto3.
    pub(crate) python: PathBuf,
}

impl Moto {
    /// Starts one; none where moto cannot be had.
    #[expect(clippy::print_stderr, reason = "a test that did not run says so")]
    pub(crate) fn start() -> Option<Self> {
        let python = match python() {
            Ok(python) => python,
            Err(why) => {
                eprintln!("skipped: there is no moto: {why}");
                return None;
            }
        };
        let mut child = Command::new(python)
            .args(["-c", PROGRAM])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
        Some(Self { child, url: url.trim().to_owned(), python: python.clone() })
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A Python with moto, or why there is none.
fn python() -> &'static Result<PathBuf, String> {
    static PYTHON: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    PYTHON.get_or_init(|| match std::env::var_os("FAASTLANE_MOTO") {
        Some(python) => Ok(python.into()),
        None => install(),
    })
}

fn install() -> Result<PathBuf, String> {
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let mark = cache.join(PACKAGES.join("-").replace("==", "-").replace("[server]", ""));
    if let Ok(python) = std::fs::read_to_string(&mark) {
        return Ok(python.into());
    }
    // Scripts in it carry absolute paths, so it stays where it is made, and the mark says where.
    let folder = TempDir::with_prefix_in("moto-", cache).map_err(|error| error.to_string())?;
    let python = folder.path().join("bin/python");
    run(Command::new("python3").args(["-m", "venv"]).arg(folder.path()))?;
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    run(Command::new(&python).args(pip).args(PACKAGES))?;
    let _ = folder.keep();
    let written = std::fs::write(&mark, python.to_string_lossy().as_bytes());
    written.map(|()| python).map_err(|error| error.to_string())
}

/// The last line of what a command says if it fails.
fn run(command: &mut Command) -> Result<(), String> {
    let output = command.stdin(Stdio::null()).output().map_err(|error| error.to_string())?;
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said.trim().lines().last().unwrap_or("no reason given").to_owned();
    output.status.success().then_some(()).ok_or(last)
}
