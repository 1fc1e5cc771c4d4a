//! Example applications under protection keys, locked down: the same outputs as anywhere.
//!
//! Where the processor has no keys, `cargo xtask keys` runs this in a virtual machine.

#![expect(clippy::print_stderr, reason = "whoever runs the tests must see what was skipped")]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

fn keys() -> bool {
    let Err(reason) = faastlane_host::keys::available() else { return true };
    let is_required = std::env::var_os("FAASTLANE_REQUIRE_MPK").is_some_and(|value| value == "1");
    assert!(!is_required, "no protection keys: {reason}");
    eprintln!("skipped: {reason}");
    false
}

/// The victim writes down where its secret is; hosts of both are copies of one process.
const VICTIM: &str = "SECRET = b'TOP SECRET' * 100\n\
    with open('place', 'w') as file: file.write(str(id(SECRET)))\n\
    def handler(event, context): return SECRET.count(b'TOP')\n";
const SPY: &str = "import ctypes\n\
    def handler(event, context):\n    \
        return str(ctypes.string_at(int(open('place').read()), 1000))\n";

/// Alone, functions run in the process of the container; side by side in copies of another one.
#[test]
fn who_reads_what_is_told_wherever_it_runs() {
    if !keys() {
        return;
    }
    let task = |name: &str| json!({"Type": "Task", "Resource": name, "End": true});
    let branch = |name: &str| json!({"StartAt": name, "States": {name: task(name)}});
    let branches = json!([branch("victim"), branch("spy")]);
    let side_by_side = json!({"StartAt": "both", "States": {
        "both": {"Type": "Parallel", "Branches": branches, "End": true}}});
    let alone = json!({"StartAt": "victim", "States": {
        "victim": {"Type": "Task", "Resource": "victim", "Next": "spy"}, "spy": task("spy")}});
    for definition in [alone, side_by_side] {
        let folder = project(&definition, &[("victim", VICTIM), ("spy", SPY)]);
        let mut command = Command::new(env!("CARGO_BIN_EXE_faastlane"));
        let found =
            command.args(["run", "--isolation", "mpk"]).arg(folder.path()).output().unwrap();
        let said = String::from_utf8_lossy(&found.stderr);
        let expected =
            "[faastlane] function 'spy' read memory of function 'victim' (protection key";
        // A Python with a gadget is in a process of its own, where the other's memory is not mapped.
        let is_apart = said.contains("opens gates") && said.contains("signal: segmentation fault");
        assert!(said.contains(expected) || is_apart, "{said}");
        assert!(!said.contains("TOP SECRET"), "{said}");
        assert_eq!(found.status.code(), Some(1), "{said}");
    }
}

/// Memory that is a file could be mapped as code.
const NOSY: &str = "import os\n\
    def handler(event, context):\n    \
        try: os.memfd_create('code')\n    \
        except PermissionError: return\n    \
        raise Exception('it is not locked down')\n";

#[test]
fn the_doctor_calls_functions_as_a_run_does() {
    if !keys() {
        return;
    }
    let nosy = json!({"Type": "Task", "Resource": "nosy", "End": true});
    let folder = project(&json!({"StartAt": "nosy", "States": {"nosy": nosy}}), &[("nosy", NOSY)]);
    let mut command = Command::new(env!("CARGO_BIN_EXE_faastlane"));
    let found = command.args(["doctor", "--event", "nosy={}"]).arg(folder.path()).output().unwrap();
    let said = String::from_utf8_lossy(&found.stdout);
    let line = said.lines().find(|line| line.contains("nosy")).unwrap();
    // Where its Python has a gadget, it runs in a host of its own, which is locked down as well.
    assert!(line.ends_with("; returned"), "{said}");
}

/// A project whose functions another user may load.
fn project(definition: &Value, functions: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let code = folder.path().join("functions");
    fs::create_dir(&code).unwrap();
    for path in [folder.path(), &code] {
        fs::set_permissions(path, Permissions::from_mode(0o777)).unwrap();
    }
    fs::write(folder.path().join("flow.asl.json"), definition.to_string()).unwrap();
    for (name, text) in functions {
        fs::write(code.join(name).with_extension("py"), text).unwrap();
    }
    folder
}

#[test]
fn examples_with_protection_keys() {
    if !keys() {
        return;
    }
    // A sequence whose states run side by side in part, and a sequence alone.
    check("healthcare", "both");
    check("sentiment", "broken-kettle");
}

fn check(example: &str, event: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").join(example);
    let file = |kind: &str| folder.join(kind).join(event).with_extension("json");
    let mut command = Command::new(env!("CARGO_BIN_EXE_faastlane"));
    command.args(["run", "--isolation", "mpk", "--input"]).arg(file("events")).arg(&folder);
    let found = command.output().unwrap();
    let said = String::from_utf8_lossy(&found.stderr);
    assert!(found.status.success(), "{example}: {said}");
    let value = |text: &[u8]| -> Value { serde_json::from_slice(text).unwrap() };
    let expected = std::fs::read(file("expected")).unwrap();
    assert_eq!(value(&found.stdout), value(&expected), "{example}: {said}");
    assert!(!said.contains(" runs in a "), "a function ran elsewhere: {said}");
}
