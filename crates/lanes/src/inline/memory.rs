//! The memory that a call may take which runs inline: a thread looks how much this process has grown since
//! the call began, and gets the call out of its gate if that is more.
//!
//! Only one call runs inline at a time, so what the process gains meanwhile is the call's. A count in the
//! lane's own allocator was the other way: it knows what was asked for, and not what was touched.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use rustix::process::getpid;

use crate::process::anonymous_memory;

/// How long between two looks. One takes 10 µs; meanwhile a function can touch some 50 MB.
const PAUSE: Duration = Duration::from_millis(20);

/// The watch over inline calls.
#[derive(Debug)]
pub(super) struct Memory(Arc<Mutex<Watched>>);

/// The call that runs, if it has a limit.
#[derive(Debug, Default)]
struct Watched {
    /// In bytes.
    limit: Option<u64>,
    /// What the process had before the call, in bytes, once the call has been looked at.
    before: Option<u64>,
    /// What the call had taken when it was ended for that, in bytes.
    excess: Option<u64>,
}

impl Memory {
    /// Starts the thread.
    pub(super) fn watch() -> io::Result<Memory> {
        let watched = Arc::new(Mutex::new(Watched::default()));
        let looked_at = Arc::clone(&watched);
        thread::Builder::new().name("memory".to_owned()).spawn(move || look(&looked_at))?;
        Ok(Memory(watched))
    }

    /// A call with this limit is about to begin.
    pub(super) fn begin(&self, limit: u64) {
        *lock(&self.0) = Watched { limit: Some(limit), ..Watched::default() };
    }

    /// The call is over. What it had taken in bytes, if it was ended for that.
    pub(super) fn end(&self) -> Option<u64> {
        std::mem::take(&mut *lock(&self.0)).excess
    }
}

fn look(watched: &Arc<Mutex<Watched>>) {
    let mut last = 0;
    // Alone, it looks for nobody.
    while Arc::strong_count(watched) > 1 {
        let taken = anonymous_memory(getpid()).unwrap_or(0);
        let mut call = lock(watched);
        if let Watched { limit: Some(limit), excess: None, .. } = *call {
            let gained = taken.saturating_sub(*call.before.get_or_insert(last));
            if gained > limit {
                call.excess = Some(gained);
                // The call cannot end before the lock is free, so nobody else is meant.
                faastlane_host::interrupt();
            }
        }
        drop(call);
        last = taken;
        thread::sleep(PAUSE);
    }
}

fn lock(watched: &Mutex<Watched>) -> MutexGuard<'_, Watched> {
    watched.lock().unwrap_or_else(PoisonError::into_inner)
}
