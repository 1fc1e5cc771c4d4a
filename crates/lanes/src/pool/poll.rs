//! Waiting for all workers at once: a thin layer over `epoll` that knows whose event it is.

use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{fmt, io};

use rustix::buffer::spare_capacity;
use rustix::event::{EventfdFlags, Timespec, epoll, eventfd};
use rustix::io::Errno;

use super::slot::Place;

/// Where an event came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// Frames.
    Socket,
    /// A reply in shared memory. Each ring is an event of its own, nothing has to be read.
    Doorbell,
    /// stdout and stderr.
    Output,
    /// The end of the process.
    Ended,
    /// Reports of a template; its index is in the place of a worker's.
    Template,
    /// stdout and stderr of a template.
    TemplateOutput,
    /// The end of a template.
    TemplateEnded,
}

const SOURCES: [Source; 7] = [
    Source::Socket,
    Source::Doorbell,
    Source::Output,
    Source::Ended,
    Source::Template,
    Source::TemplateOutput,
    Source::TemplateEnded,
];

/// One thing that happened.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ready {
    pub(super) place: Place,
    /// Tells a worker from an earlier one in the same place.
    pub(super) generation: u32,
    pub(super) source: Source,
    pub(super) writable: bool,
}

/// The event queue.
pub(super) struct Poll {
    epoll: OwnedFd,
    wake: Arc<OwnedFd>,
    buffer: Vec<epoll::Event>,
}

impl fmt::Debug for Poll {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Poll").field("epoll", &self.epoll).finish_non_exhaustive()
    }
}

/// Ends a [`super::Pool::wait`] early. Cheap to clone, may be used from any thread.
#[derive(Debug, Clone)]
pub struct Waker(Arc<OwnedFd>);

impl Waker {
    /// Lets the current or the next [`super::Pool::wait`] return.
    pub fn wake(&self) {
        // It fails only when the counter is full, and then the pool is awake already.
        let _ = rustix::io::write(&*self.0, &1_u64.to_ne_bytes());
    }
}

const WAKE: u64 = u64::MAX;
const LONGEST_WAIT: Duration = Duration::from_secs(3600);

impl Poll {
    pub(super) fn new() -> io::Result<Poll> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let wake = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        epoll::add(&epoll, &wake, epoll::EventData::new_u64(WAKE), epoll::EventFlags::IN)?;
        Ok(Poll { epoll, wake: Arc::new(wake), buffer: Vec::with_capacity(256) })
    }

    pub(super) fn waker(&self) -> Waker {
        Waker(Arc::clone(&self.wake))
    }

    /// From now on, something to read from `descriptor` wakes as the waker does.
    pub(super) fn add_waker(&self, descriptor: impl AsFd) -> io::Result<()> {
        let data = epoll::EventData::new_u64(WAKE);
        Ok(epoll::add(&self.epoll, descriptor, data, epoll::EventFlags::IN)?)
    }

    /// Watches a descriptor of the worker in `place`.
    pub(super) fn add(
        &self,
        descriptor: impl AsFd,
        place: Place,
        generation: u32,
        source: Source,
    ) -> io::Result<()> {
        let data = epoll::EventData::new_u64(token(place, generation, source));
        let mut flags = epoll::EventFlags::IN;
        flags.set(epoll::EventFlags::ET, source == Source::Doorbell);
        Ok(epoll::add(&self.epoll, descriptor, data, flags)?)
    }

    /// Watches a socket for room to write as well, or no longer.
    pub(super) fn watch_writable(
        &self,
        socket: impl AsFd,
        place: Place,
        generation: u32,
        writable: bool,
    ) -> io::Result<()> {
        let data = epoll::EventData::new_u64(token(place, generation, Source::Socket));
        let mut flags = epoll::EventFlags::IN;
        flags.set(epoll::EventFlags::OUT, writable);
        Ok(epoll::modify(&self.epoll, socket, data, flags)?)
    }

    /// Watches a descriptor no longer.
    pub(super) fn remove(&self, descriptor: impl AsFd) {
        // It fails only for a descriptor that is not watched, which is what we want.
        let _ = epoll::delete(&self.epoll, descriptor);
    }

    /// Waits until something happens or `deadline` passes, but no longer than an hour; true if the waker was woken.
    pub(super) fn wait(
        &mut self,
        deadline: Option<Instant>,
        ready: &mut Vec<Ready>,
    ) -> io::Result<bool> {
        let timeout = deadline.map(|deadline| {
            // Old kernels refuse to wait for weeks; the caller waits again.
            let left = deadline.saturating_duration_since(Instant::now()).min(LONGEST_WAIT);
            Timespec {
                tv_sec: i64::try_from(left.as_secs()).expect("an hour at most"),
                tv_nsec: i64::from(left.subsec_nanos()),
            }
        });
        self.buffer.clear();
        match epoll::wait(&self.epoll, spare_capacity(&mut self.buffer), timeout.as_ref()) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let mut woken = false;
        for event in &self.buffer {
            let (flags, data) = (event.flags, event.data);
            match parse_token(data.u64()) {
                None => {
                    woken = true;
                    // Back to zero; the value does not matter.
                    let _ = rustix::io::read(&*self.wake, &mut [0; 8]);
                }
                Some((place, generation, source)) => {
                    let writable = flags.contains(epoll::EventFlags::OUT);
                    ready.push(Ready { place, generation, source, writable });
                }
            }
        }
        Ok(woken)
    }
}

fn token(place: Place, generation: u32, source: Source) -> u64 {
    let source = SOURCES.iter().position(|other| *other == source).expect("all are listed");
    let low = u64::try_from(place << 3 | source).expect("a place is an index of a short list");
    u64::from(generation) << 32 | low
}

fn parse_token(token: u64) -> Option<(Place, u32, Source)> {
    let source = *SOURCES.get(usize::try_from(token & 7).ok()?)?;
    let place = usize::try_from((token & 0xFFFF_FFFF) >> 3).ok()?;
    let generation = u32::try_from(token >> 32).ok()?;
    Some((place, generation, source))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_name_their_worker() {
        for place in [0, 1, 255] {
            for source in SOURCES {
                let parsed = parse_token(token(place, u32::MAX, source));
                assert_eq!(parsed, Some((place, u32::MAX, source)));
            }
        }
        assert_eq!(parse_token(WAKE), None);
    }
}
