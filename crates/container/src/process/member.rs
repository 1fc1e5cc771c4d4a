//! One container as the supervisor sees it: its process, or the one after that, and what it runs.

use std::collections::{HashSet, VecDeque};
use std::rc::Rc;
use std::time::{Duration, Instant};

use faastlane_engine::Outcome;
use faastlane_lanes::FunctionIndex;

use super::Program;
use super::connection::Connection;
use super::containers::ExecutionId;
use super::death;
use super::patience::{Patience, Verdict};
use super::wire::{Before, Job, Numbered, Order, Report};
use crate::clock::Clock;
use crate::journal::Watched;
use crate::run::Death;
use crate::{EndedCall, Error, Loaded, Observer};

/// How many processes may die one after the other without getting anywhere.
const MOST_DEATHS: u32 = 3;
/// How long it may take to stop what it runs.
const FAREWELL: Duration = Duration::from_secs(5);
/// An execution that takes no longer is short: further ones may wait behind it.
const SHORT: Duration = Duration::from_millis(2);
/// How many may be with a container if they are short. Each then costs a fraction of a wake-up.
const MOST_TOGETHER: usize = 16;
/// An execution that runs longer than this keeps others from running behind it.
const LONG: Duration = Duration::from_millis(10);

/// An execution that was given to a container.
pub(super) struct InFlight<'o> {
    pub(super) id: ExecutionId,
    /// Until its end is there.
    pub(super) job: Option<Job>,
    pub(super) observer: Box<dyn Observer + 'o>,
    /// The last event of its history that has come.
    seen: u64,
}

/// What has happened with a container.
pub(super) enum Happened {
    Ended(ExecutionId, Result<Outcome, Error>),
    Loaded(Vec<Loaded>),
}

/// One container.
pub(super) struct Member<'o> {
    connection: Connection,
    journal: Watched,
    clock: Clock,
    pub(super) running: VecDeque<InFlight<'o>>,
    /// Executions that have ended here.
    ended: u64,
    /// How many may.
    most: u64,
    /// Since when the first one runs.
    since: Instant,
    /// About how long one takes; none as long as none has ended.
    takes: Option<Duration>,
    is_ready: bool,
    is_loading: bool,
    /// It has been told to give executions back, and how many it has.
    gives_back: bool,
    given_back: Option<usize>,
    /// It was killed because it did not go on.
    has_been_given_up: bool,
    worn: bool,
    /// When it was told to stop.
    stopped: Option<Instant>,
    patience: Patience,
    /// The kind of placements that were told.
    placed: HashSet<(usize, String)>,
    /// Where the journal was when the process was started, and how many in a row came no further.
    progress: u64,
    deaths: u32,
}

impl<'o> Member<'o> {
    /// Starts a container that runs no more than `most` executions.
    pub(super) fn start(program: &Program, setup: &Rc<Vec<u8>>, most: u64) -> Result<Self, Error> {
        let journal = Watched::create().map_err(Error::Process)?;
        let mut connection = Connection::start(program, &journal.file).map_err(Error::Process)?;
        connection.send(Rc::clone(setup));
        let progress = journal.progress();
        Ok(Self {
            connection,
            journal,
            clock: Clock::new(),
            running: VecDeque::new(),
            ended: 0,
            most,
            since: Instant::now(),
            takes: None,
            is_ready: false,
            is_loading: false,
            gives_back: false,
            given_back: None,
            has_been_given_up: false,
            worn: false,
            stopped: None,
            patience: Patience::default(),
            placed: HashSet::new(),
            progress,
            deaths: 0,
        })
    }
}

/// How an execution ends that the user has stopped.
pub(super) fn stopped() -> Outcome {
    Outcome::Aborted { error: None, cause: Some("Stopped by the user.".into()) }
}

/// What it runs.
impl<'o> Member<'o> {
    /// Has it run an execution after those that it has.
    pub(super) fn run(
        &mut self,
        id: ExecutionId,
        job: Job,
        observer: Box<dyn Observer + 'o>,
    ) -> Result<(), Error> {
        let number = self.ended + self.running.len() as u64 + 1;
        let numbered = Numbered { number, job: &job, before: None };
        self.connection.order(&Order::Run(Box::new(numbered)))?;
        if self.running.is_empty() {
            self.since = Instant::now();
        }
        self.running.push_back(InFlight { id, job: Some(job), observer, seen: 0 });
        Ok(())
    }

    /// Has it load all functions, and call those that have an event.
    pub(super) fn load(&mut self, events: Vec<Option<String>>) -> Result<(), Error> {
        self.is_loading = true;
        self.connection.order(&Order::<&Job>::Load(events))
    }

    /// How many more executions it may get now.
    pub(super) fn room(&self, now: Instant) -> usize {
        let is_short = self.takes.is_some_and(|takes| takes <= SHORT);
        let most = if is_short && !self.is_busy(now) { MOST_TOGETHER } else { 1 };
        if self.is_worn() || self.gives_back { 0 } else { most.saturating_sub(self.running.len()) }
    }

    /// Whether it runs an execution that takes long.
    pub(super) fn is_busy(&self, now: Instant) -> bool {
        self.is_ready && !self.running.is_empty() && now > self.since + LONG
    }

    /// Whether it is to be let go of when it has nothing to do: it has harm done to it, or is old.
    fn is_worn(&self) -> bool {
        self.worn || self.ended >= self.most
    }

    /// Whether it is to be let go of now.
    pub(super) fn is_over(&self) -> bool {
        self.is_worn() && self.running.is_empty()
    }

    /// Stops what it runs, and gives it up if that has not come to an end in time.
    pub(super) fn stop(&mut self, happened: &mut Vec<Happened>) -> Result<(), Error> {
        let now = Instant::now();
        match self.stopped {
            None => {
                self.stopped = Some(now);
                self.connection.order(&Order::<&Job>::Stop)?;
            }
            Some(since) if now > since + FAREWELL => {
                self.worn = true;
                self.connection.kill();
                while !self.running.is_empty() {
                    self.end_first(Ok(stopped()), happened);
                }
            }
            Some(_) => {}
        }
        Ok(())
    }

    /// Does what time asks for: takes back executions that wait behind a long one, gives up a process
    /// that has not gone on. The next time to look.
    pub(super) fn look_after(&mut self, now: Instant) -> Result<Option<Instant>, Error> {
        if self.running.is_empty() {
            return Ok(None);
        }
        if self.running.len() > 1 && self.is_busy(now) && !self.gives_back {
            self.gives_back = true;
            self.connection.order(&Order::<&Job>::GiveBack)?;
        }
        let long = (self.running.len() > 1 && !self.gives_back).then(|| self.since + LONG);
        let (by, connection) = (self.journal.goes_on_by(), &self.connection);
        let next = match self.patience.look(now, by, || connection.activity()) {
            Verdict::Wait(next) => next,
            Verdict::Stuck => {
                self.connection.kill();
                self.has_been_given_up = true;
                None
            }
        };
        Ok([long, next].into_iter().flatten().min())
    }
}

/// What it says.
impl<'o> Member<'o> {
    pub(super) fn connection(&mut self) -> &mut Connection {
        &mut self.connection
    }

    /// Takes in what has arrived. False if the process has ended, or is not to be spoken to.
    pub(super) fn receive(&mut self, happened: &mut Vec<Happened>) -> Result<bool, Error> {
        let more = self.connection.read();
        loop {
            if let Some(first) = self.running.front_mut()
                && self.connection.has_end()
            {
                // It is never needed again, and may be as large as the output.
                first.job = None;
            }
            let Some(report) = self.connection.next()? else { break };
            self.handle(report, happened);
        }
        Ok(more)
    }

    fn handle(&mut self, report: Report, happened: &mut Vec<Happened>) {
        let clock = &self.clock;
        let Some(first) = self.running.front_mut() else {
            match report {
                Report::Ready => self.is_ready = true,
                Report::Loaded(functions) if self.is_loading => {
                    happened.push(Happened::Loaded(functions));
                }
                Report::GivenBack(count) => self.given_back = Some(count),
                // Nobody asks what a container does between executions.
                _ => {}
            }
            return;
        };
        match report {
            Report::Ready => self.is_ready = true,
            Report::Recorded { event, at } => {
                first.seen = event.id;
                first.observer.recorded(event, clock.instant(at));
            }
            Report::Wrote { function, text } => {
                first.observer.wrote(FunctionIndex(function), &text)
            }
            Report::Called { state, function, times } => {
                let (function, times) = (FunctionIndex(function), times.times(clock));
                first.observer.called(EndedCall { state, function, times });
            }
            Report::Placed { function, placement } => {
                // Each process of the container says so once.
                if self.placed.insert((function, placement.lane.clone())) {
                    first.observer.placed(FunctionIndex(function), &placement);
                }
            }
            Report::Progressed(map_run) => first.observer.progressed(map_run),
            Report::Ended { outcome, took, worn } => {
                self.worn |= worn;
                self.end_first(Ok(outcome), happened);
                self.takes = Some(self.takes.map_or(took, |takes| (takes * 7 + took) / 8));
            }
            Report::GaveUp(why) => {
                self.worn = true;
                self.end_first(Err(Error::GaveUp(why)), happened);
            }
            Report::GivenBack(count) => self.given_back = Some(count),
            Report::Loaded(_) => {}
        }
    }

    fn end_first(&mut self, result: Result<Outcome, Error>, happened: &mut Vec<Happened>) {
        let Some(first) = self.running.pop_front() else { return };
        self.ended += 1;
        self.journal.acknowledge(self.ended);
        self.since = Instant::now();
        happened.push(Happened::Ended(first.id, result));
    }

    /// The executions that it has given back, in order.
    pub(super) fn take_back(&mut self) -> Vec<InFlight<'o>> {
        // It gets no others before it has answered, so they are its last ones.
        let Some(count) = self.given_back.take() else { return Vec::new() };
        self.gives_back = false;
        let count = count.min(self.running.len());
        self.running.split_off(self.running.len() - count).into()
    }
}

/// The end of its process.
impl Member<'_> {
    /// Its process has ended, or is not to be spoken to: another one goes on. If that makes no sense, all
    /// that it ran has failed.
    pub(super) fn revive(
        &mut self,
        program: &Program,
        setup: &Rc<Vec<u8>>,
        happened: &mut Vec<Happened>,
    ) -> Result<(), Error> {
        let status = self.connection.end();
        self.worn |= self.running.is_empty();
        let is_further = self.journal.progress() != self.progress;
        self.deaths = if is_further { 1 } else { self.deaths + 1 };
        if self.is_loading || self.deaths >= MOST_DEATHS {
            self.worn = true;
            while !self.running.is_empty() {
                self.end_first(Err(death::error(&status, self.connection.said())), happened);
            }
        }
        if self.worn && self.running.is_empty() {
            return if self.is_loading {
                Err(death::error(&status, self.connection.said()))
            } else {
                Ok(())
            };
        }
        let death = if self.has_been_given_up { Death::Stuck } else { death::of(&status) };
        (self.is_ready, self.gives_back, self.given_back) = (false, false, None);
        (self.has_been_given_up, self.stopped) = (false, None);
        self.progress = self.journal.progress();
        self.journal.take_over();
        let said = self.connection.said();
        let connection = Connection::start(program, &self.journal.file).map_err(Error::Process)?;
        self.connection = connection;
        self.connection.send(Rc::clone(setup));
        for (place, execution) in self.running.iter_mut().enumerate() {
            let number = self.ended + place as u64 + 1;
            let before = Some(Before { seen: execution.seen, death });
            let Some(job) = &execution.job else { continue };
            let numbered = Numbered { number, job, before };
            self.connection.order(&Order::Run(Box::new(numbered)))?;
        }
        if let Some(first) = self.running.front_mut() {
            first.observer.continued(&death::reason(death, &said));
        }
        Ok(())
    }
}
