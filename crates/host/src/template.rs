//! A template: a process that has loaded lanes, never calls them, and is forked instead.
//!
//! A fork of a warm Python takes less than a millisecond, loading one takes tens. The template stays
//! single-threaded, so a fork has nothing that another thread left half done: CPython's hooks run in
//! every lane, `fork` handlers of libraries run, and if a thread is left then, as a function starts
//! one in its module, no host is forked at all. Hosts die with their template, and templates with
//! the orchestrator, because the kernel tells them (`PR_SET_PDEATHSIG`).

use std::ffi::OsString;
use std::os::fd::{FromRawFd, OwnedFd, RawFd};
use std::os::linux::fs::MetadataExt as _;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::{fs, io};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::{Errno, FdFlags, fcntl_setfd};
use rustix::net::RecvFlags;
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitOptions, getpid, getppid, kill_process, kill_process_group,
    pidfd_open, set_child_subreaper, set_parent_process_death_signal, setpgid, waitpid,
};

use crate::channel::Server;
use crate::lanes::Lanes;
use crate::lockdown;
use crate::message::{Line, Order, Report};
use crate::serve::{end, serve};

/// The main function of a template. The first argument is the number of the descriptor by which the
/// orchestrator speaks; more may follow, for whoever looks at the list of processes.
///
/// Nothing but the orchestrator starts a template, so what is wrong is for its log.
pub fn main(mut arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let number = arguments.next().and_then(|number| number.to_str()?.parse::<RawFd>().ok());
    let Some(number) = number.filter(|number| *number > 2) else { return ExitCode::FAILURE };
    // Whatever else was inherited by mistake is nothing for functions. An old kernel leaves it open.
    for (first, last) in [(3, number - 1), (number + 1, RawFd::MAX)] {
        if first <= last {
            // SAFETY: `main` has opened nothing yet.
            unsafe { libc::close_range(first.cast_unsigned(), last.cast_unsigned(), 0) };
        }
    }
    // SAFETY: the orchestrator hands this descriptor over, and nobody else here knows of it. A wrong
    // number fails at its first use.
    let socket = unsafe { OwnedFd::from_raw_fd(number) };
    match run(socket) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// How often orphans are looked for in the end.
const ROUNDS: usize = 100;

/// A host that was forked here.
struct Child {
    host: u64,
    pid: Pid,
    ended: OwnedFd,
}

/// Loads lanes as the orchestrator at the other end of `socket` orders, and forks hosts for it until
/// it is gone. Returns in the template alone; a host never comes back.
fn run(socket: OwnedFd) -> io::Result<()> {
    fcntl_setfd(&socket, FdFlags::CLOEXEC)?;
    // SAFETY: `count_threads` looks into a folder and stores a number, which it may: locks are taken
    // only after the handlers have run. What is installed first runs last, after the libraries'.
    unsafe { libc::pthread_atfork(Some(count_threads), None, None) };
    // What hosts leave behind becomes a child of this process. Without it, it is left to others.
    let _ = set_child_subreaper(Some(getpid()));
    let mut line = Line::new(socket);
    let plan = loop {
        if !line.receive(RecvFlags::empty())? {
            return Ok(());
        }
        match line.take()? {
            Some(Order::Load(plan)) => break plan,
            Some(_) => return Err(io::ErrorKind::InvalidData.into()),
            None => {}
        }
    };
    line.send(&Report::Loads)?;
    let has_keys = plan.keys;
    let lanes = Lanes::load(plan, &line)?;
    if has_keys {
        // What is left over is told where the same libraries are loaded for the orchestrator.
        lockdown::prepare().map_err(io::Error::other)?;
    }
    line.send(&Report::Loaded)?;
    match (Template { line, lanes, children: Vec::new() }).work()? {
        Some((lanes, server)) => {
            if has_keys {
                lockdown::shut().map_err(io::Error::other)?;
            }
            serve(lanes, server)
        }
        None => Ok(()),
    }
}

struct Template {
    line: Line,
    lanes: Lanes,
    children: Vec<Child>,
}

impl Template {
    /// Obeys until the orchestrator is gone. In a host it returns at once, without anything that
    /// belongs to the template.
    fn work(mut self) -> io::Result<Option<(Lanes, Server)>> {
        loop {
            let ready = self.wait()?;
            for at in ready.iter().rev().filter(|at| **at > 0) {
                self.bury(at - 1)?;
            }
            if ready.first() != Some(&0) {
                continue;
            }
            if !self.line.receive(RecvFlags::DONTWAIT)? {
                self.end_all();
                return Ok(None);
            }
            while let Some(order) = self.line.take()? {
                match order {
                    Order::Load(_) => return Err(io::ErrorKind::InvalidData.into()),
                    Order::Kill { host } => self.kill(host),
                    Order::Fork { host } => {
                        if let Some(server) = self.fork(host)? {
                            return Ok(Some((self.lanes, server)));
                        }
                    }
                }
            }
        }
    }

    /// Waits for orders (0) and ends of hosts (their index and 1).
    fn wait(&self) -> io::Result<Vec<usize>> {
        let ends = self.children.iter().map(|child| &child.ended);
        let watched = std::iter::once(self.line.socket()).chain(ends);
        let mut watched: Vec<_> =
            watched.map(|descriptor| PollFd::new(descriptor, PollFlags::IN)).collect();
        match poll(&mut watched, None) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let ready = watched.iter().enumerate().filter(|(_, watched)| !watched.revents().is_empty());
        Ok(ready.map(|(index, _)| index).collect())
    }

    /// Forks a host and tells the orchestrator; in the host, gives what it serves.
    fn fork(&mut self, host: u64) -> io::Result<Option<Server>> {
        let mut descriptor = || self.line.descriptor();
        let (memory, doorbell, output) = (descriptor()?, descriptor()?, descriptor()?);
        let template = getpid();
        let forked = self.lanes.fork();
        let lost = THREADS.load(Ordering::Relaxed) > self.lanes.own_threads();
        let pid = match forked {
            // A host.
            Ok(None) if lost => end(0),
            Ok(None) => {
                prepare_host(template, &output)?;
                return Server::new(&memory, doorbell).map(Some);
            }
            // The template.
            Ok(Some(pid)) if lost => {
                waitpid(Some(pid), WaitOptions::empty())?;
                let reason = "its module starts threads, which a fork would lose".to_owned();
                self.line.send(&Report::NotForked { host, reason, never: true })?;
                return Ok(None);
            }
            Ok(Some(pid)) => pid,
            Err(error) => {
                let reason = error.to_string();
                self.line.send(&Report::NotForked { host, reason, never: false })?;
                return Ok(None);
            }
        };
        // The child does the same; whoever comes first, it is done before the host can be killed.
        let _ = setpgid(Some(pid), Some(pid));
        let ended = pidfd_open(pid, PidfdFlags::empty())?;
        self.children.push(Child { host, pid, ended });
        self.line.send(&Report::Forked { host, pid: pid.as_raw_pid() })?;
        Ok(None)
    }

    fn kill(&self, host: u64) {
        if let Some(child) = self.children.iter().find(|child| child.host == host) {
            child.kill();
        }
    }

    /// A host has ended: ends what it has started, and reports how it ended.
    fn bury(&mut self, index: usize) -> io::Result<()> {
        let child = self.children.swap_remove(index);
        let status = child.reap()?;
        if self.children.is_empty() {
            end_orphans();
        }
        self.line.send(&Report::Ended { host: child.host, status })
    }

    /// The orchestrator is gone.
    fn end_all(&mut self) {
        // All first, so that none of them goes on while another is waited for.
        self.children.iter().for_each(Child::kill);
        for child in self.children.drain(..) {
            // It fails only for a process that has been waited for already.
            let _ = child.reap();
        }
        end_orphans();
    }
}

/// Ends what hosts have started and left, in groups of their own; to be called when there is no host, as
/// nobody could tell whose they are. A bomb of forks that spreads over groups may be faster.
fn end_orphans() {
    // Who is killed leaves children of its own.
    for _ in 0..ROUNDS {
        let path = format!("/proc/self/task/{}/children", getpid());
        let children = fs::read_to_string(path).unwrap_or_default();
        let pids = children.split(' ').filter_map(|pid| Pid::from_raw(pid.parse().ok()?));
        let pids: Vec<_> = pids.collect();
        if pids.is_empty() {
            return;
        }
        for pid in &pids {
            // An error means that it leads no group. It is our child until it is waited for.
            let _ = kill_process_group(*pid, Signal::KILL);
            let _ = kill_process(*pid, Signal::KILL);
        }
        for pid in pids {
            // It fails only for a process that has been waited for already.
            let _ = waitpid(Some(pid), WaitOptions::empty());
        }
    }
}

impl Child {
    fn kill(&self) {
        // An error means that nobody is left in the group.
        let _ = kill_process_group(self.pid, Signal::KILL);
    }

    /// Ends what is left of the group and gives the raw wait status; blocks until there is one.
    fn reap(&self) -> io::Result<i32> {
        // Before `waitpid`: until then the number of the group cannot be given to anybody else.
        self.kill();
        loop {
            match waitpid(Some(self.pid), WaitOptions::empty()) {
                Ok(ended) => return Ok(ended.map_or(0, |(_, status)| status.as_raw())),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// What makes a fork of the template a process of its own.
fn prepare_host(template: Pid, output: &OwnedFd) -> io::Result<()> {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    if getppid() != Some(template) {
        // The template died before the line above; nobody would end this process.
        return Err(io::ErrorKind::BrokenPipe.into());
    }
    setpgid(None, None)?;
    rustix::stdio::dup2_stdout(output)?;
    rustix::stdio::dup2_stderr(output)?;
    Ok(())
}

/// How many threads there were when the last fork began.
static THREADS: AtomicU64 = AtomicU64::new(0);

/// Runs before each fork, after the `fork` handlers of libraries: some, such as OpenBLAS, end their
/// threads there and start them anew in the child.
extern "C" fn count_threads() {
    THREADS.store(threads(), Ordering::Relaxed);
}

/// How many threads this process has. The kernel counts those that are ending for a moment longer.
fn threads() -> u64 {
    // Two of the links of a folder are its own.
    fs::metadata("/proc/self/task").map_or(0, |folder| folder.st_nlink().saturating_sub(2))
}
