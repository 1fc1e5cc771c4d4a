//! The files that may be Pythons, in the order in which a user would expect them to be taken.
//!
//! PATH comes first (what runs when one types `python3`), then pyenv's versions, then uv's. On PATH the
//! possible names are tried one by one instead of listing the folders: `/usr/bin` holds thousands of
//! files, and this runs at every start.

use crate::Search;
use std::cmp::Reverse;
use std::fs;
use std::path::{Path, PathBuf};

/// The highest minor version that is looked for by name (`python3.40`); more than a decade ahead.
const LAST_MINOR: u32 = 40;

/// Every file that may be a Python, without running any; the same Python may occur several times.
pub(crate) fn candidates(search: &Search) -> Vec<PathBuf> {
    let names: Vec<String> = ["python3".to_owned(), "python".to_owned()]
        .into_iter()
        .chain((9..=LAST_MINOR).rev().map(|minor| format!("python3.{minor}")))
        .collect();
    let on_path = search
        .path
        .iter()
        .filter(|folder| folder.is_absolute())
        .flat_map(|folder| names.iter().map(move |name| folder.join(name)))
        .filter(|file| file.is_file());
    let pyenv = search.pyenv_root.as_ref().map(|root| root.join("versions"));
    let installed =
        [pyenv.as_deref(), search.uv_dir.as_deref()].into_iter().flatten().flat_map(installations);
    on_path.chain(installed).collect()
}

/// `FOLDER/*/bin/python3`, newest version first. Virtual environments that pyenv keeps beside its
/// versions belong to somebody's project and are left out.
fn installations(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut folders: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    folders.sort_by_cached_key(|folder| Reverse((numbers(folder), folder.clone())));
    folders
        .into_iter()
        .filter(|folder| !folder.join("pyvenv.cfg").is_file())
        .map(|folder| folder.join("bin/python3"))
        .filter(|file| file.is_file())
        .collect()
}

/// The numbers in a folder's name, `[3, 12, 1]` for `3.12.1` and `cpython-3.12.1-linux`, so that 3.9
/// sorts below 3.12.
fn numbers(folder: &Path) -> Vec<u32> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    name.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_sort_by_number() {
        let mut names = ["3.9.18", "3.12.1", "3.10.2"].map(Path::new);
        names.sort_by_key(|name| Reverse(numbers(name)));
        assert_eq!(names, ["3.12.1", "3.10.2", "3.9.18"].map(Path::new));
    }
}
