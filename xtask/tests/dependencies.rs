//! Holds the table of `ARCHITECTURE.md`: which crate may use which.
//!
//! A rule that a test holds needs no reviewer to remember it. To add an edge, change the table and
//! the code in one commit.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

type Edges = BTreeMap<String, BTreeSet<String>>;

#[test]
fn crates_use_what_the_architecture_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the workspace");
    let architecture = fs::read_to_string(root.join("ARCHITECTURE.md")).unwrap();
    assert_eq!(edges_of_manifests(&root.join("crates")), edges_of_table(&architecture));
}

/// Edges between our crates as the manifests have them; those for tests only do not count.
fn edges_of_manifests(crates: &Path) -> Edges {
    let folders = fs::read_dir(crates).unwrap().map(|entry| entry.unwrap().path());
    folders
        .map(|folder| {
            let text = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
            let manifest: toml::Table = text.parse().unwrap();
            let uses = manifest["dependencies"].as_table().unwrap().keys();
            let uses = uses.filter_map(|name| name.strip_prefix("faastlane-"));
            let name = folder.file_name().unwrap().to_string_lossy().into_owned();
            (name, uses.map(str::to_owned).collect())
        })
        .collect()
}

/// The rows ``| `name` | sentence | uses |`` of the code map.
fn edges_of_table(text: &str) -> Edges {
    let rows = text.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let uses = cells[2].split(", ").filter(|name| *name != "–").map(str::to_owned);
        (cells[0].trim_matches('`').to_owned(), uses.collect())
    })
    .collect()
}

#[test]
fn a_row_of_the_table_is_read() {
    let edges =
        edges_of_table("| crate |\n| `expr` | Evaluates. | value |\n| `value` | Holds. | – |");
    let expected: Edges = [
        ("expr".to_owned(), BTreeSet::from(["value".to_owned()])),
        ("value".to_owned(), BTreeSet::new()),
    ]
    .into();
    assert_eq!(edges, expected);
}
