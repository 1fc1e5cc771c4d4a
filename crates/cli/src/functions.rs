//! From the functions of a project to what lanes need: a Python for each, its packages, its
//! environment.

mod services;

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::time::Duration;

use faastlane_asl::StateMachine;
use faastlane_container::SERVICES;
use faastlane_engine::Mocks;
use faastlane_environment::{
    Choice, Environments, Error as EnvironmentError, Found, Progress, Python, Requirements, Search,
};
use faastlane_lanes as lanes;
use faastlane_project::{Code, DEFAULT_MEMORY_MIB, Function, Handler, Project};
use indicatif::{ProgressBar, ProgressStyle};
use tempfile::TempDir;

use crate::{Error, conditions, print};

/// The Pythons of this machine, or the one that the user wants.
pub(crate) enum Pythons {
    Found(Box<Found>, Environments),
    Given(Python),
}

impl Pythons {
    pub(crate) fn find(given: Option<&Path>) -> Result<Self, Error> {
        let search = Search::from_env();
        Ok(match given {
            Some(path) => Self::Given(faastlane_environment::ready(path, &search)?),
            None => Self::Found(
                Box::new(faastlane_environment::pythons(&search)),
                Environments::new(&search),
            ),
        })
    }

    /// The interpreter for scripts that ask for no version.
    pub(crate) fn any(&self) -> Result<PathBuf, Error> {
        match self {
            Self::Given(python) => Ok(python.path.clone()),
            Self::Found(found, _) => Ok(faastlane_environment::choose(None, found)?.python.path),
        }
    }
}

impl Pythons {
    /// The folder of a package that any of them has, or an environment of ours.
    pub(crate) fn package(&self, name: &str) -> Option<PathBuf> {
        match self {
            Self::Given(python) => python.package(name),
            Self::Found(found, environments) => {
                let mut pythons = found.pythons.iter();
                pythons
                    .find_map(|python| python.package(name))
                    .or_else(|| environments.package(name))
            }
        }
    }
}

/// Functions ready for lanes, and the folders that hold inline code as long as they run.
pub(crate) struct Prepared {
    pub(crate) functions: Vec<lanes::Function>,
    /// The Pythons of the functions, one for each.
    pythons: Vec<Python>,
    _inline: Vec<TempDir>,
    _services: Option<faastlane_services::Code>,
}

impl Prepared {
    /// Gives those that state no memory Lambda's default for a limit.
    pub(crate) fn limit_memory(&mut self) {
        for function in &mut self.functions {
            function.memory_limit_mib.get_or_insert(DEFAULT_MEMORY_MIB);
        }
    }
}

/// Prepares functions.
///
/// `overrides` are the user's variables, which win over a function's own.
pub(crate) fn prepare(
    wanted: Vec<&Function>,
    pythons: &Pythons,
    overrides: &[(String, String)],
) -> Result<Prepared, Error> {
    let choices = choose(&wanted, pythons)?;
    let mut prepared = Prepared {
        functions: Vec::new(),
        pythons: Vec::new(),
        _inline: Vec::new(),
        _services: None,
    };
    for function in wanted {
        let python = &choices[&function.runtime];
        let (code_root, folder) = match &function.code {
            Code::Folder { root, folder } => (root.clone(), folder.clone()),
            Code::Inline(text) => {
                let inline = write_inline(text)?;
                let root = inline.path().to_owned();
                prepared._inline.push(inline);
                (root.clone(), root)
            }
            Code::Unavailable(why) => {
                print::warning(&format!("function {} cannot run here: {why}", function.name));
                continue;
            }
        };
        let requirements = Requirements::collect(&folder, &code_root)?;
        let interpreter = match pythons {
            Pythons::Given(python) => python.path.clone(),
            Pythons::Found(_, environments) => install(environments, python, &requirements)?,
        };
        prepared.functions.push(lane_function(function, python, code_root, interpreter, overrides));
        prepared.pythons.push(python.clone());
    }
    Ok(prepared)
}

/// The place in `prepared`, which are names, of every function of the project: by its name, and by
/// its logical id where that is nobody's name. None for one that is not prepared. Also that of the function
/// that calls services.
pub(crate) fn places(project: &Project, prepared: &[String]) -> HashMap<String, Option<usize>> {
    let place = |function: &Function| prepared.iter().position(|name| *name == function.name);
    let by_id = project.functions.iter().rev().map(|f| (f.logical_id.clone(), place(f)));
    let by_name = project.functions.iter().rev().map(|f| (f.name.clone(), place(f)));
    // Of equal keys the last stays: names win over ids, and the first function over later ones.
    let services = prepared.iter().position(|name| name == SERVICES);
    let services = services.map(|place| (SERVICES.to_owned(), Some(place)));
    by_id.chain(by_name).chain(services).collect()
}

/// The functions of `machine` whose runtimes nothing here can run, each with why.
pub(crate) fn refused(project: &Project, machine: &StateMachine) -> Vec<String> {
    let nothing_found = Found::default();
    let why = |function: &Function| {
        let choice = faastlane_environment::choose(function.runtime.as_deref(), &nothing_found);
        let error = choice.err().filter(|e| matches!(e, EnvironmentError::Runtime { .. }))?;
        Some(format!("{}: {error}", function.name))
    };
    wanted(project, machine, &Mocks::default()).into_iter().filter_map(why).collect()
}

/// The functions that states of a machine name which are not mocked; all of them if a name may come
/// from its input.
pub(crate) fn wanted<'p>(
    project: &'p Project,
    machine: &StateMachine,
    mocks: &Mocks,
) -> Vec<&'p Function> {
    if machine.calls_by_path {
        return project.functions.iter().collect();
    }
    let named: Vec<&Function> = machine
        .functions
        .iter()
        .filter(|function| !conditions::is_mocked(&function.location, machine, mocks))
        .filter_map(|function| project.function(&function.reference))
        .collect();
    let is_named = |function: &&Function| named.iter().any(|other| other.name == function.name);
    project.functions.iter().filter(is_named).collect()
}

/// A Python for each runtime that the functions ask for, told in one line each.
fn choose(
    functions: &[&Function],
    pythons: &Pythons,
) -> Result<BTreeMap<Option<String>, Python>, Error> {
    let mut by_runtime: BTreeMap<Option<String>, Vec<&str>> = BTreeMap::new();
    for function in functions {
        by_runtime.entry(function.runtime.clone()).or_default().push(&function.name);
    }
    let mut choices = BTreeMap::new();
    for (runtime, names) in by_runtime {
        let python = match pythons {
            Pythons::Given(python) => python.clone(),
            Pythons::Found(found, _) => {
                let choice = faastlane_environment::choose(runtime.as_deref(), found);
                let choice: Choice = choice
                    .map_err(|error| Error::Invalid(format!("{}: {error}", names.join(", "))))?;
                let line = choice.line(&names);
                if choice.warning {
                    print::warning(&line)
                } else {
                    print::info(&line)
                }
                choice.python
            }
        };
        choices.insert(runtime, python);
    }
    Ok(choices)
}

/// The interpreter of the environment with the packages that are required.
fn install(
    environments: &Environments,
    python: &Python,
    requirements: &Requirements,
) -> Result<PathBuf, Error> {
    let mut bar = None;
    let installed = environments.ensure(python, requirements, &mut |progress| {
        show(bar.get_or_insert_with(new_bar), progress);
    });
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    Ok(installed?)
}

/// A bar whose first character turns while a step says nothing, so that nobody thinks it hangs.
fn new_bar() -> ProgressBar {
    const TEMPLATE: &str = "{spinner} packages [{bar:24}] {wide_msg}";
    let style = ProgressStyle::with_template(TEMPLATE).expect("a constant").progress_chars("=> ");
    let bar = ProgressBar::new(1).with_style(style);
    if !bar.is_hidden() {
        bar.enable_steady_tick(Duration::from_millis(100));
    }
    bar
}

fn show(bar: &ProgressBar, progress: Progress) {
    if bar.is_hidden() {
        return print::info(&format!("packages: {}", progress.step));
    }
    // As long as nobody knows how many parts there are, one more than those that are done.
    bar.set_length(progress.total.unwrap_or(progress.done + 1));
    bar.set_position(progress.done);
    bar.set_message(progress.step);
}

fn write_inline(text: &str) -> Result<TempDir, Error> {
    let failed = |error| Error::Internal(format!("cannot write inline code: {error}"));
    let folder = TempDir::with_prefix("faastlane-").map_err(failed)?;
    std::fs::write(folder.path().join("index.py"), text).map_err(failed)?;
    Ok(folder)
}

fn lane_function(
    function: &Function,
    python: &Python,
    code_root: PathBuf,
    interpreter: PathBuf,
    overrides: &[(String, String)],
) -> lanes::Function {
    let is_overridden = |name: &String| overrides.iter().any(|(other, _)| other == name);
    let own = function.environment.iter().filter(|(name, _)| !is_overridden(name));
    let version = python.version;
    lanes::Function {
        name: function.name.clone(),
        arn: function.arn(),
        code_root,
        handler: match &function.handler {
            Handler::Named(name) => lanes::Handler::Named(name.clone()),
            Handler::AnyOf { module, names } => {
                lanes::Handler::AnyOf { module: module.clone(), names: names.clone() }
            }
        },
        python: interpreter,
        // On Lambda a later layer is unpacked over the earlier ones.
        layers: function.layers.iter().rev().cloned().collect(),
        environment: own.chain(overrides).cloned().collect(),
        timeout: function.timeout,
        memory_mib: function.memory_mib.unwrap_or(DEFAULT_MEMORY_MIB),
        memory_limit_mib: function.memory_mib,
        runtime: function
            .runtime
            .clone()
            .unwrap_or_else(|| format!("python{}.{}", version.major, version.minor)),
        libpython: python.libpython().ok(),
        debug: None,
        alone: false,
    }
}
