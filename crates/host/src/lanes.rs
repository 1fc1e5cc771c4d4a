//! The lanes of a template: loaded as the orchestrator plans, numbered as it numbers them.

use std::io;
use std::num::NonZero;
use std::sync::Mutex;
use std::thread;

use rustix::process::Pid;

use crate::message::{Line, Plan, Report};
use crate::{Lane, LaneSpec, LoadError, Passed, Space, fork, keys};

/// All lanes of a process.
#[derive(Debug)]
pub(crate) struct Lanes {
    loaded: Vec<Lane>,
    /// Where in `loaded` each lane of the plan is, if it is.
    places: Vec<Option<usize>>,
    /// How many threads the process has of its own: this one, and one for each lane in a namespace,
    /// which only keeps its place.
    own_threads: u64,
}

impl Lanes {
    /// Loads the lanes of a plan, those in namespaces side by side, and reports each.
    pub(crate) fn load(plan: Plan, line: &Line) -> io::Result<Lanes> {
        // It is needed as long as the process lives, and there is one.
        let runner: &'static str = plan.runner.leak();
        let no_keys = if plan.keys { keys::enable().err() } else { None };
        let space = if plan.namespaces { Space::Own } else { Space::Base };
        let specs = plan.lanes.into_iter().map(|lane| lane.into_spec(runner));
        let specs: Vec<_> = specs.collect();
        let line = Mutex::new(line);
        let load = |(lane, spec): (u32, &LaneSpec)| -> io::Result<Option<Lane>> {
            let (loaded, report) = match &no_keys {
                None => judge(lane, Lane::load(spec, space)),
                Some(reason) => (None, Report::Unfit { lane, reason: reason.to_string() }),
            };
            line.lock().expect("nobody panics while sending").send(&report)?;
            Ok(loaded)
        };
        let places = vec![None; specs.len()];
        let mut lanes = Lanes { loaded: Vec::new(), places, own_threads: 1 };
        let keep = |(lane, loaded): (u32, io::Result<Option<Lane>>)| -> io::Result<()> {
            if let Some(loaded) = loaded? {
                lanes.places[lane as usize] = Some(lanes.loaded.len());
                lanes.loaded.push(loaded);
            }
            Ok(())
        };
        let numbered = (0..).zip(&specs);
        match space {
            // This thread is to be the main thread of the one Python.
            Space::Base => numbered.map(|lane| (lane.0, load(lane))).try_for_each(keep)?,
            Space::Own => {
                let processors = thread::available_parallelism().map_or(1, NonZero::get);
                let next = Mutex::new(numbered);
                let next = || next.lock().expect("an iterator does not panic").next();
                let load_all = || -> Vec<_> {
                    std::iter::from_fn(next).map(|lane| (lane.0, load(lane))).collect()
                };
                thread::scope(|scope| {
                    let threads: Vec<_> = (0..processors).map(|_| scope.spawn(load_all)).collect();
                    let joined = threads.into_iter().map(|thread| thread.join());
                    joined.flat_map(|all| all.expect("loading does not panic")).try_for_each(keep)
                })?;
                lanes.own_threads += specs.len() as u64;
            }
        }
        Ok(lanes)
    }

    /// How many threads there are when no function has started any.
    pub(crate) fn own_threads(&self) -> u64 {
        self.own_threads
    }

    /// The name of a lane's function; empty if there is no such lane.
    pub(crate) fn name(&self, lane: u32) -> &str {
        let place = usize::try_from(lane).ok().and_then(|lane| *self.places.get(lane)?);
        place.map_or("", |place| self.loaded[place].name())
    }

    /// Forks the process; none in the child.
    pub(crate) fn fork(&mut self) -> io::Result<Option<Pid>> {
        // SAFETY: the threads that keep their places do nothing, and others are counted, so that a
        // child which lacks them is given up.
        let child = unsafe { fork(&mut self.loaded) }?;
        Ok(child.and_then(Pid::from_raw))
    }

    /// Calls a lane with the request in a slot.
    ///
    /// # Safety
    /// As for [`Lane::pass`].
    pub(crate) unsafe fn pass(&mut self, lane: u32, slot: *mut u8) -> Option<Passed> {
        let place = usize::try_from(lane).ok().and_then(|lane| *self.places.get(lane)?)?;
        // SAFETY: the caller's promise.
        Some(unsafe { self.loaded[place].pass(slot) })
    }
}

/// What is said of a lane; if it is ready, the lane.
fn judge(lane: u32, loaded: Result<Lane, LoadError>) -> (Option<Lane>, Report) {
    let unfit = |reason: String| Report::Unfit { lane, reason };
    match loaded {
        Ok(loaded) if loaded.space() == Space::Own && loaded.handles_signals() => {
            (None, unfit("its module handles signals".to_owned()))
        }
        Ok(loaded) => (Some(loaded), Report::Ready { lane }),
        Err(LoadError::Handler { error_type, payload, .. }) => {
            let payload = String::from_utf8_lossy(&payload).into_owned();
            (None, Report::LoadFailed { lane, error_type, payload })
        }
        Err(error) => (None, unfit(error.to_string())),
    }
}
