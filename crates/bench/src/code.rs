//! The functions that are measured: their code on the disk, and the Python that they run in.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::{Context, bail};
use faastlane_host::{Lane, LaneSpec, Request, Space};
use faastlane_lanes::{Function, Handler};
use serde::{Deserialize, Serialize};

/// Functions in a chain.
pub(crate) const STEPS: usize = 5;
/// What the ARN of a function begins with.
pub(crate) const ARN: &str = "arn:aws:lambda:us-east-1:123456789012:function:";
/// Any request's id.
pub(crate) const REQUEST_ID: &str = "8f7d2c1e-0000-4000-8000-000000000000";
/// The program that runs in each lane.
const RUNNER: &str = include_str!("../../lanes/src/portable/runner.py");

/// A folder with `handlers.py`, and its Python.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Code {
    pub(crate) folder: PathBuf,
    pub(crate) python: PathBuf,
    /// Without it there are portable lanes only.
    pub(crate) libpython: Option<PathBuf>,
}

impl Code {
    /// Writes `source` as the handlers into a new folder `name` below `parent`.
    pub(crate) fn write(&self, name: &str, source: &str) -> anyhow::Result<Self> {
        let parent = self.folder.parent().context("the code lies in a folder of its own")?;
        let folder = parent.join(name);
        std::fs::create_dir_all(&folder)?;
        std::fs::write(folder.join("handlers.py"), source)?;
        Ok(Self { folder, ..self.clone() })
    }

    /// The same code with another interpreter of the same Python, such as that of an environment.
    pub(crate) fn with_python(self, python: PathBuf) -> Self {
        Self { python, ..self }
    }

    /// `step0`, `step1`, …: each a function of its own.
    pub(crate) fn steps(&self) -> Vec<Function> {
        (0..STEPS).map(|at| self.function(&format!("step{at}"))).collect()
    }

    /// The function `name` with the handler of that name.
    pub(crate) fn function(&self, name: &str) -> Function {
        Function {
            name: name.to_owned(),
            arn: format!("{ARN}{name}"),
            code_root: self.folder.clone(),
            handler: Handler::Named(format!("handlers.{name}")),
            python: self.python.clone(),
            layers: Vec::new(),
            environment: Vec::new(),
            timeout: Duration::from_secs(60),
            memory_mib: 128,
            memory_limit_mib: None,
            runtime: "python3.12".to_owned(),
            libpython: self.libpython.clone(),
            debug: None,
            alone: false,
        }
    }

    /// The lane of a function `name` with the handler `handlers.HANDLER`.
    pub(crate) fn spec(&self, name: &str, handler: &str) -> anyhow::Result<LaneSpec> {
        let config = serde_json::json!({
            "module": null, "names": [format!("handlers.{handler}")], "arn": format!("{ARN}{name}"),
            "code_root": self.folder, "layers": [], "debug": null,
        });
        Ok(LaneSpec {
            name: name.to_owned(),
            python: self.python.clone(),
            libpython: self.libpython.clone().context("this Python has no shared library")?,
            runner: RUNNER,
            config: config.to_string(),
            environment: vec![("PATH".to_owned(), std::env::var("PATH").unwrap_or_default())],
            code_root: self.folder.clone(),
        })
    }

    /// The lanes of some of the steps, loaded in this process side by side.
    pub(crate) fn load_steps(&self, steps: Range<usize>) -> anyhow::Result<Vec<Lane>> {
        let steps = steps.map(|at| format!("step{at}"));
        let specs: Vec<_> = steps.map(|step| self.spec(&step, &step)).collect::<Result<_, _>>()?;
        load_all(&specs)
    }
}

/// Loads lanes in namespaces of their own, side by side.
pub(crate) fn load_all(specs: &[LaneSpec]) -> anyhow::Result<Vec<Lane>> {
    let lanes = Lane::load_all(specs).into_iter();
    Ok(lanes.collect::<Result<_, _>>()?)
}

/// Loads one lane in a namespace of its own.
pub(crate) fn load(spec: &LaneSpec) -> anyhow::Result<Lane> {
    Ok(Lane::load(spec, Space::Own)?)
}

/// A call with this event, which may take a minute.
pub(crate) fn request(input: faastlane_host::Input<'_>) -> Request<'_> {
    Request {
        request_id: REQUEST_ID,
        client_context: "",
        trace_id: "",
        deadline: SystemTime::now() + Duration::from_secs(60),
        input,
    }
}

/// The nearest place of the `faastlane` command: what the user names, or the one beside this program.
pub(crate) fn faastlane(named: Option<&Path>) -> anyhow::Result<PathBuf> {
    let beside = || Some(std::env::current_exe().ok()?.with_file_name("faastlane"));
    let Some(path) = named.map(Path::to_owned).or_else(beside) else {
        bail!("this program does not know where it lies; name the command with --faastlane")
    };
    anyhow::ensure!(
        path.is_file(),
        "there is no {}; build it with `cargo build --release --package faastlane`, or name it with \
         --faastlane",
        path.display()
    );
    Ok(path)
}
