//! Harms a run from outside: signals, limits, and a folder without space.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use fastrand::Rng;
use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process, prlimit};

use super::fault::{Deed, Fault, Role};
use super::processes::{Process, address_space, below};

/// How much more memory a process may have that gets no more, in bytes.
const A_LITTLE: u64 = 1 << 20;

/// Harms some processes of a run.
pub(super) fn hit(fault: Fault, run: Pid, random: &mut Rng) -> Vec<String> {
    let all = below(run);
    let of = |role| all.iter().filter(|process| process.role == role).cloned().collect();
    let (targets, deed): (Vec<Process>, _) = match fault {
        Fault::Signal(deed, Role::Command) => return send(run, deed, "the command"),
        Fault::Signal(deed, role) => (one(of(role), random), Some(deed)),
        Fault::Memory(role) => (one(of(role), random), None),
        Fault::KillHosts => ([of(Role::Template), of(Role::Host)].concat(), Some(Deed::Kill)),
        Fault::KillMany => {
            let mut some: Vec<_> =
                all.into_iter().filter(|process| !SPARED.contains(&process.role)).collect();
            random.shuffle(&mut some);
            some.truncate(some.len().div_ceil(2));
            (some, Some(Deed::Kill))
        }
        _ => return Vec::new(),
    };
    let harm = |process: &Process| match deed {
        Some(deed) => send(process.pid, deed, &process.about),
        None => confine(process),
    };
    targets.iter().flat_map(harm).collect()
}

fn one(mut processes: Vec<Process>, random: &mut Rng) -> Vec<Process> {
    if processes.is_empty() {
        return processes;
    }
    vec![processes.swap_remove(random.usize(..processes.len()))]
}

fn send(pid: Pid, deed: Deed, about: &str) -> Vec<String> {
    let signal = match deed {
        Deed::Kill => Signal::KILL,
        Deed::Stop => Signal::STOP,
        Deed::Crash => Signal::SEGV,
        Deed::Abort => Signal::ABORT,
    };
    // It may have ended since it was found.
    kill_process(pid, signal).map(|()| about.to_owned()).into_iter().collect()
}

/// Lets it have hardly more memory than it has.
fn confine(process: &Process) -> Vec<String> {
    let limit = address_space(process.pid).map(|has| has + A_LITTLE);
    let confined = limit.map(|limit| {
        let limit = Rlimit { current: Some(limit), maximum: Some(limit) };
        prlimit(Some(process.pid), Resource::As, limit)
    });
    if matches!(confined, Some(Ok(_))) { vec![process.about.clone()] } else { Vec::new() }
}

/// Writes until there is no space.
pub(super) fn fill(folder: &Path) {
    if let Ok(mut file) = File::create(folder.join(FILLING)) {
        while file.write_all(&[0; 1 << 16]).is_ok() {}
    }
}

/// Not killed with others: the command's own processes before they have become what they are to be, and
/// services.
const SPARED: [Role; 2] = [Role::Command, Role::Service];
/// The file that takes all space.
pub(super) const FILLING: &str = "filling";
