//! The working directory belongs to the process, but every lane has one of its own: a gate changes it
//! when another lane than the last one is entered.

use std::ffi::CString;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// The lane whose directory the process is in; 0 for none.
static OCCUPANT: AtomicU32 = AtomicU32::new(0);

/// A lane's working directory.
#[derive(Debug)]
pub(crate) struct Directory {
    folder: OwnedFd,
    lane: u32,
}

impl Directory {
    /// `lane` is a number that no other lane of the process has, and not 0.
    pub(crate) fn new(path: &Path, lane: u32) -> io::Result<Directory> {
        Ok(Directory { folder: open(path)?, lane })
    }

    /// Makes it that of the process.
    pub(crate) fn occupy(&self) -> io::Result<()> {
        if OCCUPANT.load(Relaxed) != self.lane {
            self.enter()?;
            OCCUPANT.store(self.lane, Relaxed);
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

    /// Takes over where the lane has gone.
    pub(crate) fn follow(&mut self) {
        // A folder that cannot be opened has been removed: the lane goes back where it was before.
        if let Ok(folder) = open(Path::new(".")) {
            self.folder = folder;
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
