//! `faastlane run`: one execution, from the project to its output.

use std::collections::HashSet;
use std::env::VarError;
use std::path::Path;
use std::time::Duration;

use faastlane_asl::StateMachine;
use faastlane_container::process::{
    Containers, Definition as Written, Job, Limits as Room, Setup, Wanted,
};
use faastlane_container::{Conditions, Ids, Observer};
use faastlane_dataset::Location;
use faastlane_engine::{Limits, Mocks, Outcome, Start};
use faastlane_lanes::{Debug, Function, Options};
use faastlane_project::{Kind, Machine, Project, Settings, arn};
use faastlane_value::{ArcStr, Value, json};

use super::repeat;
use crate::args::{LimitsArg, RunArgs, SetupArgs};
use crate::changes::Changes;
use crate::exit::ExitCode;
use crate::functions::{self, Prepared, Pythons};
use crate::history::History;
use crate::interrupt::Interrupt;
use crate::isolation::Placing;
use crate::profile::Kept;
use crate::services::Services;
use crate::watcher::Watcher;
use crate::{Error, composer, input, outcome, print, processes, s3, target};

/// How often `--watch` looks up from waiting whether it should end.
const LOOK_UP: Duration = Duration::from_millis(100);

/// Runs the execution and prints what came of it; with `--watch` again after each change.
pub(crate) fn run(args: &RunArgs) -> Result<ExitCode, Error> {
    let interrupt = Interrupt::watch()?;
    if args.quiet {
        print::be_quiet();
    }
    if args.repeat.is_some() {
        return repeat::run(args, &interrupt);
    }
    if args.watch {
        return run_after_changes(args, &interrupt);
    }
    run_once(args, &interrupt)
}

fn run_once(args: &RunArgs, interrupt: &Interrupt) -> Result<ExitCode, Error> {
    let mut history = match args.history.as_deref().map(History::create).transpose() {
        Ok(history) => history,
        Err(error) => return outcome::tell(args.json, Err(error)),
    };
    let mut ended = prepare_and_run(args, interrupt, history.as_mut());
    if ended.is_err() && interrupt.check().is_err() {
        ended = Err(Error::Interrupted);
    }
    interrupt.let_go();
    let written = history.map_or(Ok(()), History::write);
    let code = outcome::tell(args.json, ended)?;
    written.map(|()| code)
}

/// Runs, and again whenever a file of the project changes, until Ctrl-C. A change while it runs
/// stops it.
fn run_after_changes(args: &RunArgs, interrupt: &Interrupt) -> Result<ExitCode, Error> {
    let folder = target::folder(&args.setup.project.target);
    let functions = args.setup.project.functions.as_deref().map(target::folder);
    let folders: Vec<&Path> = [Some(folder), functions].into_iter().flatten().collect();
    let running = interrupt.clone();
    let changes = Changes::watch(&folders, move || running.stop_run())?;
    loop {
        if let Err(error) = run_once(args, interrupt) {
            print::error(&error);
        }
        interrupt.react(|| {});
        print::info(&format!("waiting for changes in {} (Ctrl-C ends)", folder.display()));
        while !changes.wait(LOOK_UP) {
            if interrupt.check().is_err() {
                return Ok(ExitCode::Interrupted);
            }
        }
    }
}

/// A project that is ready to be run.
pub(crate) struct Ready {
    project: Project,
    machine: StateMachine,
    setup: Setup,
    /// The functions' names, by their index.
    names: Vec<String>,
    start: Start,
    input: String,
    conditions: Conditions,
    /// What must be there as long as functions run: the project's services, code written for them.
    _services: Services,
    _prepared: Prepared,
}

impl Ready {
    /// What was typed behind `run`, ready to be run.
    pub(crate) fn prepare(args: &RunArgs, interrupt: &Interrupt) -> Result<Self, Error> {
        let debug = args.debug_function.as_deref().map(|name| (name, args.debug_port));
        let mut input = String::new();
        let mut ready = Self::set_up(&args.setup, debug, interrupt, |project, name, machine| {
            let of_project = project.settings.input.as_deref();
            input = input::read(args.input.as_deref(), of_project, interrupt)?;
            args.conditions.mocks(name, machine)
        })?;
        let mocks = std::mem::take(&mut ready.conditions.mocks);
        ready.conditions = Conditions { mocks, ..args.conditions.read() };
        (ready.input, ready.setup.fresh) = (input, args.fresh);
        Ok(ready)
    }

    /// A state machine of a project and all that it calls, but for functions that only mocked states
    /// call; `mocks` gives the mocks of a machine by its name, before anything is prepared. The input
    /// is `{}`.
    pub(crate) fn set_up(
        args: &SetupArgs,
        debug: Option<(&str, u16)>,
        interrupt: &Interrupt,
        mocks: impl FnOnce(&Project, &str, &StateMachine) -> Result<Mocks, Error>,
    ) -> Result<Self, Error> {
        let settings = Settings::load(&args.project.target)?;
        let pythons = Pythons::find(args.python.as_deref())?;
        let services = if settings.services.is_empty() {
            Services::default()
        } else {
            Services::start(&settings, target::folder(&args.project.target), &pythons.any()?)?
        };
        let project = target::load(&args.project, services.parameters.clone())?;
        let machine = target::machine(&project, args.project.machine.as_deref())?;
        let mocks = |checked: &StateMachine| mocks(&project, &machine.name, checked);
        let (checked, mocks) = target::checked(&project, machine, mocks)?;
        let mut overrides = overrides(&args.environment)?;
        if !services.parameters.is_empty() {
            overrides.extend(past_the_proxy(&overrides));
        }
        let placing = Placing::choose(args.placement, settings.isolation)?;
        let wanted = functions::wanted(&project, &checked, &mocks);
        let mut prepared = functions::prepare(wanted, &pythons, &overrides)?;
        if let LimitsArg::Aws = args.limits {
            prepared.limit_memory();
        }
        prepared.add_services(
            &faastlane_services::called(&checked, &mocks),
            &pythons,
            &overrides,
        )?;
        interrupt.check()?;
        let names: Vec<String> = prepared.functions.iter().map(|f| f.name.clone()).collect();
        if let Some((name, port)) = debug {
            let at = debugged(name, &project, &names)?;
            prepared.functions[at].debug = Some(Debug { port });
        }
        let definition = Written {
            text: machine.definition.root.to_value().to_json(),
            express: machine.kind == Kind::Express,
        };
        let functions = prepared.functions.clone();
        let s3 = s3::location(args.s3.as_deref())?;
        let setup = setup(&project, &checked, functions, placing, definition, s3);
        let start = start(args.limits, machine);
        Ok(Self {
            project,
            machine: checked,
            setup,
            names,
            start,
            input: "{}".to_owned(),
            conditions: Conditions { mocks, ..Conditions::default() },
            _services: services,
            _prepared: prepared,
        })
    }

    /// The next execution, under a name of its own.
    pub(crate) fn job(&self, ids: &mut Ids, history: Wanted) -> Job {
        let name = ids.uuid();
        let execution = self.start.machine_arn.replace(":stateMachine:", ":execution:");
        let start = Start {
            execution_arn: format!("{execution}:{name}").into(),
            execution_name: name.into(),
            seed: ids.seed(),
            ..self.start.clone()
        };
        let conditions = self.conditions.clone();
        Job { input: self.input.clone(), start, history, conditions }
    }

    /// The definition after all substitutions, as JSON text.
    fn definition(&self) -> &str {
        self.setup.definition.as_ref().map_or("", |written| &written.text)
    }

    /// Calls a function as a machine of one state does.
    pub(crate) fn call(
        &self,
        function: &str,
        input: &Value,
        observer: impl Observer,
        interrupt: &Interrupt,
    ) -> Result<Outcome, Error> {
        let state = serde_json::json!({"Type": "Task", "Resource": function, "End": true});
        let machine = serde_json::json!({"StartAt": "Call", "States": {"Call": state}});
        let definition = Some(Written { text: machine.to_string(), express: false });
        let setup = Setup { definition, ..self.setup.clone() };
        let mut job = self.job(&mut Ids::random(), Wanted::Nothing);
        (job.input, job.conditions) = (input.to_json(), Conditions::default());
        Ok(Self::start(setup, Room::ONE, interrupt)?.run(job, observer)?)
    }

    /// The names of the states of the machine itself, without those in branches and iterations.
    pub(crate) fn own_states(&self) -> HashSet<ArcStr> {
        let root = json::parse(self.definition().as_bytes()).ok();
        let states = root.as_ref().and_then(|root| root.get("States")?.as_object());
        states.into_iter().flat_map(|states| states.iter()).map(|(name, _)| name.clone()).collect()
    }

    /// The functions' names, by their index.
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// The functions that can be called.
    pub(crate) fn functions(&self) -> &[Function] {
        &self.setup.functions
    }

    /// The place of the function that a definition means, in any form of its name.
    pub(crate) fn place(&self, reference: &str) -> Option<usize> {
        *self.setup.names.get(arn::function_name(reference)?)?
    }

    /// As [`Self::containers`], with functions placed in another way than was typed.
    pub(crate) fn containers_placed<'o>(
        &self,
        placing: Placing,
        room: Room,
        interrupt: &Interrupt,
    ) -> Result<Containers<'o>, Error> {
        let options = placed(&self.project, &self.machine, &self.setup.functions, placing);
        Self::start(Setup { options, ..self.setup.clone() }, room, interrupt)
    }

    /// Starts containers, which a signal stops from now on.
    pub(crate) fn containers<'o>(
        &self,
        room: Room,
        interrupt: &Interrupt,
    ) -> Result<Containers<'o>, Error> {
        Self::start(self.setup.clone(), room, interrupt)
    }

    fn start<'o>(setup: Setup, room: Room, interrupt: &Interrupt) -> Result<Containers<'o>, Error> {
        let containers = Containers::start(processes::container(), setup, room)?;
        let stopper = containers.stopper();
        interrupt.react(move || stopper.stop());
        Ok(containers)
    }
}

fn prepare_and_run(
    args: &RunArgs,
    interrupt: &Interrupt,
    history: Option<&mut History<'_>>,
) -> Result<Outcome, Error> {
    let mut ready = Ready::prepare(args, interrupt)?;
    let wanted = if history.is_some() { Wanted::Values } else { Wanted::Events };
    let mut job = ready.job(&mut args.conditions.ids(), wanted);
    job.input = std::mem::take(&mut ready.input);
    let mut watcher = Watcher::new(args, ready.names.clone(), history);
    let mut containers = ready.containers(Room::ONE, interrupt)?;
    let outcome = containers.run(job, &mut watcher);
    drop(containers);
    watcher.finish(args)?;
    Ok(outcome?)
}

/// The place of the function to be debugged among those that the machine calls.
fn debugged(name: &str, project: &Project, names: &[String]) -> Result<usize, Error> {
    let meant = project.function(name).map(|function| &function.name);
    names.iter().position(|other| Some(other) == meant).ok_or_else(|| {
        let names = names.join(", ");
        Error::Invalid(format!("--debug-function {name}: the machine calls only {names}"))
    })
}

/// `--env NAME=VALUE` and `--env NAME`.
pub(crate) fn overrides(typed: &[String]) -> Result<Vec<(String, String)>, Error> {
    let pair = |text: &String| match text.split_once('=') {
        Some(("", _)) => {
            Err(Error::Invalid(format!("--env {text}: there is no name before the =")))
        }
        Some((name, value)) => Ok((name.to_owned(), value.to_owned())),
        None => std::env::var(text).map(|value| (text.clone(), value)).map_err(|error| {
            Error::Invalid(match error {
                VarError::NotPresent => format!("--env {text}: you have no variable {text}"),
                VarError::NotUnicode(_) => format!("--env {text}: its value is not UTF-8"),
            })
        }),
    };
    typed.iter().map(pair).collect()
}

/// Services run on this machine, where no proxy leads.
pub(crate) fn past_the_proxy(overrides: &[(String, String)]) -> Vec<(String, String)> {
    let pair = |name: &str| {
        let given = overrides.iter().find(|(other, _)| other == name);
        let value = given.map_or_else(|| std::env::var(name).unwrap_or_default(), |g| g.1.clone());
        let separator = if value.is_empty() { "" } else { "," };
        (name.to_owned(), format!("{value}{separator}127.0.0.1,localhost"))
    };
    vec![pair("no_proxy"), pair("NO_PROXY")]
}

/// What a container needs to run a machine of a project.
pub(crate) fn setup(
    project: &Project,
    machine: &StateMachine,
    functions: Vec<Function>,
    placing: Placing,
    definition: Written,
    s3: Location,
) -> Setup {
    let names: Vec<String> = functions.iter().map(|function| function.name.clone()).collect();
    Setup {
        names: functions::places(project, &names),
        options: placed(project, machine, &functions, placing),
        functions,
        definition: Some(definition),
        fresh: false,
        s3,
    }
}

/// How lanes behave when functions are placed so.
fn placed(
    project: &Project,
    machine: &StateMachine,
    functions: &[Function],
    placing: Placing,
) -> Options {
    let profile = Kept::or_default().profile;
    let plan = composer::compose(project, machine, functions, &[], placing, &profile, None);
    composer::options(&plan, functions, placing)
}

/// What all executions of a machine start with.
fn start(limits: LimitsArg, machine: &Machine) -> Start {
    Start {
        execution_arn: "".into(),
        execution_name: "".into(),
        machine_arn: machine.arn().into(),
        machine_name: machine.name.as_str().into(),
        role_arn: "arn:aws:iam::123456789012:role/faastlane".into(),
        input: Value::Null,
        seed: 0,
        limits: match limits {
            LimitsArg::None => Limits::NONE,
            LimitsArg::Aws => Limits::AWS,
        },
    }
}
