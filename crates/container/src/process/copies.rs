//! Copies of a container's process that are to become something else, and that somebody has stopped.
//!
//! A container that starts a process waits until that has executed its program. Until then it is a copy
//! of the container, with its command line; if such a one stands still, so does the container, which can
//! look after nothing. Starting processes from a thread that may wait was the other way: they would end
//! with that thread, and not with their container.

use std::fs;

use faastlane_lanes::children;
use rustix::process::{Pid, Signal, kill_process};

/// Lets those of `parent` go on whose command line is still its own.
pub(super) fn wake(parent: Pid) {
    let parent = parent.as_raw_nonzero().get();
    let command = command_line(parent);
    for child in children(parent.cast_unsigned()) {
        let child = child.cast_signed();
        if is_stopped(child) && command_line(child) == command {
            // It fails if it has ended meanwhile.
            let _ = Pid::from_raw(child).map(|child| kill_process(child, Signal::CONT));
        }
    }
}

fn is_stopped(pid: i32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The name before may have spaces and parentheses in it.
    stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('T'))
}

fn command_line(pid: i32) -> Vec<u8> {
    fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use rustix::process::{WaitId, WaitIdOptions, getpid, waitid};

    use super::*;

    #[test]
    fn a_child_that_is_something_else_already_is_left_alone() {
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        let pid = Pid::from_child(&child);
        kill_process(pid, Signal::STOP).unwrap();
        waitid(WaitId::Pid(pid), WaitIdOptions::STOPPED | WaitIdOptions::NOWAIT).unwrap();
        let raw = pid.as_raw_nonzero().get();
        assert!(children(std::process::id()).contains(&raw.cast_unsigned()));
        wake(getpid());
        assert!(is_stopped(raw));
        child.kill().unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn a_copy_is_let_go_on() {
        // The shell waits for a copy of itself, which stops itself.
        let mut shell = Command::new("sh")
            .args(["-c", "(kill -STOP $(exec sh -c 'echo $PPID'); exit 7)"])
            .spawn()
            .unwrap();
        let pid = Pid::from_child(&shell);
        while shell.try_wait().unwrap().is_none() {
            wake(pid);
            std::thread::yield_now();
        }
        assert_eq!(shell.wait().unwrap().code(), Some(7));
    }
}
