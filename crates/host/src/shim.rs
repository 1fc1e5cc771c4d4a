//! The shim travels inside the program and is unpacked at first use.
//!
//! For each libpython there is a folder with two links: to the shim, and to that libpython under the
//! name by which the shim needs it. ld.so finds the one beside the other, so one shim serves all
//! versions and no file is ever patched.

use crate::LoadError;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, symlink};
use std::path::{Path, PathBuf};
use std::{env, fs, io, process};

static SHIM: &[u8] = include_bytes!(env!("FAASTLANE_SHIM"));
const HASH: &str = env!("FAASTLANE_SHIM_HASH");

/// The path by which ld.so loads a shim that needs `libpython`.
pub(crate) fn path(libpython: &Path) -> Result<PathBuf, LoadError> {
    let cache = cache();
    unpack(&cache, libpython).map_err(|source| LoadError::Unpack { path: cache, source })
}

fn unpack(cache: &Path, libpython: &Path) -> io::Result<PathBuf> {
    let mut hasher = DefaultHasher::new();
    libpython.hash(&mut hasher);
    let folder = cache.join(format!("{HASH}-{:016x}", hasher.finish()));
    let shim = folder.join("shim.so");
    if fs::read_link(folder.join("libpython-lane.so")).is_ok_and(|target| target == libpython)
        && fs::metadata(&shim).is_ok_and(|file| file.len() == SHIM.len() as u64)
    {
        return Ok(shim);
    }
    fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
    let file = cache.join(format!("shim-{HASH}.so"));
    replace(&file, |new| fs::File::create_new(new)?.write_all(SHIM))?;
    replace(&shim, |new| symlink(&file, new))?;
    replace(&folder.join("libpython-lane.so"), |new| symlink(libpython, new))?;
    Ok(shim)
}

/// Makes a file under another name and moves it into place: other processes see all of it or nothing.
fn replace(path: &Path, make: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}-{:?}", process::id(), std::thread::current().id()));
    let new = PathBuf::from(name);
    let made = make(&new).and_then(|()| fs::rename(&new, path));
    if made.is_err() {
        // The error that counts is the first one.
        let _ = fs::remove_file(&new);
    }
    made
}

/// The user's cache; without a home a folder in the place for temporary files, if it is the user's own.
fn cache() -> PathBuf {
    let variable = |name| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let home = variable("HOME").map(|home| home.join(".cache"));
    let cache = variable("XDG_CACHE_HOME").or(home).map(|cache| cache.join("faastlane/lanes"));
    // A process that was root and is not any more has another's home.
    cache.filter(|cache| is_usable(cache)).unwrap_or_else(temporary)
}

fn is_usable(folder: &Path) -> bool {
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
    // SAFETY: the call takes nothing and cannot fail.
    let user = unsafe { libc::geteuid() };
    made.is_ok() && fs::metadata(folder).is_ok_and(|found| found.uid() == user)
}

fn temporary() -> PathBuf {
    // SAFETY: the call takes nothing and cannot fail.
    let user = unsafe { libc::geteuid() };
    let folder = env::temp_dir().join(format!("faastlane-lanes-{user}"));
    // Somebody else may have made a folder of that name in order to plant a library.
    match fs::symlink_metadata(&folder) {
        Ok(found) if found.uid() != user || !found.is_dir() || found.mode() & 0o022 != 0 => {
            env::temp_dir().join(format!("faastlane-lanes-{user}-{}", process::id()))
        }
        _ => folder,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unpacking_twice_changes_nothing() {
        let cache = tempfile::tempdir().unwrap();
        let libpython = Path::new("/usr/lib/libpython3.12.so.1.0");
        let first = unpack(cache.path(), libpython).unwrap();
        let second = unpack(cache.path(), libpython).unwrap();
        assert_eq!(first, second);
        assert_eq!(fs::read(&first).unwrap(), SHIM);
        assert_eq!(fs::read_link(first.with_file_name("libpython-lane.so")).unwrap(), libpython);
    }

    #[test]
    fn a_truncated_file_is_replaced() {
        let cache = tempfile::tempdir().unwrap();
        let path = unpack(cache.path(), Path::new("/lib/a.so")).unwrap();
        fs::write(&path, b"").unwrap();
        assert_eq!(fs::read(unpack(cache.path(), Path::new("/lib/a.so")).unwrap()).unwrap(), SHIM);
    }
}
