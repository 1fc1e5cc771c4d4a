//! The thread that has calls made by another process.

use std::rc::Rc;
use std::time::{Duration, Instant};

use faastlane_lanes::Outcome;
use faastlane_value::ArcStr;

use super::marks::{Ticket, Watched};
use super::outstanding::{Call, Outstanding, Purpose};
use super::wire::{self, Order, Report, Returned, ToCall, What};
use super::{Answer, Failure, Invoked, Made};
use crate::clock::Clock;
use crate::process::background::{Inbox, Orders, Worker};
use crate::process::connection::{Connection, encoded};
use crate::process::patience::{Patience, Verdict};
use crate::process::rest::rest;
use crate::process::{Job, MakeSetup, Program, Setup, death};
use crate::run::Death;
use crate::{Error, Ids, task};

/// How often a process with something to do is looked at.
const LOOK: Duration = Duration::from_millis(200);
/// How many processes may die one after the other without getting anywhere.
const MOST_DEATHS: u32 = 3;
/// The error of a task whose call nobody could make. Definitions retry it.
const UNAVAILABLE: &str = "Lambda.ServiceException";
/// The error of a task that was one too many.
const TOO_MANY: &str = "Lambda.TooManyRequestsException";

/// What the thread is told.
pub(super) enum Command {
    Call { number: u64, what: What, request_id: Option<String>, trace_id: Option<String> },
    Cancel(u64),
}

/// What the thread has, between its lives too.
pub(super) struct Driver {
    program: Program,
    make: MakeSetup,
    /// Made when it is first needed.
    setup: Option<Setup>,
    idle: Duration,
    answered: Box<dyn FnMut(Answer) + Send>,
    ids: Ids,
}

impl std::fmt::Debug for Driver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Driver").field("program", &self.program).finish_non_exhaustive()
    }
}

impl Driver {
    pub(super) fn new(
        program: Program,
        make: MakeSetup,
        idle: Duration,
        answered: Box<dyn FnMut(Answer) + Send>,
    ) -> Self {
        Self { program, make, setup: None, idle, answered, ids: Ids::random() }
    }
}

impl Worker for Driver {
    type Message = Command;

    fn work(&mut self, inbox: &Inbox<Command>) {
        let mut life = Life {
            driver: self,
            outstanding: Outstanding::default(),
            functions: Vec::new(),
            process: None,
            clock: Clock::new(),
            deaths: 0,
        };
        if let Err(error) = life.live(inbox) {
            life.fail_all(&error.to_string());
        }
    }
}

/// One life of the thread.
struct Life<'a> {
    driver: &'a mut Driver,
    outstanding: Outstanding,
    /// Their names.
    functions: Vec<ArcStr>,
    process: Option<Process>,
    clock: Clock,
    /// How many processes in a row have died without getting anywhere.
    deaths: u32,
}

/// The process that makes the calls.
struct Process {
    connection: Connection,
    marks: Watched,
    patience: Patience,
    /// When to see next whether somebody has stopped it.
    look_at: Instant,
    /// It was killed because it did not go on.
    has_been_given_up: bool,
    /// A call has ended.
    has_answered: bool,
    /// It has said why it can make no calls.
    gave_up: Option<String>,
}

impl Life<'_> {
    fn live(&mut self, inbox: &Inbox<Command>) -> Result<(), Error> {
        let mut commands = Vec::new();
        let mut idle_since = Instant::now();
        loop {
            let orders = inbox.take(&mut commands);
            if orders == Orders::End {
                return Ok(());
            }
            for command in commands.drain(..) {
                self.obey(command)?;
            }
            let now = Instant::now();
            let is_idle = self.outstanding.is_empty();
            if !is_idle {
                idle_since = now;
                if self.process.is_none() && !self.start()? {
                    continue;
                }
            } else if orders == Orders::Finish || now >= idle_since + self.driver.idle {
                return Ok(());
            }
            let idle_until = is_idle.then(|| idle_since + self.driver.idle);
            let next = self.process.as_mut().and_then(|process| process.look_after(now, is_idle));
            let deadline = [idle_until, next].into_iter().flatten().min();
            let ready = {
                let connections = self.process.iter_mut().map(|process| &mut process.connection);
                rest(&[inbox.bell().as_ref()], connections, deadline)?
            };
            inbox.wakes();
            if ready.first() == Some(&true) {
                self.receive()?;
            }
        }
    }

    fn obey(&mut self, command: Command) -> Result<(), Error> {
        match command {
            Command::Call { number, what, request_id, trace_id } => {
                let request_id = request_id.unwrap_or_else(|| self.driver.ids.uuid());
                self.call(number, what, request_id, trace_id)
            }
            Command::Cancel(number) => {
                let cancelled = self.outstanding.remove_number(number);
                match (cancelled, &mut self.process) {
                    (Some(call), Some(process)) => {
                        process.connection.order(&Order::Cancel(call.ticket.0))
                    }
                    _ => Ok(()),
                }
            }
        }
    }

    fn call(
        &mut self,
        number: u64,
        what: What,
        request_id: String,
        trace_id: Option<String>,
    ) -> Result<(), Error> {
        let purpose = match &what {
            What::Task { request, .. } => {
                Purpose::Task { task: request.task, detached: request.detached }
            }
            What::Function { .. } => Purpose::Invocation,
        };
        let Some(ticket) = self.outstanding.ticket() else {
            self.fail(number, purpose, TOO_MANY, "Rate exceeded");
            return Ok(());
        };
        let to_call = ToCall { ticket: ticket.0, request_id: request_id.clone(), what, trace_id };
        let order = encoded(&Order::Call(to_call))?;
        if let Some(process) = &mut self.process {
            process.connection.send(Rc::clone(&order));
        }
        self.outstanding.add(Call { ticket, number, request_id, purpose, order });
        Ok(())
    }

    /// Starts a process, and tells it all calls that are under way. If there can be none, these have failed.
    fn start(&mut self) -> Result<bool, Error> {
        let setup = match &self.driver.setup {
            Some(setup) => setup,
            None => match (self.driver.make)() {
                Ok(setup) => self.driver.setup.insert(setup),
                Err(why) => {
                    self.fail_all(&why);
                    return Ok(false);
                }
            },
        };
        self.functions = setup.functions.iter().map(|f| f.name.as_str().into()).collect();
        let setup = encoded(&wire::First::<&Job>::Calls(Box::new(setup.clone())))?;
        let marks = Watched::create().map_err(Error::Process)?;
        let connection = Connection::start(&self.driver.program, &marks.file);
        let mut connection = connection.map_err(Error::Process)?;
        connection.send(setup);
        for ticket in self.outstanding.tickets() {
            if let Some(call) = self.outstanding.get(ticket) {
                connection.send(Rc::clone(&call.order));
            }
        }
        self.process = Some(Process {
            connection,
            marks,
            patience: Patience::default(),
            look_at: Instant::now() + LOOK,
            has_been_given_up: false,
            has_answered: false,
            gave_up: None,
        });
        Ok(true)
    }

    /// Takes in what has arrived.
    fn receive(&mut self) -> Result<(), Error> {
        let Some(process) = &mut self.process else { return Ok(()) };
        let more = process.connection.read();
        while let Some(process) = &mut self.process
            && let Some(report) = process.connection.next()?
        {
            self.handle(report);
        }
        if more {
            return Ok(());
        }
        self.bury();
        Ok(())
    }

    fn handle(&mut self, report: Report) {
        match report {
            Report::Performed { ticket, event, made } => {
                if let Some(Call { number, .. }) = self.end(ticket) {
                    let made = made.map(|made| self.made(made));
                    (self.driver.answered)(Answer::Performed { number, event, made });
                }
            }
            Report::Invoked { ticket, result, log_tail, made } => {
                if let Some(Call { number, .. }) = self.end(ticket) {
                    let made = made.map(|made| self.made(made));
                    let result = match result {
                        Returned::Payload(payload) => Ok(payload),
                        Returned::NotFound => Err(Failure::NotFound),
                        Returned::Failed { error_type, payload } => {
                            Err(Failure::Function { error_type, payload })
                        }
                    };
                    let invoked = Invoked { result, log_tail, made };
                    (self.driver.answered)(Answer::Invoked { number, invoked });
                }
            }
            Report::Wrote { function, ticket, text } => {
                let call = ticket.and_then(|ticket| self.outstanding.get(Ticket(ticket)));
                let (function, number) = (self.name(function), call.map(|call| call.number));
                (self.driver.answered)(Answer::Wrote { function, number, text });
            }
            Report::Placed { function, placement } => {
                let function = self.name(function);
                (self.driver.answered)(Answer::Placed { function, placement });
            }
            Report::GaveUp(why) => {
                if let Some(process) = &mut self.process {
                    process.gave_up = Some(why);
                }
            }
        }
    }

    fn end(&mut self, ticket: u64) -> Option<Call> {
        if let Some(process) = &mut self.process {
            process.has_answered = true;
        }
        self.outstanding.remove(Ticket(ticket))
    }

    fn name(&self, function: usize) -> ArcStr {
        self.functions.get(function).cloned().unwrap_or_default()
    }

    fn made(&self, made: wire::Made) -> Made {
        Made { function: self.name(made.function), times: made.times.times(&self.clock) }
    }

    /// The process has ended, or is not to be spoken to: calls that had begun have failed. If it got
    /// nowhere, nor did those before, all have.
    fn bury(&mut self) {
        let Some(mut process) = self.process.take() else { return };
        let status = process.connection.end();
        if let Some(why) = process.gave_up {
            return self.fail_all(&why);
        }
        let stuck = process.has_been_given_up;
        let death = if stuck { Death::Stuck } else { death::of(&status) };
        let reason = death::reason(death, &process.connection.said());
        let begun = self.outstanding.tickets().into_iter();
        let begun: Vec<_> = begun.filter(|ticket| process.marks.has_begun(*ticket)).collect();
        let has_got_somewhere = process.has_answered || !begun.is_empty();
        self.deaths = if has_got_somewhere { 1 } else { self.deaths + 1 };
        (self.driver.answered)(Answer::Died { reason });
        for ticket in begun {
            let Some(call) = self.outstanding.remove(ticket) else { continue };
            let Outcome::Failed { error_type, payload } = death.of_call(&call.request_id, None)
            else {
                continue;
            };
            self.fail_with(call.number, call.purpose, error_type, payload);
        }
        if self.deaths >= MOST_DEATHS {
            self.deaths = 0;
            let error = death::error(&status, process.connection.said());
            self.fail_all(&error.to_string());
        }
    }

    /// No call can be made, for this reason.
    fn fail_all(&mut self, why: &str) {
        for ticket in self.outstanding.tickets() {
            if let Some(call) = self.outstanding.remove(ticket) {
                self.fail(call.number, call.purpose, UNAVAILABLE, why);
            }
        }
    }

    /// The platform has failed a call.
    fn fail(&mut self, number: u64, purpose: Purpose, error: &str, why: &str) {
        match purpose {
            Purpose::Task { .. } => {
                let (error, why) = (error.to_owned(), why.as_bytes().to_vec());
                self.fail_with(number, purpose, error, why);
            }
            Purpose::Invocation => {
                let result = Err(Failure::Unavailable(why.to_owned()));
                let (log_tail, made) = (String::new(), None);
                let invoked = Invoked { result, log_tail, made };
                (self.driver.answered)(Answer::Invoked { number, invoked });
            }
        }
    }

    /// A call has failed so.
    fn fail_with(&mut self, number: u64, purpose: Purpose, error_type: String, payload: Vec<u8>) {
        let answer = match purpose {
            Purpose::Task { task, detached } => {
                let event = (!detached).then(|| task::failed(task, error_type, &payload));
                Answer::Performed { number, event, made: None }
            }
            Purpose::Invocation => {
                let result = Err(Failure::Function { error_type, payload });
                let (log_tail, made) = (String::new(), None);
                Answer::Invoked { number, invoked: Invoked { result, log_tail, made } }
            }
        };
        (self.driver.answered)(answer);
    }
}

impl Process {
    /// Does what time asks for, and sends what is to be sent. The next time to look.
    fn look_after(&mut self, now: Instant, is_idle: bool) -> Option<Instant> {
        self.connection.flush();
        if is_idle {
            return None;
        }
        if self.look_at <= now {
            self.look_at = now + LOOK;
            self.connection.wake();
        }
        let (by, connection) = (self.marks.goes_on_by(), &self.connection);
        match self.patience.look(now, by, || connection.activity()) {
            Verdict::Wait(next) => Some(next.map_or(self.look_at, |next| next.min(self.look_at))),
            Verdict::Stuck => {
                self.connection.kill();
                self.has_been_given_up = true;
                Some(self.look_at)
            }
        }
    }
}
