//! What a forked host does until it is killed: waits for a request, enters the lane, announces the
//! reply.

use crate::channel::Server;
use crate::lanes::Lanes;
use crate::{Ended, FaultInfo, Passed};

/// Answers requests as long as there are any; the orchestrator ends the process.
pub(crate) fn serve(mut lanes: Lanes, mut server: Server) -> ! {
    loop {
        let lane = server.wait();
        // SAFETY: the slot is mapped for reading and writing as long as the server lives.
        let passed = unsafe { lanes.pass(lane, server.slot()) };
        // The orchestrator only asks for lanes that were reported as ready.
        let Some(passed) = passed else { end(1) };
        match passed {
            // It fails if the function has closed the doorbell.
            Passed::Returned => server.reply().unwrap_or_else(|_| end(1)),
            Passed::Ended(Ended::Status(status)) => end(status),
            Passed::Ended(Ended::Signal(signal)) => end_by(signal),
            Passed::Fault(fault) => {
                tell(&fault, lanes.name(lane));
                end_by(fault.signal)
            }
            // The orchestrator has deadlines of its own, and passes none on.
            Passed::TimedOut => end(1),
        }
    }
}

/// Says in the function's log what it did: the end of the process says the signal only.
fn tell(fault: &FaultInfo, function: &str) {
    let line = format!("[faastlane] {}\n", fault.describe(function));
    // Nobody reads it if this fails.
    let _ = rustix::io::write(rustix::stdio::stderr(), line.as_bytes());
}

/// Ends the process at once: whatever the function wanted done before has been done in its lane.
pub(crate) fn end(status: i32) -> ! {
    // SAFETY: `_exit` takes any number and touches no memory of ours.
    unsafe { libc::_exit(status) }
}

/// Ends the process by a signal, as if nothing had ever handled it.
fn end_by(signal: i32) -> ! {
    // SAFETY: the default action of a signal refers to no code of ours; an impossible number is
    // refused.
    unsafe { libc::signal(signal, libc::SIG_DFL) };
    // SAFETY: any thread may send its own process a signal.
    unsafe { libc::raise(signal) };
    end(128 + signal)
}
