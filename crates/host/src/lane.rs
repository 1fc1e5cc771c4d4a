//! A lane: loading it, calling it, forking with it.

mod load;
mod main_thread;

use crate::directory::Directory;
use crate::exchange::Slot as Exchange;
use crate::gate::{self, Exit, Function, slot};
use crate::stack::Stack;
use crate::state::{self, Cause, State};
use crate::{Access, Ended, FaultInfo, Passed, Reply, Request, Space, fault, keys, watchdog};
use faastlane_abi::{Ending, LaneCalls, deeds};
use std::ffi::c_void;
use std::io::Write;
use std::sync::atomic::Ordering;
use std::time::{SystemTime, UNIX_EPOCH};
use std::{fs, io, mem, ptr};

/// What a process with lanes in namespaces of their own must have in its environment when it starts:
/// room for them all, and no lazy binding.
pub const PROCESS_ENVIRONMENT: [(&str, &str); 2] =
    [("GLIBC_TUNABLES", "glibc.rtld.nns=16"), ("LD_BIND_NOW", "1")];

/// A loaded function. It lives as long as the process: Python cannot be unloaded.
#[derive(Debug)]
pub struct Lane {
    name: String,
    calls: &'static LaneCalls,
    place: Place,
    /// How the lane ended, once it has.
    end: Option<Passed>,
    /// Whether the process is a fork and the lane has not been told yet.
    is_forked: bool,
}

/// Where the lane is.
#[derive(Debug)]
enum Place {
    Own(Box<Own>),
    Base,
}

/// What a lane in a namespace of its own needs besides.
struct Own {
    state: &'static State,
    stack: Stack,
    exchange: Exchange,
    directory: Directory,
    /// Before that, a thread with a working directory of its own is inside.
    is_loaded: bool,
    /// The register of rights while the thread is inside.
    rights: u32,
}

impl std::fmt::Debug for Own {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Own").field("stack", &self.stack).finish_non_exhaustive()
    }
}

impl Lane {
    /// Calls the handler, on this thread. Only for lanes in namespaces of their own; one in the base
    /// namespace is called by [`Lane::pass`].
    ///
    /// # Panics
    /// If the lane is in the base namespace.
    pub fn call(&mut self, request: &Request) -> Reply {
        let Place::Own(own) = &mut self.place else {
            panic!("a lane in the base namespace has no exchange slot of its own");
        };
        if own.exchange.ask(request).is_err() {
            return Reply::Broken;
        }
        let exchange = own.exchange.start();
        let deadline = nanoseconds(request.deadline);
        let passed = self.enter(self.function(self.calls.call), exchange.cast(), deadline);
        let Place::Own(own) = &mut self.place else { unreachable!("the place never changes") };
        let reply = match passed {
            Passed::Returned => own.exchange.reply(),
            Passed::Ended(ended) => Reply::Ended(ended),
            Passed::Fault(fault) => Reply::Fault(fault),
            Passed::TimedOut => Reply::TimedOut,
        };
        own.exchange.clear();
        if reply == Reply::Broken {
            self.end = Some(Passed::TimedOut);
        }
        reply
    }

    /// Calls the handler with the request in `exchange`, a slot that somebody else has filled and will
    /// read. There is no deadline.
    ///
    /// # Safety
    /// `exchange` is the start of a slot as `abi` describes it, mapped for reading and writing, also
    /// with the lane's rights.
    pub unsafe fn pass(&mut self, exchange: *mut u8) -> Passed {
        self.enter(self.function(self.calls.call), exchange.cast(), NEVER)
    }

    /// Whether the lane has ended and cannot be called any more.
    pub fn is_poisoned(&self) -> bool {
        self.end.is_some() || matches!(&self.place, Place::Own(own) if own.state.cause().is_some())
    }

    /// Whether the function has installed handlers for signals. Among several lanes of a process, a
    /// signal would find the wrong one.
    pub fn handles_signals(&self) -> bool {
        // SAFETY: the lane's variable, which lives as long as the process.
        let deeds = unsafe { &*self.calls.deeds }.load(Ordering::Relaxed);
        deeds & deeds::HANDLES_SIGNALS != 0
    }

    /// The function's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where the lane is loaded.
    pub fn space(&self) -> Space {
        match self.place {
            Place::Own(_) => Space::Own,
            Place::Base => Space::Base,
        }
    }

    fn function(&self, function: unsafe extern "C" fn(*mut faastlane_abi::Exchange)) -> Function {
        // SAFETY: functions of one pointer are called alike, whatever it points to.
        unsafe { mem::transmute(function) }
    }

    /// Through the gate and back.
    fn enter(&mut self, function: Function, argument: *mut c_void, deadline: u64) -> Passed {
        if mem::take(&mut self.is_forked) {
            self.run(self.calls.after_fork_in_child);
        }
        if let Some(end) = &self.end {
            return end.clone();
        }
        let passed = match &mut self.place {
            Place::Own(own) => own.enter(function, argument, deadline, self.calls),
            Place::Base => {
                // SAFETY: a function of the lane, which is a part of this process.
                unsafe { function(argument) };
                Passed::Returned
            }
        };
        if passed != Passed::Returned {
            self.end = Some(passed.clone());
        }
        passed
    }

    /// Calls a function of the lane that takes nothing.
    fn run(&mut self, function: unsafe extern "C" fn()) {
        // SAFETY: an argument that is not taken does no harm in the C calling convention.
        let function: Function = unsafe { mem::transmute(function) };
        self.enter(function, ptr::null_mut(), NEVER);
    }
}

impl Own {
    fn enter(
        &mut self,
        function: Function,
        argument: *mut c_void,
        deadline: u64,
        calls: &LaneCalls,
    ) -> Passed {
        let slot = slot::own(fault::prepare_thread).expect("few threads pass gates");
        if self.is_loaded {
            // A folder that cannot be entered any more is the function's own affair.
            let _ = self.directory.occupy();
        }
        state::set_of_thread(Some(self.state));
        slot.deadline.store(deadline, Ordering::SeqCst);
        let pass = slot.passes.fetch_add(1, Ordering::SeqCst) + 1;
        self.state.entered(slot, pass);
        if deadline != NEVER {
            watchdog::arm(deadline);
        }
        // SAFETY: the stack is the lane's and nobody is on it, because `self` is borrowed; so are the
        // rights; the function is one of the lane's.
        let exit = unsafe { gate::enter(slot, self.stack.top(), self.rights, function, argument) };
        if fault::in_child_of_function() {
            // A fork that the function has made returns like its parent: there is nobody to return to.
            // SAFETY: nothing of this process is needed.
            unsafe { libc::_exit(0) };
        }
        self.state.left();
        slot.passes.fetch_add(1, Ordering::SeqCst);
        state::set_of_thread(None);
        self.stack.clear();
        self.take_note(calls);
        match (exit, self.state.cause()) {
            (Exit::Returned, None) => Passed::Returned,
            (Exit::Left, None) => Passed::TimedOut,
            (_, Some(cause)) => explain(cause),
        }
    }

    /// Looks at what the function did that concerns the whole process.
    fn take_note(&mut self, calls: &LaneCalls) {
        // SAFETY: the lane's variable, which lives as long as the process.
        let deeds = unsafe { &*calls.deeds };
        if deeds.load(Ordering::Relaxed) & deeds::CHANGED_DIRECTORY != 0 {
            deeds.fetch_and(!deeds::CHANGED_DIRECTORY, Ordering::Relaxed);
            self.directory.follow();
        }
        if gate::constants::keys() {
            // SAFETY: a function of the lane that may be called with the host's rights.
            unsafe { (calls.tag_new_objects)() };
        }
    }
}

fn explain(cause: Cause) -> Passed {
    match cause {
        Cause::Ended(Ending::Exit, status) => Passed::Ended(Ended::Status(status)),
        Cause::Ended(Ending::Signal, signal) => Passed::Ended(Ended::Signal(signal)),
        Cause::Fault { signal, address, write, key, on_thread } => Passed::Fault(FaultInfo {
            signal,
            address,
            access: if write { Access::Write } else { Access::Read },
            key,
            owner: key.and_then(keys::owner),
            on_thread,
        }),
    }
}

/// No deadline.
const NEVER: u64 = u64::MAX;

/// Since 1970.
fn nanoseconds(time: SystemTime) -> u64 {
    let since_1970 = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since_1970.as_nanos()).unwrap_or(NEVER)
}

/// Ends a process that has lanes, or had some. The usual exit would call the destructors of every library
/// in every lane, outside of the gates, and some of those wait for threads that a fork does not have.
pub fn exit(status: i32) -> ! {
    // What was printed with a line that is not finished; a failure has nobody to be told to.
    let _ = io::stdout().flush();
    // SAFETY: nothing of this process is needed any more.
    unsafe { libc::_exit(status) }
}

/// When memory runs out, the kernel is to end a process that calls functions, and not the program that
/// asks it to. Where it may not be told, that is nobody's loss.
fn let_the_kernel_end_this_first() {
    let _ = fs::write("/proc/self/oom_score_adj", "1000");
}

/// Forks this process with its lanes. `Some` is the number of the child; `None` is returned in the child,
/// where the lanes can be called as before.
///
/// # Errors
/// What `fork` of the libc says.
///
/// # Safety
/// No other thread of the host is doing anything: in the child it would not exist, and what it holds
/// would stay held.
pub unsafe fn fork(lanes: &mut [Lane]) -> io::Result<Option<libc::pid_t>> {
    for lane in &mut *lanes {
        lane.run(lane.calls.before_fork);
    }
    // SAFETY: the caller's promise.
    let child = unsafe { libc::fork() };
    let failure = io::Error::last_os_error();
    if child == 0 {
        let_the_kernel_end_this_first();
        fault::after_fork_in_child();
        slot::after_fork_in_child();
        watchdog::after_fork_in_child();
    }
    for lane in lanes {
        if child == 0 {
            // Each copies some hundred pages for it, so a lane that is never called need not know.
            lane.is_forked = true;
        } else {
            lane.run(lane.calls.after_fork_in_parent);
        }
    }
    match child {
        -1 => Err(failure),
        0 => Ok(None),
        child => Ok(Some(child)),
    }
}
