//! Executions that run wholly in containers, asked for by any thread.
//!
//! [`Containers`] belong to one thread, which drives them; here that thread is in the background, and
//! whoever submits an execution is called back at its end. It is woken only if it sleeps, so that many
//! short executions cost a fraction of a wake-up each.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use faastlane_engine::Outcome;

use super::background::{Background, Inbox, Orders, Worker};
use super::{Containers, ExecutionId, Job, Limits, MakeSetup, Program, Setup};
use crate::{Error, Observer};

/// Runs executions of one workflow in containers. Without this, these end when what was submitted has
/// ended.
#[derive(Debug)]
pub struct Executor(Background<Driver>);

type Done = Box<dyn FnOnce(Result<Outcome, Error>) + Send>;

impl Executor {
    /// Executions in containers of what `make` gives when the first of them is to run. The containers are
    /// let go of when nothing has run for so long as `idle`, and started again by the next execution.
    ///
    /// # Errors
    /// The system refuses a descriptor.
    pub fn new(
        program: Program,
        make: MakeSetup,
        limits: Limits,
        idle: Duration,
    ) -> Result<Self, Error> {
        let driver = Driver { program, make, setup: None, limits, idle, left: Vec::new() };
        Ok(Self(Background::new(driver).map_err(Error::Process)?))
    }

    /// Has an execution run. At its end, `done` is called on the thread of the executor, which does
    /// nothing else meanwhile; an execution that may not wait for its turn ends with [`Error::Full`].
    ///
    /// # Errors
    /// The system refuses a thread.
    pub fn submit(
        &self,
        job: Job,
        observer: impl Observer + Send + 'static,
        done: impl FnOnce(Result<Outcome, Error>) + Send + 'static,
    ) -> Result<(), Error> {
        let (observer, done) = (Box::new(observer), Box::new(done));
        let submission = Command::Submit(Box::new(Submission { job, observer, done }));
        self.0.tell(submission).map_err(Error::Process)
    }

    /// Stops all executions that run or wait; they end as [`Outcome::Aborted`].
    ///
    /// # Errors
    /// The system refuses a thread.
    pub fn stop(&self) -> Result<(), Error> {
        self.0.tell(Command::Stop).map_err(Error::Process)
    }

    /// Has the containers end, which is not waited for.
    pub fn close(&self) {
        self.0.close();
    }

    /// As [`Self::close`], and waits for that.
    pub fn end(&self) {
        self.0.end();
    }
}

enum Command {
    Submit(Box<Submission>),
    Stop,
}

struct Submission {
    job: Job,
    observer: Box<dyn Observer + Send>,
    done: Done,
}

/// What the thread has, between its lives too.
struct Driver {
    program: Program,
    make: MakeSetup,
    /// Made when it is first needed.
    setup: Option<Setup>,
    limits: Limits,
    idle: Duration,
    /// What was asked for after everything was told to stop: for the next life.
    left: Vec<Command>,
}

impl std::fmt::Debug for Driver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Driver").field("program", &self.program).finish_non_exhaustive()
    }
}

impl Worker for Driver {
    type Message = Command;

    fn work(&mut self, inbox: &Inbox<Command>) {
        loop {
            let mut life = Life { commands: std::mem::take(&mut self.left), ..Life::default() };
            if let Err(error) = life.live(self, inbox) {
                life.fail_all(&error.to_string());
            }
            if self.left.is_empty() {
                return;
            }
        }
    }
}

/// One life of the thread. It ends when everything was stopped: the next one has containers that run.
#[derive(Default)]
struct Life {
    running: HashMap<ExecutionId, Done>,
    commands: Vec<Command>,
    is_stopping: bool,
}

impl Life {
    fn live(&mut self, driver: &mut Driver, inbox: &Inbox<Command>) -> Result<(), Error> {
        inbox.take(&mut self.commands);
        let setup = match &driver.setup {
            Some(setup) => setup,
            None => driver.setup.insert((driver.make)().map_err(Error::GaveUp)?),
        };
        let mut containers =
            Containers::start(driver.program.clone(), setup.clone(), driver.limits)?;
        containers.listen_to(inbox.bell());
        let mut idle_since = Instant::now();
        loop {
            // What comes while all stops is for the next life.
            let orders =
                if self.is_stopping { Orders::GoOn } else { inbox.take(&mut self.commands) };
            if orders == Orders::End {
                return Ok(());
            }
            let mut commands = std::mem::take(&mut self.commands);
            for command in commands.drain(..) {
                if self.is_stopping {
                    driver.left.push(command);
                } else {
                    self.obey(command, &mut containers);
                }
            }
            self.commands = commands;
            let now = Instant::now();
            let until = if self.running.is_empty() {
                let until = idle_since + driver.idle;
                if now >= until || self.is_stopping || orders == Orders::Finish {
                    return Ok(());
                }
                Some(until)
            } else {
                idle_since = now;
                None
            };
            containers.turn(until)?;
            inbox.wakes();
            while let Some((id, result)) = containers.next_ended() {
                if let Some(done) = self.running.remove(&id) {
                    done(result);
                }
            }
        }
    }

    fn obey(&mut self, command: Command, containers: &mut Containers<'static>) {
        match command {
            Command::Submit(submission) => {
                let Submission { job, observer, done } = *submission;
                match containers.add(job, observer) {
                    Ok(id) => drop(self.running.insert(id, done)),
                    Err(error) => done(Err(error)),
                }
            }
            Command::Stop => {
                self.is_stopping = true;
                containers.stopper().stop();
            }
        }
    }

    /// No execution goes on, for this reason.
    fn fail_all(&mut self, why: &str) {
        let running = self.running.drain().map(|(_, done)| done);
        let waiting = self.commands.drain(..).filter_map(|command| match command {
            Command::Submit(submission) => Some(submission.done),
            Command::Stop => None,
        });
        running.chain(waiting).for_each(|done| done(Err(Error::GaveUp(why.to_owned()))));
    }
}
