//! The messages between the two processes, and how they lie in a stream: eight bytes of length, then
//! the message as postcard writes it.

use std::collections::HashMap;
use std::io::{self, Read};
use std::time::Duration;

use faastlane_engine::{HistoryEvent, Outcome, Start};
use faastlane_lanes::{Function, FunctionIndex, Options, Times};
use faastlane_value::ArcStr;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::clock::Clock;
use crate::run::Death;
use crate::{EndedCall, Loaded, Placement};

/// What a container is made of.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Setup {
    /// The functions that can be called.
    pub functions: Vec<Function>,
    /// Which function a name means, as an index into `functions`: none for one that cannot run.
    pub names: HashMap<String, Option<usize>>,
    /// How lanes behave.
    pub options: Options,
    /// What executions run; none where functions are only loaded.
    pub definition: Option<Definition>,
    /// Whether each execution gets lanes that no other one has used.
    pub fresh: bool,
}

/// A state machine as another process can read it. It has been checked.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Definition {
    /// The definition as JSON text, after all substitutions.
    pub text: String,
    /// Whether it is an Express machine.
    pub express: bool,
}

/// To the container; `J` is a [`Job`], or a reference to it where it is sent.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Order<J = Job> {
    /// Always the first.
    Setup(Box<Setup>),
    /// Run an execution after those ordered before.
    Run(Box<Numbered<J>>),
    /// Do not run those executions that wait for others to end, but tell how many they are.
    GiveBack,
    /// Load all functions, call those that have an event here, and tell what came of it.
    Load(Vec<Option<String>>),
    /// Stop what runs now, or what will be started.
    Stop,
}

/// An execution that another process is to run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Job {
    /// Its input, as JSON text.
    pub input: String,
    /// Its names and limits; `input` takes the place of the input in here.
    pub start: Start,
    /// What its observer is told of its history.
    pub history: Wanted,
}

/// What is wanted of a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Wanted {
    /// Nothing, and of its calls neither.
    Nothing,
    /// Its events, without inputs and outputs.
    Events,
    /// Its events.
    Values,
}

/// A job, and which one it is.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Numbered<J = Job> {
    /// Its number in the journal.
    pub(super) number: u64,
    pub(super) job: J,
    /// A container that is dead may have begun it.
    pub(super) before: Option<Before>,
}

/// What is known of a container that is dead.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Before {
    /// The last event of the execution's history that has come from it.
    pub(super) seen: u64,
    /// How it died.
    pub(super) death: Death,
}

/// From the container.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Report {
    /// The execution is over. The first of all, so that [`Arrived::has_end`] knows it by its number.
    Ended {
        outcome: Outcome,
        /// How long it took.
        took: Duration,
        /// Whether the container should run no other one.
        worn: bool,
    },
    Recorded {
        event: HistoryEvent,
        at: Duration,
    },
    Wrote {
        function: usize,
        text: String,
    },
    Called {
        state: ArcStr,
        function: usize,
        times: WireTimes,
    },
    Placed {
        function: usize,
        placement: Placement,
    },
    /// What came of loading each function.
    Loaded(Vec<Loaded>),
    /// The container is ready for executions.
    Ready,
    /// So many of the executions that were ordered last are not going to be run here.
    GivenBack(usize),
    /// The container cannot go on, and why.
    GaveUp(String),
}

/// [`Times`], each since the system's start.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct WireTimes {
    called: Duration,
    started: Option<Duration>,
    ended: Duration,
    function: Option<Duration>,
}

impl Report {
    /// Whether the other side waits for it, and not only its eyes.
    pub(super) fn is_waited_for(&self) -> bool {
        match self {
            Self::Recorded { .. } | Self::Wrote { .. } | Self::Called { .. } => false,
            Self::Placed { .. } => false,
            Self::Loaded(_) | Self::Ready | Self::Ended { .. } => true,
            Self::GivenBack(_) | Self::GaveUp(_) => true,
        }
    }

    pub(super) fn called(call: EndedCall, clock: &Clock) -> Self {
        let EndedCall { state, function, times: Times { called, started, ended, function: ran } } =
            call;
        let times = WireTimes {
            called: clock.since_boot(called),
            started: started.map(|moment| clock.since_boot(moment)),
            ended: clock.since_boot(ended),
            function: ran,
        };
        Self::Called { state, function: function.0, times }
    }
}

impl WireTimes {
    pub(super) fn of(self, state: ArcStr, function: usize, clock: &Clock) -> EndedCall {
        let times = Times {
            called: clock.instant(self.called),
            started: self.started.map(|moment| clock.instant(moment)),
            ended: clock.instant(self.ended),
            function: self.function,
        };
        EndedCall { state, function: FunctionIndex(function), times }
    }
}

/// What can be sent.
pub(super) trait Message: Serialize {
    /// The length of what can be large in it, in bytes.
    fn large_part(&self) -> usize;
}

impl Message for Order<&Job> {
    fn large_part(&self) -> usize {
        if let Self::Run(numbered) = self { numbered.job.input.len() } else { 0 }
    }
}

impl Message for Report {
    fn large_part(&self) -> usize {
        let Self::Ended { outcome: Outcome::Succeeded(output), .. } = self else { return 0 };
        output.binary_size()
    }
}

/// Appends a message to what is to be sent.
pub(super) fn append<T: Message>(message: &T, stream: &mut Vec<u8>) -> Result<(), postcard::Error> {
    // What is large is made room for at once: growing step by step would leave holes of its size.
    stream.reserve(message.large_part() + 4096);
    let begin = stream.len() + 8;
    stream.extend([0; 8]);
    let mut whole = postcard::to_extend(message, std::mem::take(stream))?;
    let length = (whole.len() - begin) as u64;
    whole[begin - 8..begin].copy_from_slice(&length.to_le_bytes());
    *stream = whole;
    Ok(())
}

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

    /// Whether the next message is there, and is a [`Report::Ended`].
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
    use super::*;
    use faastlane_engine::{EventKind, Time};
    use faastlane_value::json;

    fn reports() -> Vec<Report> {
        let text = format!("{{\"b\":1.50,\"a\":\"{}\"}}", "ü".repeat(100_000));
        let input = json::parse(text.as_bytes()).unwrap().into();
        let kind = EventKind::StateEntered { state_type: "Map", name: "M".into(), input };
        let event = HistoryEvent { id: 1, previous_id: 0, time: Time(7), kind };
        let now = Duration::new(5, 7);
        let times = WireTimes { called: now, started: None, ended: now, function: Some(now) };
        vec![
            Report::Recorded { event, at: now },
            Report::Wrote { function: 3, text: "a line\n".to_owned() },
            Report::Called { state: "M".into(), function: 0, times },
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
        reports().iter().for_each(|report| append(report, &mut stream).unwrap());
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
            assert_eq!(found, reports());
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
