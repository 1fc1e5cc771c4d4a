//! Runs the program `lane-steps` with the Pythons of this machine, with protection keys if there are any.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use faastlane_host::keys;

/// Whether there are keys. Says so once if not, or fails if they are required.
pub(crate) fn keys() -> bool {
    static KEYS: OnceLock<bool> = OnceLock::new();
    *KEYS.get_or_init(|| match keys::available() {
        Ok(()) => true,
        Err(reason) if env::var("FAASTLANE_REQUIRE_MPK").as_deref() == Ok("1") => {
            panic!("{reason}")
        }
        Err(reason) => {
            eprintln!("skipped, or done without keys: {reason}");
            false
        }
    })
}

/// The Pythons of this machine that have a shared library, newest first. With keys only one of them:
/// they are often emulated, which is slow.
pub(crate) fn pythons() -> &'static [PathBuf] {
    static PYTHONS: OnceLock<Vec<PathBuf>> = OnceLock::new();
    PYTHONS.get_or_init(|| {
        let pyenv = env::var_os("HOME").map(|home| Path::new(&home).join(".pyenv/versions"));
        let installed = pyenv.and_then(|versions| versions.read_dir().ok()).into_iter().flatten();
        let installed = installed.flatten().map(|version| version.path().join("bin/python3"));
        let mut pythons: Vec<_> =
            ["python3".into()].into_iter().chain(installed).filter_map(python).collect();
        pythons.sort_by(|one, other| other.cmp(one));
        pythons.dedup();
        if keys() {
            pythons.truncate(1);
        }
        if pythons.is_empty() {
            eprintln!("skipped: no Python with a shared library");
        }
        pythons.into_iter().map(|(_, path)| path).collect()
    })
}

/// The version and path of a Python that lanes can use.
fn python(name: PathBuf) -> Option<(Vec<u32>, PathBuf)> {
    const ASK: &str = "import os, sys, sysconfig as s; \
        assert sys.version_info >= (3, 9) and os.path.exists(\
        s.get_config_var('LIBDIR') + '/' + s.get_config_var('INSTSONAME')); \
        print(*sys.version_info[:3], sys.executable, sep='.')";
    let output = Command::new(name).args(["-c", ASK]).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let mut parts = text.trim().splitn(4, '.');
    let version = parts.by_ref().take(3).filter_map(|part| part.parse().ok()).collect();
    output.status.success().then_some((version, PathBuf::from(parts.next()?)))
}

/// A file with as much work as there is time for.
fn work() -> &'static str {
    if keys() { "soak.py" } else { "ordinary.py" }
}

/// Runs `text`, a line of steps, with `python` for each `=P` and [`work`] for each `WORK`.
pub(crate) fn steps(python: &Path, text: &str) -> Output {
    let functions = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/functions");
    let steps = text
        .split(' ')
        .map(|step| step.replace("=P", &format!("={}", python.display())).replace("WORK", work()));
    Command::new(env!("CARGO_BIN_EXE_lane-steps"))
        .args(keys().then_some("KEYS"))
        .args(steps)
        .current_dir(functions)
        .output()
        .expect("the program starts")
}

/// All groups must return.
pub(crate) fn all_fine(python: &Path, text: &str) {
    let output = steps(python, text);
    assert!(output.status.success(), "{text} with {}:\n{}", python.display(), both(&output));
}

/// What the program has said.
pub(crate) fn both(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr[..]].concat()).into_owned()
}
