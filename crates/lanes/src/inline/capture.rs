//! What inline lanes write: the stdout and stderr of this process, which are theirs.
//!
//! They become one pipe. A thread empties it all the time, because the pool's own thread is inside of
//! the function that writes and could not; after a call the pool's thread takes what is there. Both
//! read under one lock, so that no line overtakes another.

use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::{io, thread};

use rustix::event::{PollFd, PollFlags, poll};

use crate::log::Output;
use crate::pool::Waker;
use crate::process::log_pipe;

/// Most that is kept of what is written during one call, in bytes; the pool's thread cannot hand it
/// on before the call is over.
const MOST: usize = 64 << 20;
const SCRATCH: usize = 64 << 10;

/// The log of all inline lanes.
#[derive(Debug)]
pub(crate) struct Capture(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// Watched by the thread without a lock.
    pipe: OwnedFd,
    written: Mutex<Written>,
}

#[derive(Debug)]
struct Written {
    output: Output,
    /// Whole lines that nobody has taken.
    lines: String,
    /// Bytes left out because there were too many.
    left_out: usize,
}

impl Capture {
    /// Takes over stdout and stderr for as long as this process lives. `waker` is woken by what is
    /// written between calls.
    pub(super) fn start(waker: Waker) -> io::Result<Capture> {
        let (output, writer) = log_pipe()?;
        rustix::stdio::dup2_stdout(&writer)?;
        rustix::stdio::dup2_stderr(&writer)?;
        let pipe = output.pipe.try_clone()?;
        let written = Mutex::new(Written { output, lines: String::new(), left_out: 0 });
        let shared = Arc::new(Shared { pipe, written });
        let emptied = Arc::clone(&shared);
        thread::Builder::new().name("log".to_owned()).spawn(move || emptied.empty(&waker))?;
        Ok(Capture(shared))
    }

    /// The whole lines that were written since the last time.
    pub(crate) fn take(&self) -> Option<String> {
        let mut written = self.0.lock();
        while written.read() {}
        let lines = written.take_lines();
        (!lines.is_empty()).then_some(lines)
    }

    /// The line that was begun and not ended, as if it had ended.
    pub(crate) fn rest(&self) -> Option<String> {
        self.0.lock().output.rest()
    }

    /// The end of what was written since the last time this was asked.
    pub(crate) fn take_tail(&self) -> String {
        self.0.lock().output.take_tail()
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Written> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn empty(&self, waker: &Waker) {
        // It fails only if memory has run out, and then this process has other cares.
        while poll(&mut [PollFd::new(&self.pipe, PollFlags::IN)], None).is_ok() {
            let mut written = self.lock();
            let was_empty = written.lines.is_empty();
            written.read();
            if was_empty && !written.lines.is_empty() {
                waker.wake();
            }
        }
    }
}

impl Written {
    /// Reads once; whether there may be more.
    fn read(&mut self) -> bool {
        let mut scratch = [0; SCRATCH];
        let (lines, _) = self.output.read(&mut scratch);
        let Some(lines) = lines else { return false };
        if self.lines.len() + lines.len() > MOST {
            self.left_out += lines.len();
        } else {
            self.lines.push_str(&lines);
        }
        true
    }

    fn take_lines(&mut self) -> String {
        let mut lines = std::mem::take(&mut self.lines);
        match std::mem::take(&mut self.left_out) {
            0 => {}
            bytes => lines.push_str(&format!(
                "[faastlane] {bytes} bytes of this log are left out: \
                 a call may write {MOST} bytes here\n"
            )),
        }
        lines
    }
}
