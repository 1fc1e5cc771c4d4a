//! How long until something answers: a whole run, five lanes, a fork of five warm lanes.

use std::io::{Read, Write, pipe};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use faastlane_frame::Frame;
use faastlane_host::Lane;
use rustix::process::{Pid, Signal, WaitOptions, getpid, kill_process, waitpid};

use crate::case::{Case, Contender, Subject, Unit};
use crate::code::{self, Code, STEPS};
use crate::hop::python;
use crate::job::Job;
use crate::payload::Payload;
use crate::remote::{Afresh, Remote, sample_for, timed};
use crate::{hop, say};

/// What is written into a pipe for one answer.
const ANSWER: [u8; 1] = [1];

/// The cases; on all processors, as users start it.
pub(crate) fn cases(code: &Code, faastlane: Option<&Path>) -> Vec<Case> {
    let case = |name: &str, contenders| Case {
        name: format!("start/{name}"),
        unit: Unit::Nanoseconds,
        pinned: false,
        contenders,
    };
    let (run, five, fork) = (code.clone(), code.clone(), code.clone());
    let faastlane = faastlane.map(Path::to_owned);
    vec![
        case("a run of one function", Box::new(move || runs(&run, faastlane.as_deref()))),
        case("five lanes", Box::new(move || loads(&five))),
        case("a fork of five warm lanes", Box::new(move || forks(&fork))),
    ]
}

fn runs(code: &Code, faastlane: Option<&Path>) -> anyhow::Result<Vec<Contender>> {
    let program = match code::faastlane(faastlane) {
        Ok(program) => program,
        Err(error) => {
            say(&format!("left out: {error}"));
            return Ok(Vec::new());
        }
    };
    let code = code.write("one", include_str!("python/handlers.py"))?;
    let definition = code.folder.join("machine.asl.json");
    std::fs::write(
        &definition,
        r#"{"StartAt": "One", "States": {"One": {"Type": "Task", "Resource": "one", "End": true}}}"#,
    )?;
    let functions = code.folder.join("functions.json");
    std::fs::write(&functions, r#"{"one": {"code_uri": ".", "handler": "handlers.step0"}}"#)?;
    let mut run = Command::new(program);
    run.arg("run").arg(definition).arg("--functions").arg(functions).arg("--quiet");
    let mut pass = Command::new(&code.python);
    pass.args(["-c", "pass"]);
    Ok(vec![
        Contender::new("faastlane run", Program(run)).goal("≤ 80 ms"),
        Contender::new("python3 -c pass", Program(pass)),
    ])
}

/// A program that is run to its end.
struct Program(Command);

impl Subject for Program {
    fn measure(&mut self, budget: Duration) -> anyhow::Result<Vec<f64>> {
        self.0.stdin(Stdio::null()).stdout(Stdio::null());
        sample_for(budget, || {
            let (status, time) = timed(|| self.0.status());
            let status = status.with_context(|| format!("cannot start {:?}", self.0))?;
            ensure!(status.success(), "{:?} ended with {status}", self.0);
            Ok(time)
        })
    }
}

fn loads(code: &Code) -> anyhow::Result<Vec<Contender>> {
    if code.libpython.is_none() {
        return Ok(Vec::new());
    }
    let load = |side_by_side| Afresh(Job::Load { code: code.clone(), side_by_side });
    Ok(vec![
        Contender::new("loaded side by side", load(true)).goal("< 1"),
        Contender::new("loaded one after another", load(false)),
    ])
}

/// Loads five lanes, once.
pub(crate) struct Load {
    pub(crate) code: Code,
    pub(crate) side_by_side: bool,
}

impl Subject for Load {
    fn measure(&mut self, _: Duration) -> anyhow::Result<Vec<f64>> {
        let (loaded, time) = timed(|| {
            if self.side_by_side {
                return self.code.load_steps(0..STEPS).map(drop);
            }
            for at in 0..STEPS {
                let step = format!("step{at}");
                code::load(&self.code.spec(&step, &step)?)?;
            }
            Ok(())
        });
        loaded.map(|()| vec![time])
    }
}

fn forks(code: &Code) -> anyhow::Result<Vec<Contender>> {
    if code.libpython.is_none() {
        return Ok(Vec::new());
    }
    let fork = Job::Fork { code: code.clone() };
    let plain = Remote::start(&mut python(code, include_str!("python/fork.py"), PathBuf::new()))?;
    Ok(vec![
        Contender::new("fork, first answer", fork.start()?).goal("≤ 2 ms"),
        Contender::new("fork and end of plain Python", plain),
    ])
}

/// Five warm lanes of this process, and an event.
pub(crate) struct Fork {
    lanes: Vec<Lane>,
    event: Frame,
}

impl Fork {
    pub(crate) fn new(code: &Code) -> anyhow::Result<Self> {
        let mut lanes = code.load_steps(0..STEPS)?;
        let event = hop::frame(Payload::Small)?;
        for lane in &mut lanes {
            hop::call(lane, &event)?;
        }
        Ok(Self { lanes, event })
    }

    /// Forks; gives the nanoseconds until the child has called a lane.
    #[expect(unsafe_code, reason = "a fork is what is measured")]
    fn fork(&mut self) -> anyhow::Result<f64> {
        let (mut answers, mut answer) = pipe()?;
        let begun = Instant::now();
        // SAFETY: this process has no threads but this one and those that keep the lanes' places.
        let child = unsafe { faastlane_host::fork(&mut self.lanes) }?;
        let Some(child) = child else {
            if hop::call(&mut self.lanes[0], &self.event).is_ok() {
                // The parent notices if there is no answer.
                let _ = answer.write_all(&ANSWER);
            }
            let _ = kill_process(getpid(), Signal::KILL);
            unreachable!("no process goes on after SIGKILL");
        };
        drop(answer);
        let mut answered = [0];
        let read = answers.read_exact(&mut answered);
        let time = begun.elapsed().as_secs_f64() * 1e9;
        waitpid(Pid::from_raw(child), WaitOptions::empty())?;
        read.context("the child ended without an answer")?;
        Ok(time)
    }
}

impl Subject for Fork {
    fn measure(&mut self, budget: Duration) -> anyhow::Result<Vec<f64>> {
        sample_for(budget, || self.fork())
    }
}
