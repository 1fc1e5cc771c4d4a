//! Python in two lanes at the same time, beside two Python processes: how many times as fast as the
//! same two pieces of work one after the other.

use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use anyhow::{Context, bail};
use faastlane_frame::encode;
use faastlane_host::{Input, Lane, Reply};
use faastlane_value::Value;

use crate::case::{Case, Contender, Subject, Unit};
use crate::code::{Code, load_all, request};
use crate::hop::python;
use crate::job::Job;
use crate::remote::{Remote, timed};
use crate::say;

/// Turns of the loop in the handler: about a tenth of a second.
const LOOPS: i64 = 1_500_000;

/// The one case; it needs two processors.
pub(crate) fn cases(code: &Code) -> Vec<Case> {
    let code = code.clone();
    vec![Case {
        name: "parallel/pure Python on two threads".to_owned(),
        unit: Unit::Times,
        pinned: false,
        contenders: Box::new(move || contenders(&code)),
    }]
}

fn contenders(code: &Code) -> anyhow::Result<Vec<Contender>> {
    if thread::available_parallelism().is_ok_and(|processors| processors.get() < 2) {
        say("left out: two lanes at the same time need two processors");
        return Ok(Vec::new());
    }
    if code.libpython.is_none() {
        return Ok(Vec::new());
    }
    let lanes = Job::Parallel { code: code.clone() };
    Ok(vec![
        Contender::new("two thread lanes", lanes.start()?).goal("≥ 0.95"),
        Contender::new("two Python processes", Processes::start(code)?),
    ])
}

/// Two lanes of this process.
pub(crate) struct Lanes {
    lanes: Vec<Lane>,
    event: Vec<u8>,
}

impl Lanes {
    pub(crate) fn new(code: &Code) -> anyhow::Result<Self> {
        let specs = ["work0", "work1"].map(|name| code.spec(name, "work"));
        let specs = specs.into_iter().collect::<anyhow::Result<Vec<_>>>()?;
        let mut event = Vec::new();
        encode(&Value::object([("loops", LOOPS.into())]), &mut event)?;
        Ok(Self { lanes: load_all(&specs)?, event })
    }
}

impl Subject for Lanes {
    fn measure(&mut self, _: Duration) -> anyhow::Result<Vec<f64>> {
        let event = &self.event;
        let work = |lane: &mut Lane| match lane.call(&request(Input::Frame(event))) {
            Reply::Returned { .. } => Ok(()),
            reply => bail!("a call ended: {reply:?}"),
        };
        let (done, one_by_one) = timed(|| self.lanes.iter_mut().try_for_each(work));
        done?;
        let (done, together) = timed(|| {
            thread::scope(|scope| {
                let threads: Vec<_> =
                    self.lanes.iter_mut().map(|lane| scope.spawn(move || work(lane))).collect();
                threads.into_iter().try_for_each(|thread| thread.join().expect("it does not panic"))
            })
        });
        done?;
        Ok(vec![one_by_one / together])
    }
}

/// The same in plain Python.
struct Processes([Remote; 2]);

impl Processes {
    fn start(code: &Code) -> anyhow::Result<Self> {
        let start = || {
            let loops = PathBuf::from(LOOPS.to_string());
            Remote::start(&mut python(code, include_str!("python/work.py"), loops))
        };
        Ok(Self([start()?, start()?]))
    }
}

impl Subject for Processes {
    fn measure(&mut self, budget: Duration) -> anyhow::Result<Vec<f64>> {
        let processes = &mut self.0;
        let (done, one_by_one) = timed(|| {
            processes.iter_mut().try_for_each(|process| process.measure(budget).map(drop))
        });
        done?;
        let (done, together) = timed(|| {
            processes.iter_mut().try_for_each(|process| process.ask(budget))?;
            processes.iter_mut().try_for_each(|process| process.answer().map(drop))
        });
        done.context("a plain Python process")?;
        Ok(vec![one_by_one / together])
    }
}
