//! What lanes and containers tell, passed on to the driver and to observers.

use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use faastlane_container::process::Made;
use faastlane_container::{EndedCall, Observer, Placement};
use faastlane_engine::{Event, HistoryEvent};
use faastlane_lanes::FunctionIndex;

use super::driver::Message;
use super::observe::{Observe, Observed};
use crate::lanes::Listener;
use crate::machines::Known;

/// Passes on what is told of calls.
pub(super) struct OfCalls {
    pub(super) inbox: Mutex<Sender<Message>>,
    pub(super) observer: Arc<dyn Observe>,
}

impl Listener for OfCalls {
    fn performed(&self, call: u64, event: Option<Event>) {
        let inbox = self.inbox.lock().unwrap_or_else(PoisonError::into_inner);
        // Nobody takes it any more when the server ends.
        let _ = inbox.send(Message::Performed { call, event });
    }

    fn called(&self, made: &Made, failed: bool) {
        let took = made.times.ended.saturating_duration_since(made.times.called);
        self.observer.called(&made.function, took, failed);
    }

    fn wrote(&self, function: &str, _: Option<u64>, text: &str) {
        self.observer.wrote(function, text);
    }

    fn placed(&self, function: &str, placement: &Placement) {
        self.observer.placed(function, placement);
    }

    fn died(&self, reason: &str) {
        self.observer.died(reason);
    }
}

/// Passes on what is told of one execution in a container.
pub(super) struct OfExecution {
    pub(super) observed: Arc<Observed>,
    pub(super) known: Arc<Known>,
    pub(super) observer: Arc<dyn Observe>,
}

impl Observer for OfExecution {
    fn recorded(&mut self, event: HistoryEvent, _: Instant) {
        self.observer.recorded(&self.observed, &[event]);
    }

    fn wrote(&mut self, function: FunctionIndex, text: &str) {
        self.observer.wrote(&self.known.function(function), text);
    }

    fn called(&mut self, call: EndedCall) {
        let EndedCall { function, times, .. } = call;
        let took = times.ended.saturating_duration_since(times.called);
        self.observer.called(&self.known.function(function), took, false);
    }

    fn placed(&mut self, function: FunctionIndex, placement: &Placement) {
        self.observer.placed(&self.known.function(function), placement);
    }

    fn continued(&mut self, reason: &str) {
        self.observer.died(reason);
    }
}
