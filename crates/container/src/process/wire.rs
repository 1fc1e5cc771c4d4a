//! The messages between the two processes, and how they are put into a stream: eight bytes of length,
//! then the message as postcard writes it.

use std::collections::HashMap;
use std::time::Duration;

use faastlane_dataset::Location;
use faastlane_engine::{HistoryEvent, MapRunProgress, Outcome, Start};
use faastlane_lanes::{Function, Options, Times};
use faastlane_value::ArcStr;
use serde::{Deserialize, Serialize};

use crate::clock::Clock;
use crate::run::Death;
use crate::{Conditions, EndedCall, Loaded, Placement};

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
    /// What stands for S3.
    pub s3: Location,
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
    /// The first of all to a container.
    Setup(Box<Setup>),
    /// The first of all to a process that only makes calls: others follow (`super::calls`).
    Calls(Box<Setup>),
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
    /// What is not as it would be outside of a test.
    pub conditions: Conditions,
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
    /// The execution is over. The first of all, so that [`super::arrived::Arrived::has_end`] knows it by its number.
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
    /// A Map Run is further than before.
    Progressed(MapRunProgress),
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
            Self::Placed { .. } | Self::Progressed(_) => false,
            Self::Loaded(_) | Self::Ready | Self::Ended { .. } => true,
            Self::GivenBack(_) | Self::GaveUp(_) => true,
        }
    }

    pub(super) fn called(call: EndedCall, clock: &Clock) -> Self {
        let EndedCall { state, function, times } = call;
        Self::Called { state, function: function.0, times: WireTimes::new(times, clock) }
    }
}

impl WireTimes {
    pub(super) fn new(times: Times, clock: &Clock) -> Self {
        let Times { called, started, ended, function } = times;
        Self {
            called: clock.since_boot(called),
            started: started.map(|moment| clock.since_boot(moment)),
            ended: clock.since_boot(ended),
            function,
        }
    }

    pub(super) fn times(self, clock: &Clock) -> Times {
        Times {
            called: clock.instant(self.called),
            started: self.started.map(|moment| clock.instant(moment)),
            ended: clock.instant(self.ended),
            function: self.function,
        }
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
