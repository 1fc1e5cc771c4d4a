//! `faastlane run`: one execution, from the project to its output.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use faastlane_asl::{Severity, StateMachine};
use faastlane_container::{Container, Ids, Observer, Request, Stopper};
use faastlane_engine::{HistoryEvent, Limits, Outcome, Start};
use faastlane_lanes::FunctionIndex;
use faastlane_project::{Machine, Project, Settings};
use faastlane_value::{ObjectBuilder, Value, json};

use crate::args::{LimitsArg, RunArgs};
use crate::exit::ExitCode;
use crate::functions::{self, Prepared, Pythons};
use crate::services::Services;
use crate::{Error, input, print, target};

/// Runs the execution and prints what came of it.
pub(crate) fn run(args: &RunArgs) -> Result<ExitCode, Error> {
    match prepare_and_run(args) {
        Ok(outcome) => finish(args, &outcome),
        Err(error) if args.json && error.exit_code() == ExitCode::Invalid => {
            print::error(&error);
            let cause = Some(error.to_string());
            print::json_line(&status("INVALID", Some(error.name()), cause))?;
            Ok(ExitCode::Invalid)
        }
        Err(error) => Err(error),
    }
}

fn prepare_and_run(args: &RunArgs) -> Result<Outcome, Error> {
    let settings = Settings::load(&args.project.target)?;
    let pythons = Pythons::find(args.python.as_deref())?;
    let services = if settings.services.is_empty() {
        Services::default()
    } else {
        Services::start(&settings, target::folder(&args.project.target), &pythons.any()?)?
    };
    let project = target::load(&args.project, services.parameters.clone())?;
    let machine = target::machine(&project, args.project.machine.as_deref())?;
    let checked = checked(&project, machine)?;
    let input = input::read(args.input.as_deref(), settings.input.as_deref())?;
    let mut overrides = overrides(&args.environment)?;
    if !services.parameters.is_empty() {
        overrides.extend(past_the_proxy(&overrides));
    }
    let prepared = functions::prepare(&project, &checked, &pythons, &overrides)?;
    execute(args, &project, machine, checked, input, prepared)
}

/// The machine, if nothing is wrong with it.
fn checked(project: &Project, machine: &Machine) -> Result<StateMachine, Error> {
    let (checked, mut diagnostics) = target::check(machine);
    if let Some(checked) = &checked {
        diagnostics.extend(target::unknown_functions(project, checked, Severity::Warning));
    }
    let line = |diagnostic| target::line(&machine.definition.file, diagnostic);
    let lines: Vec<String> = diagnostics.iter().map(line).collect();
    match checked {
        Some(checked) => {
            lines.iter().for_each(|line| print::note(line));
            Ok(checked)
        }
        None => Err(Error::Definition(lines.join("\n"))),
    }
}

/// `--env NAME=VALUE` and `--env NAME`.
fn overrides(typed: &[String]) -> Result<Vec<(String, String)>, Error> {
    let pair = |text: &String| match text.split_once('=') {
        Some((name, value)) => Ok((name.to_owned(), value.to_owned())),
        None => std::env::var(text)
            .map(|value| (text.clone(), value))
            .map_err(|_| Error::Invalid(format!("--env {text}: you have no variable {text}"))),
    };
    typed.iter().map(pair).collect()
}

/// Services run on this machine, where no proxy leads.
fn past_the_proxy(overrides: &[(String, String)]) -> Vec<(String, String)> {
    let pair = |name: &str| {
        let given = overrides.iter().find(|(other, _)| other == name);
        let value = given.map_or_else(|| std::env::var(name).unwrap_or_default(), |g| g.1.clone());
        let separator = if value.is_empty() { "" } else { "," };
        (name.to_owned(), format!("{value}{separator}127.0.0.1,localhost"))
    };
    vec![pair("no_proxy"), pair("NO_PROXY")]
}

fn execute(
    args: &RunArgs,
    project: &Project,
    machine: &Machine,
    checked: StateMachine,
    input: Value,
    prepared: Prepared,
) -> Result<Outcome, Error> {
    let names: Vec<String> = prepared.functions.iter().map(|f| f.name.clone()).collect();
    let index = {
        let (project, names) = (project.clone(), names.clone());
        move |reference: &str| {
            let name = &project.function(reference)?.name;
            names.iter().position(|other| other == name).map(FunctionIndex)
        }
    };
    let mut ids = Ids::random();
    let start = start(args, machine, input, &mut ids);
    let options = faastlane_lanes::Options::default();
    let mut container = Container::new(prepared.functions.clone(), Box::new(index), options, ids)?;
    stop_on_ctrl_c(container.stopper())?;
    let mut watcher = Watcher { names, history: args.history.is_some().then(Vec::new) };
    let outcome = container.run(Request { machine: Arc::new(checked), start }, &mut watcher)?;
    if let (Some(file), Some(events)) = (&args.history, watcher.history) {
        write_history(file, &events)?;
    }
    Ok(outcome)
}

fn start(args: &RunArgs, machine: &Machine, input: Value, ids: &mut Ids) -> Start {
    let name = ids.uuid();
    let execution = machine.arn().replace(":stateMachine:", ":execution:");
    Start {
        execution_arn: format!("{execution}:{name}").into(),
        execution_name: name.into(),
        machine_arn: machine.arn().into(),
        machine_name: machine.name.as_str().into(),
        role_arn: "arn:aws:iam::123456789012:role/faastlane".into(),
        input,
        seed: ids.seed(),
        limits: match args.limits {
            LimitsArg::None => Limits::NONE,
            LimitsArg::Aws => Limits::AWS,
        },
    }
}

fn stop_on_ctrl_c(stopper: Stopper) -> Result<(), Error> {
    ctrlc::set_handler(move || stopper.stop())
        .map_err(|error| Error::Internal(format!("cannot watch for Ctrl-C: {error}")))
}

/// Keeps the history if it is wanted, and passes logs on.
struct Watcher {
    names: Vec<String>,
    history: Option<Vec<HistoryEvent>>,
}

impl Observer for Watcher {
    fn recorded(&mut self, event: HistoryEvent) {
        if let Some(history) = &mut self.history {
            history.push(event);
        }
    }

    fn wrote(&mut self, function: FunctionIndex, text: &str) {
        print::log(&self.names[function.0], text);
    }
}

/// `{"events": […]}`, an event a line.
fn write_history(file: &Path, events: &[HistoryEvent]) -> Result<(), Error> {
    let write = || {
        let mut out = BufWriter::new(File::create(file)?);
        out.write_all(b"{\"events\":[")?;
        for (at, event) in events.iter().enumerate() {
            out.write_all(if at == 0 { b"\n" } else { b",\n" })?;
            json::write(&event.to_value(), &mut out)?;
        }
        out.write_all(b"\n]}\n")?;
        out.flush()
    };
    write().map_err(|error: std::io::Error| {
        Error::Internal(format!("cannot write the history to {}: {error}", file.display()))
    })
}

/// Prints the outcome and says how the command ends.
fn finish(args: &RunArgs, outcome: &Outcome) -> Result<ExitCode, Error> {
    let (name, error, cause, code) = match outcome {
        Outcome::Succeeded(output) => {
            if args.json {
                let mut line = ObjectBuilder::with_capacity(2);
                line.insert("status", "SUCCEEDED");
                line.insert("output", output.clone());
                print::json_line(&line.build())?;
            } else {
                print::output(output)?;
            }
            return Ok(ExitCode::Succeeded);
        }
        Outcome::Failed { error, cause } => ("FAILED", error, cause, ExitCode::Failed),
        Outcome::TimedOut { error, cause } => ("TIMED_OUT", error, cause, ExitCode::Failed),
        Outcome::Aborted { error, cause } => ("ABORTED", error, cause, ExitCode::Interrupted),
    };
    let text = |text: &Option<faastlane_value::ArcStr>| text.as_ref().map(ToString::to_string);
    if args.json {
        print::json_line(&status(name, error.as_deref(), text(cause)))?;
    } else {
        let error = error.as_deref().unwrap_or("(no error name)");
        let cause = text(cause).map(|cause| format!(": {cause}")).unwrap_or_default();
        print::note(&format!("{name}: {error}{cause}"));
    }
    Ok(code)
}

fn status(name: &str, error: Option<&str>, cause: Option<String>) -> Value {
    let mut line = ObjectBuilder::with_capacity(3);
    line.insert("status", name);
    if let Some(error) = error {
        line.insert("error", error);
    }
    if let Some(cause) = cause {
        line.insert("cause", cause);
    }
    line.build()
}
