//! The example workflows: their machines and events, and what must come of each.

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use serde_json::{Value, json};

/// An event of an example, and what must come of it.
pub(crate) struct Case {
    pub(crate) example: String,
    pub(crate) folder: PathBuf,
    pub(crate) machine: Option<String>,
    pub(crate) event: PathBuf,
    /// What `faastlane run --json` says.
    pub(crate) expected: Value,
}

/// All of `expected/[failed/][MACHINE.]EVENT.json` of all examples, those of one example after another.
///
/// # Errors
/// There are none, or they cannot be read.
pub(crate) fn cases() -> anyhow::Result<Vec<Case>> {
    let examples = &Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let mut cases = Vec::new();
    for example in names(examples)? {
        let folder = examples.join(&example);
        for (expected, failed) in [("expected", false), ("expected/failed", true)] {
            let expected = folder.join(expected);
            for name in if expected.is_dir() { names(&expected)? } else { Vec::new() } {
                let Some(stem) = name.strip_suffix(".json") else { continue };
                let (machine, event) = match stem.split_once('.') {
                    Some((machine, event)) => (Some(machine.to_owned()), event),
                    None => (None, stem),
                };
                let text = std::fs::read_to_string(expected.join(&name))?;
                let mut value: Value = serde_json::from_str(&text)?;
                if failed {
                    value["status"] = "FAILED".into();
                } else {
                    value = json!({"status": "SUCCEEDED", "output": value});
                }
                cases.push(Case {
                    example: example.clone(),
                    folder: folder.clone(),
                    machine,
                    event: folder.join("events").join(event).with_extension("json"),
                    expected: value,
                });
            }
        }
    }
    ensure!(!cases.is_empty(), "there are no examples beside the source of this program");
    Ok(cases)
}

/// What is in a folder, in order.
fn names(folder: &Path) -> anyhow::Result<Vec<String>> {
    let entries = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let names = entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
    let mut names = names.collect::<std::io::Result<Vec<_>>>()?;
    names.sort();
    Ok(names)
}
