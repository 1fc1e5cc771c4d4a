//! The calls that an execution has made, as baselines make them again.
//!
//! Taken from a history, so that every project has baselines and nobody writes its workflow a second
//! time. Calls that were scheduled before any of them ended belong to the same *wave*: they run side by
//! side. Where branches have several steps of different length, a wave is narrower than the branches
//! were; the other way, to replay who waited for whom, would be an engine.

use faastlane_container::{EndedCall, Observer};
use faastlane_engine::{EventKind, HistoryEvent};
use faastlane_lanes::FunctionIndex;
use faastlane_value::Value;

/// Calls that run side by side: the function's place, and its event as JSON text.
pub(super) type Wave = Vec<(usize, String)>;

/// A call as a history knows it: the function as the definition names it, and its event as JSON text.
pub(super) type Reference = (String, String);

/// Notes the calls of an execution whose history has values.
#[derive(Debug, Default)]
pub(super) struct Recorder {
    waves: Vec<Vec<Reference>>,
    /// No call has ended since the last one began.
    is_wave_open: bool,
}

impl Recorder {
    pub(super) fn waves(self) -> Vec<Vec<Reference>> {
        self.waves
    }

    fn call(&mut self, reference: &str, event: &Value) {
        if !std::mem::replace(&mut self.is_wave_open, true) {
            self.waves.push(Vec::new());
        }
        if let Some(wave) = self.waves.last_mut() {
            wave.push((reference.to_owned(), event.to_json()));
        }
    }
}

impl Observer for Recorder {
    fn recorded(&mut self, event: HistoryEvent, _: std::time::Instant) {
        match event.kind {
            EventKind::LambdaFunctionScheduled { resource, input, .. } => {
                self.call(&resource, &input.into_value());
            }
            // Of `lambda:invoke`.
            EventKind::TaskScheduled { parameters, .. } => {
                let parameters = parameters.into_value();
                let member = |name| parameters.as_object().and_then(|object| object.get(name));
                if let Some(function) = member("FunctionName").and_then(Value::as_str) {
                    self.call(function, member("Payload").unwrap_or(&Value::Null));
                }
            }
            EventKind::LambdaFunctionSucceeded { .. }
            | EventKind::LambdaFunctionFailed(_)
            | EventKind::LambdaFunctionTimedOut(_)
            | EventKind::TaskSucceeded { .. }
            | EventKind::TaskFailed(..)
            | EventKind::TaskTimedOut(..) => self.is_wave_open = false,
            _ => {}
        }
    }

    fn wrote(&mut self, _: FunctionIndex, _: &str) {}

    fn called(&mut self, _: EndedCall) {}
}
