//! Text to a definition, to a machine, to an execution.
//!
//! Whatever the text is, reading it ends with a machine or with diagnostics; an execution of a
//! machine keeps the rules of the engine's property tests, whose driver this is.
#![no_main]

#[path = "../../crates/engine/tests/it/random/drive.rs"]
mod drive;

use std::sync::Arc;

use faastlane_asl::{MachineType, Severity};
use faastlane_value::{json, located};
use libfuzzer_sys::fuzz_target;

/// Something for paths to find.
const INPUT: &str =
    r#"{"a": {"b": true}, "items": [{"n": 1}, [2], 3.50], "n": 2, "s": "2026-01-31T12:00:00Z"}"#;

fuzz_target!(|text: &str| {
    let value = json::parse(text.as_bytes());
    if let Ok(value) = &value {
        let again = json::parse(value.to_json().as_bytes());
        assert_eq!(again.expect("what is written can be read").to_json(), value.to_json());
    }
    let Ok(node) = located::parse(text) else {
        assert!(value.is_err(), "both readers take the same texts");
        return;
    };
    assert_eq!(
        node.to_value().to_json(),
        value.expect("both readers take the same texts").to_json()
    );
    let (_, express) = faastlane_asl::read(&node, MachineType::Express);
    let (machine, diagnostics) = faastlane_asl::read(&node, MachineType::Standard);
    for diagnostic in express.iter().chain(&diagnostics) {
        assert!(!diagnostic.to_string().is_empty());
    }
    let refused = diagnostics.iter().any(|found| found.severity == Severity::Error);
    assert_eq!(machine.is_none(), refused, "{diagnostics:?}");
    if let Some(machine) = machine.map(Arc::new) {
        let seed = text.bytes().fold(0_u64, |seed, byte| seed.wrapping_mul(31) + u64::from(byte));
        let input = json::parse(INPUT.as_bytes()).expect("it is JSON");
        drive::drive(&machine, input, seed);
    }
});
