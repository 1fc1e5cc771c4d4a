//! What was measured of this container, kept in the cache folder.
//!
//! `faastlane run` must start at once, so it never measures: it takes the numbers that
//! `faastlane profile` has left, or those that are built in.

use std::fs;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use faastlane_environment::Search;
use faastlane_host::keys;
use faastlane_plan::Profile;
use serde::{Deserialize, Serialize};

/// Counts up when the meaning of the file changes.
const FORMAT: u32 = 1;
/// A container's processors rarely change; the paper measures once a day.
const KEPT_FOR: Duration = Duration::from_hours(24);
/// What was measured while others computed says little about tomorrow.
const KEPT_FOR_IF_BUSY: Duration = Duration::from_mins(10);
/// Others compute, if so many processes run on average for each processor.
const BUSY: f64 = 0.5;

/// A profile and where it comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Kept {
    format: u32,
    /// When it was measured, in seconds since 1970; none for the one that is built in.
    pub(crate) measured_at: Option<u64>,
    /// The machine that it was measured on.
    machine: String,
    /// Processes that ran on average in the minute before.
    pub(crate) load: f64,
    /// Throughput of all threads together, as a multiple of one thread's.
    pub(crate) scaling: Vec<Scaling>,
    pub(crate) profile: Profile,
}

/// How much so many threads compute.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Scaling {
    pub(crate) threads: usize,
    pub(crate) times: f64,
}

impl Kept {
    /// What was measured just now, after a minute of this load.
    pub(crate) fn new(profile: Profile, scaling: Vec<Scaling>, load: f64) -> Self {
        let measured_at = Some(now());
        Self { format: FORMAT, measured_at, machine: machine(), load, scaling, profile }
    }

    /// What was measured here not too long ago, else what is built in.
    pub(crate) fn or_default() -> Self {
        Self::load().unwrap_or_else(Self::built_in)
    }

    /// What was measured here not too long ago.
    pub(crate) fn load() -> Option<Self> {
        let kept: Self = serde_json::from_slice(&fs::read(file()?).ok()?).ok()?;
        kept.holds(&machine(), now()).then_some(kept)
    }

    /// Whether it still says something about this machine at this time.
    fn holds(&self, machine: &str, now: u64) -> bool {
        let age = self.measured_at.and_then(|then| now.checked_sub(then)).map(Duration::from_secs);
        let most = if self.is_busy() { KEPT_FOR_IF_BUSY } else { KEPT_FOR };
        self.format == FORMAT && self.machine == machine && age.is_some_and(|age| age <= most)
    }

    /// Whether others computed when it was measured.
    pub(crate) fn is_busy(&self) -> bool {
        self.load > BUSY * faastlane_plan::as_f64(processors())
    }

    fn built_in() -> Self {
        let profile =
            Profile { vcpus: processors(), keys: keys::available().is_ok(), ..Profile::default() };
        let (format, machine) = (FORMAT, machine());
        Self { format, measured_at: None, machine, load: 0.0, scaling: Vec::new(), profile }
    }

    /// How long ago it was measured; none if it was not, or in the future.
    pub(crate) fn age(&self) -> Option<Duration> {
        Some(Duration::from_secs(now().checked_sub(self.measured_at?)?))
    }

    /// How long ago it was measured, for people.
    pub(crate) fn ago(&self) -> String {
        let seconds = self.age().unwrap_or_default().as_secs();
        match seconds {
            0..2 => "just now".to_owned(),
            2..120 => format!("{seconds} seconds ago"),
            120..7200 => format!("{} minutes ago", seconds / 60),
            _ => format!("{} hours ago", seconds / 3600),
        }
    }

    /// Writes it beside the file and renames, so that no reader sees half of it; the file.
    pub(crate) fn save(&self) -> std::io::Result<Option<PathBuf>> {
        let Some(file) = file() else { return Ok(None) };
        fs::create_dir_all(file.parent().unwrap_or(Path::new(".")))?;
        let beside = file.with_extension(format!("{}.new", std::process::id()));
        fs::write(&beside, serde_json::to_vec(self)?)?;
        fs::rename(beside, &file)?;
        Ok(Some(file))
    }
}

/// Processors that the system says there are.
pub(crate) fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get)
}

fn file() -> Option<PathBuf> {
    Some(Search::from_env().cache?.join("profile.json"))
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// A cache folder may be shared by machines, and a container may be started again with more.
fn machine() -> String {
    let read = |file: &str| fs::read_to_string(file).unwrap_or_default().trim().to_owned();
    let quota = read("/sys/fs/cgroup/cpu.max");
    format!("{} {} {quota}", read("/proc/sys/kernel/hostname"), processors())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_holds_for_a_day_on_its_machine() {
        let kept = |load| Kept { measured_at: Some(1000), load, ..Kept::built_in() };
        let machine = kept(0.0).machine;
        let check = |kept: &Kept, machine: &str, now, expected| {
            assert_eq!(kept.holds(machine, now), expected, "{kept:?} {machine} {now}");
        };
        check(&kept(0.0), &machine, 1000 + 24 * 3600, true);
        check(&kept(0.0), &machine, 1001 + 24 * 3600, false);
        check(&kept(0.0), &machine, 999, false);
        check(&kept(0.0), "another", 1000, false);
        check(&kept(1000.0), &machine, 1600, true);
        check(&kept(1000.0), &machine, 1601, false);
        check(&Kept { format: 0, ..kept(0.0) }, &machine, 1000, false);
        check(&Kept::built_in(), &machine, 1000, false);
    }
}
