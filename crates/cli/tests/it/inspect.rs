//! `faastlane inspect`.

use crate::harness::{Outcome, Project};

/// A library for x86-64 with one segment, which is executable and the whole file.
fn library(code: &[u8]) -> Vec<u8> {
    let mut file = b"\x7fELF\x02\x01\x01".to_vec();
    file.resize(16, 0);
    file.extend([3, 0, 62, 0, 1, 0, 0, 0]); // ET_DYN, x86-64
    file.extend([0; 8]); // entry
    file.extend(64_u64.to_le_bytes()); // the program header follows
    file.extend([0; 12]); // no sections, no flags
    file.extend([64, 0, 56, 0, 1, 0, 64, 0, 0, 0, 0, 0]);
    file.extend([1, 0, 0, 0, 5, 0, 0, 0]); // PT_LOAD, readable and executable
    let size = 120 + code.len() as u64;
    for number in [0, 0x1000, 0x1000, size, size, 0x1000] {
        file.extend(number.to_le_bytes());
    }
    file.extend(code);
    file
}

#[test]
fn finds_are_listed_with_the_code_around_them() {
    let project = Project::new(&[]);
    project.write("bad.so", library(b"\x90\x0f\x01\xef\xc3"));
    project.write("good.so", library(b"\x90\xc3"));
    let outcome = Outcome::of(&mut project.faastlane("inspect bad.so"));
    let lines: Vec<_> = outcome.stdout.lines().collect();
    assert_eq!((outcome.code, lines[0]), (0, "bad.so"));
    let row: Vec<_> = lines[2].split_whitespace().collect();
    assert_eq!(row, ["0x79", "0x1079", "WRPKRU", "instruction", "–"]);
    assert!(lines.iter().any(|line| line.starts_with("    >") && line.ends_with("  wrpkru")));
    assert_eq!(outcome.stderr, "1 file searched, 1 found\n");

    let outcome = Outcome::of(&mut project.faastlane("inspect good.so"));
    outcome.expect(1, "");
    assert_eq!(outcome.stderr, "1 file searched, nothing found\n");

    let outcome = Outcome::of(&mut project.faastlane("inspect ."));
    assert_eq!((outcome.code, outcome.stdout.lines().next()), (0, Some("./bad.so")));
}

#[test]
fn programs_get_one_line_of_json() {
    let project = Project::new(&[]);
    project.write("bad.so", library(b"\x90\xb8\x0f\x01\xef\x00"));
    let outcome = Outcome::of(&mut project.faastlane("inspect bad.so --json"));
    let told = outcome.json();
    let finding = &told["findings"][0];
    assert_eq!((outcome.code, told["files"].as_i64()), (0, Some(1)));
    assert_eq!(finding["gadget"], "WRPKRU");
    assert_eq!(finding["place"], "hidden");
    assert_eq!(finding["offset"], 122);
    assert_eq!(finding["address"], 0x107a);
    let lines = finding["disassembly"].as_array().unwrap();
    let marked: Vec<_> = lines.iter().filter(|line| line["marked"] == true).collect();
    assert_eq!(marked[0]["text"], "mov eax, 0xef010f");
    assert_eq!(marked[0]["bytes"], "b80f01ef00");
}

#[test]
fn what_is_no_code_is_an_error() {
    let project = Project::new(&[("notes.txt", "text")]);
    for (name, why) in [("notes.txt", "no ELF file"), ("missing", "No such file")] {
        let outcome = Outcome::of(&mut project.faastlane(&format!("inspect {name}")));
        outcome.expect(2, "");
        assert!(outcome.stderr.contains(why), "{}", outcome.stderr);
    }
}
