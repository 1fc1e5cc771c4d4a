//! The working directory belongs to the process, but every lane has one of its own: a gate changes it
//! when another lane than the last one is entered.

use std::ffi::CString;
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Mutex;

/// The directory that the process is in, as far as lanes have changed it.
static OCCUPANT: Mutex<Option<Identity>> = Mutex::new(None);

/// What makes a directory the same as another: its device and its number there.
type Identity = (u64, u64);

/// A lane's working directory.
#[derive(Debug)]
pub(crate) struct Directory {
    folder: OwnedFd,
    identity: Identity,
}

impl Directory {
    pub(crate) fn new(path: &Path) -> io::Result<Directory> {
        let folder = File::from(open(path)?);
        let found = folder.metadata()?;
        Ok(Directory { folder: folder.into(), identity: (found.dev(), found.ino()) })
    }

    /// Makes it that of the process.
    pub(crate) fn occupy(&self) -> io::Result<()> {
        let mut occupant = OCCUPANT.lock().expect("nobody panics with it");
        if *occupant != Some(self.identity) {
            self.enter()?;
            *occupant = Some(self.identity);
        }
        Ok(())
    }

    /// Makes it that of this thread, if that has one of its own, or else that of the process.
    pub(crate) fn enter(&self) -> io::Result<()> {
        // SAFETY: the descriptor is open.
        match unsafe { libc::fchdir(self.folder.as_raw_fd()) } {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }

    /// Takes over where the lane has gone. A folder that cannot be opened has been removed: then the
    /// lane stays where it was before.
    pub(crate) fn follow(&mut self) {
        let mut occupant = OCCUPANT.lock().expect("nobody panics with it");
        *occupant = None;
        if let Ok(here) = Directory::new(Path::new(".")) {
            *self = here;
        }
    }
}

fn open(path: &Path) -> io::Result<OwnedFd> {
    let path = CString::new(path.as_os_str().as_bytes())?;
    let flags = libc::O_PATH | libc::O_DIRECTORY | libc::O_CLOEXEC;
    // SAFETY: a C string.
    let folder = unsafe { libc::open(path.as_ptr(), flags) };
    if folder < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: just opened, and nobody else has it.
    Ok(unsafe { OwnedFd::from_raw_fd(folder) })
}

/// A directory of its own for this thread.
pub(crate) fn separate_this_thread() -> io::Result<()> {
    // SAFETY: the flag concerns the directory, the root and the umask of this thread only.
    match unsafe { libc::unshare(libc::CLONE_FS) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
