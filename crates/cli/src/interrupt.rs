//! Ctrl-C and SIGTERM, from the first moment of a run to its last.
//!
//! A signal does not end us at once: services and installers would be left behind, and a history
//! unwritten. It calls what the run has last said it should do, and remembers that it came. Passing
//! a token through every call was the other way; the crates below know nothing of signals.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use faastlane_lanes::children;
use rustix::process::{Pid, Signal, getpgid, getpgrp, kill_process, kill_process_group};

use crate::Error;
use crate::exit::{self, ExitCode};

/// Whether a signal has come, and what to do when it comes.
#[derive(Clone)]
pub(crate) struct Interrupt(Arc<Mutex<State>>);

struct State {
    happened: bool,
    /// There is something to end.
    running: bool,
    reaction: Box<dyn FnMut() + Send>,
}

impl Interrupt {
    /// Watches for signals. Until told otherwise, one ends the processes that we have started.
    pub(crate) fn watch() -> Result<Self, Error> {
        let state = State { happened: false, running: true, reaction: Box::new(end_children) };
        let interrupt = Self(Arc::new(Mutex::new(state)));
        let handler = interrupt.clone();
        ctrlc::set_handler(move || handler.happen())
            .map_err(|error| Error::Internal(format!("cannot watch for Ctrl-C: {error}")))?;
        Ok(interrupt)
    }

    /// Sets what a signal does from now on; it is done at once if one has come already.
    pub(crate) fn react(&self, mut reaction: impl FnMut() + Send + 'static) {
        let mut state = self.state();
        if state.happened {
            reaction();
        }
        state.reaction = Box::new(reaction);
        state.running = true;
    }

    /// From now on there is nothing to clean up: a signal, or a further one, ends the process.
    pub(crate) fn let_go(&self) {
        let mut state = self.state();
        state.reaction = Box::new(|| exit::now(ExitCode::Interrupted));
        state.running = false;
    }

    /// An error if a signal has come.
    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.state().happened { Err(Error::Interrupted) } else { Ok(()) }
    }

    /// Ends the run, if there is one, as a signal would, without one having come.
    pub(crate) fn stop_run(&self) {
        let mut state = self.state();
        if state.running {
            (state.reaction)();
        }
    }

    fn happen(&self) {
        let mut state = self.state();
        state.happened = true;
        (state.reaction)();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends what we have started, and what that has started. A terminal's Ctrl-C reaches installers by
/// itself; a `kill` of our process alone does not.
pub(crate) fn end_children() {
    end_children_of(std::process::id());
}

fn end_children_of(process: u32) {
    for child in children(process) {
        let Some(pid) = Pid::from_raw(child.cast_signed()) else { continue };
        // A failure means that it has ended by itself.
        if getpgid(Some(pid)).is_ok_and(|group| group == getpgrp()) {
            // Installers remove what they have begun.
            let _ = kill_process(pid, Signal::INT);
            end_children_of(child);
        } else {
            let _ = kill_process_group(pid, Signal::KILL);
        }
    }
}
