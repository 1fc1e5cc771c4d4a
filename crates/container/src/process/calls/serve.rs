//! The side of the process that makes calls: one thread, which waits in one place for orders and for
//! lanes.
//!
//! It sends what it has to tell itself, once in each round. A container has a thread of its own for
//! that because functions may run on its first one; here none does.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;

use faastlane_engine::{TaskId, TaskTarget};
use faastlane_frame::Data;
use faastlane_lanes::{self as lanes, Call, CallId, FunctionIndex, Payload, Pool};
use rustix::net::{RecvFlags, recv};

use super::marks::Marks;
use super::wire::{Made, Order, Report, Returned, ToCall, What};
use crate::clock::Clock;
use crate::process::arrived::Arrived;
use crate::process::serve::{NameOf, resolver};
use crate::process::wire::{Setup, WireTimes, append};
use crate::task::{self, call_of};
use crate::{Error, Placement, Resolver};

/// From this size on, in bytes, room for reports is given back.
const LARGE: usize = 1 << 20;

/// Makes calls for the process that started this one, until that lets go of it.
///
/// # Errors
/// The lanes cannot be waited for any more, or the other side is not understood.
pub(in super::super) fn serve(
    setup: Setup,
    arrived: Arrived,
    socket: &UnixStream,
    marks: &OwnedFd,
    name_of: NameOf,
) -> Result<(), Error> {
    let mut options = setup.options;
    options.inline = false;
    let mut pool = match Pool::new(setup.functions, options) {
        Ok(pool) => pool,
        Err(error) => {
            let mut told = Vec::new();
            append(&Report::GaveUp(error.to_string()), &mut told)?;
            return { socket }.write_all(&told).map_err(Error::Process);
        }
    };
    pool.set_watch(Box::new(Marks::open(marks).map_err(Error::Process)?));
    pool.wait_also_for(socket)?;
    let resolve = Box::new(resolver(setup.names, name_of));
    let (calls, told, clock) = (HashMap::new(), Vec::new(), Clock::new());
    Server { pool, resolve, socket, arrived, calls, told, clock }.work()
}

struct Server<'a> {
    pool: Pool,
    resolve: Resolver,
    socket: &'a UnixStream,
    arrived: Arrived,
    calls: HashMap<CallId, CallOf>,
    /// What is to be told at the end of the round.
    told: Vec<u8>,
    clock: Clock,
}

/// A call that is under way.
struct CallOf {
    function: FunctionIndex,
    request_id: String,
    purpose: Purpose,
}

/// What a call is for.
enum Purpose {
    Task {
        task: TaskId,
        is_service: bool,
        detached: bool,
        wants_log: bool,
        size_limit: Option<usize>,
    },
    Invocation,
}

impl Server<'_> {
    fn work(mut self) -> Result<(), Error> {
        let mut events = Vec::new();
        loop {
            while let Some(order) = self.arrived.next()? {
                match order {
                    Order::Call(to_call) => self.call(to_call)?,
                    Order::Cancel(ticket) => {
                        if self.calls.remove(&CallId(ticket)).is_some() {
                            self.pool.cancel(CallId(ticket));
                        }
                    }
                }
            }
            self.tell()?;
            self.pool.wait(None, &mut events)?;
            for event in events.drain(..) {
                self.handle(event)?;
            }
            self.tell()?;
            match self.arrived.fill(WithoutWaiting(self.socket)) {
                Ok(true) => {}
                Ok(false) => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(Error::Process(error)),
            }
        }
    }

    fn call(&mut self, to_call: ToCall) -> Result<(), Error> {
        let ToCall { ticket, request_id, what, trace_id } = to_call;
        let (function, payload, client_context, purpose) = match what {
            What::Task { request, size_limit } => {
                match call_of(&request, &self.resolve, &request_id) {
                    Ok((function, payload)) => {
                        let (task, detached) = (request.task, request.detached);
                        let is_service = matches!(request.target, TaskTarget::Service(_));
                        let wants_log = request.wants_log;
                        let purpose =
                            Purpose::Task { task, is_service, detached, wants_log, size_limit };
                        (function, payload, None, purpose)
                    }
                    Err(event) => {
                        let event = Some(event);
                        return self.put(&Report::Performed { ticket, event, made: None });
                    }
                }
            }
            What::Function { name, payload, client_context } => match (self.resolve)(&name) {
                Some(function) => {
                    (function, Payload::Text(payload), client_context, Purpose::Invocation)
                }
                None => {
                    let (result, log_tail) = (Returned::NotFound, String::new());
                    return self.put(&Report::Invoked { ticket, result, log_tail, made: None });
                }
            },
        };
        let id = CallId(ticket);
        self.calls.insert(id, CallOf { function, request_id: request_id.clone(), purpose });
        self.pool.call(Call { id, function, payload, request_id, client_context, trace_id });
        Ok(())
    }

    fn handle(&mut self, event: lanes::Event) -> Result<(), Error> {
        match event {
            lanes::Event::Log { function, request_id, text } => {
                let of = |id: &String| self.calls.iter().find(|(_, call)| call.request_id == *id);
                let ticket = request_id.as_ref().and_then(of).map(|(CallId(ticket), _)| *ticket);
                self.put(&Report::Wrote { function: function.0, ticket, text })
            }
            lanes::Event::Placed { function, kind, reason } => {
                let placement = Placement::new(kind, &reason);
                self.put(&Report::Placed { function: function.0, placement })
            }
            lanes::Event::Finished { id, outcome, log_tail, times } => {
                let Some(call) = self.calls.remove(&id) else { return Ok(()) };
                let CallOf { function, request_id, purpose } = call;
                let times = WireTimes::new(times, &self.clock);
                let made = Some(Made { function: function.0, times });
                let spelling = self.pool.function(function).spelling();
                let CallId(ticket) = id;
                match purpose {
                    Purpose::Task { detached: true, .. } => {
                        self.put(&Report::Performed { ticket, event: None, made })
                    }
                    Purpose::Task { task, is_service, wants_log, size_limit, .. } => {
                        let log_tail = log_tail.as_str();
                        let ended = task::Ended {
                            task,
                            is_service,
                            outcome,
                            log_tail,
                            wants_log,
                            request_id,
                            spelling,
                            size_limit,
                        };
                        let event = Some(ended.event());
                        self.put(&Report::Performed { ticket, event, made })
                    }
                    Purpose::Invocation => {
                        let result = returned(outcome);
                        self.put(&Report::Invoked { ticket, result, log_tail, made })
                    }
                }
            }
        }
    }

    fn put(&mut self, report: &Report) -> Result<(), Error> {
        Ok(append(report, &mut self.told)?)
    }

    /// Sends what is to be told. If nobody is there to hear it, that is learnt by reading.
    fn tell(&mut self) -> Result<(), Error> {
        if self.told.is_empty() {
            return Ok(());
        }
        let sent = self.socket.write_all(&self.told);
        self.told.clear();
        if self.told.capacity() > LARGE {
            self.told = Vec::new();
        }
        match sent {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Error::Process(error)),
            _ => Ok(()),
        }
    }
}

/// What whoever invokes a function gets: JSON text without spaces, or what the function has written.
fn returned(outcome: lanes::Outcome) -> Returned {
    match outcome {
        lanes::Outcome::Failed { error_type, payload } => Returned::Failed { error_type, payload },
        lanes::Outcome::Returned(lanes::Returned::Text(text)) => Returned::Payload(text),
        lanes::Outcome::Returned(lanes::Returned::Frame(frame)) => {
            Returned::Payload(Data::from(frame).to_json().into_bytes())
        }
    }
}

/// Reads what has arrived already. Writing to the same socket may wait.
struct WithoutWaiting<'a>(&'a UnixStream);

impl Read for WithoutWaiting<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let (count, _) = recv(self.0, buffer, RecvFlags::DONTWAIT)?;
        Ok(count)
    }
}
