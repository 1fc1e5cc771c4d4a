//! The exchange slot of a lane: a request goes in, a reply comes out.
//!
//! What a lane writes is hostile. Each field of the header is read once, every span is checked, and
//! the body is copied out before anybody looks at it: threads of the lane may still be writing. A large
//! body is cleared piece by piece while it is copied, as long as the piece is in the nearest cache.

use crate::{Input, Reply, Request};
use faastlane_abi::{DATA, Encoding, Exchange, ReplyKind, Span};
use std::ops::Range;
use std::ptr;
use std::time::{Duration, UNIX_EPOCH};

/// More than this is given back to the system instead of being cleared by hand.
const CLEAR_BY_HAND: usize = 4 << 20;
/// Bodies from this size on are cleared while they are copied, in pieces of this size.
const PIECE: usize = 16 << 10;
/// Longest error type that is accepted; Python's class names are far shorter.
const MAX_ERROR_TYPE: usize = 64 << 10;

/// A slot in this process.
#[derive(Debug)]
pub struct Slot {
    start: *mut u8,
    size: usize,
    /// How far the last request reached.
    asked: usize,
    /// What was cleared while the last reply was copied.
    cleared: Range<usize>,
}

// SAFETY: the slot belongs to this value, as `new` asks.
unsafe impl Send for Slot {}

/// The request does not fit into the slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLarge;

impl Slot {
    /// The slot at `start`.
    ///
    /// # Safety
    /// So many bytes are mapped there as long as this value lives, aligned to a page, readable and
    /// writable with the host's rights. Only the lane that is asked through it writes there as well.
    pub unsafe fn new(start: *mut u8, size: usize) -> Slot {
        Slot { start, size, asked: DATA, cleared: 0..0 }
    }

    /// Its first byte.
    pub fn start(&self) -> *mut u8 {
        self.start
    }

    fn header(&self) -> *mut Exchange {
        self.start.cast()
    }

    /// Writes the request of a call.
    ///
    /// # Errors
    /// If it is larger than the slot.
    pub fn ask(&mut self, request: &Request) -> Result<(), TooLarge> {
        let (encoding, event) = match request.input {
            Input::Text(text) => (Encoding::Text, text),
            Input::Frame(frame) => (Encoding::Frame, frame),
        };
        let since_1970 = request.deadline.duration_since(UNIX_EPOCH).unwrap_or_default();
        let deadline_ms = u64::try_from(since_1970.as_millis()).unwrap_or(u64::MAX);
        let texts =
            [request.request_id, request.client_context, request.trace_id].map(str::as_bytes);
        self.write([texts[0], texts[1], texts[2], event], encoding, deadline_ms)
    }

    /// Writes four texts and what belongs to them.
    ///
    /// # Errors
    /// If they are larger than the slot.
    pub fn write(
        &mut self,
        texts: [&[u8]; 4],
        encoding: Encoding,
        deadline_ms: u64,
    ) -> Result<(), TooLarge> {
        let mut input = [Span::default(); 4];
        let mut at = DATA;
        for (text, span) in texts.iter().zip(&mut input) {
            if text.len() > self.size - at {
                return Err(TooLarge);
            }
            *span = Span { at: at as u64, len: text.len() as u64 };
            // SAFETY: the text fits into the rest of the slot, which nobody else touches before the
            // lane is entered.
            unsafe {
                ptr::copy_nonoverlapping(text.as_ptr(), self.start.wrapping_add(at), text.len())
            };
            at += text.len();
        }
        (self.asked, self.cleared) = (at, 0..0);
        let header = self.header();
        macro_rules! set {
            ($($field:ident = $value:expr),* $(,)?) => {$(
                // SAFETY: the header lies in the slot and nobody holds a reference to the field.
                unsafe { (&raw mut (*header).$field).write_volatile($value) };
            )*};
        }
        set! {
            size = self.size as u64,
            input_encoding = encoding as u32,
            deadline_ms = deadline_ms,
            input = input,
            reply = ReplyKind::None as u32,
            wrote = 0,
            used = 0,
        }
        Ok(())
    }

    /// The reply of a lane that has returned; `Reply::Broken` if it is none. `ReplyKind::Ready` and
    /// `ReplyKind::LoadFailed` come as `Returned` and `Failed`. It can be read once.
    pub fn reply(&mut self) -> Reply {
        let header = self.header();
        macro_rules! get {
            ($field:ident) => {
                // SAFETY: the header lies in the slot. Threads of the lane may write it at this
                // moment, so it is read once; any bits are a value of these fields.
                unsafe { (&raw const (*header).$field).read_volatile() }
            };
        }
        let kind = get!(reply);
        let wrote = get!(wrote) != 0;
        let function = Duration::from_nanos(get!(function_ns));
        let Some(body) = self.copy(get!(body), self.size) else { return Reply::Broken };
        let is = |expected: ReplyKind| kind == expected as u32;
        if is(ReplyKind::ReturnedFrame) {
            return Reply::Returned { encoding: Encoding::Frame, body, function, wrote };
        }
        if is(ReplyKind::ReturnedText) || is(ReplyKind::Ready) {
            return Reply::Returned { encoding: Encoding::Text, body, function, wrote };
        }
        if is(ReplyKind::Failed) || is(ReplyKind::LoadFailed) {
            let error_type = self.copy(get!(error_type), MAX_ERROR_TYPE);
            let Some(Ok(error_type)) = error_type.map(String::from_utf8) else {
                return Reply::Broken;
            };
            return Reply::Failed { error_type, payload: body, function, wrote };
        }
        Reply::Broken
    }

    fn copy(&mut self, span: Span, most: usize) -> Option<Vec<u8>> {
        let at = usize::try_from(span.at).ok()?;
        let len = usize::try_from(span.len).ok()?;
        if len == 0 {
            return Some(Vec::new());
        }
        if at < DATA || len > most || at.checked_add(len)? > self.size {
            return None;
        }
        let clear = len >= PIECE && at + len <= CLEAR_BY_HAND;
        let mut bytes = Vec::<u8>::with_capacity(len);
        for done in (0..len).step_by(PIECE) {
            let (piece, size) = (self.start.wrapping_add(at + done), PIECE.min(len - done));
            let to = bytes.as_mut_ptr().wrapping_add(done);
            // SAFETY: the span lies inside of the slot, and the vector has room for it. A lane's
            // thread that writes meanwhile changes which bytes are copied, nothing else.
            unsafe { ptr::copy_nonoverlapping(piece, to, size) };
            if clear {
                // SAFETY: the same piece, to which nobody holds a reference.
                unsafe { ptr::write_bytes(piece, 0, size) };
            }
        }
        if clear {
            self.cleared = at..at + len;
        }
        // SAFETY: so many bytes have been written.
        unsafe { bytes.set_len(len) };
        Some(bytes)
    }

    /// Clears what the last request and its reply have left.
    pub fn clear(&mut self) {
        let header = self.header();
        // SAFETY: the header lies in the slot.
        let used = unsafe { &raw const (*header).used };
        // SAFETY: as in `reply`.
        let used = unsafe { used.read_volatile() };
        let used = usize::try_from(used).unwrap_or(self.size).clamp(self.asked, self.size);
        let by_hand = used.min(CLEAR_BY_HAND);
        let cleared = self.cleared.start.min(by_hand)..self.cleared.end.min(by_hand);
        for rest in [0..cleared.start, cleared.end..by_hand] {
            // SAFETY: inside of the slot, and nobody holds a reference into it.
            unsafe { ptr::write_bytes(self.start.wrapping_add(rest.start), 0, rest.len()) };
        }
        if used > by_hand {
            let rest = self.start.wrapping_add(by_hand).cast();
            // SAFETY: whole pages of the slot, which read as zeros afterwards. If it failed, the old
            // content would stay readable for the lane that wrote it, and for nobody else.
            unsafe { libc::madvise(rest, used - by_hand, libc::MADV_DONTNEED) };
        }
        (self.asked, self.cleared) = (DATA, 0..0);
    }
}
