//! The supervisor: containers of one workflow, each in a process of its own, and the executions that
//! they run.
//!
//! Work-conserving, as lanes are: as many containers as there are processors without hesitation, and
//! another one only for an execution that waits while all others are busy. Short executions wait
//! behind each other in the container, so that neither side sleeps between them; when one of them
//! turns out to be long, those behind it are taken back. A container for each execution was the other
//! way: processes would then change places on the processors after every execution.
//!
//! One thread drives all of it, in [`Containers::wait`].

use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use faastlane_engine::Outcome;

use super::bell::Bell;
use super::connection::encoded;
use super::member::{self, Happened, InFlight, Member};
use super::rest::rest;
use super::wire::{Job, Order};
use super::{Program, Setup, Stopper};
use crate::{Error, Loaded, Observer};

/// How long an execution waits before another container is started for it, if all are busy.
const GROW_AFTER: Duration = Duration::from_millis(10);
/// How often containers with something to do are looked at.
const LOOK: Duration = Duration::from_millis(200);

/// How much may run and wait.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// As many containers are started without hesitation: processors.
    pub vcpus: usize,
    /// Most containers.
    pub containers: usize,
    /// Most executions that wait for a container; beyond that [`Containers::submit`] refuses.
    pub waiting: usize,
    /// After so many executions a container is replaced by a new one.
    pub executions: u64,
}

impl Limits {
    /// One container for one execution after another.
    pub const ONE: Self = Self { vcpus: 1, containers: 1, waiting: 1, executions: u64::MAX };
}

/// Names an execution of [`Containers`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ExecutionId(pub u64);

/// Containers of one workflow. They end with this value, and with the thread that drives it.
pub struct Containers<'o> {
    program: Program,
    setup: Rc<Vec<u8>>,
    limits: Limits,
    members: Vec<Member<'o>>,
    waiting: VecDeque<Waiting<'o>>,
    happened: Vec<Happened>,
    ended: VecDeque<(ExecutionId, Result<Outcome, Error>)>,
    stopper: Stopper,
    /// Ends a rest, too.
    bell: Option<Arc<Bell>>,
    last: u64,
    /// When to see next whether somebody has stopped a container.
    look_at: Instant,
}

struct Waiting<'o> {
    id: ExecutionId,
    job: Job,
    observer: Box<dyn Observer + 'o>,
    since: Instant,
}

impl std::fmt::Debug for Containers<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Containers").field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl<'o> Containers<'o> {
    /// Starts the first container, which prepares its lanes at once.
    ///
    /// # Errors
    /// The system refuses a process, or `setup` has a path that is not UTF-8.
    pub fn start(program: Program, setup: Setup, limits: Limits) -> Result<Self, Error> {
        let setup = encoded(&Order::<&Job>::Setup(Box::new(setup)))?;
        let mut containers = Self {
            program,
            setup,
            limits: Limits {
                vcpus: limits.vcpus.max(1),
                containers: limits.containers.max(1),
                ..limits
            },
            members: Vec::new(),
            waiting: VecDeque::new(),
            happened: Vec::new(),
            ended: VecDeque::new(),
            stopper: Stopper::new().map_err(Error::Process)?,
            bell: None,
            last: 0,
            look_at: Instant::now(),
        };
        containers.grow()?;
        Ok(containers)
    }

    /// What stops all executions from another thread.
    #[must_use]
    pub fn stopper(&self) -> Stopper {
        self.stopper.clone()
    }

    /// Has an execution run, after those that wait already.
    ///
    /// # Errors
    /// [`Error::Full`] if as many wait as may.
    pub fn submit(&mut self, job: Job, observer: impl Observer + 'o) -> Result<ExecutionId, Error> {
        self.add(job, Box::new(observer))
    }

    /// As [`Self::submit`].
    pub(super) fn add(
        &mut self,
        job: Job,
        observer: Box<dyn Observer + 'o>,
    ) -> Result<ExecutionId, Error> {
        if self.waiting.len() >= self.limits.waiting {
            return Err(Error::Full(self.limits.waiting));
        }
        self.last += 1;
        let id = ExecutionId(self.last);
        let since = Instant::now();
        self.waiting.push_back(Waiting { id, job, observer, since });
        Ok(id)
    }

    /// Waits until an execution ends; which one, and how.
    ///
    /// # Errors
    /// Containers cannot be started or spoken to.
    ///
    /// # Panics
    /// If none runs or waits.
    pub fn wait(&mut self) -> Result<(ExecutionId, Result<Outcome, Error>), Error> {
        loop {
            if let Some(ended) = self.ended.pop_front() {
                return Ok(ended);
            }
            let runs = self.members.iter().any(|member| !member.running.is_empty());
            assert!(runs || !self.waiting.is_empty(), "somebody has submitted an execution");
            self.turn(None)?;
        }
    }

    /// One round: waits until something happens, the bell rings, or it is `until`.
    pub(super) fn turn(&mut self, until: Option<Instant>) -> Result<(), Error> {
        self.step(until)?;
        for happened in self.happened.drain(..) {
            if let Happened::Ended(id, result) = happened {
                self.ended.push_back((id, result));
            }
        }
        Ok(())
    }

    /// An execution that has ended, and how.
    pub(super) fn next_ended(&mut self) -> Option<(ExecutionId, Result<Outcome, Error>)> {
        self.ended.pop_front()
    }

    /// From now on this bell ends a round.
    pub(super) fn listen_to(&mut self, bell: &Arc<Bell>) {
        self.bell = Some(Arc::clone(bell));
    }

    /// Whether [`Self::wait`] has an answer at once.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        !self.ended.is_empty()
    }

    /// Runs one execution to its end.
    ///
    /// # Errors
    /// As those of [`Self::wait`], and its container cannot go on.
    pub fn run(&mut self, job: Job, observer: impl Observer + 'o) -> Result<Outcome, Error> {
        self.submit(job, observer)?;
        self.wait()?.1
    }

    /// Loads the modules of all functions, and calls each one that has an event, which is JSON text; what
    /// came of each, in their order. `events` has a place for each function.
    ///
    /// # Errors
    /// As those of [`Self::run`].
    pub fn load_all(&mut self, events: Vec<Option<String>>) -> Result<Vec<Loaded>, Error> {
        self.members[0].load(events)?;
        loop {
            self.step(None)?;
            for happened in self.happened.drain(..) {
                match happened {
                    Happened::Loaded(functions) => return Ok(functions),
                    Happened::Ended(_, Err(error)) => return Err(error),
                    Happened::Ended(..) => {}
                }
            }
        }
    }

    /// One round: gives out what waits, waits for something to happen, and takes it in.
    fn step(&mut self, until: Option<Instant>) -> Result<(), Error> {
        let now = Instant::now();
        let grow_at = if self.stopper.is_stopped() { self.stop()? } else { self.assign(now)? };
        let mut deadlines = vec![until, grow_at];
        for member in &mut self.members {
            member.connection().flush();
            deadlines.push(member.look_after(now)?);
        }
        if self.members.iter().any(|member| !member.running.is_empty()) {
            if self.look_at <= now {
                self.look_at = now + LOOK;
                self.members.iter_mut().for_each(|member| member.connection().wake());
            }
            deadlines.push(Some(self.look_at));
        }
        let ready = self.rest(deadlines.into_iter().flatten().min())?;
        let mut place = 0;
        for is_ready in ready {
            let member = &mut self.members[place];
            if is_ready && !member.receive(&mut self.happened)? {
                member.revive(&self.program, &self.setup, &mut self.happened)?;
            }
            let back = member.take_back();
            let over = member.is_over();
            self.wait_again(back);
            if over {
                self.members.remove(place);
            } else {
                place += 1;
            }
        }
        Ok(())
    }

    /// Gives executions that wait to containers with room for them. When to think of another container.
    fn assign(&mut self, now: Instant) -> Result<Option<Instant>, Error> {
        while let Some(first) = self.waiting.front() {
            // The first ones have a processor each, so short executions are theirs.
            let vcpus = self.limits.vcpus;
            let free = self.members.iter_mut().enumerate().filter(|(_, m)| m.room(now) > 0);
            let next = free.min_by_key(|(place, m)| (*place >= vcpus, m.running.len()));
            if let Some((_, member)) = next {
                let Some(Waiting { id, job, observer, .. }) = self.waiting.pop_front() else {
                    break;
                };
                member.run(id, job, observer)?;
                continue;
            }
            let at = first.since + GROW_AFTER;
            // One that starts will take it.
            let all_busy = || self.members.iter().all(|member| member.is_busy(now));
            let few = self.members.len() < vcpus;
            if self.members.len() >= self.limits.containers {
                return Ok(None);
            }
            if !few && (at > now || !all_busy()) {
                return Ok(Some(at.max(now + GROW_AFTER)));
            }
            self.grow()?;
        }
        Ok(None)
    }

    fn grow(&mut self) -> Result<(), Error> {
        let most = self.limits.executions;
        self.members.push(Member::start(&self.program, &self.setup, most)?);
        Ok(())
    }

    /// Stops what runs, and drops what waits.
    fn stop(&mut self) -> Result<Option<Instant>, Error> {
        for member in &mut self.members {
            if !member.running.is_empty() {
                member.stop(&mut self.happened)?;
            }
        }
        let waiting = self.waiting.drain(..).map(|waiting| waiting.id);
        self.happened.extend(waiting.map(|id| Happened::Ended(id, Ok(member::stopped()))));
        Ok(None)
    }

    /// Puts executions that were given back in front of those that wait.
    fn wait_again(&mut self, back: Vec<InFlight<'o>>) {
        let since = Instant::now();
        for InFlight { id, job, observer, .. } in back.into_iter().rev() {
            let job = job.expect("it has not begun, so it has not ended");
            self.waiting.push_front(Waiting { id, job, observer, since });
        }
    }

    /// Waits until a container says something, or it is to stop, or `deadline` has passed. Which of the
    /// containers are to be listened to.
    fn rest(&mut self, deadline: Option<Instant>) -> Result<Vec<bool>, Error> {
        if !self.happened.is_empty() {
            return Ok(vec![false; self.members.len()]);
        }
        let bells: Vec<&Bell> =
            [self.stopper.bell()].into_iter().chain(self.bell.as_deref()).collect();
        rest(&bells, self.members.iter_mut().map(Member::connection), deadline)
    }
}
