//! A thread that works for others, as long as there is something to do.
//!
//! It is started by the first message and ends when it has had nothing to do for a while: a server has
//! a thread for each workflow that is used now, and nothing for those that are not. Whoever has the
//! handle need not know which of the two it is. Threads that end the idle ones were the other way:
//! then each message would have to find out first whether its receiver has just gone.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use super::bell::Bell;

/// What such a thread does.
pub(super) trait Worker: Send + 'static {
    /// What it is told.
    type Message: Send + 'static;

    /// Works until it is to end, or there has been nothing to do for a while.
    fn work(&mut self, inbox: &Inbox<Self::Message>);
}

/// What other threads have for a thread that waits in `poll`.
pub(super) struct Inbox<M> {
    bell: Arc<Bell>,
    letters: Mutex<Letters<M>>,
}

struct Letters<M> {
    messages: Vec<M>,
    /// Its reader wants the bell for the next message.
    sleeps: bool,
    orders: Orders,
}

/// For how long to work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Orders {
    /// As long as there may be something to do.
    GoOn,
    /// Nobody can say anything any more: until there is nothing to do.
    Finish,
    /// No longer.
    End,
}

impl<M> Inbox<M> {
    fn new() -> io::Result<Self> {
        let letters = Letters { messages: Vec::new(), sleeps: false, orders: Orders::GoOn };
        Ok(Self { bell: Arc::new(Bell::new()?), letters: Mutex::new(letters) })
    }

    /// Moves all messages to the end of `messages`; the next one rings the bell. For how long to work.
    pub(super) fn take(&self, messages: &mut Vec<M>) -> Orders {
        let mut letters = self.lock();
        messages.append(&mut letters.messages);
        letters.sleeps = true;
        letters.orders
    }

    /// The reader has woken up and will take what there is: nobody has to ring.
    pub(super) fn wakes(&self) {
        self.lock().sleeps = false;
    }

    /// Rings for messages and orders.
    pub(super) fn bell(&self) -> &Arc<Bell> {
        &self.bell
    }

    fn put(&self, message: M) {
        let mut letters = self.lock();
        letters.messages.push(message);
        let sleeps = std::mem::take(&mut letters.sleeps);
        drop(letters);
        if sleeps {
            self.bell.ring();
        }
    }

    fn is_done(&self) -> bool {
        let letters = self.lock();
        letters.orders == Orders::End || letters.messages.is_empty()
    }

    fn order(&self, orders: Orders) {
        let mut letters = self.lock();
        letters.orders = letters.orders.max(orders);
        drop(letters);
        self.bell.ring();
    }

    /// A list is never left half changed, so a panic elsewhere spoils nothing.
    fn lock(&self) -> MutexGuard<'_, Letters<M>> {
        self.letters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Such a thread, seen by others. Without this, it finishes what there is to do.
pub(super) struct Background<W: Worker>(Arc<Shared<W>>);

struct Shared<W: Worker> {
    inbox: Inbox<W::Message>,
    rest: Mutex<Rest<W>>,
    ended: Condvar,
}

/// What there is of it while no thread runs.
struct Rest<W> {
    /// None while it works.
    worker: Option<W>,
    runs: bool,
}

impl<W: Worker> Background<W> {
    pub(super) fn new(worker: W) -> io::Result<Self> {
        let rest = Mutex::new(Rest { worker: Some(worker), runs: false });
        Ok(Self(Arc::new(Shared { inbox: Inbox::new()?, rest, ended: Condvar::new() })))
    }

    /// Tells it something.
    ///
    /// # Errors
    /// The system refuses the thread; the message is lost.
    pub(super) fn tell(&self, message: W::Message) -> io::Result<()> {
        let mut rest = self.0.lock();
        self.0.inbox.put(message);
        if rest.runs || self.0.inbox.is_done() {
            return Ok(());
        }
        rest.runs = true;
        let shared = Arc::clone(&self.0);
        let started = thread::Builder::new().name("lanes".to_owned()).spawn(move || shared.run());
        if started.is_err() {
            // It was alone: no thread ends before it has taken all there is.
            rest.runs = false;
            self.0.inbox.lock().messages.clear();
        }
        started.map(drop)
    }

    /// Has it come to its end, which is not waited for.
    pub(super) fn close(&self) {
        self.0.inbox.order(Orders::End);
    }

    /// Has it come to its end, and waits for that.
    pub(super) fn end(&self) {
        self.close();
        let runs = |rest: &mut Rest<W>| rest.runs;
        drop(self.0.ended.wait_while(self.0.lock(), runs).unwrap_or_else(PoisonError::into_inner));
    }
}

impl<W: Worker> std::fmt::Debug for Background<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Background").field("runs", &self.0.lock().runs).finish_non_exhaustive()
    }
}

impl<W: Worker> Drop for Background<W> {
    fn drop(&mut self) {
        self.0.inbox.order(Orders::Finish);
    }
}

impl<W: Worker> Shared<W> {
    fn run(&self) {
        let mut rest = self.lock();
        while !self.inbox.is_done()
            && let Some(mut worker) = rest.worker.take()
        {
            drop(rest);
            worker.work(&self.inbox);
            rest = self.lock();
            rest.worker = Some(worker);
        }
        rest.runs = false;
        self.ended.notify_all();
    }

    /// It is set as a whole, so a panic elsewhere spoils nothing.
    fn lock(&self) -> MutexGuard<'_, Rest<W>> {
        self.rest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Sender, channel};

    use super::*;

    /// Adds what it is told, and stops working after each round.
    struct Adder(u64, Sender<u64>);

    impl Worker for Adder {
        type Message = u64;

        fn work(&mut self, inbox: &Inbox<u64>) {
            let mut numbers = Vec::new();
            inbox.take(&mut numbers);
            self.0 += numbers.iter().sum::<u64>();
            self.1.send(self.0).unwrap();
        }
    }

    #[test]
    fn whoever_tells_it_something_need_not_know_whether_it_runs() {
        let (tell, told) = channel();
        let adder = Background::new(Adder(0, tell)).unwrap();
        let (mut sum, mut expected) = (0, 0);
        for number in 0..1000 {
            adder.tell(number).unwrap();
            expected += number;
            if number % 7 == 0 {
                while sum < expected {
                    sum = told.recv().unwrap();
                }
            }
        }
        while sum < expected {
            sum = told.recv().unwrap();
        }
        adder.end();
        adder.tell(1).unwrap();
        assert!(told.try_recv().is_err(), "it has ended");
    }
}
