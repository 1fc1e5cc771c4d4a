//! What a server's state machines call: the functions of its projects, made ready when they are needed.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use faastlane_asl::StateMachine;
use faastlane_container::process::{Definition, MakeSetup, Setup};
use faastlane_dataset::Location;
use faastlane_engine::Mocks;
use faastlane_project::{Project, Settings};
use faastlane_server::Workshop;
use faastlane_testing::botocore::Botocore;
use faastlane_value::{Value, located};

use crate::Error;
use crate::args::LimitsArg;
use crate::commands::run;
use crate::functions::{self, Prepared, Pythons};
use crate::isolation::Placing;

/// The functions of projects.
pub(crate) struct Shop {
    tools: Tools,
    /// Found when the first function is made ready: it takes a moment.
    pythons: OnceLock<Pythons>,
    state: Mutex<State>,
}

/// How functions are made ready.
pub(crate) struct Tools {
    /// `--python`
    pub(crate) python: Option<PathBuf>,
    /// Variables for all functions.
    pub(crate) overrides: Vec<(String, String)>,
    /// Where functions run.
    pub(crate) placing: Placing,
    /// Whose limits apply.
    pub(crate) limits: LimitsArg,
    /// What stands for S3.
    pub(crate) s3: Location,
}

struct State {
    projects: Arc<Vec<Project>>,
    /// Variables with the server's own address, since it is known.
    of_server: Vec<(String, String)>,
    /// Folders of inline code, which lanes use as long as they run.
    prepared: Vec<Prepared>,
    botocore: Option<Option<Botocore>>,
}

impl Shop {
    /// The functions of `projects`.
    pub(crate) fn new(tools: Tools, projects: Vec<Project>) -> Self {
        let state = State {
            projects: Arc::new(projects),
            of_server: Vec::new(),
            prepared: Vec::new(),
            botocore: None,
        };
        Self { tools, pythons: OnceLock::new(), state: Mutex::new(state) }
    }

    /// Functions of these projects from now on.
    pub(crate) fn set_projects(&self, projects: Vec<Project>) {
        self.state().projects = Arc::new(projects);
    }

    /// From now on functions find the server there; what the user has said wins.
    pub(crate) fn set_endpoint(&self, url: &str) {
        let typed = &self.tools.overrides;
        let of_server = [
            ("AWS_ENDPOINT_URL_SFN", url),
            ("AWS_ENDPOINT_URL_LAMBDA", url),
            // Nobody resolves `sync-127.0.0.1`.
            ("AWS_DISABLE_HOST_PREFIX_INJECTION", "true"),
        ];
        let missing =
            of_server.into_iter().filter(|(name, _)| typed.iter().all(|(n, _)| n != name));
        let mut variables: Vec<(String, String)> =
            missing.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        variables.extend(run::past_the_proxy(typed));
        self.state().of_server = variables;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pythons(&self) -> Result<&Pythons, Error> {
        if let Some(pythons) = self.pythons.get() {
            return Ok(pythons);
        }
        let found = Pythons::find(self.tools.python.as_deref())?;
        Ok(self.pythons.get_or_init(|| found))
    }

    fn set_up(
        &self,
        project: &Project,
        machine: &StateMachine,
        definition: Definition,
    ) -> Result<Setup, Error> {
        let Tools { overrides, placing, limits, s3, .. } = &self.tools;
        let mut variables = overrides.clone();
        variables.extend(self.state().of_server.iter().cloned());
        let wanted = functions::wanted(project, machine, &Mocks::default());
        let mut prepared = functions::prepare(wanted, self.pythons()?, &variables)?;
        if let LimitsArg::Aws = limits {
            prepared.limit_memory();
        }
        let mut called = faastlane_services::called(machine, &Mocks::default());
        // The server starts executions itself.
        called.retain(|(_, service)| service.service != "states");
        prepared.add_services(&called, self.pythons()?, &variables)?;
        let functions = prepared.functions.clone();
        self.state().prepared.push(prepared);
        Ok(run::setup(project, machine, functions, *placing, definition, s3.clone()))
    }

    /// What a function needs that is called by a machine of one state.
    fn set_up_alone(&self, project: &Project, name: &str) -> Result<Setup, Error> {
        let state = serde_json::json!({"Type": "Task", "Resource": name, "End": true});
        let machine = serde_json::json!({"StartAt": "Call", "States": {"Call": state}});
        let text = machine.to_string();
        let node = located::parse(&text).map_err(|error| Error::Internal(error.to_string()))?;
        let (machine, _) = faastlane_asl::read(&node, faastlane_asl::MachineType::Standard);
        let machine = machine.ok_or_else(|| {
            Error::Invalid(format!("'{name}' is no name that a function can have"))
        })?;
        self.set_up(project, &machine, Definition { text, express: false })
    }
}

impl Workshop for Shop {
    fn setup(
        &self,
        arn: &str,
        machine: &StateMachine,
        definition: Definition,
    ) -> Result<Setup, String> {
        let projects = Arc::clone(&self.state().projects);
        let set_up = match projects.iter().find(|project| project.machine(arn).is_some()) {
            Some(project) => self.set_up(project, machine, definition),
            None => self.set_up(&all_of(&projects), machine, definition),
        };
        set_up.map_err(|error| error.to_string())
    }

    fn function(self: Arc<Self>, name: &str) -> Option<MakeSetup> {
        let projects = Arc::clone(&self.state().projects);
        let place = projects.iter().position(|project| project.function(name).is_some())?;
        let name = name.to_owned();
        Some(Box::new(move || {
            self.set_up_alone(&projects[place], &name).map_err(|error| error.to_string())
        }))
    }

    fn model(&self, service: &str) -> Option<Value> {
        let pythons = self.pythons().ok()?;
        let find = || pythons.package("botocore").map(|package| Botocore::new(&package));
        self.state().botocore.get_or_insert_with(find).as_mut()?.model(service)
    }
}

/// A project with the functions of all of them, for machines that are of none; the first of a name counts.
fn all_of(projects: &[Project]) -> Project {
    let functions = projects.iter().flat_map(|project| project.functions.iter().cloned());
    Project {
        root: PathBuf::new(),
        file: PathBuf::new(),
        machines: Vec::new(),
        functions: functions.collect(),
        warnings: Vec::new(),
        settings: Settings::default(),
    }
}
