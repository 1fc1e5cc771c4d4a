//! Fan-outs: many branches at the same time, beside the time that the branches themselves need.
//!
//! The ideal is arithmetic: the work of all branches over the processors, or the longest sleep. What a
//! machine lacks to it, such as a neighbour on its processor, all contenders lack.

mod branches;

pub(crate) use branches::{Branches, State};

use std::num::NonZero;
use std::thread;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::case::{Case, Contender, Subject, Unit};
use crate::code::Code;
use crate::hop::{Kind, python};
use crate::job::Job;
use crate::remote::Remote;

/// A fan-out, whatever runs it.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Fan {
    /// How many branches.
    pub(crate) width: u32,
    /// What each of them does.
    pub(crate) work: Work,
}

/// What a branch does.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) enum Work {
    /// Computes, until its process has used so much processor time.
    Burn {
        ms: u32,
    },
    /// Waits, as for a network.
    Sleep {
        ms: u32,
    },
    Nothing,
}

impl Work {
    /// The handler that does it.
    pub(crate) fn handler(self) -> &'static str {
        match self {
            Work::Burn { .. } => "burn",
            Work::Sleep { .. } => "sleep",
            Work::Nothing => "nothing",
        }
    }

    pub(crate) fn milliseconds(self) -> u32 {
        match self {
            Work::Burn { ms } | Work::Sleep { ms } => ms,
            Work::Nothing => 0,
        }
    }
}

const FANS: [(&str, Fan, &str); 4] = [
    ("50 x 2 ms of CPU", Fan { width: 50, work: Work::Burn { ms: 2 } }, "≤ ideal + 8 ms"),
    ("1,000 x 1 ms of CPU", Fan { width: 1000, work: Work::Burn { ms: 1 } }, "≤ 1.1"),
    ("200 x 100 ms of sleep", Fan { width: 200, work: Work::Sleep { ms: 100 } }, "≤ 400 ms"),
    ("50 x nothing", Fan { width: 50, work: Work::Nothing }, "≤ 10 ms"),
];

/// A case for each; on all processors.
pub(crate) fn cases(code: &Code) -> Vec<Case> {
    let case = |(name, fan, goal)| {
        let code = code.clone();
        Case {
            name: format!("fan-out/{name}"),
            unit: Unit::Nanoseconds,
            pinned: false,
            contenders: Box::new(move || contenders(&code, fan, goal)),
        }
    };
    FANS.into_iter().map(case).collect()
}

fn contenders(code: &Code, fan: Fan, goal: &'static str) -> anyhow::Result<Vec<Contender>> {
    let fan_out = |kind, state, is_first| {
        Job::FanOut { code: code.clone(), kind, fan, state, is_first }.start()
    };
    let mut contenders = Vec::new();
    if code.libpython.is_some() {
        let (process, thread) = (Kind::Forked, Kind::Thread);
        contenders.extend([
            Contender::new("Map, process lanes", fan_out(process, State::Map, false)?).goal(goal),
            Contender::new("Parallel, process lanes", fan_out(process, State::Parallel, false)?)
                .goal(goal),
            Contender::new("- first execution", fan_out(process, State::Parallel, true)?),
            Contender::new("Map, thread lanes", fan_out(thread, State::Map, false)?).goal(goal),
        ]);
    }
    contenders
        .push(Contender::new("Map, portable lanes", fan_out(Kind::Portable, State::Map, false)?));
    let plain = |way: &str| {
        let argument =
            [way, &fan.width.to_string(), fan.work.handler(), &fan.work.milliseconds().to_string()]
                .join(":");
        Remote::start(&mut python(code, include_str!("python/fan.py"), argument))
    };
    // A pool of two processes would sleep for ten seconds.
    if !matches!(fan.work, Work::Sleep { .. }) {
        contenders.push(Contender::new("warm pool of plain Python, JSON pipes", plain("pool")?));
    }
    contenders.push(Contender::new("fork per branch of plain Python, JSON pipes", plain("fork")?));
    if !matches!(fan.work, Work::Nothing) {
        contenders.push(Contender::new("ideal", Ideal(fan)));
    }
    Ok(contenders)
}

/// Nobody: the time that cannot be less.
struct Ideal(Fan);

impl Subject for Ideal {
    fn measure(&mut self, _: Duration) -> anyhow::Result<Vec<f64>> {
        let processors = thread::available_parallelism().map_or(1, NonZero::get) as f64;
        let Fan { width, work } = self.0;
        let one = f64::from(work.milliseconds()) * 1e6;
        Ok(vec![match work {
            Work::Burn { .. } => one * f64::from(width) / processors,
            Work::Sleep { .. } | Work::Nothing => one,
        }])
    }
}
