//! The command runs, and everything it prints is a time that can be.

use std::process::{Command, Output};

fn bench(arguments: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_faastlane-bench");
    Command::new(program).args(arguments).output().expect("the command was built before its test")
}

#[test]
#[expect(clippy::print_stderr, reason = "a test that skips its work says so")]
fn a_quick_run_measures_every_case() {
    let folder = tempfile::tempdir().unwrap();
    let output = bench(&["--quick", "--out", folder.path().to_str().unwrap()]);
    let complaints = String::from_utf8(output.stderr).unwrap();
    if complaints.contains("name an interpreter with --python") {
        eprintln!("skipped: no Python on PATH");
        return;
    }
    assert!(output.status.success(), "{complaints}");
    let table = String::from_utf8(output.stdout).unwrap();
    assert!(table.contains("Map of Pass") && table.contains("150,000 floats"), "{table}");

    let file = std::fs::read_dir(folder.path()).unwrap().next().expect("a file of results");
    let text = std::fs::read(file.unwrap().path()).unwrap();
    let report: serde_json::Value = serde_json::from_slice(&text).unwrap();
    assert!(report["host"]["commit"].is_string() && report["host"]["cpu"].is_string());
    let results = report["results"].as_array().unwrap();
    assert_eq!(results.len(), 10);
    let contenders = results.iter().flat_map(|result| result["contenders"].as_array().unwrap());
    for round in contenders.flat_map(|contender| contender["rounds"].as_array().unwrap()) {
        let time = |name: &str| round[name].as_f64().unwrap();
        assert!(round["samples"].as_u64().unwrap() > 0);
        assert!(0.0 < time("min") && time("min") <= time("median"), "{round}");
        assert!(time("median") <= time("p99"), "{round}");
    }
}

#[test]
fn a_filter_that_fits_nothing_says_so() {
    let output = bench(&["--quick", "--filter", "nothing like this"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let complaints = String::from_utf8(output.stderr).unwrap();
    assert!(complaints.contains("no case matches the filter"), "{complaints}");
}
