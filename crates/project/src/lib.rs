//! Finds state machines and functions: in a SAM or CloudFormation template, in what the CDK
//! synthesised, in a `serverless.yml`, in a definition with functions beside it, or in a folder that
//! holds one of them.
//!
//! [`load`] gives one plain value, a [`Project`], that everything else works from. Definitions come
//! out as trees whose places point into the user's own file; whether they make sense is not decided
//! here. The road not taken is a `Project` that reads files when asked: a mistake in a template
//! should be told before anything runs.
//!
//! A new kind of project is a module beside `template` that gives machines and functions.

pub mod arn;
mod cdk;
mod definition;
mod discover;
mod error;
mod function;
mod given;
mod machine;
mod paths;
mod serverless;
pub mod settings;
mod spelling;
mod substitute;
mod template;
mod text;
mod yaml;

use std::path::{Path, PathBuf};

pub use definition::Definition;
pub use error::{At, Error};
use faastlane_value::located::Node;
pub use function::{Code, DEFAULT_MEMORY_MIB, Function, Handler};
pub use machine::{Kind, Machine};
pub use settings::{Isolation, Service, Settings};
use substitute::Substitutions;
use template::{Found, Surroundings, Template};

/// State machines, and the functions that they may call.
#[derive(Debug, Clone, PartialEq)]
pub struct Project {
    /// The folder of the file that was read. Absolute.
    pub root: PathBuf,
    /// The template or definition that was read, as the user would type it.
    pub file: PathBuf,
    /// Its state machines, in the order of the file.
    pub machines: Vec<Machine>,
    /// Its functions, in the order of the file; those that the user gave come first.
    pub functions: Vec<Function>,
    /// What the user should know though it stops nothing, each with its place.
    pub warnings: Vec<String>,
    /// The settings file beside it.
    pub settings: Settings,
}

/// What the user says about a project beside its files.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Values of template parameters; of a repeated name the last counts. For a definition without
    /// a template they are its substitutions: `("Check", "arn")` replaces `${Check}`.
    pub parameters: Vec<(String, String)>,
    /// A folder of functions or a map of them; they win over functions of the same name in a
    /// template.
    pub functions: Option<PathBuf>,
}

impl Project {
    /// The function that a definition means by `reference`: its name, logical id, ARN (whole or
    /// partial, of any account), with or without version or alias.
    #[must_use]
    pub fn function(&self, reference: &str) -> Option<&Function> {
        function::find(&self.functions, reference)
    }

    /// The state machine with this name, ARN or logical id. A logical id that machines of several
    /// stacks share means none of them.
    #[must_use]
    pub fn machine(&self, reference: &str) -> Option<&Machine> {
        let is_named = |machine: &&Machine| machine.name == reference || machine.arn() == reference;
        self.machines.iter().find(is_named).or_else(|| {
            let mut alike = self.machines.iter().filter(|machine| machine.logical_id == reference);
            alike.next().filter(|_| alike.next().is_none())
        })
    }
}

/// Reads the project at `target`: a template, a CDK manifest, a `serverless.yml`, a definition, or a
/// folder with one of them.
///
/// # Errors
/// Whatever keeps the project from being run, with its place and what to do about it.
pub fn load(target: &Path, options: &Options) -> Result<Project, Error> {
    let file = discover::file(target)?;
    let folder = paths::parent(&file);
    let mut project = Project {
        root: paths::absolute(folder)?,
        settings: Settings::load(target)?,
        machines: Vec::new(),
        functions: Vec::new(),
        warnings: Vec::new(),
        file: file.clone(),
    };
    let mut given = options.functions.clone();
    let source = text::read(&file)?;
    // A definition may become valid only by substitutions, so a mistake here is not yet final.
    let parsed = text::parse(&file, &source).ok();
    let found = match &parsed {
        Some(root) => described(&project.root, (&file, &source, root), &options.parameters)?,
        None => None,
    };
    if let Some(found) = found {
        project.machines = found.machines;
        project.functions = found.functions;
        project.warnings = found.warnings;
    } else {
        project.machines.push(plain_machine(&file, source, &options.parameters)?);
        given = given.or_else(|| discover::functions_of(&file));
    }
    if let Some(path) = given {
        project.functions.splice(0..0, given::read(&path)?);
    }
    Ok(project)
}

/// A project of functions alone: a folder or a map of them, as in [`Options::functions`].
///
/// # Errors
/// As those of [`load`].
pub fn functions_alone(path: &Path) -> Result<Project, Error> {
    Ok(Project {
        root: paths::absolute(path)?,
        file: path.to_owned(),
        machines: Vec::new(),
        functions: given::read(path)?,
        warnings: Vec::new(),
        settings: Settings::default(),
    })
}

/// What the file `root` declares; `None` where it declares nothing, since it is a definition.
fn described(
    folder: &Path,
    (file, source, root): (&Path, &str, &Node),
    parameters: &[(String, String)],
) -> Result<Option<Found>, Error> {
    if template::is_template(root) {
        let stack_name = &stack_name(folder);
        let surroundings = &Surroundings::default();
        let template = Template { file, source, root, parameters, stack_name, surroundings };
        template::read(template).map(Some)
    } else if cdk::is_manifest(root) {
        cdk::read(file, root, parameters).map(Some)
    } else if serverless::is_service(root) {
        serverless::read(file, source, root, parameters).map(Some)
    } else {
        Ok(None)
    }
}

/// The machine of a definition that no template describes.
fn plain_machine(
    file: &Path,
    source: String,
    parameters: &[(String, String)],
) -> Result<Machine, Error> {
    let name = discover::name_of(file);
    let substitutions = Substitutions::new(parameters.iter().rev().cloned().collect());
    let definition = Definition::from_source(file, source, &substitutions)?;
    Ok(Machine { logical_id: name.clone(), name, kind: Kind::Standard, definition })
}

/// What the stack of the project in `root` would be called: letters, digits and hyphens.
fn stack_name(root: &Path) -> String {
    let name = root.file_name().unwrap_or_default().to_string_lossy();
    let name: String = name
        .chars()
        .map(|character| if character.is_ascii_alphanumeric() { character } else { '-' })
        .collect();
    if name.is_empty() { "project".to_owned() } else { name }
}
