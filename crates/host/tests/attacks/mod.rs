//! Hostile functions. Lane A keeps secrets, lane B goes for them, once where nothing stops it and once
//! behind keys and lock-down; the victim must not notice.
//!
//! `docs/security.md` names these tests.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use crate::harness::{both, keys, pythons};

/// Stopped by keys: the attack, and what is said about it.
const READS: [(&str, &str); 11] = [
    ("read_object", "function 'B' read memory of function 'A' (protection key"),
    ("read_large", "function 'B' read memory of function 'A' (protection key"),
    ("write_object", "function 'B' wrote to memory of function 'A' (protection key"),
    ("read_transit", "function 'B' read memory of function 'A' (protection key"),
    ("read_thread", "function 'B' read memory of function 'A' (protection key"),
    ("read_environment", "function 'B' read memory of function 'A' (protection key"),
    ("read_modules", "function 'B' read memory of function 'A' (protection key"),
    ("fork_and_read", "fork_and_read: SIGNAL 11"),
    ("read_stack", "function 'B' read memory of function 'A' (protection key"),
    ("read_orchestrator", "function 'B' read memory of the orchestrator (protection key 1)"),
    ("move_memory", "function 'B' read memory of function 'A' (protection key"),
];

/// Those of [`READS`] that look for keys to find their way, so that they need some.
const NEED_KEYS: [&str; 3] = ["read_stack", "read_orchestrator", "move_memory"];

/// Not stopped by keys, but by lock-down: refused by the system, and the function goes on.
const SIDE_DOORS: [(&str, &str); 14] = [
    ("pkey_mprotect", "REFUSED EPERM"),
    ("own_code", "REFUSED EPERM"),
    ("file_code", "REFUSED EPERM"),
    ("memfd_code", "REFUSED EPERM"),
    ("changed_code", "REFUSED EPERM"),
    ("proc_self_mem", "REFUSED EACCES"),
    ("process_vm_readv", "REFUSED EPERM"),
    ("ptrace", "REFUSED EPERM"),
    ("io_uring", "REFUSED EPERM"),
    ("userfaultfd", "REFUSED EPERM"),
    ("core_dump", "REFUSED ValueError"),
    ("dumpable", "REFUSED EPERM"),
    ("fault_handler", "REFUSED EPERM"),
    ("sigreturn", "REFUSED EPERM"),
];

/// Stopped because the instruction is gone.
const INSTRUCTIONS: [&str; 2] = ["pkey_set", "xrstor"];

/// What the whole of it does not stop.
const NOT_STOPPED: [&str; 3] = ["thread_stack", "map_over", "sigreturn_with_word"];

/// Milliseconds for an attempt: a core dump of an emulated machine takes long.
const PATIENCE: u32 = 600_000;

/// All that `lane-steps` says when A keeps its secrets, B makes these attempts, and A looks after its
/// own; `before` are steps before the secrets.
fn attack(before: &str, attempts: &[&str], after: &str) -> Option<String> {
    let python = pythons().first()?.display();
    let attempts: Vec<_> =
        attempts.iter().map(|name| format!("B:attacks/{name}.py@{PATIENCE}")).collect();
    let attempts = attempts.join(" ");
    let line = format!("{before} A:attacks/victim.py {attempts} {after}");
    let line = line.replace("LANES", &format!("A={python} B={python}"));
    // Another user than that of this test must be able to unpack the shim.
    let cache = tempfile::tempdir().unwrap();
    fs::set_permissions(cache.path(), Permissions::from_mode(0o777)).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_lane-steps"))
        .args(line.split_whitespace())
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/functions"))
        .env("XDG_CACHE_HOME", cache.path())
        .output()
        .unwrap();
    Some(both(&output))
}

const NO_KEYS: &str = "LANES";
const KEYS: &str = "KEYS LANES";
const LOCKED_DOWN: &str = "KEYS LANES LOCKDOWN";
const LOOK: &str = "A:attacks/unharmed.py";
const UNHARMED: &str = "[A] # the victim is unharmed: ok";

fn leaks(text: &str, attempts: &[&str]) {
    for name in attempts {
        assert!(text.contains(&format!("{name}: LEAK")), "{name}: {text}");
    }
}

#[test]
fn without_keys_all_is_read() {
    let reads: Vec<_> =
        READS.iter().map(|(name, _)| *name).filter(|name| !NEED_KEYS.contains(name)).collect();
    let Some(text) = attack(NO_KEYS, &reads, LOOK) else { return };
    leaks(&text, &reads);
}

#[test]
fn with_keys_and_no_lockdown_side_doors_are_open() {
    if !keys() {
        return;
    }
    let mut attempts: Vec<_> = SIDE_DOORS.iter().map(|(name, _)| *name).collect();
    attempts.push("xrstor");
    leaks(&attack(KEYS, &attempts, "").unwrap(), &attempts);
    leaks(&attack(KEYS, &["pkey_set"], "").unwrap(), &["pkey_set"]);
}

#[test]
fn keys_stop_reads_and_writes() {
    if !keys() {
        return;
    }
    for (name, stopped) in READS {
        let text = attack(LOCKED_DOWN, &[name], LOOK).unwrap();
        assert!(text.contains(stopped) && !text.contains("LEAK"), "{name}: {text}");
        assert!(text.contains(UNHARMED), "{name}: {text}");
    }
}

#[test]
fn keys_stop_reading_after_the_victim_has_ended() {
    if !keys() {
        return;
    }
    let text = attack(LOCKED_DOWN, &[], "A:end_exit.py B:attacks/read_ended.py").unwrap();
    let expected = ["[A] # os._exit: ended", "function 'B' read memory of function 'A'"];
    assert!(expected.iter().all(|part| text.contains(part)) && !text.contains("LEAK"), "{text}");
}

#[test]
fn what_a_call_has_freed_is_gone() {
    if !keys() {
        return;
    }
    let text = attack(LOCKED_DOWN, &[], "A:freed_keep.py A:freed_read.py A:freed_left.py").unwrap();
    // The victim's own secrets are one more.
    assert_eq!(text.matches(": ok\n").count(), 5, "{text}");
}

#[test]
fn lockdown_shuts_side_doors() {
    if !keys() {
        return;
    }
    let attempts: Vec<_> = SIDE_DOORS.iter().map(|(name, _)| *name).collect();
    let text = attack(LOCKED_DOWN, &attempts, LOOK).unwrap();
    for (name, refused) in SIDE_DOORS {
        assert!(text.contains(&format!("{name}: {refused}")), "{name}: {text}");
    }
    assert!(text.contains(UNHARMED) && !text.contains("LEAK"), "{text}");
}

#[test]
fn lockdown_removes_instructions() {
    if !keys() {
        return;
    }
    for name in INSTRUCTIONS {
        let text = attack(LOCKED_DOWN, &[name], LOOK).unwrap();
        assert!(text.contains("(SIGILL)") && !text.contains("LEAK"), "{name}: {text}");
        assert!(text.contains(UNHARMED), "{name}: {text}");
    }
}

/// Not a promise, but the truth: when one of these fails, the documentation can promise more.
#[test]
fn what_lockdown_does_not_stop() {
    if !keys() {
        return;
    }
    leaks(&attack(LOCKED_DOWN, &NOT_STOPPED, "").unwrap(), &NOT_STOPPED);
}

#[test]
fn ordinary_work_goes_on_after_lockdown() {
    if !keys() {
        return;
    }
    let text = attack(LOCKED_DOWN, &[], "A:ordinary.py B:ordinary.py").unwrap();
    let groups: Vec<_> = text.lines().filter(|line| line.contains("] # ")).collect();
    assert!(groups.len() > 20 && groups.iter().all(|line| line.ends_with(": ok")), "{text}");
}
