//! Loads every function, and calls those for which there is an event: what a machine's owner wants to
//! know before a run.
//!
//! It happens as in a run, with all that guards functions from each other. A function that ends its
//! process, or would have, is called once more in a safer lane. What it was to have is then told as
//! the reason; whether a run begins in the same lane is decided by the run.

use faastlane_lanes::{Call, CallId, Event, FunctionIndex, Outcome, Payload};
use faastlane_value::{Value, json};
use serde::{Deserialize, Serialize};

use crate::{Container, Error, Placement};

/// What came of loading a function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loaded {
    /// In which lane it runs.
    pub placement: Placement,
    /// Why its module cannot be loaded, in any kind of lane.
    pub error: Option<String>,
    /// Whether it returned, if it was called, or how it failed.
    pub called: Option<Result<(), String>>,
}

/// The name of the error of a function that ends its process.
const ENDED: &str = "Runtime.ExitError";
/// How lines begin that we add to a function's log.
const REMARK: &str = "[faastlane] ";

impl Container {
    /// Loads the modules of all functions, and calls each one that has an event, which is JSON text; what
    /// came of each, in their order. `events` has a place for each function.
    ///
    /// # Errors
    /// The lanes cannot be locked down, or waited for.
    pub fn load_all(&mut self, events: &[Option<String>]) -> Result<Vec<Loaded>, Error> {
        self.pool.prepare(false)?;
        let errors = self.load_modules()?;
        let mut called = Vec::with_capacity(errors.len());
        for (function, error) in errors.iter().enumerate() {
            let event = events.get(function).and_then(Option::as_deref);
            let event = event.filter(|_| error.is_none());
            called.push(event.map(|event| self.try_lanes(function, event)).transpose()?);
        }
        let placements =
            self.pool.lanes().into_iter().map(|(_, kind, reason)| Placement::new(kind, &reason));
        let all = placements.zip(errors).zip(called);
        Ok(all.map(|((placement, error), called)| Loaded { placement, error, called }).collect())
    }

    fn load_modules(&mut self) -> Result<Vec<Option<String>>, Error> {
        let count = self.pool.lanes().len();
        for function in 0..count {
            self.pool.load(CallId(function as u64), FunctionIndex(function));
        }
        let mut errors = vec![None; count];
        let mut left = count;
        let mut events = Vec::new();
        while left > 0 {
            self.pool.wait(None, &mut events)?;
            for event in events.drain(..) {
                let Event::Finished { id: CallId(id), outcome, .. } = event else { continue };
                left -= 1;
                let place = usize::try_from(id).unwrap_or(usize::MAX);
                if let Some(error) = errors.get_mut(place) {
                    *error = failure(&outcome);
                }
            }
        }
        Ok(errors)
    }

    /// Calls a function, again in a safer lane as long as that ends its process.
    fn try_lanes(&mut self, function: usize, event: &str) -> Result<Result<(), String>, Error> {
        let mut first = None;
        loop {
            let (_, kind, _) = self.pool.lanes().swap_remove(function);
            let (outcome, remark) = self.call_once(FunctionIndex(function), event)?;
            let Some(error) = failure(&outcome) else { return Ok(Ok(())) };
            let ended =
                matches!(&outcome, Outcome::Failed { error_type, .. } if error_type == ENDED);
            let why = remark.as_deref().unwrap_or(&error);
            let reason =
                first.get_or_insert_with(|| format!("its event ended it in a {kind}: {why}"));
            if !ended || !self.pool.move_to_safer_lane(FunctionIndex(function), reason) {
                return Ok(Err(error));
            }
        }
    }

    /// How a call ended, and what we have added to its log.
    fn call_once(
        &mut self,
        function: FunctionIndex,
        event: &str,
    ) -> Result<(Outcome, Option<String>), Error> {
        // No other call is under way.
        let id = CallId(0);
        self.pool.call(Call {
            id,
            function,
            payload: Payload::Text(event.as_bytes().to_vec()),
            request_id: self.ids.uuid(),
            client_context: None,
            trace_id: None,
        });
        let mut remark = None;
        let mut events = Vec::new();
        loop {
            self.pool.wait(None, &mut events)?;
            for event in events.drain(..) {
                match event {
                    Event::Log { text, .. } => {
                        let mut lines = text.lines();
                        let ours = lines.find_map(|line| line.strip_prefix(REMARK));
                        remark = ours.map(str::to_owned).or(remark);
                    }
                    Event::Finished { id: other, outcome, .. } if other == id => {
                        return Ok((outcome, remark));
                    }
                    Event::Finished { .. } | Event::Placed { .. } => {}
                }
            }
        }
    }
}

/// `Runtime.ImportModuleError: Unable to import module 'app': No module named 'numpy'`
fn failure(outcome: &Outcome) -> Option<String> {
    let Outcome::Failed { error_type, payload } = outcome else { return None };
    // Nobody can look for the request later.
    let plain = |message: &str| match message.split_once(" Error: ") {
        Some((start, rest)) if start.starts_with("RequestId: ") => rest.to_owned(),
        _ => message.to_owned(),
    };
    let message = json::parse(payload).ok().and_then(|payload| match payload {
        Value::Object(members) => members.get("errorMessage").and_then(Value::as_str).map(plain),
        _ => None,
    });
    Some(message.map_or_else(|| error_type.clone(), |message| format!("{error_type}: {message}")))
}
