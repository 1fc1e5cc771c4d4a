//! Loads every function without calling it: what a machine's owner wants to know before a run.

use faastlane_lanes::{CallId, Event, FunctionIndex, Outcome};
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
}

impl Container {
    /// Loads the modules of all functions; what came of each, in their order.
    ///
    /// # Errors
    /// The lanes cannot be waited for.
    pub fn load_all(&mut self) -> Result<Vec<Loaded>, Error> {
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
                    *error = failure(outcome);
                }
            }
        }
        let placements =
            self.pool.lanes().into_iter().map(|(_, kind, reason)| Placement::new(kind, &reason));
        Ok(placements.zip(errors).map(|(placement, error)| Loaded { placement, error }).collect())
    }
}

/// `Runtime.ImportModuleError: Unable to import module 'app': No module named 'numpy'`
fn failure(outcome: Outcome) -> Option<String> {
    let Outcome::Failed { error_type, payload } = outcome else { return None };
    let message = json::parse(&payload).ok().and_then(|payload| match payload {
        Value::Object(members) => {
            members.get("errorMessage").and_then(Value::as_str).map(str::to_owned)
        }
        _ => None,
    });
    Some(message.map_or_else(|| error_type.clone(), |message| format!("{error_type}: {message}")))
}
