//! Short campaigns: whatever is killed or harmed, executions end as they should.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The `faastlane` command of this build; another package's, so it may not be there.
fn faastlane() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_BIN_EXE_faastlane-bench")).with_file_name("faastlane");
    beside.is_file().then_some(beside)
}

/// What a campaign has printed, and its raw results; none where it cannot be. It must find nothing.
#[expect(clippy::print_stderr, reason = "a test that skips its work says so")]
fn campaign(arguments: &str) -> Option<(String, serde_json::Value)> {
    let Some(faastlane) = faastlane() else {
        eprintln!("skipped: `cargo build --package faastlane` has not been run");
        return None;
    };
    let folder = tempfile::tempdir().unwrap();
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("faastlane-cache");
    let output = Command::new(env!("CARGO_BIN_EXE_faastlane-bench"))
        .args(arguments.split(' '))
        .arg("--faastlane")
        .arg(faastlane)
        .arg("--out")
        .arg(folder.path())
        .env("FAASTLANE_CACHE", cache)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    if said.contains("name an interpreter with --python") {
        eprintln!("skipped: no Python on PATH");
        return None;
    }
    let table = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{table}\n{said}");
    let file = std::fs::read_dir(folder.path()).unwrap().next().expect("a file of results");
    let results = std::fs::read(file.unwrap().path()).unwrap();
    Some((table, serde_json::from_slice(&results).unwrap()))
}

/// However a run is harmed, it ends as it should and leaves nothing behind.
#[test]
fn a_short_campaign_of_faults_finds_nothing() {
    // The example without packages to install; on a machine that is busy, only what hangs is late.
    let campaign = campaign("faults --executions 40 --example healthcare --jobs 8 --timeout 10");
    let Some((table, results)) = campaign else { return };
    assert!(table.lines().last().unwrap().starts_with("| all | 40 | "), "{table}");
    assert_eq!(results["executions"].as_array().unwrap().len(), 40);
}

/// A server that is killed loses nothing, and does nothing twice that it has written down.
#[test]
fn a_short_campaign_of_crashes_finds_nothing() {
    let campaign = campaign("crash --executions 20 --kills 3 --rounds 1");
    let Some((table, results)) = campaign else { return };
    assert!(table.lines().last().unwrap().starts_with("| 20 | 3 | 0 | "), "{table}");
    assert_eq!(results["executions"].as_array().unwrap().len(), 20);
    assert_eq!(results["kills"].as_array().unwrap().len(), 3);
}
