//! Bytes from a worker to replies.
//!
//! A worker runs a user's code and may send anything. It must not matter in which pieces it comes,
//! and a length that lies must cost no memory.
#![no_main]

use faastlane_lanes::fuzzing::read_reply;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let (&piece, bytes) = bytes.split_first().unwrap_or((&0, &[]));
    let whole = read_reply(bytes, bytes.len().max(1));
    let pieces = read_reply(bytes, usize::from(piece).max(1));
    // What follows a reply is an error only if it arrives with it.
    if !whole.contains("more bytes than one reply") {
        assert_eq!(whole, pieces, "in pieces of {piece}");
    }
});
