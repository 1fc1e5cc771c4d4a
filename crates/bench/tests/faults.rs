//! A short campaign: however a run is harmed, it ends as it should and leaves nothing behind.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The `faastlane` command of this build; another package's, so it may not be there.
fn faastlane() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_BIN_EXE_faastlane-bench")).with_file_name("faastlane");
    beside.is_file().then_some(beside)
}

#[test]
#[expect(clippy::print_stderr, reason = "a test that skips its work says so")]
fn a_short_campaign_finds_nothing() {
    let Some(faastlane) = faastlane() else {
        return eprintln!("skipped: `cargo build --package faastlane` has not been run");
    };
    let folder = tempfile::tempdir().unwrap();
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("faastlane-cache");
    let output = Command::new(env!("CARGO_BIN_EXE_faastlane-bench"))
        // The example without packages to install; on a machine that is busy, only what hangs is late.
        .args([
            "faults",
            "--executions",
            "40",
            "--example",
            "healthcare",
            "--jobs",
            "8",
            "--timeout",
            "10",
        ])
        .arg("--faastlane")
        .arg(faastlane)
        .arg("--out")
        .arg(folder.path())
        .env("FAASTLANE_CACHE", cache)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    if said.contains("name an interpreter with --python") {
        return eprintln!("skipped: no Python on PATH");
    }
    let table = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{table}\n{said}");
    let last = table.lines().last().unwrap();
    assert!(last.starts_with("| all | 40 | "), "{table}");
    let file = std::fs::read_dir(folder.path()).unwrap().next().expect("a file of results");
    let results = std::fs::read(file.unwrap().path()).unwrap();
    let results: serde_json::Value = serde_json::from_slice(&results).unwrap();
    assert_eq!(results["executions"].as_array().unwrap().len(), 40);
}
