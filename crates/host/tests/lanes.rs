//! Lanes at work: ordinary Python, the ways in which a function can end or hang, forks. Each case is a
//! run of the program `lane-steps`, because what is tested may end the process.

#![cfg(all(target_arch = "x86_64", target_os = "linux", target_env = "gnu"))]
#![expect(clippy::print_stderr, reason = "what is skipped is said")]

#[path = "harness/mod.rs"]
mod harness;

use std::path::PathBuf;

use harness::{all_fine, both, keys, pythons, steps};

#[test]
fn ordinary_work_in_two_lanes_of_every_python() {
    for python in pythons() {
        all_fine(
            python,
            "A=P B=P A:ordinary.py B:ordinary.py A:packages.py B:packages.py A:directory.py B:directory.py",
        );
    }
}

#[test]
fn several_pythons_in_one_process() {
    let Some(first) = pythons().first() else { return };
    let numbered = || pythons().iter().enumerate();
    let loads = numbered().map(|(i, python)| format!("L{i}={}", python.display()));
    let work = numbered().map(|(i, _)| format!("L{i}:WORK"));
    all_fine(first, &loads.chain(work).collect::<Vec<_>>().join(" "));
}

/// glibc has 16 namespaces, the processor 16 keys: the base has one namespace and one key, the
/// orchestrator another key.
fn most_lanes() -> usize {
    if keys() { 14 } else { 15 }
}

#[test]
fn as_many_lanes_as_there_can_be() {
    let Some(python) = pythons().first() else { return };
    let loads = (0..most_lanes()).map(|i| format!("L{i}=P"));
    let work = (0..most_lanes()).map(|i| format!("L{i}:fine.py"));
    all_fine(python, &loads.chain(work).collect::<Vec<_>>().join(" "));
}

#[test]
fn one_lane_more_is_refused() {
    let Some(python) = pythons().first() else { return };
    let loads: Vec<_> = (0..=most_lanes()).map(|i| format!("L{i}=P")).collect();
    let output = steps(python, &loads.join(" "));
    let expected = format!("this process has {} already", most_lanes());
    assert_eq!(output.status.code(), Some(1), "{}", both(&output));
    assert!(both(&output).contains(&expected), "{}", both(&output));
}

#[test]
fn what_ends_a_function_costs_its_own_lane() {
    let cases = [
        ("end_exit.py", "ended with exit status 3"),
        ("end_sys_exit.py", "ended with exit status 3"),
        ("end_abort.py", "ended with signal 6"),
        ("end_kill.py", "ended with signal 15"),
        ("end_libc_abort.py", "ended with signal 6"),
        ("end_thread_exit.py", "ended with exit status 5"),
        ("fault_read.py", "function 'A' read memory at 0x8 that it may not touch (SIGSEGV)"),
        ("fault_write.py", "function 'A' wrote to memory at 0x10 that it may not touch (SIGSEGV)"),
        ("fault_thread.py", "(SIGSEGV), on a thread that it had started"),
        ("fault_stack.py", "that it may not touch (SIGSEGV)"),
        ("long_python.py@300", "timed out"),
        ("long_native.py@300", "timed out"),
        ("long_sleep.py@300", "timed out"),
        ("long_threads.py@300", "timed out"),
    ];
    let Some(python) = pythons().first() else { return };
    for (case, expected) in cases {
        // The second time the lane is not entered, and says the same.
        let output = steps(python, &format!("A=P B=P A:{case} A:fine.py B:fine.py"));
        let text = both(&output);
        assert_eq!(output.status.code(), Some(2), "{case}: {text}");
        assert_eq!(text.matches(expected).count(), 2, "{case}: {text}");
        assert!(text.contains("[B] # fine: ok"), "{case}: {text}");
    }
}

#[test]
fn a_fork_goes_on_with_all_lanes() {
    for python in pythons() {
        all_fine(python, "A=P B=P A:WORK FORK A:WORK B:WORK FORK B:fine.py");
    }
}

#[test]
fn libraries_are_told_of_forks() {
    let Some(python) = pythons().first() else { return };
    all_fine(python, "A=P A:fork_watch.py FORK A:fork_seen.py");
}

#[test]
fn a_lane_is_called_on_another_thread() {
    let Some(python) = pythons().first() else { return };
    all_fine(python, "A=P A:WORK THREAD A:WORK A:WORK");
}

/// But for small objects, which Python keeps in pools of its own.
#[test]
fn what_a_call_has_freed_is_cleared_before_the_next() {
    for python in pythons() {
        all_fine(python, "A=P A:freed_keep.py A:freed_read.py A:freed_left.py");
    }
}

#[test]
fn two_lanes_work_at_once() {
    let Some(python) = pythons().first() else { return };
    all_fine(python, "A=P B=P AT_ONCE A:WORK B:WORK A:fine.py B:fine.py");
    let output = steps(python, "A=P B=P AT_ONCE A:fault_read.py B:soak.py*100 B:fine.py");
    assert_eq!(output.status.code(), Some(1), "{}", both(&output));
}

#[test]
fn a_handler_that_takes_too_long_to_load() {
    let Some(python) = pythons().first() else { return };
    let output = steps(python, "LOAD_TIME=2000 A=P@endless B=P B:fine.py");
    let text = both(&output);
    assert!(text.contains("loading function 'A' took too long"), "{text}");
    assert!(text.contains("[B] # fine: ok"), "{text}");
}

#[test]
fn every_lane_has_a_working_directory_of_its_own() {
    let Some(python) = pythons().first() else { return };
    all_fine(
        python,
        "A=P B=P@elsewhere A:in_functions.py B:in_usr.py A:in_functions.py A:to_root.py B:in_usr.py A:in_root.py \
         B:in_usr.py THREAD A:in_root.py B:in_usr.py",
    );
}

#[test]
fn ten_thousand_calls() {
    let Some(python) = pythons().first() else { return };
    // Emulated keys are slow.
    let count = if keys() { 500 } else { 5000 };
    all_fine(python, &format!("A=P B=P A:soak.py*{count} B:soak.py*{count}"));
}

#[test]
fn a_program_without_room_for_lanes_says_so() {
    let Some(python) = pythons().first() else { return };
    let libpython = PathBuf::from("/nonexistent/libpython3.12.so.1.0");
    let spec = faastlane_host::LaneSpec {
        name: "f".to_owned(),
        python: python.clone(),
        libpython,
        runner: "",
        config: "{}".to_owned(),
        environment: Vec::new(),
        code_root: std::env::temp_dir(),
    };
    let error = faastlane_host::Lane::load(&spec, faastlane_host::Space::Own).unwrap_err();
    assert_eq!(
        error.to_string(),
        "no thread lanes in this process: it was started without GLIBC_TUNABLES=glibc.rtld.nns=16"
    );
}
