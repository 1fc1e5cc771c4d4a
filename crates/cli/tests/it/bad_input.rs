//! What the command says to mistakes: each file in `tests/golden` holds files, commands, and what
//! came out. `UPDATE_GOLDENS=1` writes the files anew; read the difference as a tired user would.
//!
//! ```text
//! # What this shows.
//! --- flow.asl.json
//! {"StartAt": "A", …
//!
//! $ faastlane run flow.asl.json
//! exit code 2
//! stderr:
//! error: …
//! ```
//!
//! Cases are files and not code, so that a message is read beside what it is about. Commands run
//! in a shell, in a folder with just these files. What differs between machines is replaced: the
//! folder by `DIR`, the Python that was found, ports, durations, and request ids.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use regex::Regex;

use crate::harness::{Outcome, Project, cache};

#[test]
fn messages() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty());
    let update = std::env::var_os("UPDATE_GOLDENS").is_some();
    let mut different = Vec::new();
    for file in files {
        let expected = std::fs::read_to_string(&file).unwrap();
        let found = replay(&expected);
        if update {
            std::fs::write(&file, found).unwrap();
        } else if found != expected {
            let name = file.file_name().unwrap().display();
            different.push(format!("{name}, {}", first_difference(&expected, &found)));
        }
    }
    let list = different.join("\n");
    assert!(list.is_empty(), "UPDATE_GOLDENS=1 accepts what was found:\n{list}");
}

fn first_difference(expected: &str, found: &str) -> String {
    let mut lines = (1..).zip(expected.lines().zip(found.lines()));
    match lines.find(|(_, (expected, found))| expected != found) {
        Some((line, (expected, found))) => format!("line {line}:\n- {expected}\n+ {found}"),
        None => "at the end".to_owned(),
    }
}

/// Makes the files and runs the commands of a golden; gives its text with what comes out now.
fn replay(golden: &str) -> String {
    let project = Project::new(&[]);
    let mut text = String::new();
    let mut file: Option<(&str, String)> = None;
    let mut in_output = false;
    for line in golden.lines().chain(["--- "]) {
        let command = line.strip_prefix("$ ");
        let next = line.strip_prefix("--- ");
        if (command.is_some() || next.is_some())
            && let Some((name, content)) = file.take()
        {
            project.write(name, content);
        }
        if let Some((_, content)) = &mut file {
            content.push_str(&format!("{line}\n"));
        }
        if next.is_some() {
            file = next.map(|name| (name, String::new()));
            in_output = false;
        }
        if !in_output && next != Some("") || command.is_some() {
            text.push_str(&format!("{line}\n"));
        }
        if let Some(command) = command {
            text.push_str(&output(&project, command));
            in_output = true;
        }
    }
    text.truncate(text.trim_end().len());
    text + "\n"
}

/// Exit code, stdout and stderr of a command, and a blank line.
fn output(project: &Project, command: &str) -> String {
    let folder = project.path("");
    let program = Path::new(env!("CARGO_BIN_EXE_faastlane")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let mut shell = Command::new("sh");
    shell.args(["-c", command]).current_dir(&folder).stdin(Stdio::null());
    shell.env("PATH", path).env("FAASTLANE_CACHE", cache());
    let Outcome { code, stdout, stderr } = Outcome::of(&mut shell);
    let mut text = format!("exit code {code}\n");
    for (name, stream) in [("stdout", stdout), ("stderr", stderr)] {
        if !stream.is_empty() {
            write!(text, "{name}:\n{stream}").unwrap();
        }
    }
    portable(text.trim_end().to_owned() + "\n\n", &folder)
}

/// Without what differs between machines and runs.
fn portable(text: String, folder: &Path) -> String {
    let replace = |text: String, pattern: &str, by: &str| {
        Regex::new(pattern).unwrap().replace_all(&text, by).into_owned()
    };
    let folder = folder.to_str().unwrap().trim_end_matches('/');
    let text = text.replace(folder, "DIR");
    let text = replace(text, r"(?m)^(?:warning: )?(python\S* for [^:]+): .*$", "$1: PYTHON");
    let text = replace(text, r"(?m)^(\w+): [\d.]+ (?:µs|ms|s)\b", "$1: TIME");
    let text = replace(text, r"http://127\.0\.0\.1:\d+", "URL");
    replace(text, r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UUID")
}
