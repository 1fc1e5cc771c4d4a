//! One process of a container: its socket, its stderr, its end.

use std::collections::VecDeque;
use std::io::{self, IoSlice, PipeReader, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus};
use std::rc::Rc;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, kill_process, kill_process_group, pidfd_open,
    waitid,
};
use serde::de::DeserializeOwned;

use super::Program;
use super::arrived::Arrived;
use super::copies;
use super::wire::{self, Message};
use crate::Error;

/// How long a process may take to end its lanes before it is killed.
const FAREWELL: Timespec = Timespec { tv_sec: 10, tv_nsec: 0 };
/// How long it may take to end once its socket is closed: its status says more than that it was killed.
const ENDING: Timespec = Timespec { tv_sec: 0, tv_nsec: 200_000_000 };
/// How much of what it writes to stderr is kept, in bytes.
const KEPT: usize = 4096;
/// Most messages that are sent with one system call.
const TOGETHER: usize = 64;

/// A process, which ends with this value, and with its parent.
#[derive(Debug)]
pub(super) struct Connection {
    child: Child,
    /// Readable from its end on.
    ended: OwnedFd,
    socket: UnixStream,
    arrived: Arrived,
    /// What is not sent yet, and how much of the first message is.
    outgoing: VecDeque<Rc<Vec<u8>>>,
    sent: usize,
    /// Its stderr, until its end.
    stderr: Option<PipeReader>,
    said: Vec<u8>,
}

impl Connection {
    /// Starts the process, with this journal.
    pub(super) fn start(program: &Program, journal: &OwnedFd) -> io::Result<Self> {
        let (ours, theirs) = UnixStream::pair()?;
        let (stderr, writer) = io::pipe()?;
        let mut command = Command::new(&program.path);
        command.args(&program.arguments).arg0("faastlane");
        // Functions in this process can read what it was started with.
        command.env_clear().envs(faastlane_lanes::process_environment());
        command.stdin(OwnedFd::from(theirs)).stdout(journal.try_clone()?).stderr(writer);
        // The terminal's Ctrl-C is for this process, which stops the other one in order.
        command.process_group(0);
        let child = command.spawn()?;
        // It holds the other ends of the socket and the pipe: else their end could not be seen.
        drop(command);
        ours.set_nonblocking(true)?;
        // Whoever it leaves behind may hold the pipe open.
        rustix::io::ioctl_fionbio(&stderr, true)?;
        Ok(Self {
            ended: pidfd_open(Pid::from_child(&child), PidfdFlags::empty())?,
            child,
            socket: ours,
            arrived: Arrived::default(),
            outgoing: VecDeque::new(),
            sent: 0,
            stderr: Some(stderr),
            said: Vec::new(),
        })
    }

    /// Has a message sent after those before.
    pub(super) fn send(&mut self, message: Rc<Vec<u8>>) {
        self.outgoing.push_back(message);
    }

    /// As [`Self::send`].
    pub(super) fn order(&mut self, order: &impl Message) -> Result<(), Error> {
        self.send(encoded(order)?);
        Ok(())
    }

    /// Sends what the socket takes now. That the other side is gone is learnt by reading.
    pub(super) fn flush(&mut self) {
        while !self.outgoing.is_empty() {
            let slices: Vec<IoSlice<'_>> = self
                .outgoing
                .iter()
                .take(TOGETHER)
                .enumerate()
                .map(|(index, message)| {
                    IoSlice::new(if index == 0 { &message[self.sent..] } else { message })
                })
                .collect();
            match (&self.socket).write_vectored(&slices) {
                Ok(count) => self.sent += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(_) => return self.outgoing.clear(),
            }
            while let Some(first) = self.outgoing.front()
                && self.sent >= first.len()
            {
                self.sent -= first.len();
                self.outgoing.pop_front();
            }
        }
    }

    /// What to wait for: its socket, its end, and its stderr.
    pub(super) fn descriptors(&self) -> [PollFd<'_>; 3] {
        let mut flags = PollFlags::IN;
        flags.set(PollFlags::OUT, !self.outgoing.is_empty());
        let socket = PollFd::from_borrowed_fd(self.socket.as_fd(), flags);
        let ended = PollFd::from_borrowed_fd(self.ended.as_fd(), PollFlags::IN);
        // At its end it would be readable for ever.
        let stderr = self.stderr.as_ref().map_or(self.ended.as_fd(), |pipe| pipe.as_fd());
        [socket, ended, PollFd::from_borrowed_fd(stderr, PollFlags::IN)]
    }

    /// Reads what its socket has; false at its end, or if there is nothing more and the process has ended.
    /// Processes that a function has started may hold the other end of the socket.
    pub(super) fn read(&mut self) -> bool {
        match self.arrived.fill(&self.socket) {
            Ok(more) => more,
            Err(error) => error.kind() == io::ErrorKind::WouldBlock && !self.has_ended(),
        }
    }

    fn has_ended(&self) -> bool {
        let ended = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        !matches!(waitid(WaitId::Pid(self.pid()), ended), Ok(None))
    }

    /// Whether the next report has arrived and says that an execution is over.
    pub(super) fn has_end(&self) -> bool {
        self.arrived.has_end()
    }

    /// The next report that has arrived.
    pub(super) fn next<R: DeserializeOwned>(&mut self) -> Result<Option<R>, Error> {
        Ok(self.arrived.next()?)
    }

    /// Reads what its stderr has, and keeps the end of it.
    pub(super) fn hear(&mut self) {
        let mut portion = [0; KEPT];
        while let Some(pipe) = &mut self.stderr {
            match pipe.read(&mut portion) {
                Ok(0) => self.stderr = None,
                Ok(count) => self.said.extend(&portion[..count]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => break,
            }
            self.said.drain(..self.said.len().saturating_sub(KEPT));
        }
    }

    /// Lets it go on if somebody has stopped it (SIGSTOP), or what it is about to start.
    pub(super) fn wake(&self) {
        copies::wake(self.pid());
        let stopped = WaitIdOptions::STOPPED | WaitIdOptions::NOHANG;
        if let Ok(Some(_)) = waitid(WaitId::Pid(self.pid()), stopped) {
            // It fails if the process has ended meanwhile.
            let _ = kill_process(self.pid(), Signal::CONT);
        }
    }

    /// What its first thread, the orchestrator's, does.
    pub(super) fn activity(&self) -> Activity {
        let pid = self.child.id();
        let stat = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/stat"));
        Activity::parse(&stat.unwrap_or_default())
    }

    /// Ends it at once.
    pub(super) fn kill(&self) {
        // It fails if it has ended already.
        let _ = kill_process_group(self.pid(), Signal::KILL);
    }

    /// Waits until it has ended, which it has been told or made to do, and ends what its functions have
    /// started and left.
    pub(super) fn end(&mut self) -> io::Result<ExitStatus> {
        self.await_end(&ENDING);
        let status = self.reap();
        self.hear();
        status
    }

    /// The last of what it wrote to stderr, each line on a line of its own.
    pub(super) fn said(&self) -> String {
        String::from_utf8_lossy(&self.said).lines().map(|line| format!("\n  {line}")).collect()
    }

    /// Kills it if it has not ended in time.
    fn await_end(&mut self, time: &Timespec) {
        if let Ok(0) = poll(&mut [PollFd::new(&self.ended, PollFlags::IN)], Some(time)) {
            // It can only have ended in this very moment.
            let _ = self.child.kill();
        }
    }

    fn reap(&mut self) -> io::Result<ExitStatus> {
        // Only until it is waited for is the number of its group surely its own.
        let ended = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        if waitid(WaitId::Pid(self.pid()), ended).is_ok() {
            // It fails if nobody is left.
            let _ = kill_process_group(self.pid(), Signal::KILL);
        }
        self.child.wait()
    }

    fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }
}

/// Lets it end its lanes, and waits until it has.
impl Drop for Connection {
    fn drop(&mut self) {
        // It fails only if the other side is gone already.
        let _ = self.socket.shutdown(std::net::Shutdown::Both);
        self.await_end(&FAREWELL);
        let _ = self.reap();
    }
}

/// What a thread does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Activity {
    /// It runs, or waits for a processor.
    is_runnable: bool,
    /// Time on processors, in ticks of the clock.
    ticks: u64,
}

impl Activity {
    /// Reads `/proc/PID/task/TID/stat` (proc(5)).
    pub(super) fn parse(stat: &str) -> Self {
        // The name before may have spaces and parentheses in it.
        let mut fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
        let is_runnable = fields.next() == Some("R");
        let ticks = fields.skip(10).take(2).filter_map(|field| field.parse::<u64>().ok());
        Self { is_runnable, ticks: ticks.sum() }
    }

    /// Whether no lack of processors has kept the thread from anything since then.
    pub(super) fn was_free_since(self, before: Self) -> bool {
        !self.is_runnable || self.ticks > before.ticks
    }
}

/// An order as it is sent.
pub(super) fn encoded(order: &impl Message) -> Result<Rc<Vec<u8>>, Error> {
    let mut stream = Vec::new();
    wire::append(order, &mut stream)?;
    // Large ones are kept for as long as they may have to be sent again.
    stream.shrink_to_fit();
    Ok(Rc::new(stream))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_thread_does_is_read() {
        let stat = "7 (a) b) R 1 7 7 0 -1 4194304 100 0 0 0 3 4 0 0 20 0 1 0 5 0 0";
        let runs = Activity::parse(stat);
        assert_eq!(runs, Activity { is_runnable: true, ticks: 7 });
        assert!(!runs.was_free_since(runs), "it waits for a processor");
        assert!(runs.was_free_since(Activity { ticks: 6, ..runs }));
        assert!(Activity { is_runnable: false, ..runs }.was_free_since(runs));
    }
}
