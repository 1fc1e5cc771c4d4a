//! The command runs, and everything it prints is a number that can be.

use std::path::Path;
use std::process::{Command, Output};

/// Where lanes run in other processes than their own Python's.
const LANES: bool = cfg!(all(target_arch = "x86_64", target_os = "linux", target_env = "gnu"));

fn bench(arguments: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_faastlane-bench");
    Command::new(program).args(arguments).output().expect("the command was built before its test")
}

/// Standard error of a run that succeeded; none, and a line about it, where there is no Python for it.
#[expect(clippy::print_stderr, reason = "a test that skips its work says so")]
fn complaints(output: &Output) -> Option<String> {
    let complaints = String::from_utf8_lossy(&output.stderr).into_owned();
    for (missing, what) in [
        ("name an interpreter with --python", "no Python on PATH"),
        ("left out: thread lanes", "no shared library of Python"),
    ] {
        if complaints.contains(missing) || !LANES {
            eprintln!("skipped: {what}");
            return None;
        }
    }
    assert!(output.status.success(), "{complaints}");
    Some(complaints)
}

#[test]
fn a_quick_run_measures_every_group() {
    let folder = tempfile::tempdir().unwrap();
    let groups = [
        "engine",
        "expr",
        "hop/200 B",
        "hop/150,000 floats",
        "passing",
        "start",
        "parallel",
        "nothing",
        "small",
    ];
    let filters = groups.iter().flat_map(|group| ["--filter", group]);
    let mut arguments = vec!["--quick", "--out", folder.path().to_str().unwrap()];
    arguments.extend(filters);
    let output = bench(&arguments);
    if complaints(&output).is_none() {
        return;
    }
    let table = String::from_utf8(output.stdout).unwrap();
    for part in ["Map of Pass", "150,000 floats", "five lanes", "fork per branch", "small handler"]
    {
        assert!(table.contains(part), "{table}");
    }
    check(folder.path(), &table);
}

/// The raw results have what the table has, and every number can be.
fn check(folder: &Path, table: &str) {
    let file = std::fs::read_dir(folder).unwrap().next().expect("a file of results");
    let text = std::fs::read(file.unwrap().path()).unwrap();
    let report: serde_json::Value = serde_json::from_slice(&text).unwrap();
    assert!(report["host"]["commit"].is_string() && report["host"]["cpu"].is_string());
    let results = report["results"].as_array().unwrap();
    assert!(results.len() > 10);
    let contenders = results.iter().flat_map(|result| result["contenders"].as_array().unwrap());
    for contender in contenders {
        assert!(table.contains(contender["name"].as_str().unwrap()), "{contender}");
        for round in contender["rounds"].as_array().unwrap() {
            let number = |name: &str| round[name].as_f64().unwrap();
            assert!(round["samples"].as_u64().unwrap() > 0);
            assert!(0.0 < number("min") && number("min") <= number("median"), "{contender}");
            assert!(number("median") <= number("p99"), "{contender}");
        }
    }
}

#[test]
fn a_short_soak_ends_with_the_memory_it_had() {
    let output = bench(&["soak", "--calls", "20000"]);
    let Some(said) = complaints(&output) else { return };
    let table = String::from_utf8(output.stdout).unwrap();
    let row = table.lines().last().unwrap();
    assert!(row.starts_with("| 20000 | 2000 | 800 | "), "{table}");
    assert!(said.contains(" 100 % "), "{said}");
}

#[test]
fn a_filter_that_fits_nothing_says_so() {
    let output = bench(&["--quick", "--filter", "nothing like this"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let complaints = String::from_utf8(output.stderr).unwrap();
    assert!(complaints.contains("no case matches the filter"), "{complaints}");
}
