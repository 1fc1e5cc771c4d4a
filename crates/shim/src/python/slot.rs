//! The exchange slot as a lane sees it: what was asked, and room for the reply behind it.

use std::sync::atomic::{AtomicU32, Ordering};

use super::copy::copy;
use faastlane_abi::{DATA, Exchange, ReplyKind, Span, Texts};

/// The slot of one request.
pub(super) struct Slot {
    exchange: *mut Exchange,
}

/// There is not enough room in the slot.
#[derive(Debug)]
pub(super) struct Full;

impl Slot {
    /// # Safety
    /// `exchange` points to a slot of `size` bytes with a request in it, which stays there and is
    /// used by nobody else until the reply has been sent and all that borrows from it is gone.
    pub(super) unsafe fn new(exchange: *mut Exchange) -> Slot {
        Slot { exchange }
    }

    fn size(&self) -> usize {
        // SAFETY: `new` was promised a slot; its header is written by the host alone, before.
        let size = unsafe { (*self.exchange).size };
        usize::try_from(size).unwrap_or(usize::MAX)
    }

    /// One part of the request; empty if its place is not inside of the slot.
    pub(super) fn input(&self, which: Texts) -> &[u8] {
        let Some((at, len)) = self.place(which) else { return &[] };
        // SAFETY: `place` has checked that it is inside of the slot.
        let start = unsafe { self.start().add(at) };
        // SAFETY: as above, to the end; nobody writes to it, see `new`.
        unsafe { std::slice::from_raw_parts(start, len) }
    }

    fn place(&self, which: Texts) -> Option<(usize, usize)> {
        // SAFETY: see `size`.
        let inputs: [Span; 4] = unsafe { (*self.exchange).input };
        let Span { at, len } = inputs[which as usize];
        let (at, len) = (usize::try_from(at).ok()?, usize::try_from(len).ok()?);
        (at >= DATA && at.checked_add(len)? <= self.size()).then_some((at, len))
    }

    pub(super) fn encoding(&self) -> u32 {
        // SAFETY: see `size`.
        unsafe { (*self.exchange).input_encoding }
    }

    pub(super) fn deadline_ms(&self) -> u64 {
        // SAFETY: see `size`.
        unsafe { (*self.exchange).deadline_ms }
    }

    fn start(&self) -> *mut u8 {
        self.exchange.cast()
    }

    /// Writes after all parts of the request.
    pub(super) fn writer(&self) -> Writer {
        let texts = [Texts::First, Texts::Second, Texts::Third, Texts::Fourth];
        let ends = texts.into_iter().filter_map(|which| self.place(which));
        let end = ends.map(|(at, len)| at + len).fold(DATA, usize::max);
        Writer { start: self.start(), at: end.next_multiple_of(64), end: self.size() }
    }

    /// Writes over the event, which has been read. So one large value after the other takes no more
    /// memory than one.
    pub(super) fn writer_over_event(&self) -> Writer {
        let after = self.writer();
        let event = self.place(Texts::Fourth).map_or(after.at, |(at, _)| at);
        Writer { at: event.next_multiple_of(64), ..after }
    }

    /// Tells the host where the reply is. The last thing that is done with a request.
    pub(super) fn reply(self, reply: &Reply) {
        // SAFETY: see `new`. The host looks at the header only after `reply` is set.
        let header = unsafe { &mut *self.exchange };
        header.function_ns = reply.function_ns;
        header.error_type = reply.error_type;
        header.body = reply.body;
        header.used = reply.used as u64;
        // SAFETY: the field is aligned and valid, and written by nobody else at this time.
        let kind = unsafe { AtomicU32::from_ptr(&raw mut header.reply) };
        kind.store(reply.kind as u32, Ordering::Release);
    }
}

/// What [`Slot::reply`] tells.
pub(super) struct Reply {
    pub(super) kind: ReplyKind,
    pub(super) error_type: Span,
    pub(super) body: Span,
    pub(super) function_ns: u64,
    /// Where the writer came to.
    pub(super) used: usize,
}

/// Appends to a slot, and never goes over its end.
pub(super) struct Writer {
    start: *mut u8,
    at: usize,
    end: usize,
}

impl Writer {
    /// Where the next byte goes; offset from the start of the slot.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// Goes back to where it has been.
    pub(super) fn back_to(&mut self, at: usize) {
        self.at = self.at.min(at);
    }

    /// Bytes that can still be written.
    pub(super) fn room(&self) -> usize {
        self.end.saturating_sub(self.at)
    }

    #[inline]
    pub(super) fn byte(&mut self, byte: u8) -> Result<(), Full> {
        self.bytes(&[byte])
    }

    #[inline]
    pub(super) fn bytes(&mut self, bytes: &[u8]) -> Result<(), Full> {
        if bytes.len() > self.room() {
            return Err(Full);
        }
        // SAFETY: the end is that of the slot, and `at` is not above it.
        let to = unsafe { self.start.add(self.at) };
        // SAFETY: there is room, see above. The bytes come from Python objects or from this
        // program, never from the slot.
        unsafe { copy(bytes, to) };
        self.at += bytes.len();
        Ok(())
    }

    /// A tag and eight bytes.
    #[inline]
    pub(super) fn tagged(&mut self, tag: u8, word: [u8; 8]) -> Result<(), Full> {
        let mut bytes = [tag; 9];
        bytes[1..].copy_from_slice(&word);
        self.bytes(&bytes)
    }

    /// A tag and a number of bytes or elements.
    #[inline]
    pub(super) fn counted(&mut self, tag: u8, count: u32) -> Result<(), Full> {
        let mut bytes = [tag; 5];
        bytes[1..].copy_from_slice(&count.to_le_bytes());
        self.bytes(&bytes)
    }

    /// Writes it and gives its place.
    pub(super) fn span(&mut self, bytes: &[u8]) -> Result<Span, Full> {
        let at = self.at;
        self.bytes(bytes)?;
        Ok(Span { at: at as u64, len: bytes.len() as u64 })
    }
}
