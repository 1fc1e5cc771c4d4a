//! Lanes at work: ordinary Python, the ways in which a function can end or hang, forks. Each case is a
//! run of the program `lane-steps`, because what is tested may end the process.

#![cfg(all(target_arch = "x86_64", target_os = "linux", target_env = "gnu"))]
#![expect(clippy::print_stderr, reason = "what is skipped is said")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

/// The Pythons of this machine that have a shared library, newest first.
fn pythons() -> &'static [PathBuf] {
    static PYTHONS: OnceLock<Vec<PathBuf>> = OnceLock::new();
    PYTHONS.get_or_init(|| {
        const ASK: &str = "import os, sys, sysconfig as s; \
            assert sys.version_info >= (3, 9) and os.path.exists(\
            s.get_config_var('LIBDIR') + '/' + s.get_config_var('INSTSONAME')); \
            print(sys.executable)";
        let mut pythons: Vec<PathBuf> = (9..=13)
            .rev()
            .map(|minor| format!("python3.{minor}"))
            .chain(["python3".to_owned()])
            .filter_map(|name| Command::new(name).args(["-c", ASK]).output().ok())
            .filter(|output| output.status.success())
            .map(|output| PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()))
            .collect();
        pythons.dedup();
        if pythons.is_empty() {
            eprintln!("skipped: no Python with a shared library");
        }
        pythons
    })
}

fn steps(steps: &[String]) -> Output {
    let functions = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/functions");
    Command::new(env!("CARGO_BIN_EXE_lane-steps"))
        .args(steps)
        .current_dir(functions)
        .output()
        .expect("the program starts")
}

/// Runs `text`, a line of steps, with `python` for each `P`; all groups must return.
fn all_fine(python: &Path, text: &str) {
    let output = steps(&words(python, text));
    assert!(output.status.success(), "{text} with {}:\n{}", python.display(), both(&output));
}

fn words(python: &Path, text: &str) -> Vec<String> {
    text.split(' ').map(|step| step.replace("=P", &format!("={}", python.display()))).collect()
}

fn both(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr[..]].concat()).into_owned()
}

#[test]
fn ordinary_work_in_two_lanes_of_every_python() {
    for python in pythons() {
        all_fine(python, "A=P B=P A:ordinary.py B:ordinary.py");
        all_fine(python, "A=P B=P A:packages.py B:packages.py");
    }
}

#[test]
fn several_pythons_in_one_process() {
    let loads =
        pythons().iter().enumerate().map(|(i, python)| format!("L{i}={}", python.display()));
    let work = (0..pythons().len()).map(|i| format!("L{i}:ordinary.py"));
    let output = steps(&loads.chain(work).collect::<Vec<_>>());
    assert!(output.status.success(), "{}", both(&output));
}

#[test]
fn fifteen_lanes() {
    let Some(python) = pythons().first() else { return };
    let loads = (0..15).map(|i| format!("L{i}=P"));
    let work = (0..15).map(|i| format!("L{i}:ordinary.py"));
    all_fine(python, &loads.chain(work).collect::<Vec<_>>().join(" "));
}

#[test]
fn the_sixteenth_lane_is_refused() {
    let Some(python) = pythons().first() else { return };
    let loads: Vec<_> = (0..16).map(|i| format!("L{i}=P")).collect();
    let output = steps(&words(python, &loads.join(" ")));
    assert_eq!(output.status.code(), Some(1), "{}", both(&output));
    assert!(both(&output).contains("this process has 15 already"), "{}", both(&output));
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
        let output = steps(&words(python, &format!("A=P B=P A:{case} A:fine.py B:fine.py")));
        let text = both(&output);
        assert_eq!(output.status.code(), Some(2), "{case}: {text}");
        assert_eq!(text.matches(expected).count(), 2, "{case}: {text}");
        assert!(text.contains("[B] # fine: ok"), "{case}: {text}");
    }
}

#[test]
fn a_fork_goes_on_with_all_lanes() {
    for python in pythons() {
        all_fine(
            python,
            "A=P B=P A:ordinary.py FORK A:ordinary.py B:ordinary.py FORK B:ordinary.py",
        );
    }
}

#[test]
fn a_lane_is_called_on_another_thread() {
    let Some(python) = pythons().first() else { return };
    all_fine(python, "A=P A:ordinary.py THREAD A:ordinary.py A:ordinary.py");
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
    all_fine(python, "A=P B=P A:soak.py*5000 B:soak.py*5000");
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
