//! The same functions in the same order through the gate, without a pool: encode once, and hand each
//! checked frame on.

use std::time::{Duration, Instant};

use anyhow::{bail, ensure};
use faastlane_abi::Encoding;
use faastlane_frame::{Frame, encode};
use faastlane_host::{Input, Lane, Reply};

use crate::case::Subject;
use crate::code::{Code, STEPS, request};
use crate::definition;
use crate::payload::Payload;
use crate::remote::timed;

/// Lanes of this process, and the event that goes round.
pub(crate) struct Gate {
    lanes: Vec<Lane>,
    event: Frame,
}

impl Gate {
    pub(crate) fn new(code: &Code, payload: Payload) -> anyhow::Result<Self> {
        Ok(Self { lanes: code.load_steps(0..STEPS)?, event: frame(payload)? })
    }
}

/// An event as a frame.
pub(crate) fn frame(payload: Payload) -> anyhow::Result<Frame> {
    let mut bytes = Vec::new();
    encode(&definition::value(&payload.value())?, &mut bytes)?;
    Ok(Frame::check(bytes)?)
}

/// Calls a lane; gives the frame that it returned.
pub(crate) fn call(lane: &mut Lane, event: &Frame) -> anyhow::Result<Frame> {
    match lane.call(&request(Input::Frame(event.as_bytes()))) {
        Reply::Returned { encoding: Encoding::Frame, body, .. } => Ok(Frame::check(body)?),
        reply => bail!("a call ended: {reply:?}"),
    }
}

impl Subject for Gate {
    fn measure(&mut self, budget: Duration) -> anyhow::Result<Vec<f64>> {
        let mut hops = Vec::new();
        let until = Instant::now() + budget;
        while hops.is_empty() || Instant::now() < until {
            let mut event = self.event.clone();
            for lane in &mut self.lanes {
                let (returned, time) = timed(|| call(lane, &event));
                event = returned?;
                hops.push(time);
            }
            ensure!(event == self.event, "a handler changed the event");
        }
        Ok(hops)
    }
}
