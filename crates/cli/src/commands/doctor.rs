//! `faastlane doctor`: what this machine offers, and in which lane each function of a project runs.

use std::path::{Path, PathBuf};

use faastlane_container::Loaded;
use faastlane_environment::{OLDEST, Python, Search, Version};
use faastlane_host::{glibc_version, keys};
use faastlane_lanes::{self as lanes, Isolation};
use faastlane_project::{Function, Project, Settings};
use faastlane_value::{ObjectBuilder, Value};

use crate::args::{DoctorArgs, ProjectArgs};
use crate::exit::ExitCode;
use crate::functions::{self, Pythons};
use crate::isolation::Placing;
use crate::services::Services;
use crate::{Error, input, isolation, outcome, print, processes, services, target};

/// Looks and prints what it has found.
pub(crate) fn doctor(args: &DoctorArgs) -> Result<ExitCode, Error> {
    let looked = args.target.as_deref().map(|path| functions_of(path, args)).transpose();
    let (isolation, functions) = match looked {
        Ok(Some((isolation, functions))) => (isolation, Some(functions)),
        Ok(None) => (Placing::choose(args.placement, None)?.isolation, None),
        Err(error) if args.json => return outcome::tell(true, Err(error)),
        Err(error) => return Err(error),
    };
    let machine = Machine::look(isolation);
    let broken = functions.iter().flatten().any(FunctionLine::is_broken);
    if args.json {
        print::json_line(&machine.json(functions))?;
    } else {
        print::line(&machine.text(functions.as_deref()))?;
    }
    Ok(if broken { ExitCode::Failed } else { ExitCode::Succeeded })
}

/// What keeps the functions of a project apart, and each of them, loaded.
fn functions_of(path: &Path, args: &DoctorArgs) -> Result<(Isolation, Vec<FunctionLine>), Error> {
    print::be_quiet();
    let settings = Settings::load(path)?;
    let placing = Placing::choose(args.placement, settings.isolation)?;
    let pythons = Pythons::find(args.python.as_deref())?;
    let project = ProjectArgs {
        target: path.to_owned(),
        machine: None,
        functions: args.functions.clone(),
        parameters: args.parameters.clone(),
    };
    // What a call may need has to be there.
    let services = match args.events.as_slice() {
        [] => None,
        _ => Some(Services::start(&settings, target::folder(path), &pythons.any()?)?),
    };
    let parameters = services
        .as_ref()
        .map_or_else(|| services::placeholders(&settings), |s| s.parameters.clone());
    let project = target::load(&project, parameters)?;
    let wanted: Vec<&Function> = project.functions.iter().collect();
    let prepared = functions::prepare(wanted, &pythons, &[])?;
    let names: Vec<String> = prepared.functions.iter().map(|f| f.name.clone()).collect();
    let events = events(&project, &names, &args.events)?;
    let loaded = processes::load(&prepared.functions, placing.options(), events)?;
    let lines = prepared.functions.into_iter().zip(loaded).map(FunctionLine::new);
    Ok((placing.isolation, lines.collect()))
}

/// The event of each function that is to be called.
fn events(
    project: &Project,
    names: &[String],
    typed: &[(String, String)],
) -> Result<Vec<Option<String>>, Error> {
    let mut events = vec![None; names.len()];
    for (name, event) in typed {
        let meant = project.function(name).map(|function| &function.name);
        let place = names.iter().position(|other| Some(other) == meant).ok_or_else(|| {
            let names = names.join(", ");
            Error::Invalid(format!("--event {name}: the project has only {names}"))
        })?;
        events[place] = Some(input::event(event, &format!("--event {name}"))?);
    }
    Ok(events)
}

/// What lanes need of a machine.
struct Machine {
    /// Whether there are protection keys, or why not.
    keys: Result<(), String>,
    /// What keeps functions apart.
    isolation: Isolation,
    /// Where the C library is glibc.
    glibc: Option<&'static str>,
    pythons: Vec<PythonLine>,
}

struct PythonLine {
    path: PathBuf,
    version: Version,
    /// Its shared library, or why functions run in no lane but the portable one, or not at all.
    library: Result<PathBuf, String>,
}

/// A function, and where it runs.
struct FunctionLine {
    name: String,
    python: PathBuf,
    loaded: Loaded,
}

impl Machine {
    fn look(isolation: Isolation) -> Self {
        let found = faastlane_environment::pythons(&Search::from_env());
        Self {
            keys: keys::available().map_err(|why| why.to_string()),
            isolation,
            glibc: glibc_version(),
            pythons: found.pythons.iter().map(PythonLine::of).collect(),
        }
    }

    fn text(&self, functions: Option<&[FunctionLine]>) -> String {
        let keys =
            self.keys.as_ref().map_or_else(|why| format!("no: {why}"), |()| "yes".to_owned());
        let isolation = isolation::name(self.isolation);
        let why = if self.isolation == isolation::best() { ", as `auto` means here" } else { "" };
        let pythons = self.pythons.iter().map(PythonLine::text).collect();
        let mut parts = vec![
            ("protection keys", vec![keys]),
            ("isolation", vec![format!("{isolation}{why}")]),
            (
                "glibc",
                vec![self.glibc.unwrap_or("none; functions run in portable lanes").to_owned()],
            ),
            ("pythons", pythons),
        ];
        if let Some(functions) = functions {
            let width = functions.iter().map(|f| f.name.chars().count()).max().unwrap_or(0);
            parts.push(("functions", functions.iter().map(|f| f.text(width)).collect()));
        }
        let none = || vec!["none".to_owned()];
        let lines = parts.into_iter().flat_map(|(name, lines)| {
            let lines = if lines.is_empty() { none() } else { lines };
            let names = std::iter::once(name).chain(std::iter::repeat(""));
            names.zip(lines).map(|(name, line)| format!("{name:15}  {line}")).collect::<Vec<_>>()
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    fn json(&self, functions: Option<Vec<FunctionLine>>) -> Value {
        let mut keys = ObjectBuilder::with_capacity(2);
        keys.insert("available", self.keys.is_ok());
        if let Err(why) = &self.keys {
            keys.insert("reason", why.as_str());
        }
        let mut machine = ObjectBuilder::with_capacity(5);
        machine.insert("keys", keys.build());
        machine.insert("isolation", isolation::name(self.isolation));
        machine.insert("glibc", self.glibc.map_or(Value::Null, Value::from));
        machine.insert("pythons", Value::array(self.pythons.iter().map(PythonLine::json)));
        if let Some(functions) = functions {
            machine.insert("functions", Value::array(functions.iter().map(FunctionLine::json)));
        }
        machine.build()
    }
}

impl PythonLine {
    fn of(python: &Python) -> Self {
        let library = if python.version < OLDEST {
            Err(format!("too old for functions: {}.{} or newer", OLDEST.major, OLDEST.minor))
        } else {
            python.libpython().map_err(|why| format!("portable lanes only: it {why}"))
        };
        Self { path: python.path.clone(), version: python.version, library }
    }

    fn text(&self) -> String {
        let why = self.library.as_ref().err().map(|why| format!("  {why}")).unwrap_or_default();
        format!("{:7}  {}{why}", self.version.to_string(), self.path.display())
    }

    fn json(&self) -> Value {
        let mut line = ObjectBuilder::with_capacity(3);
        line.insert("path", text_of(&self.path));
        line.insert("version", self.version.to_string());
        match &self.library {
            Ok(library) => line.insert("libpython", text_of(library)),
            Err(why) => line.insert("reason", why.as_str()),
        };
        line.build()
    }
}

impl FunctionLine {
    fn new((function, loaded): (lanes::Function, Loaded)) -> Self {
        Self { name: function.name, python: function.python, loaded }
    }

    fn text(&self, width: usize) -> String {
        let Self { name, loaded, .. } = self;
        let lane = &loaded.placement.lane;
        let tail = match (&loaded.error, &loaded.placement.reason) {
            (Some(error), _) => format!(", cannot be loaded: {error}"),
            (None, Some(reason)) => format!(": {reason}"),
            (None, None) => String::new(),
        };
        let called = match &loaded.called {
            Some(Ok(())) => "; returned",
            Some(Err(error)) => &format!("; failed with {error}"),
            None => "",
        };
        format!("{name:width$}  {lane}{tail}{called}")
    }

    fn is_broken(&self) -> bool {
        self.loaded.error.is_some() || matches!(self.loaded.called, Some(Err(_)))
    }

    fn json(&self) -> Value {
        let mut line = ObjectBuilder::with_capacity(6);
        line.insert("name", self.name.as_str());
        line.insert("python", text_of(&self.python));
        line.insert("lane", self.loaded.placement.lane.as_str());
        let Loaded { placement, error, called } = &self.loaded;
        for (name, text) in [("reason", &placement.reason), ("error", error)] {
            if let Some(text) = text {
                line.insert(name, text.as_str());
            }
        }
        if let Some(called) = called {
            let mut outcome = ObjectBuilder::with_capacity(2);
            outcome.insert("returned", called.is_ok());
            if let Err(error) = called {
                outcome.insert("error", error.as_str());
            }
            line.insert("called", outcome.build());
        }
        line.build()
    }
}

fn text_of(path: &Path) -> String {
    path.display().to_string()
}
