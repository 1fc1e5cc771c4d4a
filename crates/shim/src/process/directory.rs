//! The working directory belongs to the process. The host gives each lane its own; here it is told
//! when a function has changed it.

use super::deeds;
use faastlane_abi::deeds::CHANGED_DIRECTORY;
use libc::{c_char, c_int};

fn noted(result: libc::c_long) -> c_int {
    if result == 0 {
        deeds::note(CHANGED_DIRECTORY);
    }
    result as c_int
}

/// # Safety
/// As in C.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn chdir(path: *const c_char) -> c_int {
    // SAFETY: as in C.
    noted(unsafe { libc::syscall(libc::SYS_chdir, path) })
}

/// # Safety
/// As in C.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fchdir(folder: c_int) -> c_int {
    // SAFETY: as in C.
    noted(unsafe { libc::syscall(libc::SYS_fchdir, folder) })
}
