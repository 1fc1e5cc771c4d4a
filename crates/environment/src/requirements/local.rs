//! Packages in local folders, which change without their line in the requirements file changing.

use super::file::is_archive;
use crate::fingerprint::fingerprint;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// A line that names a local package or a folder of them, followed by the state of its files: when they change, the
/// environment is made anew. An editable one follows its sources by itself, so only its build files count.
pub(super) fn with_state(line: String, file: Option<&Path>) -> String {
    let folder = file.and_then(Path::parent).unwrap_or(Path::new("/"));
    let after = |options: [&str; 2]| options.iter().find_map(|option| line.strip_prefix(option));
    let editable = after(["-e", "--editable"]);
    let path = editable.or_else(|| after(["-f", "--find-links"])).unwrap_or(&line);
    let path = path.trim_start_matches(['=', ' ', '\t']);
    let path = path.split([';', '[', ' ']).next().unwrap_or_default();
    let path = path.strip_prefix("file://").unwrap_or(path);
    if !(path.starts_with('.') || path.contains('/') || is_archive(path)) {
        return line;
    }
    let path = folder.join(path);
    let state = match editable {
        _ if !path.exists() => return line,
        Some(_) => ["pyproject.toml", "setup.py", "setup.cfg"]
            .map(|name| state(&path.join(name), 0))
            .concat(),
        None => state(&path, 0),
    };
    format!("{line} # {} {}", path.display(), fingerprint(&state))
}

/// How deep local packages are looked at.
const DEEPEST: usize = 16;

/// Names, sizes and modification times of a file or of all files of a folder. What builds leave behind is
/// not looked at, or each build would look like a change.
pub(super) fn state(path: &Path, depth: usize) -> String {
    let Ok(metadata) = fs::metadata(path) else { return String::new() };
    if !metadata.is_dir() {
        let modified =
            metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        return format!("{} {} {modified:?}\n", path.display(), metadata.len());
    }
    if depth == DEEPEST {
        return String::new();
    }
    let mut paths: Vec<PathBuf> =
        fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    paths.sort();
    let source = |path: &&PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let left_behind = ["build", "dist", "__pycache__"].contains(&name.as_ref());
        !(name.starts_with('.') || name.ends_with(".egg-info") || left_behind)
    };
    paths.iter().filter(source).map(|path| state(path, depth + 1)).collect()
}
