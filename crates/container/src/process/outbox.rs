//! What a container tells the process that watches it.
//!
//! The orchestrator's thread only puts reports into a list, which costs tens of nanoseconds, and a
//! thread of its own sends them. Writing them there, whenever it was about to wait, was the other way:
//! then a function that runs on this same thread would keep everything before it from being seen for
//! as long as it runs, and a terminal that is slow would hold up the functions. Only what somebody
//! waits for is sent at once, by the orchestrator: nothing runs then, and no other thread has to wake.

use std::io::{self, Write};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use faastlane_engine::{HistoryEvent, MapRunProgress};
use faastlane_lanes::FunctionIndex;

use super::wire::{self, Report, Wanted};
use crate::clock::Clock;
use crate::{EndedCall, Observer, Placement};

/// How long reports are collected before they are sent: too short for eyes, long enough that an
/// execution of fast functions wakes the other process seldom.
const COLLECTED: Duration = Duration::from_millis(5);
/// What is sent at once, however short the time: bytes, roughly.
const ENOUGH: usize = 64 * 1024;
/// What may wait, in bytes, roughly; the orchestrator then waits for it to be sent. It bounds the
/// memory where a watcher is slower than the functions.
const MOST: usize = 8 * 1024 * 1024;
/// What a report counts beside its text: about what it takes in memory. Values are not counted;
/// they are shared with the history that the engine goes on with.
const REPORT: usize = 128;

/// Takes reports and sends them in order.
#[derive(Debug)]
pub(super) struct Outbox {
    shared: Arc<Shared>,
    sender: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Debug)]
struct Shared {
    socket: UnixStream,
    waiting: Mutex<Waiting>,
    /// Something was put in, or must go now.
    filled: Condvar,
    /// Everything was taken out, or sent.
    emptied: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    reports: Vec<Report>,
    /// What they count together.
    bytes: usize,
    /// Not to be collected any longer.
    urgent: bool,
    /// What was taken out is being sent.
    sending: bool,
    /// Why nothing can be sent any more.
    lost: Option<io::ErrorKind>,
    /// The sender's thread will look soon.
    collecting: bool,
    /// How many wait for `emptied`. Nobody is woken, which is a system call, if none does.
    waiters: usize,
    closed: bool,
}

impl Outbox {
    /// Sends through `socket`; `lost` is called with the reason when that is no longer possible.
    pub(super) fn new(
        socket: UnixStream,
        lost: impl FnOnce(io::ErrorKind) + Send + 'static,
    ) -> Self {
        let shared = Arc::new(Shared {
            socket,
            waiting: Mutex::default(),
            filled: Condvar::new(),
            emptied: Condvar::new(),
        });
        let sender = thread::spawn({
            let shared = Arc::clone(&shared);
            move || shared.send_all(lost)
        });
        Self { shared, sender: Mutex::new(Some(sender)) }
    }

    /// What watches an execution and reports what is wanted of it.
    pub(super) fn reporter(&self, history: Wanted) -> Reporter<'_> {
        Reporter { outbox: self, clock: Clock::new(), history }
    }

    /// Returns when everything has been sent, or nobody is there to get it.
    pub(super) fn flush(&self) {
        let mut waiting = self.shared.lock();
        waiting.urgent = true;
        self.shared.filled.notify_one();
        let unsent = |waiting: &mut Waiting| {
            (!waiting.reports.is_empty() || waiting.sending) && !waiting.closed
        };
        waiting.waiters += 1;
        let sent = self.shared.emptied.wait_while(waiting, unsent);
        sent.unwrap_or_else(PoisonError::into_inner).waiters -= 1;
    }

    /// Sends what is still to be sent, and takes nothing more.
    pub(super) fn close(&self) {
        self.shared.lock().closed = true;
        self.shared.filled.notify_one();
        let sender = self.sender.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(sender) = sender {
            // If it panicked, nobody hears of us any more, and the process is ending anyway.
            let _ = sender.join();
        }
    }

    /// Adds a report. What somebody waits for is sent at once.
    pub(super) fn put(&self, report: Report) {
        let urgent = report.is_waited_for();
        self.add(report, urgent);
    }

    /// Adds a report after which others will come soon.
    pub(super) fn put_with_next(&self, report: Report) {
        self.add(report, false);
    }

    fn add(&self, report: Report, urgent: bool) {
        let mut waiting = self.shared.lock();
        if waiting.bytes >= MOST && !waiting.closed {
            waiting.waiters += 1;
            let full = |waiting: &mut Waiting| waiting.bytes >= MOST && !waiting.closed;
            let emptied = self.shared.emptied.wait_while(waiting, full);
            waiting = emptied.unwrap_or_else(PoisonError::into_inner);
            waiting.waiters -= 1;
        }
        if waiting.closed {
            return;
        }
        waiting.urgent |= urgent;
        let before = waiting.bytes;
        waiting.bytes +=
            REPORT + if let Report::Wrote { text, .. } = &report { text.len() } else { 0 };
        waiting.reports.push(report);
        let is_enough = before < ENOUGH && waiting.bytes >= ENOUGH;
        if waiting.urgent && !waiting.sending {
            let reports = waiting.take();
            drop(waiting);
            self.shared.send(&reports);
            return;
        }
        let wake = !waiting.collecting || is_enough || waiting.urgent;
        drop(waiting);
        if wake {
            self.shared.filled.notify_one();
        }
    }
}

impl Drop for Outbox {
    fn drop(&mut self) {
        self.close();
    }
}

impl Waiting {
    /// What is to be sent now.
    fn take(&mut self) -> Vec<Report> {
        (self.urgent, self.sending, self.bytes) = (false, true, 0);
        std::mem::take(&mut self.reports)
    }
}

impl Shared {
    /// Sends what nobody waits for, in time; returns at the end.
    fn send_all(&self, lost: impl FnOnce(io::ErrorKind)) {
        while let Some(reports) = self.collect() {
            self.send(&reports);
        }
        let why = self.lock().lost;
        if let Some(why) = why {
            lost(why);
        }
    }

    /// Sends what was taken out.
    fn send(&self, reports: &[Report]) {
        let mut stream = Vec::new();
        let whole = reports.iter().try_for_each(|report| wire::append(report, &mut stream));
        let whole = whole.map_err(io::Error::other);
        let lost = whole.and_then(|()| (&self.socket).write_all(&stream)).err();
        let mut waiting = self.lock();
        waiting.sending = false;
        waiting.closed |= lost.is_some();
        waiting.lost = waiting.lost.or(lost.map(|error| error.kind()));
        let more = !waiting.reports.is_empty() || waiting.closed;
        let has_waiters = waiting.waiters > 0;
        drop(waiting);
        if has_waiters {
            self.emptied.notify_all();
        }
        if more {
            self.filled.notify_one();
        }
    }

    /// The reports to be sent next, in time; none at the end.
    fn collect(&self) -> Option<Vec<Report>> {
        let mut waiting = self.lock();
        loop {
            let nothing = |waiting: &mut Waiting| {
                (waiting.reports.is_empty() && !waiting.closed) || waiting.sending
            };
            waiting =
                self.filled.wait_while(waiting, nothing).unwrap_or_else(PoisonError::into_inner);
            waiting.collecting = true;
            let few = |waiting: &mut Waiting| {
                !waiting.urgent && !waiting.closed && waiting.bytes < ENOUGH
            };
            let collected = self.filled.wait_timeout_while(waiting, COLLECTED, few);
            (waiting, _) = collected.unwrap_or_else(PoisonError::into_inner);
            waiting.collecting = false;
            if waiting.sending {
                continue;
            }
            if !waiting.reports.is_empty() && waiting.lost.is_none() {
                return Some(waiting.take());
            }
            if waiting.closed {
                return None;
            }
        }
    }

    /// The list is never left half changed, so a panic elsewhere spoils nothing.
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reports one execution.
#[derive(Debug)]
pub(super) struct Reporter<'a> {
    outbox: &'a Outbox,
    clock: Clock,
    history: Wanted,
}

impl Observer for Reporter<'_> {
    fn recorded(&mut self, event: HistoryEvent, at: Instant) {
        let event = match self.history {
            Wanted::Nothing => return,
            Wanted::Events => event.without_values(),
            Wanted::Values => event,
        };
        self.outbox.put(Report::Recorded { event, at: self.clock.since_boot(at) });
    }

    fn wrote(&mut self, function: FunctionIndex, text: &str) {
        self.outbox.put(Report::Wrote { function: function.0, text: text.to_owned() });
    }

    fn called(&mut self, call: EndedCall) {
        if self.history == Wanted::Nothing {
            return;
        }
        self.outbox.put(Report::called(call, &self.clock));
    }

    fn flush(&mut self) {
        self.outbox.flush();
    }

    fn progressed(&mut self, map_run: MapRunProgress) {
        if self.history != Wanted::Nothing {
            self.outbox.put(Report::Progressed(map_run));
        }
    }

    fn placed(&mut self, function: FunctionIndex, placement: &Placement) {
        let placement = placement.clone();
        self.outbox.put(Report::Placed { function: function.0, placement });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::super::arrived::Arrived;
    use super::*;

    #[test]
    fn everything_arrives_in_order_though_more_than_may_wait_is_told() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let outbox = Outbox::new(ours, |_| panic!("the other end is there"));
        let reader = thread::spawn(move || {
            let mut arrived = Arrived::default();
            let mut found = Vec::new();
            while arrived.fill(&theirs).unwrap() {
                while let Some(report) = arrived.next::<Report>().unwrap() {
                    found.push(report);
                }
            }
            found
        });
        let mut reporter = outbox.reporter(Wanted::Values);
        let told = 2 * MOST / REPORT;
        (0..told).for_each(|number| reporter.wrote(FunctionIndex(number), "x"));
        outbox.put(Report::GivenBack(1));
        outbox.flush();
        outbox.put(Report::GivenBack(2));
        drop(outbox);
        let found = reader.join().unwrap();
        for (number, report) in found[..told].iter().enumerate() {
            assert_eq!(*report, Report::Wrote { function: number, text: "x".to_owned() });
        }
        assert_eq!(found[told..], [Report::GivenBack(1), Report::GivenBack(2)]);
    }

    #[test]
    fn a_watcher_that_is_gone_is_noticed_and_blocks_nobody() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        drop(theirs);
        let (tell, lost) = channel();
        let outbox = Outbox::new(ours, move |why| tell.send(why).unwrap());
        outbox.put(Report::GaveUp("told to nobody".to_owned()));
        assert_eq!(lost.recv().unwrap(), io::ErrorKind::BrokenPipe);
        outbox.flush();
        let mut reporter = outbox.reporter(Wanted::Values);
        (0..=MOST / REPORT).for_each(|_| reporter.wrote(FunctionIndex(0), "x"));
    }
}
