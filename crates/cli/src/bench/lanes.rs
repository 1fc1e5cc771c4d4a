//! Contenders that are Faastlane: the containers of `faastlane run --repeat`, for each legal way to place
//! functions.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use clap::ValueEnum;
use faastlane_container::process::{Containers, ExecutionId, Limits, Wanted};
use faastlane_container::{EndedCall, Ids, Observer};
use faastlane_engine::{HistoryEvent, Outcome};
use faastlane_lanes::FunctionIndex;
use faastlane_results::Sample;

use super::contest::{Contender, Effort, Ran, Shared};
use super::replay::{Recorder, Reference};
use crate::Error;
use crate::args::{IsolationArg, LanesArg, PlacementArgs};
use crate::commands::run::Ready;
use crate::interrupt::Interrupt;
use crate::isolation::{Placing, name, typed};
use crate::trace::Trace;

/// All that are legal on this machine, as they are typed.
pub(super) fn variants() -> Vec<Placing> {
    let isolations = [IsolationArg::Mpk, IsolationArg::Process, IsolationArg::None];
    let pairs = LanesArg::value_variants().iter().flat_map(|lanes| {
        isolations.map(|isolation| PlacementArgs { lanes: *lanes, isolation: Some(isolation) })
    });
    pairs.filter_map(|typed| Placing::choose(typed, None).ok()).collect()
}

/// What a variant is called in a table.
pub(super) fn title(placing: Placing) -> String {
    format!("lanes {}, isolation {}", typed(placing.lanes), name(placing.isolation))
}

/// Containers that run one project again and again.
pub(super) struct Warm<'a> {
    ready: &'a Ready,
    interrupt: Interrupt,
    containers: Containers<'static>,
    ids: Ids,
}

impl<'a> Warm<'a> {
    pub(super) fn start(
        ready: &'a Ready,
        placing: Placing,
        effort: Effort,
        interrupt: &Interrupt,
    ) -> Result<Self, Error> {
        let Effort { at_a_time, vcpus, .. } = effort;
        let limits = Limits {
            vcpus: vcpus.min(at_a_time),
            containers: at_a_time,
            waiting: at_a_time,
            executions: u64::MAX,
        };
        let containers = ready.containers_placed(placing, limits, interrupt)?;
        Ok(Self { ready, interrupt: interrupt.clone(), containers, ids: Ids::random() })
    }

    /// The calls that an execution makes, wave by wave.
    pub(super) fn record(&mut self) -> Result<Vec<Vec<Reference>>, Error> {
        let recorder = Rc::new(RefCell::new(Recorder::default()));
        self.run(Wanted::Values, Shared(Rc::clone(&recorder)))?;
        Ok(recorder.take().waves())
    }

    fn run(&mut self, history: Wanted, observer: impl Observer + 'static) -> Result<(), Error> {
        let job = self.ready.job(&mut self.ids, history);
        succeeded(self.containers.run(job, observer)?)
    }

    /// A signal stops these containers from now on: they have the turn.
    fn listen(&self) {
        let stopper = self.containers.stopper();
        self.interrupt.react(move || stopper.stop());
    }

    fn finish_one(&mut self) -> Result<(), Error> {
        let (_, result): (ExecutionId, _) = self.containers.wait()?;
        succeeded(result?)
    }
}

impl Contender for Warm<'_> {
    fn one_by_one(&mut self, budget: Duration) -> Result<Vec<Sample>, Error> {
        self.listen();
        let until = Instant::now() + budget;
        let mut samples = Vec::new();
        while samples.is_empty() || Instant::now() < until {
            let times = Rc::new(RefCell::new(Times(Trace::new())));
            self.run(Wanted::Events, Shared(Rc::clone(&times)))?;
            let split = times.borrow().0.split();
            // To wait for a free worker is a price of ours, and baselines have nothing else to call it.
            let [end_to_end, functions, waiting] = [split.total, split.functions, split.asked_for]
                .map(|time| time.as_secs_f64() * 1e6);
            samples.push(Sample { end_to_end, functions, outside: None, waiting });
        }
        Ok(samples)
    }

    fn together(&mut self, budget: Duration, at_a_time: usize, _: usize) -> Result<Ran, Error> {
        self.listen();
        let began = Instant::now();
        let (mut running, mut executions) = (0, 0);
        while executions == 0 || began.elapsed() < budget {
            while running < at_a_time {
                let job = self.ready.job(&mut self.ids, Wanted::Nothing);
                self.containers.submit(job, Nobody)?;
                running += 1;
            }
            self.finish_one()?;
            (running, executions) = (running - 1, executions + 1);
        }
        for _ in 0..running {
            self.finish_one()?;
        }
        Ok(Ran { executions: executions + running, took: began.elapsed() })
    }
}

/// Only executions that succeed are worth a number.
fn succeeded(outcome: Outcome) -> Result<(), Error> {
    outcome.into_output().map(drop).map_err(|failed| {
        let parts = [failed.error, failed.cause].into_iter().flatten();
        let why = parts.map(|part| part.to_string()).collect::<Vec<_>>().join(": ");
        Error::Invalid(format!("an execution did not succeed: {why}"))
    })
}

/// Notes where the time goes.
struct Times(Trace);

impl Observer for Times {
    fn recorded(&mut self, event: HistoryEvent, at: Instant) {
        self.0.recorded(&event, at);
    }

    fn wrote(&mut self, _: FunctionIndex, _: &str) {}

    fn called(&mut self, call: EndedCall) {
        self.0.called(&call, "");
    }
}

struct Nobody;

impl Observer for Nobody {
    fn recorded(&mut self, _: HistoryEvent, _: Instant) {}

    fn wrote(&mut self, _: FunctionIndex, _: &str) {}

    fn called(&mut self, _: EndedCall) {}
}
