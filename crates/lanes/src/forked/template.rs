//! A template: started when the first of its functions is called, told to fork, listened to.

use std::ffi::OsString;
use std::io;
use std::os::fd::AsFd;
use std::path::Path;

use faastlane_host::message::{Line, Order, Plan, Report, send};
use rustix::net::RecvFlags;

use super::host::Inherited;
use crate::HostProgram;
use crate::log::Output;
use crate::process::{Process, Started};

/// A place for one template process after another.
#[derive(Debug)]
pub(crate) struct Template {
    /// The functions that it is for.
    pub(crate) members: Vec<usize>,
    /// Whether each of them has a namespace of its own; if not, there is only one.
    pub(crate) namespaces: bool,
    pub(crate) running: Option<Running>,
    /// Goes up with each process, so that a late event of the last one is told apart.
    pub(crate) generation: u32,
}

impl Template {
    pub(crate) fn new(members: Vec<usize>, namespaces: bool) -> Template {
        Template { members, namespaces, running: None, generation: 0 }
    }
}

/// The process of a template.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) process: Process,
    pub(crate) line: Line,
    pub(crate) output: Output,
    /// The functions that it loads, in the order of its plan.
    pub(crate) lanes: Vec<usize>,
    /// Whether it has understood what to load.
    pub(crate) loads: bool,
    /// Those of them that have not been reported.
    pub(crate) loading: Vec<usize>,
    /// Whether hosts can be forked.
    pub(crate) loaded: bool,
    /// What its hosts inherit of several functions, in bytes; 0 if it has only one.
    pub(crate) shared_memory: u64,
    /// Whether it is there because an earlier one took too long.
    pub(crate) is_second: bool,
}

impl Running {
    /// Starts a process that loads the lanes of `plan`, which are those of the functions `lanes`.
    pub(crate) fn start(
        program: &HostProgram,
        folder: &Path,
        plan: Plan,
        lanes: Vec<usize>,
    ) -> io::Result<Running> {
        let environment = faastlane_host::PROCESS_ENVIRONMENT
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        // The names are for whoever looks at the list of processes.
        let names: Vec<_> = plan.lanes.iter().map(|lane| OsString::from(&lane.name)).collect();
        let arguments = |channel: String| {
            let given = program.arguments.iter().cloned();
            given.chain([channel.into()]).chain(names).collect()
        };
        let Started { process, socket, output } =
            Process::start(&program.path, folder, &environment, arguments)?;
        let running = Running {
            process,
            line: Line::new(socket),
            output,
            loading: lanes.clone(),
            lanes,
            loads: false,
            loaded: false,
            shared_memory: 0,
            is_second: false,
        };
        // It fails only if the process has ended already, which is noticed in any case.
        let _ = running.line.send(&Order::Load(plan));
        Ok(running)
    }

    /// Orders a host that gets these.
    pub(crate) fn fork(&self, host: u64, inherited: &Inherited) -> io::Result<()> {
        let Inherited { memory, doorbell, output } = inherited;
        let descriptors = [memory.as_fd(), doorbell.as_fd(), output.as_fd()];
        send(self.line.socket(), &Order::Fork { host }, &descriptors)
    }

    /// Has a host killed with all that it started.
    pub(crate) fn kill(&self, host: u64) {
        // It fails when the template is gone, and then its hosts are too.
        let _ = self.line.send(&Order::Kill { host });
    }

    /// Asks the process to end all of its hosts and then itself. None if it can only be killed,
    /// which is done then.
    pub(crate) fn leave(self) -> Option<Process> {
        if self.loaded {
            // It notices that the socket, which is dropped here, is closed.
            return Some(self.process);
        }
        // It fails only for a process that has been waited for already.
        let _ = self.process.reap();
        None
    }

    /// What it says next; none if it has said nothing more.
    pub(crate) fn report(&mut self) -> io::Result<Option<Report>> {
        loop {
            if let Some(report) = self.line.take()? {
                return Ok(Some(report));
            }
            match self.line.receive(RecvFlags::DONTWAIT) {
                Ok(true) => {}
                Ok(false) => return Ok(None),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                Err(error) => return Err(error),
            }
        }
    }

    /// Which of its lanes is that of the function.
    pub(crate) fn lane_of(&self, function: usize) -> u32 {
        let at = self.lanes.iter().position(|lane| *lane == function);
        u32::try_from(at.expect("a host is only asked of a template with its lane"))
            .expect("a template has few lanes")
    }
}
