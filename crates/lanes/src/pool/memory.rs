//! How many more workers memory allows.
//!
//! The kernel says what is free, for the machine and for the control group of this process, and what a
//! worker has for itself. A quarter of what is free stays so: calls need more than a worker at rest.

use std::fs;
use std::path::{Path, PathBuf};

use rustix::process::Pid;

use crate::process::anonymous_memory;

/// What a worker is taken to need until one has been looked at, and at least, in bytes.
const LEAST: u64 = 4 << 20;

/// What is known of memory.
#[derive(Debug)]
pub(super) struct Budget {
    /// The folders of the control groups that this process is in, the innermost first.
    groups: Vec<PathBuf>,
    /// What a worker takes, in bytes.
    each: u64,
    /// How many workers there were when that was measured.
    measured_at: usize,
}

impl Budget {
    pub(super) fn new() -> Budget {
        Budget { groups: groups(), each: LEAST, measured_at: 0 }
    }

    /// Whether there are twice as many workers as when [`Self::learn`] was told what they take.
    pub(super) fn is_old(&self, workers: usize) -> bool {
        workers >= 2 * self.measured_at
    }

    /// One of so many workers takes so many bytes.
    pub(super) fn learn(&mut self, workers: usize, taken: Option<u64>) {
        self.measured_at = workers;
        self.each = taken.unwrap_or(0).max(self.each);
    }

    /// For how many more workers there is room.
    pub(super) fn room(&self) -> usize {
        let groups = self.groups.iter().filter_map(|group| free_in_group(group));
        let free = fs::read_to_string("/proc/meminfo").ok().and_then(|text| available(&text));
        let free = groups.chain(free).min();
        free.map_or(usize::MAX, |free| {
            usize::try_from(free / 4 * 3 / self.each).unwrap_or(usize::MAX)
        })
    }
}

/// What a process has for itself, in bytes. Where the kernel does not tell that, what it has of its own
/// and of its template.
pub(super) fn private(pid: Pid) -> Option<u64> {
    let folder = Path::new("/proc").join(pid.to_string());
    let rollup = fs::read_to_string(folder.join("smaps_rollup")).ok();
    let private = rollup.map(|text| {
        let parts = ["Private_Clean:", "Private_Dirty:"];
        parts.into_iter().filter_map(|name| kilobytes(&text, name)).sum()
    });
    private.or_else(|| anonymous_memory(pid))
}

/// What the machine has free, in bytes.
fn available(meminfo: &str) -> Option<u64> {
    kilobytes(meminfo, "MemAvailable:")
}

/// The number after `name` at the beginning of a line, which counts kilobytes, in bytes.
fn kilobytes(text: &str, name: &str) -> Option<u64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
    let number: u64 = rest.trim().split(' ').next()?.parse().ok()?;
    Some(number * 1024)
}

/// What a control group (version 2) may still take, if it has a limit.
fn free_in_group(folder: &Path) -> Option<u64> {
    let number = |name| fs::read_to_string(folder.join(name)).ok()?.trim().parse::<u64>().ok();
    let limit = number("memory.max")?;
    Some(limit.saturating_sub(number("memory.current")?))
}

fn groups() -> Vec<PathBuf> {
    let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let Some(path) = own.lines().find_map(|line| line.strip_prefix("0::/")) else {
        return Vec::new();
    };
    let root = Path::new("/sys/fs/cgroup");
    let limited = |folder: &&Path| folder.join("memory.max").is_file();
    root.join(path)
        .ancestors()
        .take_while(|folder| folder.starts_with(root))
        .filter(limited)
        .map(Path::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_free_is_shared_out() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name, text| fs::write(folder.path().join(name), text).unwrap();
        let room = |taken| {
            let groups = vec![folder.path().to_owned()];
            let mut budget = Budget { groups, each: LEAST, measured_at: 0 };
            budget.learn(1, taken);
            budget.room()
        };
        write("memory.current", "1048576\n");
        write("memory.max", "max\n");
        assert!(room(None) > 0);
        write("memory.max", "17825792\n");
        assert_eq!(room(None), 3);
        assert_eq!(room(Some(6 << 20)), 2);
        write("memory.max", "1000\n");
        assert_eq!(room(None), 0);
    }

    #[test]
    fn this_process_has_memory_of_its_own() {
        assert!(private(rustix::process::getpid()).unwrap() > 100_000);
        assert_eq!(
            kilobytes("MemTotal:  1 kB\nMemAvailable:    17 kB\n", "MemAvailable:"),
            Some(17 << 10)
        );
    }
}
