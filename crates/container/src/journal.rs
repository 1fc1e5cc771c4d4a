//! What the engine of a container was told, in memory that outlives the container's process.
//!
//! An execution is a function of its start and of the events that it was told, so these are all that
//! is kept: whoever reads them again ([`faastlane_engine::replay`]) has the execution as it was. When they have
//! become long, a snapshot takes their place. The road not taken is a snapshot after each event: it
//! grows with the execution, while an event is as small as the answer that it holds.
//!
//! ```text
//! words │ entry │ entry │ entry │ …            one process writes, another one reads when that is dead
//!         ▲ begin               ▲ end
//! ```
//!
//! Entries of executions lie one after the other, until the supervisor has acknowledged all that ended.

use std::cell::RefCell;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use faastlane_engine::TaskId;
use faastlane_engine::replay::{Entry, Picture, Replay, Told};
use faastlane_lanes::{CallId, SharedMemory, Watch};

use crate::Error;
use crate::clock::Clock;

/// Address space; only what is written takes memory. Places are multiples of eight: two of them fit
/// into a word.
const SIZE: usize = 32 << 30;
/// Where entries begin: behind the words.
const FIRST: usize = PAGE;
const PAGE: usize = 4096;
/// What stays allocated from execution to execution.
const KEPT: usize = 1 << 20;
/// How long entries may become before a snapshot takes their place, in bytes, and how many times as
/// long as that snapshot.
const LONG: usize = 16 << 20;
const TIMES: usize = 4;

/// The last execution whose end the supervisor has heard of.
const ACKNOWLEDGED: usize = 0;
/// Where the first and the next entry are, see [`Places`].
const PLACES: usize = 8;
/// By when the process will go on, in nanoseconds since the system's start; 0 while it does.
const GOES_ON_BY: usize = 16;

/// The side of the container.
#[derive(Debug)]
pub(crate) struct Journal {
    memory: SharedMemory,
    clock: Clock,
    places: Places,
    /// The execution that writes.
    execution: u64,
    /// Length of the snapshot that `begin` is at, in bytes.
    snapshot: usize,
}

/// Where the first entry that counts is, and where the next one goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Places {
    begin: usize,
    end: usize,
}

impl Places {
    const NONE: Self = Self { begin: FIRST, end: FIRST };

    /// As one number, so that whoever reads it sees the two of one moment.
    fn to_word(self) -> u64 {
        ((self.begin as u64 / 8) << 32) | (self.end as u64 / 8)
    }

    /// Whatever the number is, the places are inside.
    fn from_word(word: u64) -> Self {
        let place = |eighths: u64| usize::try_from(eighths * 8).map_or(SIZE, |at| at.max(FIRST));
        let (begin, end) = (place(word >> 32), place(word & u64::from(u32::MAX)));
        Self { begin: begin.min(end), end }
    }
}

impl Journal {
    /// Maps a journal; what others have written is there to be read.
    pub(crate) fn open(file: impl AsFd) -> io::Result<Self> {
        let memory = SharedMemory::map(file, SIZE)?;
        let places = Places::from_word(memory.word(PLACES).load(Ordering::Acquire));
        Ok(Self { memory, clock: Clock::new(), places, execution: 0, snapshot: 0 })
    }

    /// From now on no function in this process can read it, if there are protection keys.
    pub(crate) fn protect(&self) -> io::Result<()> {
        self.memory.protect()
    }

    /// The next entries are those of this execution, whose number is higher than the last one's.
    pub(crate) fn begin(&mut self, execution: u64) {
        let acknowledged = self.memory.word(ACKNOWLEDGED).load(Ordering::Acquire);
        if acknowledged.saturating_add(1) >= execution {
            let used = self.places.end.next_multiple_of(PAGE);
            self.place(Places::NONE);
            if used > KEPT {
                self.memory.free(KEPT..used);
            }
        }
        self.go_on_with(execution);
    }

    /// The next entries are those of this execution, some of whose entries are there.
    pub(crate) fn go_on_with(&mut self, execution: u64) {
        (self.execution, self.snapshot) = (execution, 0);
    }

    /// Adds an entry.
    ///
    /// # Errors
    /// The entry cannot be written.
    pub(crate) fn append(&mut self, entry: &Entry<&Told>) -> Result<(), Error> {
        let end = self.write(self.places.end, entry)?;
        self.place(Places { end, ..self.places });
        Ok(())
    }

    /// Whether the entries are so long that a snapshot is shorter.
    pub(crate) fn is_long(&self) -> bool {
        self.places.end - self.places.begin > LONG.max(TIMES * self.snapshot)
    }

    /// Puts a snapshot in place of all entries. The supervisor must have heard of all that they led to.
    ///
    /// # Errors
    /// It cannot be written.
    pub(crate) fn shorten(&mut self, picture: Picture) -> Result<(), Error> {
        let old = self.places;
        // Entries move upwards through the file, and back to its start in time.
        let at = if old.end > SIZE / 2 { FIRST } else { old.end };
        let end = self.write(at, &Entry::Snapshot(Box::new(picture)))?;
        self.snapshot = end - at;
        self.place(Places { begin: at, end });
        let (start, rest) = (old.begin.next_multiple_of(PAGE), old.end / PAGE * PAGE);
        self.memory.free(start..rest.max(start));
        Ok(())
    }

    fn write(&mut self, at: usize, entry: &Entry<&Told>) -> Result<usize, Error> {
        let begin = at + size_of::<u64>();
        let entry = (self.execution, entry);
        let written = postcard::to_slice(&entry, self.memory.bytes(begin..SIZE))?.len();
        let length = (written as u64).to_le_bytes();
        self.memory.bytes(at..begin).copy_from_slice(&length);
        Ok((begin + written).next_multiple_of(size_of::<u64>()))
    }

    /// Where its entries are from now on; each of them is written.
    fn place(&mut self, places: Places) {
        self.memory.word(PLACES).store(places.to_word(), Ordering::Release);
        self.places = places;
    }

    /// Hands the entries of one execution to `replay`.
    ///
    /// # Errors
    /// What lies there are no entries.
    pub(crate) fn replay(&mut self, execution: u64, replay: &mut Replay) -> Result<(), Error> {
        self.read(|of, entry| {
            if of == execution {
                replay.take(entry);
            }
        })
    }

    /// Hands each entry to `visit`, in order, with the number of its execution.
    fn read(&mut self, mut visit: impl FnMut(u64, Entry)) -> Result<(), Error> {
        let Places { begin: mut at, end } = self.places;
        while at < end {
            let rest = self.memory.bytes(at..end);
            let (length, rest) = rest.split_first_chunk::<8>().ok_or(Error::Journal)?;
            let length = usize::try_from(u64::from_le_bytes(*length)).unwrap_or(usize::MAX);
            let entry = rest.get(..length).ok_or(Error::Journal)?;
            let (execution, entry) = postcard::from_bytes(entry).map_err(|_| Error::Journal)?;
            visit(execution, entry);
            at = (at + size_of::<u64>() + length).next_multiple_of(size_of::<u64>());
        }
        Ok(())
    }
}

/// Keeps which calls have begun, and says how long the pool may rest.
#[derive(Debug)]
pub(crate) struct Keeper(pub(crate) Rc<RefCell<Journal>>);

impl Watch for Keeper {
    fn begins(&mut self, CallId(call): CallId, request_id: &str) {
        let task = TaskId::from_bits(call);
        let began = Entry::Began { task, request_id: request_id.to_owned() };
        // An entry that cannot be written is one that is too large, and this one is small.
        let _ = self.0.borrow_mut().append(&began);
    }

    fn rests(&mut self, until: Option<Instant>) {
        let journal = self.0.borrow();
        let nanoseconds = |moment: Duration| u64::try_from(moment.as_nanos()).unwrap_or(u64::MAX);
        // What should have been done already is done now.
        let until = until.map(|until| until.max(Instant::now()));
        let by = until.map_or(0, |until| nanoseconds(journal.clock.since_boot(until)));
        journal.memory.word(GOES_ON_BY).store(by, Ordering::Release);
    }

    fn goes_on(&mut self) {
        self.0.borrow().memory.word(GOES_ON_BY).store(0, Ordering::Release);
    }
}

/// The side of the supervisor.
#[derive(Debug)]
pub(crate) struct Watched {
    memory: SharedMemory,
    clock: Clock,
    /// What the container maps.
    pub(crate) file: OwnedFd,
}

impl Watched {
    /// A new journal.
    pub(crate) fn create() -> io::Result<Self> {
        let (memory, file) = SharedMemory::create(SIZE)?;
        memory.word(PLACES).store(Places::NONE.to_word(), Ordering::Release);
        Ok(Self { memory, clock: Clock::new(), file })
    }

    /// All executions up to this number have ended, and their end is known.
    pub(crate) fn acknowledge(&self, execution: u64) {
        self.word(ACKNOWLEDGED).store(execution, Ordering::Release);
    }

    /// When the container said it will have gone on, if it rests.
    pub(crate) fn goes_on_by(&self) -> Option<Instant> {
        let by = self.word(GOES_ON_BY).load(Ordering::Acquire);
        (by > 0).then(|| self.clock.instant(Duration::from_nanos(by)))
    }

    /// Nobody writes any more; the next container has not said anything yet.
    pub(crate) fn take_over(&self) {
        self.word(GOES_ON_BY).store(0, Ordering::Release);
    }

    /// A number that changes with each entry.
    pub(crate) fn progress(&self) -> u64 {
        self.word(PLACES).load(Ordering::Acquire)
    }

    fn word(&self, offset: usize) -> &AtomicU64 {
        self.memory.word(offset)
    }
}

#[cfg(test)]
mod tests;
