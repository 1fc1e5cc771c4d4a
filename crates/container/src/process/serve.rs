//! The container's side: a process that runs executions for the one that started it.

use std::collections::HashMap;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use faastlane_asl::MachineType;
use faastlane_engine::Start;
use faastlane_lanes::{FunctionIndex, Isolation};
use faastlane_value::{json, located};
use rustix::process::{Resource, Rlimit, Signal, set_parent_process_death_signal, setrlimit};

use super::outbox::Outbox;
use super::wire::{Arrived, Job, Order};
use crate::{Container, Error, Ids, Request, Stopper};

/// Turns a reference of a definition (a name or ARN in any form) into the name it means.
pub type NameOf = fn(&str) -> Option<&str>;

/// Runs a container for the process that started this one, until that process lets go of it.
///
/// The socket to it is this process's standard input.
///
/// # Errors
/// Standard input is no such socket. What goes wrong with a container is told through it.
pub fn serve(name_of: NameOf) -> Result<(), Error> {
    let socket = socket().map_err(Error::Process)?;
    let mut arrived = Arrived::default();
    let Some(Order::Setup(setup)) = next(&mut arrived, &socket)? else { return Ok(()) };
    let mut setup = *setup;
    // This process is there for nothing else.
    setup.options.inline = setup.options.isolation != Isolation::Process;
    let functions = setup.functions;
    let resolve = Box::new(resolver(setup.names, name_of));
    let container = Container::new(functions, resolve, setup.options, Ids::random());
    let outgoing = socket.try_clone().map_err(Error::Process)?;
    let mut container = match container {
        Ok(container) => container,
        Err(error) => {
            Outbox::new(outgoing, || {}).ended(Err(error.to_string()));
            return Ok(());
        }
    };
    let (stopper, lost) = (container.stopper(), container.stopper());
    let (tasks, ordered) = channel();
    thread::spawn(move || obey(arrived, &socket, &stopper, &tasks));
    let outbox = Outbox::new(outgoing, move || lost.stop());
    faastlane_lanes::on_protected_stack(|| work(&mut container, &ordered, &outbox));
    Ok(())
}

/// The socket, under another number, and this process ready for its work: it ends when its parent
/// does, leaves no core file in the user's folder, and gives nobody the socket as standard input.
fn socket() -> io::Result<UnixStream> {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    rustix::thread::set_name(c"faastlane")?;
    let socket = rustix::io::fcntl_dupfd_cloexec(io::stdin().as_fd(), 3)?;
    rustix::net::sockopt::socket_type(&socket)?;
    rustix::stdio::dup2_stdin(std::fs::File::open("/dev/null")?)?;
    Ok(socket.into())
}

fn resolver(
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
fn obey(mut arrived: Arrived, socket: &UnixStream, stopper: &Stopper, tasks: &Sender<Task>) {
    while let Ok(Some(order)) = next(&mut arrived, socket) {
        match order {
            // The receiver lives as long as the process.
            Order::Run(job) => drop(tasks.send(Task::Run(job))),
            Order::Load => drop(tasks.send(Task::Load)),
            Order::Stop => stopper.stop(),
            Order::Setup(_) => break,
        }
    }
    stopper.stop();
}

/// What the orchestrator's thread has to do.
enum Task {
    Run(Box<Job>),
    Load,
}

fn work(container: &mut Container, ordered: &Receiver<Task>, outbox: &Outbox) {
    while let Ok(task) = ordered.recv() {
        let job = match task {
            Task::Run(job) => job,
            Task::Load => {
                match container.load_all() {
                    Ok(functions) => outbox.loaded(functions),
                    Err(error) => outbox.ended(Err(error.to_string())),
                }
                continue;
            }
        };
        let mut reporter = outbox.reporter(job.with_values);
        let result = request(*job)
            .and_then(|request| container.run(request, &mut reporter))
            .map_err(|error| error.to_string());
        outbox.ended(result);
    }
}

fn request(job: Job) -> Result<Request, Error> {
    let unreadable =
        |what: &str, why: String| Error::GaveUp(format!("the {what} cannot be read again: {why}"));
    let root = located::parse(&job.definition)
        .map_err(|error| unreadable("definition", error.to_string()))?;
    let machine_type = if job.express { MachineType::Express } else { MachineType::Standard };
    let (machine, diagnostics) = faastlane_asl::read(&root, machine_type);
    let machine = machine.ok_or_else(|| {
        unreadable("definition", diagnostics.first().map(ToString::to_string).unwrap_or_default())
    })?;
    let input = json::parse(job.input.as_bytes());
    let input = input.map_err(|error| unreadable("input", error.to_string()))?;
    Ok(Request { machine: Arc::new(machine), start: Start { input, ..job.start } })
}
