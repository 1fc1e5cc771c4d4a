//! Starts the process of a worker, and ends it with all that it has started.
//!
//! A worker is the leader of a process group of its own: killing the group also ends the handler's
//! subprocesses (those that make a session of their own escape; only a container could hold them).
//! The kernel kills the worker when the thread that started it dies, however that happens, so a
//! pool belongs on a thread that lives as long as the pool.

use std::ffi::OsString;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::FdFlags;
use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{
    Pid, PidfdFlags, Resource, Rlimit, Signal, getpid, getppid, kill_process_group, pidfd_open,
    set_parent_process_death_signal, setrlimit,
};

use crate::log::Output;

/// A started process.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    pid: Pid,
    /// Readable when the process has ended.
    pub(crate) ended: OwnedFd,
}

/// A process that has just been started, and what connects it to us.
#[derive(Debug)]
pub(crate) struct Started {
    pub(crate) process: Process,
    /// The other end of the channel that it has inherited.
    pub(crate) socket: OwnedFd,
    /// What it writes to stdout and stderr, in the order of writing.
    pub(crate) output: Output,
}

impl Process {
    /// Starts `program` in `folder`, with exactly this environment. `arguments` learns the number
    /// of the channel's descriptor.
    pub(crate) fn start(
        program: &Path,
        folder: &Path,
        environment: &[(String, String)],
        arguments: impl FnOnce(String) -> Vec<OsString>,
    ) -> io::Result<Started> {
        let (socket, channel) =
            socketpair(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
        let channel = above_standard_streams(channel)?;
        let (output, writer) = log_pipe()?;

        let mut command = Command::new(program);
        command.args(arguments(channel.as_raw_fd().to_string()));
        command.current_dir(folder).env_clear();
        command.envs(environment.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
        command.process_group(0);
        prepare_in_child(&mut command, channel);

        let mut child = command.spawn()?;
        let pid = Pid::from_child(&child);
        match pidfd_open(pid, PidfdFlags::empty()) {
            Ok(ended) => Ok(Started { process: Process { child, pid, ended }, socket, output }),
            Err(error) => {
                child.kill()?;
                child.wait()?;
                Err(error.into())
            }
        }
    }

    pub(crate) fn pid(&self) -> Pid {
        self.pid
    }

    /// Kills the process and everything in its group. Must not be called after [`Self::reap`].
    pub(crate) fn kill(&self) {
        // An error means that nobody is left in the group.
        let _ = kill_process_group(self.pid, Signal::KILL);
    }

    /// Waits until the process has ended by itself, but not long, and then as [`Self::reap`].
    pub(crate) fn wait_and_reap(self) -> io::Result<ExitStatus> {
        let mut ended = [PollFd::new(&self.ended, PollFlags::IN)];
        let patience = Timespec { tv_sec: 2, tv_nsec: 0 };
        // Whatever comes of it, nothing survives the next line.
        let _ = poll(&mut ended, Some(&patience));
        self.reap()
    }

    /// Ends what is left of the group and tells how the process ended; blocks until it has.
    pub(crate) fn reap(mut self) -> io::Result<ExitStatus> {
        // Before `wait`: until then the number of the group cannot be given to anybody else.
        self.kill();
        self.child.wait()
    }
}

/// A pipe for what a process writes; reading from it does not block.
pub(crate) fn log_pipe() -> io::Result<(Output, OwnedFd)> {
    let (reader, writer) = pipe_with(PipeFlags::CLOEXEC)?;
    rustix::io::ioctl_fionbio(&reader, true)?;
    Ok((Output::new(reader), writer))
}

/// Whether a process computes, or would if it had a processor, at this moment.
pub(crate) fn is_running(pid: Pid) -> bool {
    // `pid (name) state …`, and the name may contain anything (proc_pid_stat(5)).
    let path = format!("/proc/{}/stat", pid.as_raw_nonzero());
    let stat = std::fs::read(path).unwrap_or_default();
    let name_end = stat.iter().rposition(|byte| *byte == b')');
    name_end.and_then(|end| stat.get(end + 2)) == Some(&b'R')
}

/// The processes that any thread of `process` has started; none where it has ended, or the kernel does
/// not tell (`CONFIG_PROC_CHILDREN`).
#[must_use]
pub fn children(process: u32) -> Vec<u32> {
    let threads =
        std::fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    let lists =
        threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("children")).ok());
    let numbers = |list: String| -> Vec<u32> {
        list.split_whitespace().filter_map(|number| number.parse().ok()).collect()
    };
    lists.flat_map(numbers).collect()
}

/// How many threads and processes there are on the machine, also those that sleep.
pub(crate) fn tasks() -> Option<usize> {
    // `0.20 0.18 0.12 running/all last` (proc_loadavg(5)).
    let text = std::fs::read_to_string("/proc/loadavg").ok()?;
    text.split(' ').nth(3)?.split_once('/')?.1.parse().ok()
}

/// How many threads a process and all that it has started have, as far as they are counted: up to
/// `enough`.
pub(crate) fn threads_below(pid: Pid, enough: usize) -> usize {
    let mut open = vec![pid.as_raw_nonzero().get().cast_unsigned()];
    let mut count = 0;
    while let Some(process) = open.pop() {
        let threads = std::fs::read_dir(format!("/proc/{process}/task"));
        count += threads.map_or(0, Iterator::count);
        if count >= enough {
            break;
        }
        open.extend(children(process));
    }
    count
}

/// The memory of a process that is no file's, in bytes.
pub(crate) fn anonymous_memory(pid: Pid) -> Option<u64> {
    // Pages: size, resident, shared (proc_pid_statm(5)).
    let path = Path::new("/proc").join(pid.to_string()).join("statm");
    let statm = std::fs::read_to_string(path).ok()?;
    let mut pages = statm.split(' ').skip(1).map_while(|pages| pages.parse::<u64>().ok());
    let (resident, shared) = (pages.next()?, pages.next()?);
    Some(resident.saturating_sub(shared) * rustix::param::page_size() as u64)
}

/// Whether something has arrived that nobody has received.
pub(crate) fn is_readable(socket: &OwnedFd) -> bool {
    let mut socket = [PollFd::new(socket, PollFlags::IN)];
    poll(&mut socket, Some(&Timespec::default())).is_ok_and(|count| count > 0)
}

/// The same descriptor under a number above 2. When the caller has closed one of its own standard
/// streams, a new descriptor gets that number, and would be replaced by the child's stream.
fn above_standard_streams(descriptor: OwnedFd) -> io::Result<OwnedFd> {
    if descriptor.as_raw_fd() > 2 {
        return Ok(descriptor);
    }
    Ok(rustix::io::fcntl_dupfd_cloexec(&descriptor, 3)?)
}

/// Has the kernel kill the process that `command` starts when the thread that starts it dies, however
/// that happens.
pub fn end_with_us(command: &mut Command) {
    let parent = getpid();
    let prepare = move || {
        set_parent_process_death_signal(Some(Signal::KILL))?;
        if getppid() != Some(parent) {
            // We died before the line above; nobody would end this process.
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        Ok(())
    };
    // SAFETY: between `fork` and `exec` only async-signal-safe work is allowed. The closure makes two
    // system calls through rustix, without allocation or locks, and the error it may return is built
    // from a constant or an errno.
    unsafe { command.pre_exec(prepare) };
}

/// Has the child, just before it becomes Python, bind its life to ours and keep the channel open.
fn prepare_in_child(command: &mut Command, channel: OwnedFd) {
    end_with_us(command);
    let prepare = move || {
        // A crash must not leave a core file in the folder of the code.
        setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
        rustix::io::fcntl_setfd(channel.as_fd(), FdFlags::empty())?;
        Ok(())
    };
    // SAFETY: between `fork` and `exec` only async-signal-safe work is allowed. The closure makes two
    // system calls through rustix, without allocation or locks, and the error it may return is an
    // errno.
    unsafe { command.pre_exec(prepare) };
}
