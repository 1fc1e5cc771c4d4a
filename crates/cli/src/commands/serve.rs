//! `faastlane serve`: the Step Functions API over the machines and functions of projects.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use faastlane_engine::{Limits, Mocks};
use faastlane_project::{Kind, Options, Project, Settings as ProjectSettings};
use faastlane_server::http::{self, Listen, Token};
use faastlane_server::telemetry::{Log, Metrics, Tracer, TracerSettings};
use faastlane_server::{Config, Controller, Logs, Provided, Server, Settings, Told};
use faastlane_store::{Durability, Store};
use faastlane_testing::mocks::MockFile;

use super::run;
use crate::args::{DurabilityArg, LimitsArg, ServeArgs};
use crate::changes::Changes;
use crate::exit::ExitCode;
use crate::functions::Pythons;
use crate::interrupt::Interrupt;
use crate::isolation::Placing;
use crate::services::Services;
use crate::workshop::{Shop, Tools};
use crate::{Error, print, processes, s3, target};

/// How often `--watch` looks up from waiting whether it should end.
const LOOK_UP: Duration = Duration::from_millis(100);

/// Serves until Ctrl-C or SIGTERM.
pub(crate) fn serve(args: &ServeArgs) -> Result<ExitCode, Error> {
    let interrupt = Interrupt::watch()?;
    let services = Arc::new(services(args)?);
    let projects = load(args, &services)?;
    let machines = provided(&projects)?;
    let log = Log::new(std::io::stderr(), args.log_format.into(), args.log_level.into())
        .map_err(|error| Error::Internal(format!("cannot start the log: {error}")))?;
    let (metrics, logs) = (Arc::<Metrics>::default(), Arc::<Logs>::default());
    let shop = Arc::new(Shop::new(tools(args, &projects)?, projects));
    let server = Server::start(Config {
        http: options(args, &metrics, &logs, &log)?,
        store: open(args)?,
        settings: settings(args, &metrics, &logs, &log)?,
        workshop: Arc::<Shop>::clone(&shop),
        program: processes::container(),
        machines,
    });
    let server = server.map_err(unusable)?;
    greet(&server, &shop);
    let controller = server.controller();
    let stopping = controller.clone();
    interrupt.react(move || stopping.stop());
    if args.watch {
        watch(args.clone(), services, shop, controller, interrupt.clone())?;
    }
    server.run();
    Ok(ExitCode::Succeeded)
}

/// The outside services of each project, started.
fn services(args: &ServeArgs) -> Result<Vec<Services>, Error> {
    let start = |target: &PathBuf| {
        let settings = ProjectSettings::load(target)?;
        if settings.services.is_empty() {
            return Ok(Services::default());
        }
        let python = Pythons::find(args.python.as_deref())?.any()?;
        Services::start(&settings, target::folder(target), &python)
    };
    args.targets.iter().map(start).collect()
}

/// The projects that were named. `services` are theirs; what they say gives way to what was typed.
fn load(args: &ServeArgs, services: &[Services]) -> Result<Vec<Project>, Error> {
    let mut projects = Vec::new();
    if let ([], Some(functions)) = (&args.targets[..], &args.functions) {
        projects.push(faastlane_project::functions_alone(functions)?);
    }
    for (target, services) in args.targets.iter().zip(services) {
        let given = services.parameters.iter().chain(&args.parameters);
        let options =
            Options { parameters: given.cloned().collect(), functions: args.functions.clone() };
        let project = faastlane_project::load(target, &options)?;
        project.warnings.iter().for_each(|warning| print::warning(warning));
        projects.push(project);
    }
    Ok(projects)
}

/// The machines of projects, checked.
fn provided(projects: &[Project]) -> Result<Vec<Provided>, Error> {
    let mut provided = Vec::new();
    for project in projects {
        for machine in &project.machines {
            target::checked(project, machine, |_| Ok(Mocks::default()))?;
            provided.push(Provided {
                arn: machine.arn(),
                name: machine.name.clone(),
                express: machine.kind == Kind::Express,
                definition: machine.definition.root.to_value().to_json(),
            });
        }
    }
    Ok(provided)
}

fn tools(args: &ServeArgs, projects: &[Project]) -> Result<Tools, Error> {
    let of_project = projects.iter().find_map(|project| project.settings.isolation);
    Ok(Tools {
        python: args.python.clone(),
        overrides: run::overrides(&args.environment)?,
        placing: Placing::choose(args.placement, of_project)?,
        limits: args.limits,
        s3: s3::location(args.s3.as_deref())?,
    })
}

fn options(
    args: &ServeArgs,
    metrics: &Arc<Metrics>,
    logs: &Arc<Logs>,
    log: &Log,
) -> Result<http::Options, Error> {
    let token = args.token.as_deref().map(Token::new).transpose();
    let token = token.map_err(|error| Error::Invalid(format!("--token: {error}")))?;
    let mut listen =
        vec![Listen { address: SocketAddr::new(args.host, args.port), token: token.clone() }];
    if token.is_some() {
        // Functions have other credentials.
        listen.push(Listen { address: (Ipv4Addr::LOCALHOST, 0).into(), token: None });
    }
    let limits = http::Limits::default();
    let (metrics, logs, log) = (Arc::clone(metrics), Arc::clone(logs), log.clone());
    Ok(http::Options { listen, insecure: args.insecure, limits, metrics, logs, log })
}

fn open(args: &ServeArgs) -> Result<Store, Error> {
    let durability = match args.durability {
        DurabilityArg::Full => Durability::Full,
        DurabilityArg::Process => Durability::Normal,
        DurabilityArg::Off => Durability::Off,
    };
    let store = match args.store.to_str() {
        Some(":memory:") => Store::in_memory(),
        _ => Store::open(&args.store, durability),
    };
    store.map_err(|error| Error::Invalid(error.to_string()))
}

fn settings(
    args: &ServeArgs,
    metrics: &Arc<Metrics>,
    logs: &Arc<Logs>,
    log: &Log,
) -> Result<Settings, Error> {
    let tracer = TracerSettings::of_environment(|name| std::env::var(name).ok());
    let tracer = tracer.map_err(|error| Error::Invalid(error.to_string()))?;
    let tracer = tracer.map(|to| Tracer::new(to, Arc::clone(metrics), log.clone())).transpose();
    let tracer = tracer.map_err(|error| Error::Internal(format!("cannot send traces: {error}")))?;
    let (metrics, logs, log) = (Arc::clone(metrics), Arc::clone(logs), log.clone());
    let output = Box::new(print::log);
    Ok(Settings {
        limits: match args.limits {
            LimitsArg::None => Limits::NONE,
            LimitsArg::Aws => Limits::AWS,
        },
        wait_scale: args.wait_scale.unwrap_or_default(),
        mocks: args.mock.as_deref().map(mocks).transpose()?,
        s3: s3::location(args.s3.as_deref())?,
        observer: Arc::new(Told { metrics, log, logs, output, tracer }),
    })
}

fn mocks(file: &Path) -> Result<MockFile, Error> {
    let shown = file.display();
    let text = std::fs::read_to_string(file)
        .map_err(|error| Error::Invalid(format!("cannot read the mocks {shown}: {error}")))?;
    MockFile::parse(&text).map_err(|error| Error::Invalid(format!("{shown}:{error}")))
}

fn unusable(error: faastlane_server::Error) -> Error {
    match error {
        faastlane_server::Error::System(_) => Error::Internal(error.to_string()),
        _ => Error::Invalid(error.to_string()),
    }
}

/// Tells where the server is, and functions too.
fn greet(server: &Server, shop: &Shop) {
    let addresses = server.addresses();
    let [first, ..] = addresses[..] else { return };
    // An address that stands for all is reached here through loopback.
    let here = |address: SocketAddr| match address.ip().is_unspecified() {
        true => SocketAddr::from((Ipv4Addr::LOCALHOST, address.port())),
        false => address,
    };
    shop.set_endpoint(&format!("http://{}", here(addresses[addresses.len() - 1])));
    print::info(&format!("listening on http://{first}"));
    print::info(&format!(
        "  export AWS_ENDPOINT_URL_SFN=http://{} AWS_DISABLE_HOST_PREFIX_INJECTION=true",
        here(first)
    ));
}

/// Loads the projects again after each change of their files.
fn watch(
    args: ServeArgs,
    services: Arc<Vec<Services>>,
    shop: Arc<Shop>,
    controller: Controller,
    interrupt: Interrupt,
) -> Result<(), Error> {
    let functions = args.functions.as_deref().map(target::folder);
    let targets = args.targets.iter().map(|target| target::folder(target));
    let folders: Vec<&Path> = targets.chain(functions).collect();
    let changes = Changes::watch(&folders, || {})?;
    std::thread::spawn(move || {
        while interrupt.check().is_ok() {
            if changes.wait(LOOK_UP) {
                match reload(&args, &services, &shop, &controller) {
                    Ok(()) => print::info("the projects have changed and were loaded again"),
                    Err(error) => print::error(&error),
                }
            }
        }
    });
    Ok(())
}

fn reload(
    args: &ServeArgs,
    services: &[Services],
    shop: &Shop,
    controller: &Controller,
) -> Result<(), Error> {
    let projects = load(args, services)?;
    let machines = provided(&projects)?;
    shop.set_projects(projects);
    controller.reload(&machines).map_err(unusable)
}
