//! Outside services of a project: local stand-ins that run beside an execution.
//!
//! `faastlane.toml` names them. Each is started before the template is read, says its URL in its
//! first line of output, and is stopped at the end.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use faastlane_lanes::end_with_us;
use faastlane_project::{Service, Settings};
use rustix::process::{Pid, Signal, kill_process_group};

use crate::{Error, print};

/// How long a service may take to say its URL; `SILENT` says the same.
const START_LIMIT: Duration = Duration::from_secs(10);
const SILENT: &str = "did not print its URL within 10 s";
const ENDED: &str = "ended before it printed its URL; what it said is above";
const BLANK: &str = "printed an empty line where its URL should be";

/// Services that run; they are stopped when this is dropped.
#[derive(Debug, Default)]
pub(crate) struct Services {
    children: Vec<Child>,
    /// Template parameters and the URLs that are their values.
    pub(crate) parameters: Vec<(String, String)>,
}

/// Values for the parameters of services that do not run: their URLs are not known, and play no part
/// in a check.
pub(crate) fn placeholders(settings: &Settings) -> Vec<(String, String)> {
    let placeholder =
        |service: &Service| (service.parameter.clone(), format!("http://{}.invalid", service.name));
    settings.services.iter().map(placeholder).collect()
}

impl Services {
    /// Starts all services of a project in `folder`; `python` runs those whose command is `python`.
    pub(crate) fn start(settings: &Settings, folder: &Path, python: &Path) -> Result<Self, Error> {
        let mut services = Self::default();
        for service in &settings.services {
            services.start_one(service, folder, python)?;
        }
        for ((parameter, url), service) in services.parameters.iter().zip(&settings.services) {
            print::info(&format!("service {}: {parameter} = {url}", service.name));
        }
        Ok(services)
    }

    fn start_one(&mut self, service: &Service, folder: &Path, python: &Path) -> Result<(), Error> {
        let name = &service.name;
        let failed = |what: String| Error::Invalid(format!("the service '{name}' {what}"));
        let (program, arguments) = service
            .command
            .split_first()
            .ok_or_else(|| failed("has an empty command in faastlane.toml".to_owned()))?;
        let program = if program == "python" { python } else { Path::new(program) };
        let mut command = Command::new(program);
        command
            .args(arguments)
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            // A group of its own, so that Ctrl-C reaches it through us, after the functions ended.
            .process_group(0);
        // Also when we are killed so that we can do nothing about it.
        end_with_us(&mut command);
        let mut child = command.spawn().map_err(|error| {
            failed(format!("cannot be started: `{}`: {error}", program.display()))
        })?;
        let stdout = child.stdout.take().expect("its stdout is piped");
        self.children.push(child);
        let url = first_line(stdout).map_err(|why| failed(why.to_owned()))?;
        self.parameters.push((service.parameter.clone(), url));
        Ok(())
    }
}

impl Drop for Services {
    fn drop(&mut self) {
        for child in &mut self.children {
            // With what it has started itself, which is of its group. A failure means that nobody
            // is left there; both ways it is gone after the wait.
            let _ = kill_process_group(Pid::from_child(child), Signal::KILL);
            let _ = child.wait();
        }
    }
}

/// The first line that a service prints, or why there is none; what follows is read and dropped,
/// so that it never blocks.
fn first_line(stdout: ChildStdout) -> Result<String, &'static str> {
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        let mut stdout = BufReader::new(stdout);
        let mut line = String::new();
        if stdout.read_line(&mut line).is_ok_and(|length| length > 0) {
            // Nobody listens any more when the limit has passed.
            let _ = send.send(line.trim().to_owned());
        }
        drop(send);
        let mut rest = [0; 4096];
        while stdout.read(&mut rest).is_ok_and(|length| length > 0) {}
    });
    match receive.recv_timeout(START_LIMIT) {
        Ok(line) if line.is_empty() => Err(BLANK),
        Ok(line) => Ok(line),
        Err(RecvTimeoutError::Timeout) => Err(SILENT),
        Err(RecvTimeoutError::Disconnected) => Err(ENDED),
    }
}
