//! What is said about definitions with mistakes.
//!
//! Each file in `diagnostics/` holds cases: a title after `##`, a definition, and after `--` one line
//! for each diagnostic, as `faastlane validate` prints it. `UPDATE_GOLDENS=1 cargo test` writes
//! what is said now into the files; read the difference before you commit it.

use std::fmt::Write;
use std::path::Path;

use faastlane_asl::{MachineType, read};
use faastlane_value::located;

fn check(name: &str, machine_type: MachineType) {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diagnostics").join(format!("{name}.txt"));
    let expected = std::fs::read_to_string(&path).expect("the cases can be read");
    let actual = expected.split("## ").skip(1).fold(String::new(), |mut text, case| {
        let (title, rest) = case.split_once('\n').expect("a title has a line");
        let (definition, _) = rest.split_once("\n--\n").expect("a definition ends with --");
        writeln!(text, "## {title}\n{definition}\n--").expect("a string takes everything");
        let node = located::parse(definition).unwrap_or_else(|error| panic!("{title}: {error}"));
        let (machine, diagnostics) = read(&node, machine_type);
        for diagnostic in &diagnostics {
            writeln!(text, "{diagnostic}").expect("a string takes everything");
        }
        text += if machine.is_some() { "accepted\n\n" } else { "refused\n\n" };
        text
    });
    let actual = format!("{}\n", actual.trim_end());
    if std::env::var_os("UPDATE_GOLDENS").is_some() {
        std::fs::write(&path, actual).expect("the cases can be written");
    } else {
        assert_eq!(actual, expected, "{name}; UPDATE_GOLDENS=1 writes what is said now");
    }
}

#[test]
fn structure() {
    check("structure", MachineType::Standard);
}

#[test]
fn transitions() {
    check("transitions", MachineType::Standard);
}

#[test]
fn data_flow() {
    check("data-flow", MachineType::Standard);
}

#[test]
fn choices() {
    check("choices", MachineType::Standard);
}

#[test]
fn tasks() {
    check("tasks", MachineType::Standard);
}

#[test]
fn errors() {
    check("errors", MachineType::Standard);
}

#[test]
fn other_states() {
    check("other-states", MachineType::Standard);
}

#[test]
fn query_languages_and_variables() {
    check("query-languages", MachineType::Standard);
}

#[test]
fn distributed_map() {
    check("distributed-map", MachineType::Standard);
}

#[test]
fn express() {
    check("express", MachineType::Express);
}
