//! The two frames that cross the socket pair; `runner.py` holds the other half.
//!
//! All integers are little endian.
//!
//! ```text
//! request  total u64 | deadline, ms since 1970, u64 | lengths of the three texts u32 ×3 | 0 u32
//!          request id | client context | trace id | payload
//! reply    kind u32 | length of the error type u32 | length of the body u64 | time, ns, u64
//!          error type | body
//! ```
//!
//! The time is how long the handler ran. A fixed header and then bytes: nothing to parse twice, and one `write` and one `read` a side.
//! What a worker sends is not trusted: lengths are checked, and memory grows only with the bytes
//! that really arrive.

use std::time::Duration;

use crate::{Call, Returned};

const REQUEST_HEADER: usize = 32;
const REPLY_HEADER: usize = 24;
/// Longest error type that is accepted; Python's class names are far shorter.
const MAX_ERROR_TYPE: u64 = 64 * 1024;
/// Longest body that is accepted.
const MAX_BODY: u64 = 4 << 30;

/// Appends the header and the texts of a request, but not its payload of so many
/// bytes, which is sent from where it is.
pub(crate) fn request(call: &Call, payload: usize, deadline_ms: u64, out: &mut Vec<u8>) {
    let context = call.client_context.as_deref().unwrap_or("");
    let trace = call.trace_id.as_deref().unwrap_or("");
    let texts = [call.request_id.as_str(), context, trace];
    let text_bytes: usize = texts.iter().map(|text| text.len()).sum();
    let total = REQUEST_HEADER + text_bytes + payload;
    out.extend_from_slice(&(total as u64).to_le_bytes());
    out.extend_from_slice(&deadline_ms.to_le_bytes());
    for text in texts {
        let length = u32::try_from(text.len()).expect("ids and contexts are far below 4 GiB");
        out.extend_from_slice(&length.to_le_bytes());
    }
    out.extend_from_slice(&[0; 4]);
    for text in texts {
        out.extend_from_slice(text.as_bytes());
    }
}

/// What a worker says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    /// The handler is loaded.
    Ready,
    /// The handler cannot be loaded; the process is about to end.
    LoadFailed { error_type: String, payload: Vec<u8> },
    /// The handler returned this.
    Returned { result: Returned, function: Duration },
    /// The handler raised, or could not be called with the event.
    Failed { error_type: String, payload: Vec<u8>, function: Duration },
}

/// Bytes that the runner never sends; the text says which.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Malformed(pub(crate) &'static str);

/// Puts one reply together from the pieces that arrive.
#[derive(Debug, Default)]
pub(crate) struct ReplyReader {
    /// Header and error type, until they are complete.
    start: Vec<u8>,
    body: Vec<u8>,
    header: Option<Header>,
}

#[derive(Debug, Clone, Copy)]
struct Header {
    kind: u32,
    error_type: usize,
    body: usize,
    function: Duration,
}

impl ReplyReader {
    /// Takes in the next bytes; gives the reply which they complete.
    pub(crate) fn feed(&mut self, mut bytes: &[u8]) -> Result<Option<Reply>, Malformed> {
        if self.header.is_none() {
            take(&mut bytes, &mut self.start, REPLY_HEADER);
            if self.start.len() < REPLY_HEADER {
                return Ok(None);
            }
            self.header = Some(Header::parse(&self.start)?);
        }
        let header = self.header.expect("set above");
        take(&mut bytes, &mut self.start, REPLY_HEADER + header.error_type);
        take(&mut bytes, &mut self.body, header.body);
        if !bytes.is_empty() {
            return Err(Malformed("more bytes than one reply"));
        }
        self.complete()
    }

    /// The body, with room for at least some of the bytes that are still to come, once only the
    /// body is incomplete: large results are received in place. Call [`Self::complete`] after.
    pub(crate) fn unfinished_body(&mut self) -> Option<&mut Vec<u8>> {
        let header = self.header?;
        if self.start.len() < REPLY_HEADER + header.error_type {
            return None;
        }
        let missing = header.body.checked_sub(self.body.len()).filter(|missing| *missing > 0)?;
        // At most doubled, so that a length which lies costs no more than what was sent.
        self.body.reserve_exact(missing.min(self.body.len().max(256 * 1024)));
        Some(&mut self.body)
    }

    /// The reply, if all of it has arrived.
    pub(crate) fn complete(&mut self) -> Result<Option<Reply>, Malformed> {
        let Some(header) = self.header else { return Ok(None) };
        if self.body.len() > header.body {
            return Err(Malformed("more bytes than one reply"));
        }
        if self.start.len() < REPLY_HEADER + header.error_type || self.body.len() < header.body {
            return Ok(None);
        }
        self.header = None;
        let payload = std::mem::take(&mut self.body);
        let error_type = String::from_utf8_lossy(&self.start[REPLY_HEADER..]).into_owned();
        self.start.clear();
        Ok(Some(match header.kind {
            1 => Reply::Ready,
            2 => Reply::LoadFailed { error_type, payload },
            3 => Reply::Returned { result: Returned::Text(payload), function: header.function },
            _ => Reply::Failed { error_type, payload, function: header.function },
        }))
    }
}

impl Header {
    fn parse(bytes: &[u8]) -> Result<Header, Malformed> {
        let word = |at: usize| {
            let field = bytes[at..at + 4].try_into().expect("four bytes of a complete header");
            u32::from_le_bytes(field)
        };
        let (kind, error_type) = (word(0), u64::from(word(4)));
        let long = |at| u64::from(word(at)) | u64::from(word(at + 4)) << 32;
        let (body, function) = (long(8), Duration::from_nanos(long(16)));
        if !(1..=4).contains(&kind) {
            return Err(Malformed("unknown kind of reply"));
        }
        if error_type > MAX_ERROR_TYPE || body > MAX_BODY {
            return Err(Malformed("impossible length"));
        }
        let size =
            |length: u64| usize::try_from(length).map_err(|_| Malformed("impossible length"));
        Ok(Header { kind, error_type: size(error_type)?, body: size(body)?, function })
    }
}

/// Moves bytes from the front of `from` to `to` until `to` holds `wanted`.
fn take(from: &mut &[u8], to: &mut Vec<u8>, wanted: usize) {
    let count = wanted.saturating_sub(to.len()).min(from.len());
    let (now, later) = from.split_at(count);
    to.extend_from_slice(now);
    *from = later;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(kind: u32, error_type: &str, body: &str) -> Vec<u8> {
        let mut bytes = kind.to_le_bytes().to_vec();
        bytes.extend(u32::try_from(error_type.len()).unwrap().to_le_bytes());
        bytes.extend((body.len() as u64).to_le_bytes());
        bytes.extend(7_u64.to_le_bytes());
        bytes.extend(error_type.as_bytes());
        bytes.extend(body.as_bytes());
        bytes
    }

    fn check(bytes: &[u8], expected: Result<Option<Reply>, Malformed>) {
        assert_eq!(ReplyReader::default().feed(bytes), expected);
        // The same in pieces of one byte.
        let mut reader = ReplyReader::default();
        let mut last = Ok(None);
        for byte in bytes {
            last = reader.feed(std::slice::from_ref(byte));
            if last != Ok(None) {
                break;
            }
        }
        assert_eq!(last, expected);
    }

    #[test]
    fn replies_are_read_whole_or_in_pieces() {
        check(&reply(1, "", ""), Ok(Some(Reply::Ready)));
        let function = Duration::from_nanos(7);
        let result = Returned::Text(b"{}".to_vec());
        let returned = Reply::Returned { result, function };
        check(&reply(3, "", "{}"), Ok(Some(returned)));
        let failed = Reply::Failed { error_type: "E".to_owned(), payload: b"x".to_vec(), function };
        check(&reply(4, "E", "x"), Ok(Some(failed)));
        check(&reply(3, "", "{}")[..25], Ok(None));
        check(b"", Ok(None));
    }

    #[test]
    fn garbage_is_refused() {
        check(&reply(0, "", ""), Err(Malformed("unknown kind of reply")));
        check(b"Traceback (most recent c", Err(Malformed("unknown kind of reply")));
        let mut huge = reply(3, "", "");
        huge[15] = 0xff;
        check(&huge, Err(Malformed("impossible length")));
        let twice = [reply(1, "", ""), reply(1, "", "")].concat();
        assert_eq!(
            ReplyReader::default().feed(&twice),
            Err(Malformed("more bytes than one reply"))
        );
    }

    #[test]
    fn a_length_that_lies_costs_no_memory() {
        let mut bytes = reply(3, "", "x");
        bytes[8..16].copy_from_slice(&MAX_BODY.to_le_bytes());
        let mut reader = ReplyReader::default();
        assert_eq!(reader.feed(&bytes), Ok(None));
        assert!(reader.unfinished_body().expect("the body is incomplete").capacity() < 1 << 20);
    }
}
