//! The thread that is asked whether a system call may happen.
//!
//! A program that a function has started may do what programs do. This process, and a copy of it made
//! by `fork` that still has all its memory, may only map code that has no gadget in it: libraries are
//! loaded late by many modules. What tells the two apart is whether we can look into them: this
//! process forbids that, its copies inherit that, and starting a program ends it.
//!
//! A process of its own would be a better place if it could see the files that this process wants to
//! map; but nobody can look into this process.

use std::fs::{self, File};
use std::io;
use std::mem::zeroed;
use std::os::fd::{AsRawFd as _, BorrowedFd, OwnedFd, RawFd};
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::Path;
use std::sync::mpsc::{self, Sender};
use std::time::{SystemTime, UNIX_EPOCH};

use faastlane_inspect::find;
use libc::{seccomp_data, seccomp_notif, seccomp_notif_resp};

use super::Error;
use super::own::Word;

struct Warden {
    listener: OwnedFd,
    word: Word,
    /// Device and number of this program's file.
    program: (u64, u64),
    /// Files that were changed later are not mapped as code: this process may have written them.
    locked_at: SystemTime,
}

/// Starts the thread. It waits for what it is to listen at, and works until the process ends.
pub(super) fn start(word: Word) -> Result<Sender<OwnedFd>, Error> {
    let failed = |what: &str| {
        let what = what.to_owned();
        move |source| Error::System { what, source }
    };
    let program = file_of("self").map_err(failed("reading /proc/self/exe"))?;
    let (sender, receiver) = mpsc::channel();
    let (began, begins) = mpsc::channel();
    let work = move || {
        // The beginning of a thread makes calls that will be asked about: nobody could answer.
        began.send(()).expect("it is waited for");
        // Nobody sends if the filter could not be installed.
        if let Ok(listener) = receiver.recv() {
            Warden { listener, word, program, locked_at: SystemTime::now() }.work();
        }
    };
    let thread = std::thread::Builder::new().name("warden".to_owned()).spawn(work);
    thread.map_err(failed("starting a thread"))?;
    begins.recv().expect("the thread has begun");
    Ok(sender)
}

impl Warden {
    /// Ends only when there is nobody left to ask. Were it to end before, the kernel would refuse all.
    fn work(&self) {
        loop {
            match self.receive() {
                Ok(call) => self.answer(call.id, self.allows(call.pid, &call.data)),
                // The one who asked was interrupted or has ended.
                Err(error) if matches!(error.raw_os_error(), Some(libc::EINTR | libc::ENOENT)) => {}
                Err(_) => return,
            }
        }
    }

    fn receive(&self) -> io::Result<seccomp_notif> {
        // SAFETY: plain numbers, for which 0 is a value; the kernel wants them to be 0.
        let mut call: seccomp_notif = unsafe { zeroed() };
        // SAFETY: the kernel writes to `call`, which has the type that it expects.
        let result = unsafe { self.control(libc::SECCOMP_IOCTL_NOTIF_RECV, &raw mut call) };
        result.map(|()| call)
    }

    fn answer(&self, id: u64, allowed: bool) {
        let (error, flags) =
            if allowed { (0, libc::SECCOMP_USER_NOTIF_FLAG_CONTINUE) } else { (-libc::EPERM, 0) };
        let flags = u32::try_from(flags).expect("flags have 32 bits");
        let mut answer = seccomp_notif_resp { id, val: 0, error, flags };
        // Nobody waits for it if this fails.
        // SAFETY: the kernel reads `answer`, which has the type that it expects.
        let _ = unsafe { self.control(libc::SECCOMP_IOCTL_NOTIF_SEND, &raw mut answer) };
    }

    /// # Safety
    ///
    /// `argument` is what the kernel expects with `request`.
    unsafe fn control<T>(&self, request: libc::Ioctl, argument: *mut T) -> io::Result<()> {
        let listener = self.listener.as_raw_fd();
        let word = self.word.0;
        // SAFETY: the caller answers for the argument; the kernel ignores all that follow it.
        let result =
            unsafe { libc::syscall(libc::SYS_ioctl, listener, request, argument, 0, 0, word) };
        if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
    }

    /// `thread` is the number of the one who asks.
    fn allows(&self, thread: u32, call: &seccomp_data) -> bool {
        if Path::new(&format!("/proc/self/task/{thread}")).exists() {
            return i64::from(call.nr) == libc::SYS_mmap && self.is_harmless(&call.args);
        }
        // A copy of this process cannot be looked into; root looks all the same and sees its program.
        file_of(&thread.to_string()).is_ok_and(|program| program != self.program)
    }

    /// Whether a mapping of code by this process can be allowed: a file without gadgets, as it is when
    /// it is loaded as a library. The arguments are those of `mmap`.
    fn is_harmless(&self, &[_, size, rights, flags, descriptor, offset]: &[u64; 6]) -> bool {
        let has = |value: u64, flag: i32| value & u64::from(flag.cast_unsigned()) != 0;
        if has(rights, libc::PROT_WRITE)
            || has(flags, libc::MAP_ANONYMOUS)
            || !has(flags, libc::MAP_PRIVATE)
        {
            return false;
        }
        let (Ok(descriptor), Ok(size)) = (RawFd::try_from(descriptor), usize::try_from(size))
        else {
            return false;
        };
        // SAFETY: the number is only used during the next call, which fails if it is not open.
        let Ok(file) = unsafe { BorrowedFd::borrow_raw(descriptor) }.try_clone_to_owned() else {
            return false;
        };
        self.has_no_gadget(&File::from(file), offset, size).unwrap_or(false)
    }

    fn has_no_gadget(&self, file: &File, offset: u64, size: usize) -> io::Result<bool> {
        let metadata = file.metadata()?;
        let locked_at = self.locked_at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let changed = u64::try_from(metadata.ctime()).unwrap_or(u64::MAX);
        if !metadata.is_file() || changed >= locked_at {
            return Ok(false);
        }
        let rest = usize::try_from(metadata.len().saturating_sub(offset)).unwrap_or(usize::MAX);
        let mut code = vec![0; size.next_multiple_of(4096).min(rest)];
        file.read_exact_at(&mut code, offset)?;
        Ok(find(&code).is_empty())
    }
}

/// Device and number of the file that process `process` runs.
fn file_of(process: &str) -> io::Result<(u64, u64)> {
    let metadata = fs::metadata(format!("/proc/{process}/exe"))?;
    Ok((metadata.dev(), metadata.ino()))
}
