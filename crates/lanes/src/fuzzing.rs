//! What the fuzz target `frames` sees of this crate; there only with the feature `fuzzing`.

use crate::portable::frame::{Malformed, Reply, ReplyReader};

/// What comes of `bytes` from a worker that arrive in pieces of `piece` bytes: the first reply, or
/// what is wrong, as text.
///
/// # Panics
/// If `piece` is 0.
#[must_use]
pub fn read_reply(bytes: &[u8], piece: usize) -> String {
    let mut reader = ReplyReader::default();
    let mut read = Ok(None);
    for piece in bytes.chunks(piece) {
        read = receive(&mut reader, piece);
        if !matches!(read, Ok(None)) {
            break;
        }
    }
    format!("{read:?}")
}

/// Takes in what has arrived as a worker does: large bodies in place, everything else by copying.
fn receive(reader: &mut ReplyReader, mut piece: &[u8]) -> Result<Option<Reply>, Malformed> {
    while let Some(body) = reader.unfinished_body() {
        let room = body.capacity() - body.len();
        let (now, later) = piece.split_at(room.min(piece.len()));
        body.extend_from_slice(now);
        piece = later;
        let read = reader.complete();
        if piece.is_empty() || !matches!(read, Ok(None)) {
            return read;
        }
    }
    reader.feed(piece)
}
