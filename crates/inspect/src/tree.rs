//! All programs and libraries of a folder.

use std::fs::{self, DirEntry, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use crate::elf::{self, Error, Finding};

/// What came of a search.
#[derive(Debug, Default)]
pub struct Scanned {
    /// How many programs and libraries were searched.
    pub files: usize,
    /// What is in them, by file, in the order of their paths.
    pub findings: Vec<(PathBuf, Finding)>,
    /// Files that could not be searched though they look like code, and folders that could not be
    /// read. What is made for another processor is not among them: it cannot be loaded.
    pub errors: Vec<Error>,
}

/// Searches the file `path`, or all ELF files below the folder `path`. Links inside of a folder are
/// not followed: what they lead to is found at its own place, or is not part of the folder.
///
/// # Errors
///
/// If `path` cannot be read, or is a file that cannot be searched.
pub fn scan_tree(path: &Path) -> Result<Scanned, Error> {
    let failed = |source| Error::Read { path: path.to_owned(), source };
    let mut scanned = Scanned::default();
    if fs::metadata(path).map_err(failed)?.is_dir() {
        fs::read_dir(path).map_err(failed)?;
        walk(path, &mut scanned);
        return Ok(scanned);
    }
    let findings = elf::scan(path)?;
    scanned.files = 1;
    scanned.findings = findings.into_iter().map(|finding| (path.to_owned(), finding)).collect();
    Ok(scanned)
}

fn walk(folder: &Path, scanned: &mut Scanned) {
    let failed = |source| Error::Read { path: folder.to_owned(), source };
    let entries = fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<DirEntry>>>);
    let mut entries = match entries.map_err(failed) {
        Ok(entries) => entries,
        Err(error) => return scanned.errors.push(error),
    };
    entries.sort_by_key(DirEntry::file_name);
    for entry in entries {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => walk(&entry.path(), scanned),
            Ok(kind) if kind.is_file() => file(entry.path(), scanned),
            Ok(_) => {}
            Err(error) => scanned.errors.push(failed(error)),
        }
    }
}

fn file(path: PathBuf, scanned: &mut Scanned) {
    match is_elf(&path) {
        Ok(true) => match elf::scan(&path) {
            Ok(findings) => {
                scanned.files += 1;
                let findings = findings.into_iter().map(|finding| (path.clone(), finding));
                scanned.findings.extend(findings);
            }
            Err(Error::NotLoadable { .. }) => {}
            Err(error) => scanned.errors.push(error),
        },
        Ok(false) => {}
        Err(source) => scanned.errors.push(Error::Read { path, source }),
    }
}

fn is_elf(path: &Path) -> io::Result<bool> {
    let mut magic = Vec::new();
    File::open(path)?.take(4).read_to_end(&mut magic)?;
    Ok(magic == object::elf::ELFMAG)
}
