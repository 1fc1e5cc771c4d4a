//! What is noticed of an execution while it runs: shown, and kept for its history and its trace.

use std::time::Instant;

use faastlane_container::{EndedCall, Observer, Placement};
use faastlane_engine::{HistoryEvent, MapRunProgress};
use faastlane_lanes::FunctionIndex;

use crate::args::RunArgs;
use crate::history::History;
use crate::trace::Trace;
use crate::view::View;
use crate::{Error, print};

/// Watches one execution.
pub(crate) struct Watcher<'a, 'b> {
    /// The functions' names, by their index.
    names: Vec<String>,
    history: Option<&'a mut History<'b>>,
    view: View,
    trace: Option<Trace>,
}

impl<'a, 'b> Watcher<'a, 'b> {
    pub(crate) fn new(
        args: &RunArgs,
        names: Vec<String>,
        history: Option<&'a mut History<'b>>,
    ) -> Self {
        let trace = args.trace.is_some().then(Trace::new);
        Self { names, history, view: View::new(args.quiet), trace }
    }

    /// Leaves the last picture on the screen, and shows or writes the trace if it is wanted.
    pub(crate) fn finish(self, args: &RunArgs) -> Result<(), Error> {
        self.view.finish();
        match (&args.trace, self.trace) {
            (Some(None), Some(trace)) => print::note(&trace.text()),
            (Some(Some(file)), Some(trace)) => trace.write(file)?,
            _ => {}
        }
        Ok(())
    }
}

impl Observer for Watcher<'_, '_> {
    fn recorded(&mut self, event: HistoryEvent, at: Instant) {
        self.view.recorded(&(&event).into(), at);
        if let Some(trace) = &mut self.trace {
            trace.recorded(&event, at);
        }
        if let Some(history) = &mut self.history {
            history.events.push(event);
        }
    }

    fn progressed(&mut self, map_run: MapRunProgress) {
        self.view.progressed(&map_run, Instant::now());
    }

    fn wrote(&mut self, function: FunctionIndex, text: &str) {
        self.view.wrote(&self.names[function.0], text);
    }

    fn continued(&mut self, reason: &str) {
        self.view.above(|| print::continued(reason));
    }

    fn placed(&mut self, function: FunctionIndex, placement: &Placement) {
        let Placement { lane, reason, .. } = placement;
        let reason = reason.as_deref().unwrap_or("as asked");
        self.view.above(|| {
            print::info(&format!("{} runs in a {lane}: {reason}", self.names[function.0]));
        });
    }

    fn called(&mut self, call: EndedCall) {
        if let Some(trace) = &mut self.trace {
            trace.called(&call, &self.names[call.function.0]);
        }
    }
}
