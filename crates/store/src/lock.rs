//! One server at a time: a lock file beside the store, which the kernel unlocks when its process dies.
//!
//! Not a lock on the store's own file: closing any descriptor of that one would drop the locks of SQLite.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::Error;

/// Held until dropped.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Locks the store at `path` for this process.
    pub(crate) fn take(path: &Path) -> Result<Self, Error> {
        let mut name = path.as_os_str().to_os_string();
        name.push("-lock");
        let make = |source| Error::Make { path: path.to_path_buf(), source };
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let mut file = options.open(name).map_err(make)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut owner = String::new();
                let known = file.read_to_string(&mut owner).is_ok() && !owner.trim().is_empty();
                let owner = match known {
                    true => format!("process {}", owner.trim()),
                    false => "another process".to_owned(),
                };
                return Err(Error::InUse { path: path.to_path_buf(), owner });
            }
            Err(TryLockError::Error(source)) => return Err(make(source)),
        }
        // Who it is matters to readers of an error only: what cannot be written is left out.
        let _ = file.set_len(0);
        let _ = file.seek(SeekFrom::Start(0));
        let _ = writeln!(file, "{}", std::process::id());
        Ok(Self { _file: file })
    }
}
