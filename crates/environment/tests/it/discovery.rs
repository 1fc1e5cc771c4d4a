//! Which Pythons are found, which are skipped and why, and what is remembered.

use crate::{Machine, answer};
use faastlane_environment::{Error, choose, pythons, ready};
use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// The Pythons that the machine has, as `place version`, in order.
fn found(machine: &Machine) -> Vec<String> {
    let place = |path: &std::path::Path| {
        path.strip_prefix(machine.top.path()).unwrap().display().to_string()
    };
    let found = pythons(&machine.search());
    found.pythons.iter().map(|p| format!("{} {}", place(&p.path), p.version)).collect()
}

/// Why candidates were skipped, without the machine's folder.
fn skipped(machine: &Machine) -> Vec<String> {
    let here = format!("{}/", machine.top.path().display());
    let found = pythons(&machine.search());
    let lines = found.skipped.iter().map(|s| format!("{} {}", s.path.display(), s.why));
    lines.map(|line| line.replace(&here, "")).collect()
}

#[test]
fn path_then_pyenv_then_uv() {
    let machine = Machine::new();
    machine.python("uv/cpython-3.9.20-linux-x86_64-gnu/bin/python3", "3.9.20");
    machine.python("uv/cpython-3.14.0-linux-x86_64-gnu/bin/python3", "3.14.0");
    machine.python("pyenv/versions/3.9.18/bin/python3", "3.9.18");
    machine.python("pyenv/versions/3.12.1/bin/python3", "3.12.1");
    machine.python("more/bin/python3.13", "3.13.2");
    machine.python("bin/python", "3.8.1");
    machine.python("bin/python3", "3.11.2");
    machine.python("bin/python3.10", "3.10.4");
    machine.python("bin/python3-config", "3.11.2");
    assert_eq!(
        found(&machine),
        [
            "bin/python3 3.11.2",
            "bin/python 3.8.1",
            "bin/python3.10 3.10.4",
            "more/bin/python3.13 3.13.2",
            "pyenv/versions/3.12.1/bin/python3 3.12.1",
            "pyenv/versions/3.9.18/bin/python3 3.9.18",
            "uv/cpython-3.14.0-linux-x86_64-gnu/bin/python3 3.14.0",
            "uv/cpython-3.9.20-linux-x86_64-gnu/bin/python3 3.9.20",
        ]
    );
}

#[test]
fn the_same_python_is_there_once() {
    let machine = Machine::new();
    machine.program("bin/python3", &answer("3.11.2", "/usr"));
    machine.program("bin/python3.11", &answer("3.11.2", "/usr"));
    machine.program("more/bin/python3", &answer("3.11.2", "/usr"));
    assert_eq!(found(&machine), ["bin/python3 3.11.2"]);
}

#[test]
fn an_environment_is_another_python_than_its_base() {
    let machine = Machine::new();
    machine.program("bin/python3", &answer("3.11.2", "/home/me/venv"));
    machine.program("more/bin/python3", &answer("3.11.2", "/usr"));
    assert_eq!(found(&machine), ["bin/python3 3.11.2", "more/bin/python3 3.11.2"]);
}

#[test]
fn environments_among_pyenvs_versions_are_somebodys() {
    let machine = Machine::new();
    machine.python("pyenv/versions/project/bin/python3", "3.12.1");
    machine.write("pyenv/versions/project/pyvenv.cfg", "");
    assert_eq!(found(&machine), [""; 0]);
}

#[test]
fn a_shim_stands_for_the_python_it_starts() {
    let machine = Machine::new();
    machine.python("pyenv/versions/3.12.1/bin/python3", "3.12.1");
    machine.program("bin/python3", r#"exec "$TOP/pyenv/versions/3.12.1/bin/python3" "$@""#);
    assert_eq!(found(&machine), ["pyenv/versions/3.12.1/bin/python3 3.12.1"]);
}

#[test]
fn what_does_not_run_is_skipped_with_a_reason() {
    let machine = Machine::new();
    machine
        .program("bin/python3.9", "echo 'pyenv: python3.9: command not found'; echo x; exit 127");
    machine.program(
        "bin/python3.10",
        "echo Traceback; echo '  File x'; echo 'ImportError: y'; exit 1",
    );
    machine.program("bin/python3.11", "exit 1");
    machine.program("bin/python3.12", "echo hello");
    let pypy = answer("3.10.1", "/").replace("cpython", "pypy");
    machine.program("bin/python3.13", &pypy);
    machine.write("bin/python3.14", "not a program");
    machine.python("bin/python3", "3.12.1");
    assert_eq!(found(&machine), ["bin/python3 3.12.1"]);
    assert_eq!(
        skipped(&machine),
        [
            "bin/python3.14 could not be started: Permission denied (os error 13)",
            "bin/python3.13 is not CPython 3 but pypy",
            "bin/python3.12 is not CPython 3: hello",
            "bin/python3.11 failed (exit status: 1)",
            "bin/python3.10 failed (exit status: 1): ImportError: y",
            "bin/python3.9 failed (exit status: 127): pyenv: python3.9: command not found",
        ]
    );
}

#[test]
fn output_of_start_up_files_does_not_confuse() {
    let machine = Machine::new();
    let noisy = format!("echo hello\n{}\necho bye >&2", answer("3.12.1", "/usr"));
    machine.program("bin/python3", &noisy);
    assert_eq!(found(&machine), ["bin/python3 3.12.1"]);
}

#[test]
fn one_that_hangs_is_killed_with_its_children() {
    let machine = Machine::new();
    // The child holds the pipe open until it dies, so the reader gets its end only then.
    machine.program("bin/python3", r#"sleep 1000 > "$TOP/alive" & wait"#);
    let alive = machine.path("alive");
    assert!(Command::new("mkfifo").arg(&alive).status().unwrap().success());
    let (sender, receiver) = mpsc::channel();
    let pipe = alive.clone();
    thread::spawn(move || sender.send(fs::read(pipe).unwrap()));
    let mut search = machine.search();
    search.limit = Duration::from_secs(1);
    assert_eq!(pythons(&search).skipped[0].why, "did not answer within 1s");
    // On a machine so slow that no child was started yet, this gives the reader its end.
    drop(fs::File::options().read(true).write(true).open(&alive).unwrap());
    assert_eq!(receiver.recv_timeout(Duration::from_secs(60)), Ok(Vec::new()));
}

#[test]
fn nothing_is_run_twice_until_it_changes() {
    let machine = Machine::new();
    let python = machine.python("bin/python3", "3.12.1");
    let runs = |machine: &Machine| machine.text("runs").lines().count();
    for _ in 0..3 {
        assert_eq!(found(&machine), ["bin/python3 3.12.1"]);
        assert_eq!(runs(&machine), 1);
    }
    machine.python("bin/python3.13", "3.13.0");
    assert_eq!(found(&machine), ["bin/python3 3.12.1", "bin/python3.13 3.13.0"]);
    assert_eq!(runs(&machine), 2);
    // Another file under the same name.
    fs::remove_file(&python).unwrap();
    symlink("/bin/sh", &python).unwrap();
    assert_eq!(found(&machine), ["bin/python3.13 3.13.0"]);
}

#[test]
fn a_shim_is_asked_again_when_another_version_is_enabled() {
    let machine = Machine::new();
    machine.program("bin/python3", r#"echo x >> "$TOP/shim-runs"; exit 127"#);
    let shim_runs = |machine: &Machine| {
        found(machine);
        found(machine);
        machine.text("shim-runs").lines().count()
    };
    assert_eq!(shim_runs(&machine), 1);
    machine.write("pyenv/version", "3.12.1\n");
    assert_eq!(shim_runs(&machine), 2);
    machine.write("project/.python-version", "3.11\n");
    assert_eq!(shim_runs(&machine), 3);
}

#[test]
fn a_damaged_memory_is_made_anew() {
    let machine = Machine::new();
    machine.python("bin/python3", "3.12.1");
    for (text, runs) in [("", 1), ("{", 2), ("[]", 3), (r#"{"format": 0, "entries": {}}"#, 4)] {
        machine.write("cache/pythons.json", text);
        for _ in 0..2 {
            assert_eq!(found(&machine), ["bin/python3 3.12.1"]);
            assert_eq!(machine.text("runs").lines().count(), runs, "{text}");
        }
    }
}

#[test]
fn without_any_python_the_error_says_what_to_install() {
    let machine = Machine::new();
    let error = |machine: &Machine| {
        choose(Some("python3.12"), &pythons(&machine.search())).unwrap_err().to_string()
    };
    assert_eq!(
        error(&machine),
        "no Python 3.9 or newer found (looked on PATH, under pyenv and uv): install one, for example \
         with `apt-get install python3 python3-venv` or `uv python install 3.12`, \
         or name one with --python"
    );
    machine.program("bin/python3", "exit 1");
    let expected =
        format!("(only {} failed (exit status: 1))", machine.path("bin/python3").display());
    assert!(error(&machine).contains(&expected), "{}", error(&machine));
}

#[test]
fn a_ready_python_is_used_as_it_is() {
    let machine = Machine::new();
    machine.python("project/mine/python", "3.12.1");
    machine.python("project/venv/bin/python", "3.10.1");
    machine.python("project/other/bin/python3", "3.11.1");
    machine.program("project/wrapper", r#"exec "$TOP/project/mine/python" "$@""#);
    let check = |path: &str, expected: &str| {
        let python = ready(path.as_ref(), &machine.search()).unwrap();
        assert_eq!(python.path, machine.path(expected), "{path}");
    };
    check("mine/python", "project/mine/python");
    check("venv", "project/venv/bin/python");
    check("other/", "project/other/bin/python3");
    check("wrapper", "project/wrapper");
    check(machine.path("project/venv").to_str().unwrap(), "project/venv/bin/python");
}

#[test]
fn a_path_that_is_no_python_is_refused() {
    let machine = Machine::new();
    fs::create_dir_all(machine.path("project/empty")).unwrap();
    machine.python("project/old", "3.8.2");
    let check = |path: &str, expected: &str| {
        let error: Error = ready(path.as_ref(), &machine.search()).unwrap_err();
        assert_eq!(error.to_string(), expected);
    };
    let takes = "--python takes an interpreter or an environment's folder";
    check("empty", &format!("`empty` is a folder without bin/python: {takes}"));
    check(
        "none",
        &format!("`none` could not be started: No such file or directory (os error 2): {takes}"),
    );
    check("old", "`old` is Python 3.8.2: functions run on 3.9 or newer");
}
