//! The other processes of a run: this same program, under names that only it uses.
//!
//! They are recognised before any argument is read, so that neither `--help` nor the scripts that
//! complete commands in a shell know of them.

use std::collections::HashMap;
use std::ffi::OsStr;

use faastlane_container::Loaded;
use faastlane_container::process::{self, Containers, Limits, Program, Setup};
use faastlane_dataset::Location;
use faastlane_host::{keep_freed_memory, template};
use faastlane_lanes::{Function, HostProgram, Options};
use faastlane_project::arn;

use crate::Error;
use crate::exit::ExitCode;
use crate::print;

/// This program, also after its file was replaced by a newer one.
const THIS: &str = "/proc/self/exe";

/// What another process of a run does.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Role {
    /// Holds the engine and the lanes of one run.
    Container,
    /// Loads functions, and is forked to call them.
    LaneHost,
}

impl Role {
    const ALL: [Self; 2] = [Self::Container, Self::LaneHost];

    /// The first argument of a process with this role.
    fn name(self) -> &'static str {
        match self {
            Self::Container => "container",
            Self::LaneHost => "host",
        }
    }
}

/// How to start the process of a container.
pub(crate) fn container() -> Program {
    Program { path: THIS.into(), arguments: vec![Role::Container.name().into()] }
}

/// How the process of a container starts those that load functions.
pub(crate) fn lane_host() -> HostProgram {
    HostProgram { path: THIS.into(), arguments: vec![Role::LaneHost.name().into()] }
}

/// Loads functions in a container of their own, and calls each one that has an event; what came of each.
pub(crate) fn load(
    functions: &[Function],
    options: Options,
    events: Vec<Option<String>>,
) -> Result<Vec<Loaded>, Error> {
    let setup = Setup {
        names: HashMap::new(),
        functions: functions.to_vec(),
        options,
        definition: None,
        fresh: false,
        s3: Location::None,
    };
    Ok(Containers::start(container(), setup, Limits::ONE)?.load_all(events)?)
}

/// The role of this process; none for one that a user started.
pub(crate) fn role() -> Option<Role> {
    let first = std::env::args_os().nth(1)?;
    Role::ALL.into_iter().find(|role| first == OsStr::new(role.name()))
}

/// Does what the role asks for, to its end.
pub(crate) fn play(role: Role) -> std::process::ExitCode {
    let ended = match role {
        Role::Container => {
            keep_freed_memory();
            process::serve(arn::function_name).map_err(Error::from)
        }
        Role::LaneHost => return template::main(std::env::args_os().skip(2)),
    };
    let code = match ended {
        Ok(()) => ExitCode::Succeeded,
        Err(error) => {
            print::error(&error);
            error.exit_code()
        }
    };
    // What libraries of functions would do at the end of a process is not ours to wait for.
    faastlane_host::exit(i32::from(u8::from(code)))
}
