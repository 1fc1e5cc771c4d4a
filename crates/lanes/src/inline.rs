//! Inline lanes: functions in this process, called on the thread that drives the pool.
//!
//! No other thread or process wakes up for a call: the thread itself goes through the lane's gate and
//! comes back with the result. It can do nothing else meanwhile, so the pool calls a function this way
//! only when nothing else runs or waits; what runs side by side gets hosts.
//!
//! The process belongs to the pool then: its stdout and stderr are the functions' log.

mod capture;
mod memory;

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::{Duration, SystemTime};

use faastlane_abi::Encoding;
use faastlane_host as lane;
use lane::{Ended, FaultInfo, Input, Lane, LaneSpec, Reply, Request};

use crate::pool::{A_CENTURY, Waker};
use crate::{Call, Outcome, Returned, failure};
use capture::Capture;
use memory::Memory;

/// The lanes of this process.
#[derive(Debug)]
pub(crate) struct Inline {
    /// By function; none for one that has no lane here, or whose lane has ended.
    lanes: Vec<Option<Lane>>,
    pub(crate) log: Capture,
    /// The function that was called last: what is written between calls is its.
    pub(crate) last: usize,
    has_lost_a_lane: bool,
    /// None if no function has a limit.
    memory: Option<Memory>,
}

/// What a call may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) timeout: Duration,
    /// In bytes; none for as much as there is.
    pub(crate) memory: Option<u64>,
}

/// What came of a call.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) outcome: Outcome,
    /// How long the handler ran, if it came to an end.
    pub(crate) function: Option<Duration>,
    /// Whether there may be something in the log.
    pub(crate) wrote: bool,
    /// What the user should know besides, a whole line.
    pub(crate) remark: Option<String>,
}

impl Inline {
    /// Loads lanes in `count` places, `together` of them at a time, each within `timeout`. The text
    /// says why a function cannot have one here.
    pub(crate) fn load(
        specs: Vec<(usize, LaneSpec)>,
        count: usize,
        (together, timeout): (usize, Duration),
        waker: Waker,
    ) -> io::Result<(Inline, Vec<(usize, String)>)> {
        let log = Capture::start(waker)?;
        let (functions, specs): (Vec<_>, Vec<_>) = specs.into_iter().unzip();
        let lanes = Vec::new();
        let mut inline = Inline { lanes, log, last: 0, has_lost_a_lane: false, memory: None };
        inline.lanes.resize_with(count, || None);
        let mut unfit = Vec::new();
        let in_time = |specs| Lane::load_all_until(specs, SystemTime::now().checked_add(timeout));
        let loaded = specs.chunks(together).flat_map(in_time);
        for (function, loaded) in functions.into_iter().zip(loaded) {
            match loaded {
                Ok(lane) if lane.handles_signals() => {
                    unfit.push((function, "its module handles signals".to_owned()));
                }
                Ok(lane) => inline.lanes[function] = Some(lane),
                Err(error) => unfit.push((function, error.to_string())),
            }
        }
        Ok((inline, unfit))
    }

    /// Whether the function can be called here.
    pub(crate) fn has(&self, function: usize) -> bool {
        self.lanes[function].as_ref().is_some_and(|lane| !lane.is_poisoned())
    }

    /// Whether a lane did not come back from a call.
    pub(crate) fn has_lost_a_lane(&self) -> bool {
        self.has_lost_a_lane
    }

    /// Calls of the function are for others from now on.
    pub(crate) fn remove(&mut self, function: usize) {
        self.lanes[function] = None;
    }

    /// Has the memory of calls watched.
    pub(crate) fn watch_memory(&mut self) -> io::Result<()> {
        self.memory = Some(Memory::watch()?);
        Ok(())
    }

    /// Calls the function; it must have a lane here.
    pub(crate) fn call(&mut self, call: &Call, bounds: Bounds) -> Answer {
        let Bounds { timeout, memory } = bounds;
        let watched = self.memory.as_ref().zip(memory);
        let function = call.function.0;
        self.last = function;
        let lane =
            self.lanes[function].as_mut().expect("the caller has asked whether there is one");
        let (encoding, event) = call.payload.encoded();
        let request = Request {
            request_id: &call.request_id,
            client_context: call.client_context.as_deref().unwrap_or(""),
            trace_id: call.trace_id.as_deref().unwrap_or(""),
            deadline: SystemTime::now() + timeout.min(A_CENTURY),
            input: match encoding {
                Encoding::Text => Input::Text(&event),
                Encoding::Frame => Input::Frame(&event),
            },
        };
        if let Some((memory, limit)) = watched {
            memory.begin(limit);
        }
        let reply = lane.call(&request);
        let excess = watched.and_then(|(memory, limit)| Some((memory.end()?, limit)));
        let answer = match (&reply, excess) {
            (Reply::TimedOut, Some(excess)) => answer_to_excess(excess, call, lane.name()),
            _ => answer(reply, call, lane.name(), timeout),
        };
        if lane.is_poisoned() {
            self.lanes[function] = None;
            self.has_lost_a_lane = true;
        }
        answer
    }
}

/// A lane's reply as the outcome of the call, in the words of Lambda.
fn answer(reply: Reply, call: &Call, name: &str, timeout: Duration) -> Answer {
    let (outcome, function, wrote) = match reply {
        Reply::Returned { encoding, body, function, wrote } => {
            let outcome = match Returned::read(encoding, body) {
                Ok(result) => Outcome::Returned(result),
                Err(_) => failure::garbage(&call.request_id, "a broken frame"),
            };
            (outcome, Some(function), wrote)
        }
        Reply::Failed { error_type, payload, function, wrote } => {
            (Outcome::Failed { error_type, payload }, Some(function), wrote)
        }
        Reply::Ended(ended) => (failure::exit(&call.request_id, exit_status(ended)), None, true),
        Reply::Fault(fault) => return answer_to_fault(&fault, call, name),
        Reply::TimedOut => (failure::timeout(&call.request_id, timeout), None, true),
        Reply::Broken => (failure::garbage(&call.request_id, "no reply"), None, true),
    };
    Answer { outcome, function, wrote, remark: None }
}

/// It took more memory than it may: to Lambda, its process was killed.
fn answer_to_excess((taken, limit): (u64, u64), call: &Call, name: &str) -> Answer {
    Answer {
        outcome: failure::exit(&call.request_id, ExitStatus::from_raw(9)),
        function: None,
        wrote: true,
        remark: Some(failure::too_much_memory(name, taken, limit)),
    }
}

/// The processor has stopped the function: to Lambda, its process has ended by that signal.
fn answer_to_fault(fault: &FaultInfo, call: &Call, name: &str) -> Answer {
    let status = ExitStatus::from_raw(fault.signal);
    Answer {
        outcome: failure::exit(&call.request_id, status),
        function: None,
        wrote: true,
        remark: Some(format!("[faastlane] {}\n", fault.describe(name))),
    }
}

fn exit_status(ended: Ended) -> ExitStatus {
    ExitStatus::from_raw(match ended {
        Ended::Status(status) => (status & 0xFF) << 8,
        Ended::Signal(signal) => signal,
    })
}
