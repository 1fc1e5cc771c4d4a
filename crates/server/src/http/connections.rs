//! All open connections: how many there may be, what each waits for, and which are closed.
//!
//! A connection writes what it waits for and since when into one number. Timers for each would be armed and disarmed
//! several times a request; this way a request costs a few stores, and a sweep looks at all of them once a second.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use super::Limits;

/// How long a new connection waits for the place of one that is being closed.
const PLACE_TIME: Duration = Duration::from_millis(250);

/// What a connection waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Waiting {
    /// A request.
    Idle = 0,
    /// The rest of a request's line and headers.
    Head = 1,
    /// A body.
    Body = 2,
    /// The handler: as long as that takes.
    Handler = 3,
    /// The client, to take an answer.
    Client = 4,
    /// Its end: it is to be closed.
    End = 5,
}

impl Waiting {
    const ALL: [Self; 6] =
        [Self::Idle, Self::Head, Self::Body, Self::Handler, Self::Client, Self::End];
}

/// One connection, as all others see it.
#[derive(Debug)]
pub(super) struct Slot {
    began: Instant,
    /// Milliseconds since `began`, times eight, plus a [`Waiting`].
    state: AtomicU64,
    /// Says that the connection is to be closed.
    pub(super) cut: Notify,
}

impl Slot {
    fn new(began: Instant) -> Arc<Self> {
        let slot = Self { began, state: AtomicU64::new(0), cut: Notify::new() };
        slot.set(Waiting::Idle);
        Arc::new(slot)
    }

    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX / 8)
    }

    /// From now on the connection waits for `waiting`.
    pub(super) fn set(&self, waiting: Waiting) {
        self.state.store(self.now() * 8 + waiting as u64, Ordering::Relaxed);
    }

    /// As [`set`](Self::set), if it has waited for `before`.
    pub(super) fn change(&self, before: Waiting, after: Waiting) {
        if self.waits().0 == before {
            self.set(after);
        }
    }

    /// What it waits for, and since when, in milliseconds.
    fn waits(&self) -> (Waiting, u64) {
        let state = self.state.load(Ordering::Relaxed);
        let waiting = Waiting::ALL.get((state % 8) as usize).copied().unwrap_or(Waiting::End);
        (waiting, state / 8)
    }

    fn end(&self) {
        self.set(Waiting::End);
        self.cut.notify_one();
    }
}

/// All open connections.
#[derive(Debug)]
pub(super) struct Connections {
    began: Instant,
    limits: Limits,
    places: Arc<Semaphore>,
    slots: Mutex<Slots>,
}

#[derive(Debug, Default)]
struct Slots {
    next: u64,
    open: HashMap<u64, Arc<Slot>>,
}

/// A connection's place among the others, until it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    connections: Arc<Connections>,
    number: u64,
    pub(super) slot: Arc<Slot>,
    _place: OwnedSemaphorePermit,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.connections.with(|slots| slots.open.remove(&self.number));
    }
}

impl Connections {
    pub(super) fn new(limits: Limits) -> Arc<Self> {
        let places = Arc::new(Semaphore::new(limits.connections.max(1)));
        let slots = Mutex::default();
        Arc::new(Self { began: Instant::now(), limits, places, slots })
    }

    /// A place for one more connection. If all are taken, the connection that has been quiet longest is closed;
    /// `None` if all are at work.
    pub(super) async fn place(self: &Arc<Self>) -> Option<Place> {
        let place = match self.places.clone().try_acquire_owned() {
            Ok(place) => place,
            Err(_) => {
                if !self.end_quietest() {
                    return None;
                }
                let place = self.places.clone().acquire_owned();
                tokio::time::timeout(PLACE_TIME, place).await.ok()?.ok()?
            }
        };
        let slot = Slot::new(self.began);
        let number = self.with(|slots| {
            slots.next += 1;
            slots.open.insert(slots.next, slot.clone());
            slots.next
        });
        Some(Place { connections: self.clone(), number, slot, _place: place })
    }

    /// How many are open.
    pub(super) fn count(&self) -> usize {
        self.with(|slots| slots.open.len())
    }

    /// Waits until all are closed.
    pub(super) async fn closed(&self) {
        let all = u32::try_from(self.limits.connections.max(1)).unwrap_or(u32::MAX);
        // The semaphore is never closed, so an error cannot be.
        drop(self.places.acquire_many(all).await);
    }

    /// Closes the connection that has waited longest for its client. `false` if none waits, or is about to be closed.
    pub(super) fn end_quietest(&self) -> bool {
        self.with(|slots| {
            let mut is_any_ending = false;
            let quiet = slots.open.values().filter_map(|slot| {
                let (waiting, since) = slot.waits();
                is_any_ending |= waiting == Waiting::End;
                (!matches!(waiting, Waiting::Handler | Waiting::End)).then_some((since, slot))
            });
            let quietest = quiet.min_by_key(|(since, _)| *since);
            if let Some((_, slot)) = &quietest {
                slot.end();
            }
            quietest.is_some() || is_any_ending
        })
    }

    /// Closes all.
    pub(super) fn end_all(&self) {
        self.with(|slots| slots.open.values().for_each(|slot| slot.end()));
    }

    /// Closes connections whose clients take too long.
    pub(super) fn sweep(&self) {
        let limits = &self.limits;
        self.with(|slots| {
            for slot in slots.open.values() {
                let (waiting, since) = slot.waits();
                let limit = match waiting {
                    Waiting::Idle => limits.idle_time,
                    Waiting::Head => limits.head_time,
                    Waiting::Body => limits.body_time,
                    Waiting::Client => limits.answer_time,
                    Waiting::Handler | Waiting::End => continue,
                };
                if Duration::from_millis(slot.now().saturating_sub(since)) > limit {
                    slot.end();
                }
            }
        });
    }

    fn with<T>(&self, work: impl FnOnce(&mut Slots) -> T) -> T {
        work(&mut self.slots.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
