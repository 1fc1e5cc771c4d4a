//! Private memory: what a warm function costs in each kind of lane, in pages that nothing else uses.
//!
//! It is `Private_Dirty` of `/proc/PID/smaps_rollup`. Code and constants of Python are not in it: all
//! kinds share them, with each other and with other programs.

use std::fs;
use std::time::Duration;

use anyhow::{Context, ensure};
use faastlane_environment::{Environments, Requirements, Search, ready};
use faastlane_host::Lane;
use serde::{Deserialize, Serialize};

use crate::case::{Case, Contender, Subject, Unit};
use crate::code::{Code, STEPS};
use crate::hop::{Alone, Kind, call, frame};
use crate::job::Job;
use crate::payload::Payload;
use crate::say;

/// What of it is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Part {
    /// Each further thread lane of a process.
    ThreadLane,
    /// A forked host.
    Host,
    /// The process that a function's hosts are forked from, with what its hosts still share.
    Template,
    /// The process of a portable lane.
    PortableLane,
}

/// Functions without packages, and functions with numpy.
pub(crate) fn cases(code: &Code) -> Vec<Case> {
    let case = |name: &str, contenders| Case {
        name: format!("memory/{name}"),
        unit: Unit::Bytes,
        pinned: false,
        contenders,
    };
    let (small, large) = (code.clone(), code.clone());
    vec![
        case("small handler", Box::new(move || contenders(&small))),
        case(
            "with numpy",
            Box::new(move || match with_numpy(&large) {
                Ok(code) => contenders(&code),
                Err(error) => {
                    say(&format!("left out: no numpy here: {error:#}"));
                    Ok(Vec::new())
                }
            }),
        ),
    ]
}

fn contenders(code: &Code) -> anyhow::Result<Vec<Contender>> {
    let taken = |part| Job::Memory { code: code.clone(), part }.start();
    let mut contenders = Vec::new();
    if code.libpython.is_some() {
        contenders.extend([
            Contender::new("a thread lane", taken(Part::ThreadLane)?),
            Contender::new("a forked host", taken(Part::Host)?),
            Contender::new("- the process it is forked from", taken(Part::Template)?),
        ]);
    }
    contenders.push(Contender::new("a portable lane", taken(Part::PortableLane)?));
    Ok(contenders)
}

/// The handlers with an import of numpy, in an environment which is made as for any function.
fn with_numpy(code: &Code) -> anyhow::Result<Code> {
    let source = ["import numpy\n\n", include_str!("python/handlers.py")].concat();
    let code = code.write("numeric", &source)?;
    fs::write(code.folder.join("requirements.txt"), "numpy\n")?;
    let search = Search::from_env();
    let python = ready(&code.python, &search)?;
    let requirements = Requirements::collect(&code.folder, &code.folder)?;
    let mut said = String::new();
    let python = Environments::new(&search).ensure(&python, &requirements, &mut |progress| {
        if said != progress.step {
            say(&format!("{} …", progress.step));
            said = progress.step;
        }
    })?;
    Ok(code.with_python(python))
}

/// What is measured: warm functions, one of each.
pub(crate) struct Taken {
    part: Part,
    /// Bytes before the lanes were loaded that count.
    before: u64,
    lanes: Vec<Lane>,
    pool: Option<Alone>,
}

impl Taken {
    pub(crate) fn new(code: &Code, part: Part) -> anyhow::Result<Self> {
        let kind = match part {
            Part::ThreadLane => {
                // The first lane pays for what all share.
                let mut lanes = warm(code, 0)?;
                let before = Dirty::of("self")?.private;
                for step in 1..STEPS {
                    lanes.extend(warm(code, step)?);
                }
                return Ok(Self { part, before, lanes, pool: None });
            }
            Part::Host | Part::Template => Kind::Forked,
            Part::PortableLane => Kind::Portable,
        };
        let pool = Some(Alone::warm(code, kind, Payload::Small)?);
        Ok(Self { part, before: 0, lanes: Vec::new(), pool })
    }
}

fn warm(code: &Code, step: usize) -> anyhow::Result<Vec<Lane>> {
    let mut lanes = code.load_steps(step..step + 1)?;
    let event = frame(Payload::Small)?;
    for lane in &mut lanes {
        call(lane, &event)?;
    }
    Ok(lanes)
}

impl Subject for Taken {
    fn measure(&mut self, _: Duration) -> anyhow::Result<Vec<f64>> {
        let own = std::process::id();
        let taken = match self.part {
            Part::ThreadLane => {
                let more = Dirty::of("self")?.private.saturating_sub(self.before);
                return Ok(vec![more as f64 / (self.lanes.len() - 1) as f64]);
            }
            Part::Host => {
                let templates = children(own)?;
                let hosts = templates.into_iter().map(children).collect::<Result<Vec<_>, _>>()?;
                all_dirty(&hosts.concat(), |dirty| dirty.private)?
            }
            Part::Template => all_dirty(&children(own)?, |dirty| dirty.private + dirty.shared)?,
            Part::PortableLane => all_dirty(&children(own)?, |dirty| dirty.private)?,
        };
        let functions = taken.len();
        ensure!(
            self.pool.is_none() || functions == STEPS,
            "{functions} processes for {STEPS} functions"
        );
        Ok(taken)
    }
}

/// One part of each process.
fn all_dirty(processes: &[u32], part: impl Fn(&Dirty) -> u64) -> anyhow::Result<Vec<f64>> {
    let of = |process: &u32| Ok(part(&Dirty::of(&process.to_string())?) as f64);
    processes.iter().map(of).collect()
}

/// Written pages of a process, in bytes.
#[derive(Debug, PartialEq, Eq)]
struct Dirty {
    private: u64,
    shared: u64,
}

impl Dirty {
    fn of(process: &str) -> anyhow::Result<Self> {
        let file = format!("/proc/{process}/smaps_rollup");
        let text = fs::read_to_string(&file).with_context(|| format!("cannot read {file}"))?;
        Self::read(&text).with_context(|| format!("{file} is not as expected"))
    }

    fn read(text: &str) -> Option<Self> {
        let bytes = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name))?;
            Some(line.split_whitespace().next()?.parse::<u64>().ok()? * 1024)
        };
        Some(Self { private: bytes("Private_Dirty:")?, shared: bytes("Shared_Dirty:")? })
    }
}

/// The processes that `parent` has started.
fn children(parent: u32) -> anyhow::Result<Vec<u32>> {
    let processes = fs::read_dir("/proc").context("cannot list processes")?;
    let numbers = processes.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    // One that has ended meanwhile is nobody's child.
    let is_child = |process: &u32| {
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        parent_of(&stat) == Some(parent)
    };
    Ok(numbers.filter(is_child).collect())
}

/// The fourth field of a `stat`; the second one, the name, can hold anything.
fn parent_of(stat: &str) -> Option<u32> {
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_proc_are_read() {
        let rollup = "7f-7f ---p 00:00 0 [rollup]\nRss: 9 kB\nShared_Dirty:  4 kB\nPrivate_Dirty:     16 kB\n";
        assert_eq!(Dirty::read(rollup), Some(Dirty { private: 16384, shared: 4096 }));
        assert_eq!(Dirty::read("Rss: 9 kB"), None);
        assert_eq!(parent_of("12 (a (b) c) S 7 12 12 0"), Some(7));
        assert_eq!(parent_of(""), None);
    }
}
