//! The container's side: a process that runs executions for the one that started it.

use std::collections::HashMap;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use faastlane_asl::{MachineType, StateMachine};
use faastlane_engine::Start;
use faastlane_lanes::{FunctionIndex, Isolation};
use faastlane_value::{json, located};
use rustix::process::{Resource, Rlimit, Signal, set_parent_process_death_signal, setrlimit};

use super::arrived::Arrived;
use super::calls;
use super::outbox::Outbox;
use super::tasks::{Task, Tasks};
use super::wire::{Before, Definition, Job, Numbered, Order, Report};
use crate::journal::Journal;
use crate::run::Begun;
use crate::{Container, Error, Ids, Request, Stopper};

/// Turns a reference of a definition (a name or ARN in any form) into the name it means.
pub type NameOf = fn(&str) -> Option<&str>;

/// Runs a container for the process that started this one, until that process lets go of it.
///
/// The socket to it is this process's standard input, the journal its standard output.
///
/// # Errors
/// They are not that, or the lanes cannot be waited for any more: then another process may go on. What
/// else goes wrong is told through the socket.
pub fn serve(name_of: NameOf) -> Result<(), Error> {
    let (socket, journal) = given().map_err(Error::Process)?;
    let mut arrived = Arrived::default();
    let mut setup = match next(&mut arrived, &socket)? {
        Some(Order::Setup(setup)) => *setup,
        Some(Order::Calls(setup)) => {
            return calls::serve(*setup, arrived, &socket, &journal, name_of);
        }
        _ => return Ok(()),
    };
    // This process is there for nothing else.
    setup.options.inline = setup.options.isolation != Isolation::Process && !setup.fresh;
    let functions = setup.functions;
    let resolve = Box::new(resolver(setup.names, name_of));
    let container = Container::new(functions, resolve, setup.options, Ids::random());
    let outgoing = socket.try_clone().map_err(Error::Process)?;
    let mut container = match container {
        Ok(container) => container,
        Err(error) => {
            Outbox::new(outgoing, |_| {}).put(Report::GaveUp(error.to_string()));
            return Ok(());
        }
    };
    container.set_s3(setup.s3);
    let journal = Journal::open(&journal).map_err(Error::Process)?;
    journal.protect().map_err(Error::Process)?;
    container.keep(journal);
    let (stopper, lost) = (container.stopper(), container.stopper());
    let tasks = Arc::new(Tasks::default());
    let outbox = Arc::new(Outbox::new(outgoing, move |why| match why {
        // Nobody watches any more.
        io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset => lost.stop(),
        // A function has closed the socket. The other side is still there, and hears of nothing as long
        // as a thread of ours reads from it: this process has to end.
        _ => std::process::abort(),
    }));
    thread::spawn({
        let (tasks, outbox) = (Arc::clone(&tasks), Arc::clone(&outbox));
        move || obey(arrived, &socket, &stopper, &tasks, &outbox)
    });
    outbox.put(Report::Ready);
    let mut server = Server {
        container,
        definition: setup.definition,
        machine: None,
        fresh: setup.fresh,
        outbox: &outbox,
    };
    faastlane_lanes::on_protected_stack(|| server.work(&tasks))?;
    // Its own reference is with a thread that may wait for ever.
    outbox.close();
    Ok(())
}

/// The socket and the journal, under other numbers, and this process ready for its work: it ends when
/// its parent does, leaves no core file in the user's folder, and gives nobody what it has.
fn given() -> io::Result<(UnixStream, OwnedFd)> {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    rustix::thread::set_name(c"faastlane")?;
    let socket = rustix::io::fcntl_dupfd_cloexec(io::stdin().as_fd(), 3)?;
    rustix::net::sockopt::socket_type(&socket)?;
    let journal = rustix::io::fcntl_dupfd_cloexec(io::stdout().as_fd(), 3)?;
    rustix::stdio::dup2_stdin(std::fs::File::open("/dev/null")?)?;
    rustix::stdio::dup2_stdout(io::stderr())?;
    let stderr = rustix::io::fcntl_dupfd_cloexec(io::stderr().as_fd(), 3)?;
    // Stderr itself becomes the functions' log.
    std::panic::set_hook(Box::new(move |panic| {
        // If nobody reads it, nobody needs it.
        let _ = rustix::io::write(&stderr, format!("{panic}\n").as_bytes());
    }));
    Ok((socket.into(), journal))
}

pub(super) fn resolver(
    names: HashMap<String, Option<usize>>,
    name_of: NameOf,
) -> impl Fn(&str) -> Option<FunctionIndex> {
    move |reference| names.get(name_of(reference)?).copied().flatten().map(FunctionIndex)
}

/// The next order; none at the end of the stream.
fn next(arrived: &mut Arrived, socket: &UnixStream) -> Result<Option<Order>, Error> {
    loop {
        if let Some(order) = arrived.next()? {
            return Ok(Some(order));
        }
        if !arrived.fill(socket).map_err(Error::Process)? {
            return Ok(None);
        }
    }
}

/// Reads orders until nobody gives any more; then whatever still runs is stopped.
fn obey(
    mut arrived: Arrived,
    socket: &UnixStream,
    stopper: &Stopper,
    tasks: &Tasks,
    outbox: &Outbox,
) {
    loop {
        match next(&mut arrived, socket) {
            Ok(Some(Order::Run(job))) => tasks.add(Task::Run(job)),
            Ok(Some(Order::Load(events))) => tasks.add(Task::Load(events)),
            Ok(Some(Order::GiveBack)) => outbox.put(Report::GivenBack(tasks.give_back())),
            Ok(Some(Order::Stop)) => stopper.stop(),
            // A function may have put something else under the socket's number: then the other side is
            // still there, and has another process go on.
            Ok(None) if rustix::net::sockopt::socket_type(socket).is_ok() => break,
            Ok(None | Some(Order::Setup(_) | Order::Calls(_))) | Err(_) => std::process::abort(),
        }
    }
    tasks.close();
    stopper.stop();
}

/// The orchestrator's thread.
struct Server<'a> {
    container: Container,
    definition: Option<Definition>,
    /// Read when it is first needed.
    machine: Option<Arc<StateMachine>>,
    fresh: bool,
    outbox: &'a Outbox,
}

impl Server<'_> {
    fn work(&mut self, tasks: &Tasks) -> Result<(), Error> {
        while let Some(task) = tasks.next() {
            let done = match task {
                Task::Run(numbered) => self.run(*numbered),
                Task::Load(events) => self.container.load_all(&events).map(Report::Loaded),
            };
            match done {
                // Both sides then sleep and wake up once for several short executions.
                Ok(report) if tasks.has_next() => self.outbox.put_with_next(report),
                Ok(report) => self.outbox.put(report),
                Err(error @ Error::Lanes(_)) => return Err(error),
                Err(error) => self.outbox.put(Report::GaveUp(error.to_string())),
            }
        }
        Ok(())
    }

    fn run(&mut self, numbered: Numbered) -> Result<Report, Error> {
        let began = Instant::now();
        let Numbered { number, job: Job { input, start, history, conditions }, before } = numbered;
        let input = json::parse(input.as_bytes());
        let input = input.map_err(|error| unreadable("input", error))?;
        let start = Start { input, ..start };
        let request = Request { machine: self.machine()?, start, conditions };
        let mut reporter = self.outbox.reporter(history);
        let outcome = match before {
            None => self.container.begin(number, request, &mut reporter),
            Some(Before { seen, death }) => {
                let begun = Begun { number, seen, death };
                self.container.go_on(begun, request, &mut reporter)
            }
        }?;
        if self.fresh {
            self.container.forget();
        }
        let worn = self.container.is_worn();
        Ok(Report::Ended { outcome, took: began.elapsed(), worn })
    }

    fn machine(&mut self) -> Result<Arc<StateMachine>, Error> {
        if let Some(machine) = &self.machine {
            return Ok(Arc::clone(machine));
        }
        let Some(Definition { text, express }) = self.definition.take() else {
            return Err(unreadable("definition", "there is none"));
        };
        let root = located::parse(&text).map_err(|error| unreadable("definition", error))?;
        let machine_type = if express { MachineType::Express } else { MachineType::Standard };
        let (machine, diagnostics) = faastlane_asl::read(&root, machine_type);
        let first = || diagnostics.first().map(ToString::to_string).unwrap_or_default();
        let machine = Arc::new(machine.ok_or_else(|| unreadable("definition", first()))?);
        self.machine = Some(Arc::clone(&machine));
        Ok(machine)
    }
}

fn unreadable(what: &str, why: impl std::fmt::Display) -> Error {
    Error::GaveUp(format!("the {what} cannot be read again: {why}"))
}
