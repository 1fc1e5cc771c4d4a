//! The messages of a stream, as they arrive.

use std::io::{self, Read};

use serde::de::DeserializeOwned;

/// From this size on, in bytes, room for messages is given back.
const LARGE: usize = 1 << 20;

/// What has arrived of a stream and is not read yet.
#[derive(Debug, Default)]
pub(super) struct Arrived {
    bytes: Vec<u8>,
    /// How many of them have been read.
    read: usize,
}

impl Arrived {
    /// Takes in what `stream` has, waiting if that is nothing; false at its end.
    pub(super) fn fill(&mut self, mut stream: impl Read) -> io::Result<bool> {
        const PORTION: usize = 16 * 1024;
        const MOST_AT_ONCE: usize = 1 << 20;
        const MOST_RESERVED: u64 = 1 << 28;
        self.bytes.drain(..std::mem::take(&mut self.read));
        let end = self.bytes.len();
        let mut portion = PORTION;
        if let Some(length) = self.bytes.first_chunk::<8>() {
            // Room for all of a large message, as far as its length can be believed.
            let length = u64::from_le_bytes(*length).min(MOST_RESERVED) as usize;
            let left = (length + 8).saturating_sub(end);
            self.bytes.reserve_exact(left + PORTION);
            portion = left.clamp(PORTION, MOST_AT_ONCE);
        }
        self.bytes.resize(end + portion, 0);
        let count = loop {
            match stream.read(&mut self.bytes[end..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other,
            }
        };
        self.bytes.truncate(end + count.as_ref().copied().unwrap_or_default());
        Ok(count? > 0)
    }

    /// Whether the next message is there, and is a [`super::wire::Report::Ended`].
    pub(super) fn has_end(&self) -> bool {
        self.message().is_some_and(|message| message.first() == Some(&0))
    }

    /// The bytes of the next message, if all of it is there.
    fn message(&self) -> Option<&[u8]> {
        let (length, rest) = self.bytes[self.read..].split_first_chunk::<8>()?;
        rest.get(..usize::try_from(u64::from_le_bytes(*length)).ok()?)
    }

    /// The next message, if all of it is there.
    pub(super) fn next<T: DeserializeOwned>(&mut self) -> Result<Option<T>, postcard::Error> {
        let Some(bytes) = self.message() else { return Ok(None) };
        let (length, message) = (bytes.len(), postcard::from_bytes(bytes)?);
        self.read += 8 + length;
        if self.read == self.bytes.len() {
            self.read = 0;
            self.bytes.clear();
            // Not to keep the room of one large message while it is worked on.
            if self.bytes.capacity() > LARGE {
                self.bytes = Vec::new();
            }
        }
        Ok(Some(message))
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use faastlane_engine::{EventKind, HistoryEvent, Outcome, Time};
    use faastlane_lanes::{FunctionIndex, Times};
    use faastlane_value::json;

    use super::super::wire::{Report, append};
    use super::*;
    use crate::EndedCall;
    use crate::clock::Clock;

    fn reports() -> Vec<Report> {
        let text = format!("{{\"b\":1.50,\"a\":\"{}\"}}", "ü".repeat(100_000));
        let input = json::parse(text.as_bytes()).unwrap().into();
        let kind = EventKind::StateEntered { state_type: "Map", name: "M".into(), input };
        let event = HistoryEvent { id: 1, previous_id: 0, time: Time(7), kind };
        let now = Duration::new(5, 7);
        let called = Instant::now();
        let times = Times { called, started: None, ended: called, function: Some(now) };
        let call = EndedCall { state: "M".into(), function: FunctionIndex(0), times };
        vec![
            Report::Recorded { event, at: now },
            Report::Wrote { function: 3, text: "a line\n".to_owned() },
            Report::called(call, &Clock::new()),
            Report::Ended {
                outcome: Outcome::Failed { error: Some("E".into()), cause: None },
                took: now,
                worn: false,
            },
            Report::GaveUp("no".to_owned()),
        ]
    }

    /// However the stream is cut into pieces.
    #[test]
    fn messages_arrive_whole_and_in_order() {
        let mut stream = Vec::new();
        let reports = reports();
        reports.iter().for_each(|report| append(report, &mut stream).unwrap());
        for piece in [7, 4096, stream.len()] {
            let mut arrived = Arrived::default();
            let mut found = Vec::new();
            for piece in stream.chunks(piece) {
                let mut piece = piece;
                while arrived.fill(&mut piece).unwrap() {
                    loop {
                        let has_end = arrived.has_end();
                        let Some(report) = arrived.next::<Report>().unwrap() else { break };
                        assert_eq!(has_end, matches!(report, Report::Ended { .. }));
                        found.push(report);
                    }
                }
            }
            assert_eq!(found, reports);
        }
    }

    #[test]
    fn a_length_that_lies_costs_no_memory() {
        let mut arrived = Arrived::default();
        assert!(arrived.fill(&[0xff; 100][..]).unwrap());
        assert!(matches!(arrived.next::<Report>(), Ok(None)));
    }

    #[test]
    fn garbage_is_refused() {
        let mut arrived = Arrived::default();
        let mut stream = 3_u64.to_le_bytes().to_vec();
        stream.extend([99, 99, 99]);
        assert!(arrived.fill(&stream[..]).unwrap());
        assert!(arrived.next::<Report>().is_err());
    }
}
