//! Whether a function's code uses boto3.
//!
//! Lambda's runtime brings boto3 along; fetching it for every function would make the first run of each
//! wait for 15 MB that most never import. So the Python files below the code root are searched for the
//! words `boto3` and `botocore`. Text, not syntax: `importlib.import_module("boto3")` counts, and so
//! does a comment, at worst for a download in vain.

use std::collections::{HashSet, VecDeque};
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

/// Folders that hold no code of the function's own.
const FOREIGN: [&str; 5] = ["__pycache__", "node_modules", "site-packages", "venv", "env"];

/// Files looked at, nearest to the code root first, so that a function's own come before anything deep.
const MOST_FILES: usize = 5_000;

/// Folders deeper than this are left out, which also ends loops of links.
const DEEPEST: usize = 12;

/// The part of each file that is read, in bytes: imports stand at the beginning.
const MOST_BYTES: u64 = 1 << 20;

/// Whether a Python file below `code_root` mentions boto3 or botocore.
///
/// Left out are hidden folders, caches and environments, and packages which were installed beside the
/// code: many mention boto3 without needing it.
pub(crate) fn mentioned(code_root: &Path) -> bool {
    let mut folders = VecDeque::from([(code_root.to_path_buf(), 0)]);
    let mut files = 0;
    while let Some((folder, depth)) = folders.pop_front() {
        let listed = list(&folder);
        for file in listed.python_files {
            files += 1;
            if files > MOST_FILES {
                return false;
            }
            if mentions(&file) {
                return true;
            }
        }
        if depth < DEEPEST {
            folders.extend(listed.folders.into_iter().map(|folder| (folder, depth + 1)));
        }
    }
    false
}

#[derive(Default)]
struct Listed {
    python_files: Vec<PathBuf>,
    folders: Vec<PathBuf>,
}

/// What of a folder is the function's own.
fn list(folder: &Path) -> Listed {
    let paths: Vec<PathBuf> =
        fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    let installed: HashSet<String> = paths
        .iter()
        .filter(|path| path.extension().is_some_and(|end| end == "dist-info"))
        .flat_map(|info| installed(info))
        .collect();
    let mut listed = Listed::default();
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if installed.contains(&name) || name.starts_with('.') {
            continue;
        }
        if path.is_dir() {
            let environment = path.join("pyvenv.cfg").is_file();
            if !environment && !FOREIGN.contains(&name.as_str()) && !name.ends_with(".dist-info") {
                listed.folders.push(path);
            }
        } else if name.ends_with(".py") {
            listed.python_files.push(path);
        }
    }
    listed
}

/// The top folders and files of an installed package: the first parts of its RECORD's paths (PEP 376).
fn installed(dist_info: &Path) -> Vec<String> {
    let record = fs::read_to_string(dist_info.join("RECORD")).unwrap_or_default();
    let tops = record.lines().filter_map(|line| line.split(['/', ',']).next());
    tops.map(str::to_owned).collect()
}

fn mentions(file: &Path) -> bool {
    let mut text = Vec::new();
    // A file that cannot be read mentions nothing; the function will say so when it imports it.
    let read = File::open(file).and_then(|file| file.take(MOST_BYTES).read_to_end(&mut text));
    read.is_ok() && (has_word(&text, b"boto3") || has_word(&text, b"botocore"))
}

/// Whether `word` stands in `text` with no letter, digit or underscore at its sides.
fn has_word(text: &[u8], word: &[u8]) -> bool {
    let part = |byte: Option<&u8>| byte.is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_');
    text.windows(word.len()).enumerate().any(|(start, window)| {
        window == word
            && !part(start.checked_sub(1).and_then(|before| text.get(before)))
            && !part(text.get(start + word.len()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(file: &str, text: &str, expected: bool) {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, text).unwrap();
        fs::create_dir_all(root.path().join("pkg-1.0.dist-info")).unwrap();
        fs::write(root.path().join("pkg-1.0.dist-info/RECORD"), "pkg/__init__.py,,\n").unwrap();
        assert_eq!(mentioned(root.path()), expected, "{} {text}", file.display());
    }

    #[test]
    fn words_in_the_functions_own_code() {
        check("app.py", "import boto3\n", true);
        check("deep/er/app.py", "from botocore.config import Config\n", true);
        check("app.py", "client = import_module('boto3')", true);
        check("app.py", "import json, boto3", true);
        check("app.py", "import my_boto3\n", false);
        check("app.py", "import boto35\n", false);
        check("app.py", "", false);
        check("notes.txt", "boto3\n", false);
    }

    #[test]
    fn code_of_others_does_not_count() {
        for folder in [".venv/lib", "node_modules/x", "__pycache__", "venv", ".git", "pkg"] {
            check(&format!("{folder}/app.py"), "import boto3\n", false);
        }
    }
}
