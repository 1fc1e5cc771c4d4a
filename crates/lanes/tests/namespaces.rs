//! The suite in forked hosts that hold many functions, each in a namespace of its own; and once more
//! with functions in the process of the pool, where each test needs a process of its own.

mod suite;

use std::process::Command;

use suite::harness::{INLINE, Kind};

/// The kind of lane of this program.
const KIND: Kind = Kind::Namespaces;

/// What is about workers, or about what the process of the pool itself has open.
const NOT_INLINE: [&str; 11] = [
    "suite::containment::a_function_that_forks_without_end_is_killed",
    "suite::containment::a_template_that_is_stopped_is_done_without",
    "suite::containment::a_worker_that_is_stopped_ends_at_its_timeout",
    "suite::containment::children_end_with_their_process",
    "suite::containment::workers_may_be_killed_at_any_moment",
    "suite::exits::a_function_that_closes_what_it_does_not_know",
    "suite::exits::a_worker_that_breaks_while_idle_is_replaced",
    "suite::surroundings::few_descriptors_are_open_besides_the_standard_streams",
    "suite::surroundings::subprocesses_get_the_standard_streams_only",
    "suite::templates::",
    "suite::warmth::",
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
    let is_meant = |name: &&&str| !NOT_INLINE.iter().any(|start| name.starts_with(start));
    for name in names.iter().filter(is_meant) {
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
