//! The built-in function that calls AWS services for the states of a machine.
//!
//! Service integrations (`arn:aws:states:::sqs:sendMessage`, `arn:aws:states:::aws-sdk:SERVICE:OPERATION`, ...) are
//! calls of one Python function over the user's boto3, in a lane like any other. It knows endpoints, profiles,
//! signatures, protocols and the models of all services; SDKs of Rust were the other way: a crate for each
//! service, an async runtime, and a second set of settings for users who have configured boto3 already.
//!
//! It has the user's `AWS_*` variables, which no function of the user sees, so it shares a process with none.
//! Its Python lies in `python/`; what is called how stands there.

mod environment;

use std::collections::BTreeSet;
use std::fs::Permissions;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use faastlane_asl::{Kind, Resource, Service, State, StateMachine};
use faastlane_container::SERVICES;
use faastlane_engine::Mocks;
use faastlane_lanes::{Function, Handler};
use tempfile::TempDir;

pub use environment::Environment;

/// The modules of the package `faastlane_services`.
const MODULES: [(&str, &str); 8] = [
    ("__init__.py", include_str!("python/faastlane_services/__init__.py")),
    ("aws.py", include_str!("python/faastlane_services/aws.py")),
    ("clients.py", include_str!("python/faastlane_services/clients.py")),
    ("failure.py", include_str!("python/faastlane_services/failure.py")),
    ("names.py", include_str!("python/faastlane_services/names.py")),
    ("parameters.py", include_str!("python/faastlane_services/parameters.py")),
    ("results.py", include_str!("python/faastlane_services/results.py")),
    ("web.py", include_str!("python/faastlane_services/web.py")),
];

/// How long a call may take. States have limits of their own (`TimeoutSeconds`).
const TIMEOUT: Duration = Duration::from_secs(900);

/// What it shows as its memory, in MiB; nothing is limited.
const MEMORY_MIB: u32 = 512;

/// The tasks of a machine that call a service and are not mocked, each with its state. Calls of
/// functions by `lambda:invoke` are none.
#[must_use]
pub fn called<'m>(machine: &'m StateMachine, mocks: &Mocks) -> Vec<(&'m State, &'m Service)> {
    let service = |state: &'m State| match &state.kind {
        Kind::Task(task) => match &task.resource {
            Resource::Service(service) if service.service != "lambda" => Some((state, service)),
            _ => None,
        },
        _ => None,
    };
    machine.states.iter().filter_map(service).filter(|(state, _)| !mocks.has(&state.name)).collect()
}

/// Whether calls of this service need boto3.
#[must_use]
pub fn needs_boto3(service: &Service) -> bool {
    service.service != "http"
}

/// The Python of the function, in a folder that is removed with this value.
#[derive(Debug)]
pub struct Code(TempDir);

impl Code {
    /// Writes it.
    ///
    /// # Errors
    /// The folder for temporary files cannot be written.
    pub fn write() -> io::Result<Self> {
        let folder = TempDir::with_prefix("faastlane-services-")?;
        // Whoever is root runs functions as another user.
        std::fs::set_permissions(folder.path(), Permissions::from_mode(0o755))?;
        let package = folder.path().join("faastlane_services");
        std::fs::create_dir(&package)?;
        for (name, text) in MODULES {
            std::fs::write(package.join(name), text)?;
        }
        Ok(Self(folder))
    }

    fn root(&self) -> &Path {
        self.0.path()
    }
}

/// The Python that runs the function.
#[derive(Debug, Clone)]
pub struct Interpreter {
    /// The interpreter, with boto3 where that is needed.
    pub python: PathBuf,
    /// Its shared library, if it has one.
    pub libpython: Option<PathBuf>,
    /// Its version as Lambda names runtimes, `python3.12`.
    pub runtime: String,
}

/// The function for calls of these services.
#[must_use]
pub fn function(
    code: &Code,
    interpreter: Interpreter,
    called: &[&Service],
    environment: &Environment,
) -> Function {
    let Interpreter { python, libpython, runtime } = interpreter;
    let services: BTreeSet<&str> = called
        .iter()
        .map(|service| service.service.as_str())
        // They have no client.
        .filter(|service| !matches!(*service, "http" | "apigateway"))
        .collect();
    let services = services.into_iter().collect::<Vec<_>>().join(",");
    let mut variables = environment.variables();
    variables.push(("FAASTLANE_AWS_SERVICES".to_owned(), services));
    Function {
        name: SERVICES.to_owned(),
        arn: format!("arn:aws:lambda:us-east-1:123456789012:function:{SERVICES}"),
        code_root: code.root().to_owned(),
        handler: Handler::Named("faastlane_services.handler".to_owned()),
        python,
        libpython,
        layers: Vec::new(),
        environment: variables,
        timeout: TIMEOUT,
        memory_mib: MEMORY_MIB,
        memory_limit_mib: None,
        runtime,
        debug: None,
        alone: true,
    }
}

#[cfg(test)]
mod tests;
