//! What a process may do beyond its own memory: no root, no dumps, no other process that looks in.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::{Error, last_error};

/// `nobody`, of whom every Linux has one. It owns no files.
pub const UNPRIVILEGED: u32 = 65_534;

/// Started as root, continues as [`UNPRIVILEGED`] on all threads; else does nothing. `needed` are the
/// files and folders that functions must be able to read. To be called before keys are enabled: the C
/// library lets other threads read this thread's stack.
///
/// The kernel forgets a parent-death signal here: set it afterwards.
///
/// # Errors
///
/// [`Error::Unreadable`] if that user cannot read one of `needed`: nothing has been changed then.
pub fn drop_root(needed: &[PathBuf]) -> Result<(), Error> {
    if !is_root() {
        return Ok(());
    }
    let files = unreadable(needed, UNPRIVILEGED)?;
    if !files.is_empty() {
        return Err(Error::Unreadable { user: UNPRIVILEGED, files });
    }
    let what = || format!("becoming user {UNPRIVILEGED}");
    // SAFETY: no groups are read, as their number is 0.
    check(unsafe { libc::setgroups(0, std::ptr::null()) }, what)?;
    let user = UNPRIVILEGED;
    // SAFETY: plain numbers; the C library changes all threads.
    check(unsafe { libc::setresgid(user, user, user) }, what)?;
    // SAFETY: as above.
    check(unsafe { libc::setresuid(user, user, user) }, what)
}

pub(super) fn is_root() -> bool {
    // SAFETY: it only returns a number.
    unsafe { libc::geteuid() == 0 }
}

/// Which of these files and folders the user `user` (and group of that number) cannot read. Needs
/// root; for everybody else all questions are about themselves.
///
/// # Errors
///
/// If no thread can be started.
pub fn unreadable(paths: &[PathBuf], user: u32) -> Result<Vec<PathBuf>, Error> {
    // The user for file access is a property of a thread; one is thrown away for this.
    let ask = || {
        // SAFETY: a raw call changes the groups of this thread alone; none are read, being 0.
        unsafe { libc::syscall(libc::SYS_setgroups, 0, std::ptr::null::<u32>()) };
        // SAFETY: a plain number; for this thread alone.
        unsafe { libc::setfsgid(user) };
        // SAFETY: as above.
        unsafe { libc::setfsuid(user) };
        paths.iter().filter(|path| !can_read(path)).cloned().collect()
    };
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .spawn_scoped(scope, ask)
            .map_err(|source| Error::System { what: "starting a thread".to_owned(), source })?;
        Ok(thread.join().expect("it does not panic"))
    })
}

fn can_read(path: &Path) -> bool {
    // A folder can be opened as a file; to go through it takes another right.
    File::open(path).is_ok() && (!path.is_dir() || path.join(".").metadata().is_ok())
}

/// Nobody of the same user can read this process' memory, it leaves no core dump, and no program that
/// it starts has more rights than it has.
pub(super) fn give_up() -> Result<(), Error> {
    // SAFETY: plain numbers.
    check(unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) }, || "no new privileges")?;
    let none = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: `none` lives during the call, which reads it.
    check(unsafe { libc::setrlimit(libc::RLIMIT_CORE, &raw const none) }, || "no core dumps")?;
    // SAFETY: plain numbers.
    check(unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 0, 0, 0, 0) }, || "not dumpable")
}

fn check<S: Into<String>>(result: i32, what: impl FnOnce() -> S) -> Result<(), Error> {
    if result == 0 { Ok(()) } else { Err(last_error(what())) }
}
