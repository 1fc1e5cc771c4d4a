//! Example applications under protection keys, locked down: the same outputs as anywhere.
//!
//! Where the processor has no keys, `cargo xtask keys` runs this in a virtual machine.

#![expect(clippy::print_stderr, reason = "whoever runs the tests must see what was skipped")]

use std::path::Path;
use std::process::Command;

#[test]
fn examples_with_protection_keys() {
    if let Err(reason) = faastlane_host::keys::available() {
        assert!(
            std::env::var_os("FAASTLANE_REQUIRE_MPK").is_none_or(|value| value != "1"),
            "no protection keys: {reason}"
        );
        return eprintln!("skipped: {reason}");
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
    let value = |text: &[u8]| -> serde_json::Value { serde_json::from_slice(text).unwrap() };
    let expected = std::fs::read(file("expected")).unwrap();
    assert_eq!(value(&found.stdout), value(&expected), "{example}: {said}");
    assert!(!said.contains(" runs in a "), "a function ran elsewhere: {said}");
}
