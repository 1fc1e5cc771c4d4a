//! A container in a process of its own, and the socket between it and the process that watches it.
//!
//! The container's process (`serve`) holds the engine and the lanes; the one that started it reads
//! the project, shows what happens and outlives whatever a function does. So a function that
//! overwrites the orchestrator's memory, or exhausts it, costs an execution and a clear message, not
//! the terminal, the history file or the services that run beside.
//!
//! Two ways led there. Forking without `exec` would share everything already read and cost no
//! start, but the watching process has threads (signals, file changes), and the lanes' processes
//! would inherit its heap, with the user's secrets in it. So the same program is executed again and
//! gets what it needs as one message: some milliseconds, a heap that holds nothing else, and an
//! interface that another machine could be spoken to with.

mod clock;
mod outbox;
mod serve;
mod wire;

use std::ffi::OsString;
use std::io::{self, PipeReader, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus};
use std::sync::{Arc, Mutex, PoisonError};

use faastlane_engine::Outcome;
use faastlane_lanes::FunctionIndex;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, kill_process_group, pidfd_open, waitid,
};

use crate::{Error, Loaded, Observer};
use clock::Clock;
pub use serve::{NameOf, serve};
use wire::{Arrived, Order, Report};
pub use wire::{Job, Setup};

/// How long a container may take to end its lanes before it is killed.
const FAREWELL: Timespec = Timespec { tv_sec: 10, tv_nsec: 0 };
/// How much of what the container's process writes to stderr is kept, in bytes.
const KEPT: usize = 4096;

/// How to start the process: a program that calls [`serve`] when it gets these arguments.
#[derive(Debug, Clone)]
pub struct Program {
    /// The program, usually the one that runs.
    pub path: PathBuf,
    /// Its arguments.
    pub arguments: Vec<OsString>,
}

/// A container in a process of its own. It ends with this value, and with its process's parent.
#[derive(Debug)]
pub struct ContainerProcess {
    child: Child,
    socket: Arc<Mutex<UnixStream>>,
    incoming: UnixStream,
    arrived: Arrived,
    /// Its stderr, until its end.
    stderr: Option<PipeReader>,
    said: Vec<u8>,
    clock: Clock,
}

/// Stops the execution that a container's process runs.
#[derive(Debug, Clone)]
pub struct ProcessStopper(Arc<Mutex<UnixStream>>);

impl ContainerProcess {
    /// Starts the process, which prepares its lanes at once.
    ///
    /// # Errors
    /// The system refuses a process, or `setup` has a path that is not UTF-8.
    pub fn start(program: &Program, setup: Setup) -> Result<Self, Error> {
        let (ours, theirs) = UnixStream::pair().map_err(Error::Process)?;
        let (stderr, writer) = io::pipe().map_err(Error::Process)?;
        let output = writer.try_clone().map_err(Error::Process)?;
        let mut command = Command::new(&program.path);
        command.args(&program.arguments).arg0("faastlane");
        // Functions in this process can read what it was started with.
        command.env_clear().envs(faastlane_lanes::process_environment());
        command.stdin(OwnedFd::from(theirs)).stdout(output).stderr(writer);
        // The terminal's Ctrl-C is for this process, which stops the other one in order.
        command.process_group(0);
        let child = command.spawn().map_err(Error::Process)?;
        // It holds the other ends of the socket and the pipe: else their end could not be seen.
        drop(command);
        let incoming = ours.try_clone().map_err(Error::Process)?;
        let mut process = Self {
            child,
            socket: Arc::new(Mutex::new(ours)),
            incoming,
            arrived: Arrived::default(),
            stderr: Some(stderr),
            said: Vec::new(),
            clock: Clock::new(),
        };
        process.order(&Order::Setup(Box::new(setup)))?;
        Ok(process)
    }

    /// What stops its executions from another thread.
    #[must_use]
    pub fn stopper(&self) -> ProcessStopper {
        ProcessStopper(Arc::clone(&self.socket))
    }

    /// Runs an execution to its end.
    ///
    /// # Errors
    /// The process ended, or its container cannot go on.
    pub fn run(&mut self, job: Job, observer: &mut dyn Observer) -> Result<Outcome, Error> {
        self.order(&Order::Run(Box::new(job)))?;
        loop {
            match self.report()? {
                Report::Recorded { event, at } => {
                    observer.recorded(event, self.clock.instant(at));
                }
                Report::Wrote { function, text } => {
                    observer.wrote(FunctionIndex(function), &text);
                }
                Report::Called { state, function, times } => {
                    observer.called(times.of(state, function, &self.clock));
                }
                Report::Placed { function, placement } => {
                    observer.placed(FunctionIndex(function), &placement);
                }
                Report::Loaded(_) => {}
                Report::Ended(result) => return result.map_err(Error::GaveUp),
            }
        }
    }

    /// Loads the modules of all functions and calls none; what came of each, in their order.
    ///
    /// # Errors
    /// As those of [`Self::run`].
    pub fn load_all(&mut self) -> Result<Vec<Loaded>, Error> {
        self.order(&Order::Load)?;
        loop {
            match self.report()? {
                Report::Loaded(functions) => return Ok(functions),
                Report::Ended(Err(error)) => return Err(Error::GaveUp(error)),
                _ => {}
            }
        }
    }

    /// The next thing that the process says, waited for.
    fn report(&mut self) -> Result<Report, Error> {
        loop {
            if let Some(report) = self.arrived.next()? {
                return Ok(report);
            }
            if !self.listen().map_err(Error::Process)? {
                return Err(self.died());
            }
        }
    }

    fn order(&mut self, order: &Order) -> Result<(), Error> {
        let mut stream = Vec::new();
        wire::append(order, &mut stream)?;
        let sent = lock(&self.socket).write_all(&stream);
        // A process that is gone may have said why.
        sent.or_else(|error| if is_lost(&error) { Ok(()) } else { Err(Error::Process(error)) })
    }

    /// Waits for more of what the process says on its socket; false at its end.
    fn listen(&mut self) -> io::Result<bool> {
        loop {
            let mut waited = vec![PollFd::new(&self.incoming, PollFlags::IN)];
            waited.extend(self.stderr.as_ref().map(|pipe| PollFd::new(pipe, PollFlags::IN)));
            match poll(&mut waited, None) {
                Err(rustix::io::Errno::INTR) => continue,
                other => other?,
            };
            let ready: Vec<bool> = waited.iter().map(|one| !one.revents().is_empty()).collect();
            if ready.get(1) == Some(&true) {
                self.keep_said();
            }
            if ready[0] {
                return match self.arrived.fill(&self.incoming) {
                    Err(error) if is_lost(&error) => Ok(false),
                    other => other,
                };
            }
        }
    }

    /// Reads once from its stderr, and keeps the end of it.
    fn keep_said(&mut self) -> bool {
        let mut portion = [0; KEPT];
        let count = self.stderr.as_mut().map_or(Ok(0), |pipe| pipe.read(&mut portion));
        let count = count.unwrap_or_default();
        if count == 0 {
            self.stderr = None;
        }
        self.said.extend(&portion[..count]);
        self.said.drain(..self.said.len().saturating_sub(KEPT));
        count > 0
    }

    /// Waits until it has ended, and ends what its functions have started and left.
    fn end(&mut self) -> io::Result<ExitStatus> {
        let process = Pid::from_child(&self.child);
        // Only until it is waited for is the number of its group surely its own.
        let ended = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        if waitid(WaitId::Pid(process), ended).is_ok() {
            // It fails if nobody is left.
            let _ = kill_process_group(process, Signal::KILL);
        }
        self.child.wait()
    }

    fn died(&mut self) -> Error {
        // Whoever it left behind may hold the pipe open.
        if let Some(pipe) = &self.stderr {
            let _ = rustix::io::ioctl_fionbio(pipe, true);
        }
        let status = self.end();
        while self.keep_said() {}
        let said = String::from_utf8_lossy(&self.said);
        Error::Died {
            how: status.as_ref().map_or_else(ToString::to_string, ToString::to_string),
            advice: status.map_or("", advice),
            said: said.lines().map(|line| format!("\n  {line}")).collect(),
        }
    }
}

/// Lets it end its lanes, and waits until it has.
impl Drop for ContainerProcess {
    fn drop(&mut self) {
        // It fails only if the other side is gone already.
        let _ = self.incoming.shutdown(std::net::Shutdown::Both);
        let ended = pidfd_open(Pid::from_child(&self.child), PidfdFlags::empty());
        if let Ok(ended) = ended
            && let Ok(0) = poll(&mut [PollFd::new(&ended, PollFlags::IN)], Some(&FAREWELL))
        {
            // It can only have ended in this very moment.
            let _ = self.child.kill();
        }
        let _ = self.end();
    }
}

impl ProcessStopper {
    /// Stops what runs, or what will be started: its functions are killed, its history ends with
    /// `ExecutionAborted`.
    pub fn stop(&self) {
        let mut stream = Vec::new();
        if wire::append(&Order::Stop, &mut stream).is_ok() {
            // A process that is gone runs nothing.
            let _ = lock(&self.0).write_all(&stream);
        }
    }
}

/// Half a message in the stream is noticed by its reader.
fn lock(socket: &Mutex<UnixStream>) -> std::sync::MutexGuard<'_, UnixStream> {
    socket.lock().unwrap_or_else(PoisonError::into_inner)
}

fn is_lost(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset)
}

/// What the user can do about a container that ended so.
fn advice(status: ExitStatus) -> &'static str {
    const KILL: i32 = 9;
    match status.signal() {
        Some(KILL) => "something killed it: perhaps the kernel, for want of memory (`dmesg` tells)",
        Some(_) => "native code of a function may have done that",
        None => "that is a mistake in faastlane; please report it",
    }
}
