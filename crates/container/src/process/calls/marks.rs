//! Which calls have begun, in memory that outlives the process that makes them.
//!
//! Each call that is under way has a place, which is a word of the memory, and an id that no other call
//! has had. When the call is given to a lane, its id is put there. So what is written has the size of
//! what is under way at once, and nothing has to be cleared.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use faastlane_lanes::{CallId, SharedMemory, Watch};

use crate::clock::Clock;

/// Names a call: its place, and above that a number that grows from call to call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Ticket(pub(super) u64);

/// Most calls that are under way.
pub(super) const PLACES: usize = 1 << PLACE_BITS;
const PLACE_BITS: u32 = 22;
/// By when the process will go on, in nanoseconds since the system's start; 0 while it does.
const GOES_ON_BY: usize = 0;
/// Where the places begin.
const FIRST: usize = 8;
const SIZE: usize = FIRST + PLACES * 8;

impl Ticket {
    /// The `serial`th call, from 1 on, at this place, which is below [`PLACES`].
    pub(super) fn new(serial: u64, place: usize) -> Self {
        Self(serial << PLACE_BITS | place as u64)
    }

    pub(super) fn place(self) -> usize {
        // It is below PLACES, so it is a usize.
        usize::try_from(self.0 % (1 << PLACE_BITS)).unwrap_or_default()
    }

    fn word(self) -> usize {
        FIRST + self.place() * 8
    }
}

/// The side of the process that makes calls.
#[derive(Debug)]
pub(super) struct Marks {
    memory: SharedMemory,
    clock: Clock,
}

impl Marks {
    pub(super) fn open(file: impl AsFd) -> io::Result<Self> {
        Ok(Self { memory: SharedMemory::map(file, SIZE)?, clock: Clock::new() })
    }
}

impl Watch for Marks {
    fn begins(&mut self, CallId(call): CallId, _request_id: &str) {
        self.memory.word(Ticket(call).word()).store(call, Ordering::Release);
    }

    fn rests(&mut self, until: Option<Instant>) {
        let nanoseconds = |moment: Duration| u64::try_from(moment.as_nanos()).unwrap_or(u64::MAX);
        // What should have been done already is done now.
        let until = until.map(|until| until.max(Instant::now()));
        let by = until.map_or(0, |until| nanoseconds(self.clock.since_boot(until)));
        self.memory.word(GOES_ON_BY).store(by, Ordering::Release);
    }

    fn goes_on(&mut self) {
        self.memory.word(GOES_ON_BY).store(0, Ordering::Release);
    }
}

/// The side of the process that has asked for them.
#[derive(Debug)]
pub(super) struct Watched {
    memory: SharedMemory,
    clock: Clock,
    /// What the other process maps.
    pub(super) file: OwnedFd,
}

impl Watched {
    pub(super) fn create() -> io::Result<Self> {
        let (memory, file) = SharedMemory::create(SIZE)?;
        Ok(Self { memory, clock: Clock::new(), file })
    }

    /// Whether the call was given to a lane.
    pub(super) fn has_begun(&self, ticket: Ticket) -> bool {
        self.memory.word(ticket.word()).load(Ordering::Acquire) == ticket.0
    }

    /// When the process said it will have gone on, if it rests.
    pub(super) fn goes_on_by(&self) -> Option<Instant> {
        let by = self.memory.word(GOES_ON_BY).load(Ordering::Acquire);
        (by > 0).then(|| self.clock.instant(Duration::from_nanos(by)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_that_of_one_call() {
        let watched = Watched::create().unwrap();
        let mut marks = Marks::open(&watched.file).unwrap();
        for place in [0, 1, PLACES - 1] {
            let (first, second) = (Ticket::new(1, place), Ticket::new(2, place));
            assert_eq!((first.place(), second.place()), (place, place));
            marks.begins(CallId(first.0), "r");
            assert!(watched.has_begun(first) && !watched.has_begun(second));
            marks.begins(CallId(second.0), "r");
            assert!(!watched.has_begun(first) && watched.has_begun(second));
        }
    }

    #[test]
    fn it_says_when_it_goes_on() {
        let watched = Watched::create().unwrap();
        let mut marks = Marks::open(&watched.file).unwrap();
        assert_eq!(watched.goes_on_by(), None);
        let until = Instant::now() + Duration::from_secs(1);
        marks.rests(Some(until));
        assert!(watched.goes_on_by().is_some_and(|by| by >= until - Duration::from_millis(100)));
        marks.goes_on();
        assert_eq!(watched.goes_on_by(), None);
    }
}
