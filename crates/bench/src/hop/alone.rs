//! The same functions in the same order through the pool of lanes, without an engine. What a function
//! returns goes to the next as it came.

use std::time::{Duration, Instant};

use anyhow::{bail, ensure};
use faastlane_frame::Data;
use faastlane_lanes as lanes;
use lanes::{Call, CallId, FunctionIndex, Pool, Returned};

use super::Kind;
use crate::case::Subject;
use crate::code::{Code, REQUEST_ID, STEPS};
use crate::definition;
use crate::payload::Payload;
use crate::remote::timed;

/// A pool, and the event that goes round.
pub(crate) struct Alone {
    pool: Pool,
    event: lanes::Payload,
    calls: u64,
}

impl Alone {
    fn new(code: &Code, kind: Kind, payload: Payload) -> anyhow::Result<Self> {
        let event = payload.value();
        let event = match kind {
            Kind::Portable => lanes::Payload::Text(event.to_string().into_bytes()),
            Kind::Thread | Kind::Forked => Data::from(definition::value(&event)?).into(),
        };
        Ok(Self { pool: Pool::new(code.steps(), kind.options()?)?, event, calls: 0 })
    }

    /// A pool whose functions have all been called once, each in a lane of this kind.
    pub(crate) fn warm(code: &Code, kind: Kind, payload: Payload) -> anyhow::Result<Self> {
        let mut warm = Self::new(code, kind, payload)?;
        for function in 0..STEPS {
            warm.call(function, warm.event.clone())?;
        }
        for (FunctionIndex(function), found, reason) in warm.pool.lanes() {
            ensure!(kind.is(found), "function {function} runs in a {found}: {reason}");
        }
        Ok(warm)
    }

    /// Calls one function; gives what it returned.
    fn call(&mut self, function: usize, payload: lanes::Payload) -> anyhow::Result<lanes::Payload> {
        self.calls += 1;
        self.pool.call(Call {
            id: CallId(self.calls),
            function: FunctionIndex(function),
            payload,
            request_id: REQUEST_ID.to_owned(),
            client_context: None,
            trace_id: None,
        });
        let mut events = Vec::new();
        loop {
            self.pool.wait(None, &mut events)?;
            for event in events.drain(..) {
                match event {
                    lanes::Event::Finished {
                        outcome: lanes::Outcome::Returned(result), ..
                    } => {
                        return Ok(match result {
                            Returned::Text(text) => lanes::Payload::Text(text),
                            Returned::Frame(frame) => Data::from(frame).into(),
                        });
                    }
                    lanes::Event::Finished { outcome, .. } => bail!("a call ended: {outcome:?}"),
                    lanes::Event::Log { .. } | lanes::Event::Placed { .. } => {}
                }
            }
        }
    }
}

impl Subject for Alone {
    fn measure(&mut self, budget: Duration) -> anyhow::Result<Vec<f64>> {
        let mut hops = Vec::new();
        let until = Instant::now() + budget;
        while hops.is_empty() || Instant::now() < until {
            let mut event = self.event.clone();
            for function in 0..STEPS {
                let (returned, time) = timed(|| self.call(function, event));
                event = returned?;
                hops.push(time);
            }
        }
        Ok(hops)
    }
}
