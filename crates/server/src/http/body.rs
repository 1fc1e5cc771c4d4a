//! Bodies of requests, up to a limit.

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};

/// Why there is no body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unread {
    /// It is longer than the limit.
    TooLong,
    /// The client has gone, or what it sent is not a body.
    Broken,
}

/// Reads a body of at most `limit` bytes. One that fits into a single packet is not copied.
pub(super) async fn read(body: &mut Incoming, limit: usize) -> Result<Bytes, Unread> {
    let announced = body.size_hint().lower();
    if announced > limit as u64 {
        return Err(Unread::TooLong);
    }
    let Some(first) = next(body).await? else { return Ok(Bytes::new()) };
    if first.len() as u64 == announced && body.is_end_stream() {
        return Ok(first);
    }
    // A client that only announces a long body gets no memory for it.
    let expected = usize::try_from(announced).unwrap_or(0).min(first.len().saturating_mul(16));
    let mut whole = BytesMut::with_capacity(expected);
    let mut part = Some(first);
    while let Some(bytes) = part {
        if whole.len() + bytes.len() > limit {
            return Err(Unread::TooLong);
        }
        whole.extend_from_slice(&bytes);
        part = next(body).await?;
    }
    Ok(whole.freeze())
}

/// Reads what is left of a body and drops it, so that the client is done sending when it gets its answer. Says
/// whether that was all: of a body longer than `limit` not all is read.
pub(super) async fn drop_rest(body: &mut Incoming, limit: usize) -> bool {
    if body.size_hint().lower() > limit as u64 {
        return false;
    }
    let mut dropped = 0;
    loop {
        match next(body).await {
            Ok(Some(bytes)) if dropped + bytes.len() <= limit => dropped += bytes.len(),
            Ok(None) => return true,
            _ => return false,
        }
    }
}

/// The next bytes; `None` at the end. Trailers are of no interest.
async fn next(body: &mut Incoming) -> Result<Option<Bytes>, Unread> {
    while let Some(frame) = body.frame().await {
        if let Ok(bytes) = frame.map_err(|_| Unread::Broken)?.into_data() {
            return Ok(Some(bytes));
        }
    }
    Ok(None)
}
