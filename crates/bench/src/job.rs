//! What a process of its own is to measure: this program is started again with the job as JSON.

use std::process::Command;

use anyhow::Context;
use faastlane_host::PROCESS_ENVIRONMENT;
use serde::{Deserialize, Serialize};

use crate::case::Subject;
use crate::code::Code;
use crate::fan::{Branches, Fan, State};
use crate::hop::{Alone, Chain, Gate, Kind, Touch};
use crate::payload::Payload;
use crate::remote::{Remote, serve};
use crate::{memory, parallel, start};

/// The first argument of a process that measures a job.
pub(crate) const JOB: &str = "measure-job";
/// The first argument of a process that holds lanes for a pool.
pub(crate) const HOST: &str = "lane-host";

/// What to measure.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Job {
    /// Executions of a chain through a container.
    Chain { code: Code, kind: Kind, payload: Payload, touch: Touch },
    /// The same calls through the pool of lanes alone.
    Alone { code: Code, kind: Kind, payload: Payload },
    /// The same calls through the gate alone.
    Gate { code: Code, payload: Payload },
    /// Loading five lanes.
    Load { code: Code, side_by_side: bool },
    /// A fork of five warm lanes until one has answered.
    Fork { code: Code },
    /// Work in two lanes at the same time.
    Parallel { code: Code },
    /// Executions that fan out.
    FanOut { code: Code, kind: Kind, fan: Fan, state: State, is_first: bool },
    /// The private memory of a lane.
    Memory { code: Code, part: memory::Part },
}

impl Job {
    /// Starts a process for it, which can hold lanes.
    pub(crate) fn start(&self) -> anyhow::Result<Remote> {
        let mut command =
            Command::new(std::env::current_exe().context("this program has no path")?);
        command.arg(JOB).arg(serde_json::to_string(self)?).envs(PROCESS_ENVIRONMENT);
        Remote::start(&mut command)
    }

    /// The main function of that process.
    pub(crate) fn main(text: &str) -> anyhow::Result<()> {
        let job: Self = serde_json::from_str(text).context("no job")?;
        serve(|| job.subject())
    }

    fn subject(self) -> anyhow::Result<Box<dyn Subject>> {
        Ok(match self {
            Job::Chain { code, kind, payload, touch } => {
                Box::new(Chain::new(&code, kind, payload, touch)?)
            }
            Job::Alone { code, kind, payload } => Box::new(Alone::warm(&code, kind, payload)?),
            Job::Gate { code, payload } => Box::new(Gate::new(&code, payload)?),
            Job::Load { code, side_by_side } => Box::new(start::Load { code, side_by_side }),
            Job::Fork { code } => Box::new(start::Fork::new(&code)?),
            Job::Parallel { code } => Box::new(parallel::Lanes::new(&code)?),
            Job::FanOut { code, kind, fan, state, is_first } => {
                Box::new(Branches::new(code, kind, fan, state, is_first)?)
            }
            Job::Memory { code, part } => Box::new(memory::Taken::new(&code, part)?),
        })
    }
}
