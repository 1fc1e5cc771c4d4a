//! The exchange slot that a forked host shares with the orchestrator: a call goes in, a reply comes
//! out, and two counters say whose turn it is.
//!
//! The host waits on a futex in the slot's header; the orchestrator, which waits for many hosts at
//! once, learns of a reply by an `eventfd`. The lane reads and writes the slot in place. The road
//! not taken is a socket: every byte would be copied twice through the kernel.
//!
use std::io;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicU32, Ordering};

use faastlane_abi::{DATA, Encoding, Exchange};
use rustix::thread::futex;

use crate::Reply;
use crate::exchange::{Slot, TooLarge};
use crate::shared::SharedMemory;

/// Size of a slot in bytes. Only what is written takes memory.
const SIZE: usize = 8 << 30;
/// What stays allocated between calls, for the next one of the same size.
const KEPT: usize = 4 << 20;

/// More than the lane leaves free between the parts of a reply.
const GAPS: usize = 256;

/// What a request carries besides its texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Which lane of the host is meant.
    pub lane: u32,
    /// How the event is written.
    pub encoding: Encoding,
    /// When the call must be over, milliseconds since 1970.
    pub deadline_ms: u64,
}

/// The orchestrator's end.
#[derive(Debug)]
pub struct Client {
    memory: Memory,
    slot: Slot,
    /// Requests so far.
    asked: u32,
    /// Size of the last request in bytes, if its reply has not been read yet.
    waits: Option<usize>,
    /// Whether a reply and its request are wiped out once they are read.
    wipes: bool,
}

impl Client {
    /// A new slot, and its memory, for the other process. `wipes` is for a host of several functions:
    /// nothing of one call is left for the next.
    pub fn new(wipes: bool) -> io::Result<(Client, OwnedFd)> {
        let (memory, file) = SharedMemory::create(SIZE)?;
        let memory = Memory(memory);
        // SAFETY: the mapping is as large, aligned to a page, readable and writable, and it stays
        // as long as the slot, which is beside it. The other side writes only while it is asked; if
        // it is hostile and writes at other times, the slot is made for that.
        let slot = unsafe { Slot::new(memory.0.start(), SIZE) };
        Ok((Client { memory, slot, asked: 0, waits: None, wipes }, file))
    }

    /// Writes a request (the request id, the client context, the trace id, the event) and wakes the
    /// host. The last reply must have been read.
    ///
    /// # Errors
    /// If it is larger than the slot, 8 GiB.
    pub fn ask(&mut self, head: Head, texts: [&[u8]; 4]) -> Result<(), TooLarge> {
        self.slot.write(texts, head.encoding, head.deadline_ms)?;
        // SAFETY: the field is mapped and aligned, and nobody holds a reference to it.
        unsafe { self.memory.lane().write_volatile(head.lane) };
        self.waits = Some(texts.iter().map(|text| text.len()).sum());
        self.asked = self.asked.wrapping_add(1);
        let requests = self.memory.requests();
        requests.store(self.asked, Ordering::Release);
        // Nobody waits if the host is not forked yet.
        let _ = futex::wake(requests, futex::Flags::empty(), 1);
        Ok(())
    }

    /// Whether [`Self::reply`] has one to give.
    pub fn has_replied(&self) -> bool {
        self.waits.is_some() && self.memory.replies().load(Ordering::Acquire) == self.asked
    }

    /// The reply to the last request, once, when it is there.
    pub fn reply(&mut self) -> Option<Reply> {
        let asked = self.waits?;
        if self.memory.replies().load(Ordering::Acquire) != self.asked {
            return None;
        }
        self.waits = None;
        let reply = self.slot.reply();
        let answered = match &reply {
            Reply::Returned { body, .. } => body.len(),
            Reply::Failed { error_type, payload, .. } => error_type.len() + payload.len(),
            _ => SIZE,
        };
        let used = asked.saturating_add(answered).saturating_add(DATA + GAPS);
        if self.wipes {
            self.memory.wipe(used.min(KEPT));
        }
        if used > KEPT {
            self.memory.free_beyond_kept();
        }
        Some(reply)
    }
}

/// The host's end.
#[derive(Debug)]
pub(crate) struct Server {
    memory: Memory,
    doorbell: OwnedFd,
    /// Replies so far.
    answered: u32,
}

impl Server {
    /// Maps the slot in `file`; replies are announced at `doorbell`, an `eventfd`.
    pub(crate) fn new(file: &OwnedFd, doorbell: OwnedFd) -> io::Result<Server> {
        Ok(Server { memory: Memory(SharedMemory::map(file, SIZE)?), doorbell, answered: 0 })
    }

    /// Waits for the next request; tells which lane it is for.
    pub(crate) fn wait(&mut self) -> u32 {
        let requests = self.memory.requests();
        while requests.load(Ordering::Acquire) == self.answered {
            // Interrupted, or the request has just come: the loop looks again.
            let _ = futex::wait(requests, futex::Flags::empty(), self.answered, None);
        }
        // SAFETY: the field is mapped and aligned; nobody writes it between request and reply.
        unsafe { self.memory.lane().read_volatile() }
    }

    /// The slot with the request, in which the reply is to be written.
    pub(crate) fn slot(&self) -> *mut u8 {
        self.memory.0.start()
    }

    /// Announces that the reply is in the slot.
    ///
    /// # Errors
    /// If the doorbell is gone.
    pub(crate) fn reply(&mut self) -> io::Result<()> {
        self.answered = self.answered.wrapping_add(1);
        self.memory.replies().store(self.answered, Ordering::Release);
        rustix::io::write(&self.doorbell, &1_u64.to_ne_bytes())?;
        Ok(())
    }
}

/// A slot mapped into this process.
#[derive(Debug)]
struct Memory(SharedMemory);

impl Memory {
    fn header(&self) -> *mut Exchange {
        self.0.start().cast()
    }

    fn requests(&self) -> &AtomicU32 {
        // SAFETY: the header is mapped as long as `self` lives, and this field is only ever used
        // as an atomic, by both sides.
        unsafe { &(*self.header()).requests }
    }

    fn replies(&self) -> &AtomicU32 {
        // SAFETY: as for `requests`.
        unsafe { &(*self.header()).replies }
    }

    fn lane(&self) -> *mut u32 {
        // SAFETY: the header is mapped.
        unsafe { &raw mut (*self.header()).lane }
    }

    /// Wipes out the data in the first `size` bytes.
    fn wipe(&self, size: usize) {
        let start = self.0.start().wrapping_add(DATA);
        // SAFETY: callers give no more than the size of the slot; nobody holds a reference to the data.
        unsafe { start.write_bytes(0, size - DATA) };
    }

    /// Gives back the memory of a large value, which few calls need.
    fn free_beyond_kept(&mut self) {
        self.0.free(KEPT..SIZE);
    }
}

const _: () = assert!(KEPT > DATA);

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use faastlane_abi::{ReplyKind, Span};
    use rustix::event::{EventfdFlags, eventfd};

    use super::*;

    const HEAD: Head = Head { lane: 3, encoding: Encoding::Frame, deadline_ms: 17 };

    fn pair() -> (Client, Server) {
        let (client, memory) = Client::new(true).unwrap();
        let doorbell = eventfd(0, EventfdFlags::CLOEXEC).unwrap();
        let server = Server::new(&memory, doorbell).unwrap();
        (client, server)
    }

    /// What a lane does: returns the event.
    fn echo(server: &mut Server) {
        assert_eq!(server.wait(), 3);
        // SAFETY: the header is mapped, and the client waits.
        let exchange = unsafe { &mut *server.memory.header() };
        exchange.body = exchange.input[3];
        exchange.function_ns = 5;
        exchange.reply = ReplyKind::ReturnedFrame as u32;
        server.reply().unwrap();
    }

    fn check(client: &mut Client, server: &mut Server, event: &[u8]) {
        client.ask(HEAD, [b"id", b"", b"trace", event]).unwrap();
        assert_eq!(client.reply(), None);
        echo(server);
        let (encoding, body) = (Encoding::Frame, event.to_vec());
        let function = Duration::from_nanos(5);
        let returned = Reply::Returned { encoding, body, function, wrote: false };
        assert_eq!(client.reply(), Some(returned));
        assert_eq!(client.reply(), None);
    }

    #[test]
    fn requests_and_their_replies_arrive() {
        let (mut client, mut server) = pair();
        assert_eq!(client.reply(), None);
        for round in 0..3 {
            check(&mut client, &mut server, &[round; 100]);
        }
    }

    #[test]
    fn a_host_that_waits_is_woken() {
        let (mut client, mut server) = pair();
        std::thread::scope(|scope| {
            scope.spawn(move || (0..1000).for_each(|_| echo(&mut server)));
            for round in 0..1000_u32 {
                client.ask(HEAD, [b"", b"", b"", &round.to_le_bytes()]).unwrap();
                let reply = loop {
                    match client.reply() {
                        Some(reply) => break reply,
                        None => std::thread::yield_now(),
                    }
                };
                let Reply::Returned { body, .. } = reply else { panic!("{reply:?}") };
                assert_eq!(body, round.to_le_bytes());
            }
        });
    }

    #[test]
    fn nothing_of_a_call_is_left() {
        let (mut client, mut server) = pair();
        for length in [1, 1000, KEPT] {
            check(&mut client, &mut server, &vec![7; length]);
            // SAFETY: the slot is mapped, and nobody writes it now.
            let data = unsafe { std::slice::from_raw_parts(server.slot(), 2 * KEPT) };
            assert!(data[DATA..].iter().all(|byte| *byte == 0));
        }
    }

    #[test]
    fn the_memory_of_large_values_is_given_back() {
        let (mut client, mut server) = pair();
        check(&mut client, &mut server, &vec![7; 3 * KEPT]);
        let inside = server.slot().wrapping_add(2 * KEPT);
        // SAFETY: inside of the slot, which nobody uses now.
        assert_eq!(unsafe { inside.read() }, 0);
        check(&mut client, &mut server, b"small");
    }

    #[test]
    fn what_is_no_reply_is_noticed() {
        let (mut client, mut server) = pair();
        client.ask(HEAD, [b"", b"", b"", b""]).unwrap();
        server.wait();
        let span = Span { at: SIZE as u64, len: 1 };
        // SAFETY: the header is mapped, and the client waits.
        unsafe { (*server.memory.header()).body = span };
        server.reply().unwrap();
        assert_eq!(client.reply(), Some(Reply::Broken));
    }
}
