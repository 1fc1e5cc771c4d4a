//! The suite in forked hosts that hold many functions, each in a namespace of its own; and once more
//! with functions in the process of the pool, where each test needs a process of its own.

mod suite;

use std::process::Command;

use suite::harness::{INLINE, Kind};

/// The kind of lane of this program.
const KIND: Kind = Kind::Namespaces;

/// What a function does here to the process of the pool itself: it may see and close all of its
/// descriptors.
const NOT_INLINE: [&str; 2] = [
    "suite::exits::a_function_that_closes_what_it_does_not_know",
    "suite::surroundings::few_descriptors_are_open_besides_the_standard_streams",
];

#[test]
fn the_same_with_inline_lanes() {
    if std::env::var_os(INLINE).is_some() {
        return;
    }
    let program = std::env::current_exe().unwrap();
    let list = Command::new(&program).args(["--list", "--format=terse"]).output().unwrap();
    let list = String::from_utf8(list.stdout).unwrap();
    let names: Vec<_> = list.lines().filter_map(|line| line.strip_suffix(": test")).collect();
    assert!(names.len() > 20, "tests are missing in the list: {list}");
    let mut failed = Vec::new();
    for name in names.iter().filter(|name| !NOT_INLINE.contains(name)) {
        let mut test = Command::new(&program);
        test.args(["--exact", name]).env(INLINE, "1");
        let output = test.envs(faastlane_host::PROCESS_ENVIRONMENT).output().unwrap();
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            failed.push(format!("{name} ({}):\n{said}", output.status));
        }
    }
    assert!(failed.is_empty(), "{} failed:\n{}", failed.len(), failed.join("\n"));
}
