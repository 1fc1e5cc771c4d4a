//! Python in two lanes at the same time, beside two Python processes: how many times as fast as the
//! same two pieces of work one after the other.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use anyhow::{Context, anyhow};
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

/// Two lanes of this process, each called on a thread of its own. The threads wait for their next
/// call, as the processes beside them do: a new thread would first have to find a free processor.
pub(crate) struct Lanes([Worker; 2]);

/// A thread that calls its lane whenever it is asked to.
struct Worker {
    ask: SyncSender<()>,
    answer: Receiver<anyhow::Result<()>>,
}

impl Lanes {
    pub(crate) fn new(code: &Code) -> anyhow::Result<Self> {
        let specs = ["work0", "work1"].map(|name| code.spec(name, "work"));
        let specs = specs.into_iter().collect::<anyhow::Result<Vec<_>>>()?;
        let mut event = Vec::new();
        encode(&Value::object([("loops", LOOPS.into())]), &mut event)?;
        let workers = load_all(&specs)?.into_iter().map(|lane| Worker::start(lane, event.clone()));
        let workers: Vec<_> = workers.collect();
        Ok(Self(workers.try_into().map_err(|_| anyhow!("two lanes were to be loaded"))?))
    }
}

impl Worker {
    fn start(mut lane: Lane, event: Vec<u8>) -> Self {
        let (ask, asked) = sync_channel(1);
        let (done, answer) = sync_channel(1);
        thread::spawn(move || {
            while asked.recv().is_ok() {
                let called = match lane.call(&request(Input::Frame(&event))) {
                    Reply::Returned { .. } => Ok(()),
                    reply => Err(anyhow!("a call ended: {reply:?}")),
                };
                if done.send(called).is_err() {
                    return;
                }
            }
        });
        Self { ask, answer }
    }

    fn ask(&self) -> anyhow::Result<()> {
        self.ask.send(()).context("a thread of a lane is gone")
    }

    fn answer(&self) -> anyhow::Result<()> {
        self.answer.recv().context("a thread of a lane is gone")?
    }
}

impl Subject for Lanes {
    fn measure(&mut self, _: Duration) -> anyhow::Result<Vec<f64>> {
        let workers = &self.0;
        let (done, one_by_one) = timed(|| {
            workers.iter().try_for_each(|worker| worker.ask().and_then(|()| worker.answer()))
        });
        done?;
        let (done, together) = timed(|| {
            workers.iter().try_for_each(Worker::ask)?;
            workers.iter().try_for_each(Worker::answer)
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
