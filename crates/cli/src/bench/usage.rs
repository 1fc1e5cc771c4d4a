//! Processor time and memory of a contender's processes.
//!
//! All contenders of a workload are alive and take turns, so a process belongs to whoever had the turn
//! when it was started.

use std::collections::HashSet;
use std::fs;
use std::time::Duration;

use faastlane_lanes::children;
use rustix::param::clock_ticks_per_second;

/// The processes that this one has started for a contender.
#[derive(Debug, Default)]
pub(super) struct Processes(HashSet<u32>);

impl Processes {
    /// Does `work` in its turn; processes that are started meanwhile belong to it.
    pub(super) fn turn<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let before = children(std::process::id());
        let done = work();
        let after = children(std::process::id());
        self.0.extend(after.into_iter().filter(|process| !before.contains(process)));
        done
    }

    /// The processor time that they, all that they have started, and this process have used.
    pub(super) fn cpu(&self) -> Duration {
        let own = stat(std::process::id()).map_or(0, |stat| stat.own);
        let ticks: u64 = own
            + self
                .all()
                .into_iter()
                .filter_map(stat)
                .map(|s| s.own + s.of_ended_children)
                .sum::<u64>();
        Duration::from_millis(ticks * 1000 / clock_ticks_per_second().max(1))
    }

    /// What a reading of [`Self::cpu`] is rounded to.
    pub(super) fn cpu_step() -> Duration {
        Duration::from_millis(1000 / clock_ticks_per_second().max(1))
    }

    /// Memory of all of them, shared pages divided among those that share them, in MiB.
    pub(super) fn memory(&self) -> f64 {
        self.all().into_iter().filter_map(pss_kib).sum::<f64>() / 1024.0
    }

    fn all(&self) -> Vec<u32> {
        let mut all: Vec<u32> = self.0.iter().copied().collect();
        let mut at = 0;
        while let Some(process) = all.get(at) {
            all.extend(children(*process));
            at += 1;
        }
        all
    }
}

/// Ticks of processor time.
#[derive(Debug, PartialEq, Eq)]
struct Stat {
    own: u64,
    of_ended_children: u64,
}

fn stat(process: u32) -> Option<Stat> {
    stat_of(&fs::read_to_string(format!("/proc/{process}/stat")).ok()?)
}

/// Fields 14 to 17; the second field, a name, can hold anything.
fn stat_of(text: &str) -> Option<Stat> {
    let fields = text.rsplit_once(')')?.1.split_whitespace().skip(11);
    let ticks: Vec<u64> = fields.take(4).map_while(|field| field.parse().ok()).collect();
    let [user, system, ended_user, ended_system] = ticks[..] else { return None };
    Some(Stat { own: user + system, of_ended_children: ended_user + ended_system })
}

fn pss_kib(process: u32) -> Option<f64> {
    let text = fs::read_to_string(format!("/proc/{process}/smaps_rollup")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_found_behind_any_name() {
        let text = "12 (a (b) c) S 7 12 12 0 -1 4194304 1 2 3 4 10 5 3 2 20 0 1 0";
        assert_eq!(stat_of(text), Some(Stat { own: 15, of_ended_children: 5 }));
        assert_eq!(stat_of("12 (a) S 7"), None);
    }

    #[test]
    fn a_process_belongs_to_the_turn_in_which_it_was_started() {
        let mut processes = Processes::default();
        let start = || std::process::Command::new("sleep").arg("1000").spawn().unwrap();
        let mut child = processes.turn(start);
        assert!(processes.0.contains(&child.id()));
        assert!(processes.memory() >= 0.0);
        child.kill().unwrap();
        child.wait().unwrap();
    }
}
