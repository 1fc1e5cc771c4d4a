//! From what the user typed to a project and one checked state machine of it.

use std::collections::HashSet;
use std::path::Path;

use faastlane_asl::{Code, Diagnostic, MachineType, Severity, StateMachine};
use faastlane_engine::Mocks;
use faastlane_project::{Definition, Kind, Machine, Options, Project};

use crate::args::ProjectArgs;
use crate::excerpt::excerpt;
use crate::{Error, conditions, print};

/// The folder of a project: the target itself, or the one it lies in.
pub(crate) fn folder(target: &Path) -> &Path {
    if target.is_dir() {
        return target;
    }
    let parent = target.parent().unwrap_or(target);
    if parent.as_os_str().is_empty() { Path::new(".") } else { parent }
}

/// Reads the project and tells its warnings.
///
/// `parameters` come from services and give way to those the user typed.
pub(crate) fn load(
    args: &ProjectArgs,
    parameters: Vec<(String, String)>,
) -> Result<Project, Error> {
    let options = Options {
        parameters: parameters.into_iter().chain(args.parameters.clone()).collect(),
        functions: args.functions.clone(),
    };
    let project = faastlane_project::load(&args.target, &options)?;
    for warning in &project.warnings {
        print::warning(warning);
    }
    Ok(project)
}

/// The state machine that is meant: the one typed, else the project's default, else the only one.
pub(crate) fn machine<'p>(project: &'p Project, typed: Option<&str>) -> Result<&'p Machine, Error> {
    let file = project.file.display();
    let names: Vec<&str> = project.machines.iter().map(|m| m.name.as_str()).collect();
    let names = names.join(", ");
    let named = |name: &str, of: &str| {
        project.machine(name).ok_or_else(|| {
            Error::Invalid(format!("{file} has no state machine '{name}'{of}; it has: {names}"))
        })
    };
    match (typed, &project.settings.machine, &project.machines[..]) {
        (_, _, []) => Err(Error::Invalid(format!("{file} has no state machine"))),
        (Some(name), ..) => named(name, ""),
        (None, Some(name), _) => named(name, ", which faastlane.toml names"),
        (None, None, [machine]) => Ok(machine),
        _ => Err(Error::Invalid(format!(
            "{file} has several state machines; choose one with --machine: {names}"
        ))),
    }
}

/// Reads and checks a definition. The machine is there only if there is no error.
pub(crate) fn check(machine: &Machine) -> (Option<StateMachine>, Vec<Diagnostic>) {
    let machine_type = match machine.kind {
        Kind::Standard => MachineType::Standard,
        Kind::Express => MachineType::Express,
    };
    faastlane_asl::read(&machine.definition.root, machine_type)
}

/// The machine, if nothing is wrong with it, and its mocks; what may be wrong is told. Functions that
/// only mocked states call need not be there.
pub(crate) fn checked(
    project: &Project,
    machine: &Machine,
    mocks: impl FnOnce(&StateMachine) -> Result<Mocks, Error>,
) -> Result<(StateMachine, Mocks), Error> {
    let (checked, mut diagnostics) = check(machine);
    let mocks = checked.as_ref().map(mocks).transpose()?.unwrap_or_default();
    if let Some(checked) = &checked {
        let mut unknown = unknown_functions(project, checked, Severity::Warning);
        unknown.retain(|diagnostic| !conditions::is_mocked(&diagnostic.location, checked, &mocks));
        // Fifty branches may name the same one; to hear of it once is enough here.
        let mut told = HashSet::new();
        unknown.retain(|diagnostic| told.insert(diagnostic.message.clone()));
        diagnostics.extend(unknown);
    }
    let each = |say: fn(&Definition, &Diagnostic) -> String| -> Vec<String> {
        diagnostics.iter().map(|diagnostic| say(&machine.definition, diagnostic)).collect()
    };
    let shown = each(shown).join("\n");
    let Some(checked) = checked else {
        return Err(Error::Definition { shown, lines: each(line).join("\n") });
    };
    if !shown.is_empty() {
        print::note(&shown);
    }
    Ok((checked, mocks))
}

/// Says which functions a machine names and nobody defines.
pub(crate) fn unknown_functions(
    project: &Project,
    machine: &StateMachine,
    severity: Severity,
) -> Vec<Diagnostic> {
    let names: Vec<&str> = project.functions.iter().map(|f| f.name.as_str()).collect();
    let advice = |reference: &str| match names[..] {
        _ if reference.starts_with("${") => {
            "run the template that gives it a value, or use --parameter".to_owned()
        }
        [] => "give functions with --functions".to_owned(),
        [_, ..] => format!("there are: {}", names.join(", ")),
    };
    let unknown =
        machine.functions.iter().filter(|function| project.function(&function.reference).is_none());
    unknown
        .map(|function| Diagnostic {
            severity,
            code: Code::UnknownFunction,
            message: format!(
                "Nothing defines the function '{}' ({})",
                function.reference,
                advice(&function.reference)
            ),
            location: function.location.clone(),
            place: function.place,
            hint: None,
        })
        .collect()
}

/// A diagnostic as editors read it: `file:line:column: error: …`.
pub(crate) fn line(definition: &Definition, diagnostic: &Diagnostic) -> String {
    format!("{}:{diagnostic}", definition.file.display())
}

/// The same for people: with the line it is about, and a caret under the place.
pub(crate) fn shown(definition: &Definition, diagnostic: &Diagnostic) -> String {
    let hint = diagnostic.hint.as_ref().map(|hint| format!("  {hint}"));
    let excerpt = excerpt(&definition.source, diagnostic.place);
    [Some(line(definition, diagnostic)), excerpt, hint]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join("\n")
}
