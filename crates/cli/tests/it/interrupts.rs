//! Ctrl-C and SIGTERM, at every moment of a run: exit code 130, the history is written, nobody is
//! left behind.
//!
//! What must end holds a named pipe open: its first line says that the moment has come, and its end
//! that nobody is left. A survivor would write into it.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::harness::{CALLS_F, Outcome, Project, start};

/// Says that it runs, as its child does; then both survive for a while.
const SURVIVOR: &str = "
import subprocess, time
def survive():
    with open('PIPE', 'w') as pipe:
        subprocess.Popen(['sh', '-c', 'sleep 60; echo the child survived'], stdout=pipe)
        print('running', file=pipe, flush=True)
        time.sleep(60)
        print('survived', file=pipe)
";
const SETTINGS: &str =
    "[[services]]\nname = \"s\"\ncommand = [\"python\", \"s.py\"]\nparameter = \"Url\"\n";

/// A project with files in which `PIPE` stands for its named pipe.
fn project(files: &[(&str, &str)]) -> Project {
    let project = Project::new(&[]);
    let pipe = project.path("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for (name, text) in files {
        project.write(name, text.replace("PIPE", pipe.to_str().unwrap()));
    }
    project
}

/// What comes of `command` if it gets `signal` when somebody writes to the pipe.
#[track_caller]
fn interrupted(project: &Project, command: &mut Command, signal: Signal) -> Outcome {
    let child = start(command);
    let mut pipe = BufReader::new(File::open(project.path("pipe")).unwrap());
    let mut line = String::new();
    pipe.read_line(&mut line).unwrap();
    assert_eq!(line, "running\n");
    kill_process(Pid::from_child(&child), signal).unwrap();
    let mut rest = String::new();
    pipe.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "", "nobody is left");
    Outcome::from(child.wait_with_output().unwrap())
}

#[track_caller]
fn check_in_function(signal: Signal, state_machine: &str, options: &str) {
    let code = format!("{SURVIVOR}\ndef handler(event, context):\n    survive()\n");
    let project = project(&[("flow.asl.json", state_machine), ("functions/f.py", &code)]);
    let mut command = project.faastlane("run flow.asl.json --json --history history.json");
    let found = interrupted(&project, command.args(options.split_whitespace()), signal);
    found.expect(130, "{\"status\":\"ABORTED\",\"cause\":\"Stopped by the user.\"}\n");
    let history = project.history();
    let last = history.last().unwrap();
    assert_eq!(last["type"], "ExecutionAborted");
    assert_eq!(last["executionAbortedEventDetails"], json!({"cause": "Stopped by the user."}));
}

#[test]
fn a_function_that_sleeps() {
    check_in_function(Signal::INT, CALLS_F, "");
    check_in_function(Signal::TERM, CALLS_F, "");
}

#[test]
fn a_function_that_sleeps_in_the_containers_process() {
    check_in_function(Signal::INT, CALLS_F, "--isolation none");
}

/// An abort is no failure that a state machine could catch.
#[test]
fn neither_retry_nor_catch_see_it() {
    let state_machine = r#"{"StartAt": "F", "States": {
        "F": {"Type": "Task", "Resource": "f", "End": true,
              "Retry": [{"ErrorEquals": ["States.ALL"]}],
              "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "G"}]},
        "G": {"Type": "Pass", "End": true}}}"#;
    check_in_function(Signal::INT, state_machine, "");
}

#[test]
fn without_json_nothing_is_on_stdout() {
    let code = format!("{SURVIVOR}\ndef handler(event, context):\n    survive()\n");
    let project = project(&[("flow.asl.json", CALLS_F), ("functions/f.py", &code)]);
    let mut command = project.faastlane("run flow.asl.json");
    let found = interrupted(&project, &mut command, Signal::INT);
    found.expect(130, "");
    assert!(found.stderr.ends_with("ABORTED: Stopped by the user.\n"), "{}", found.stderr);
}

/// The service holds the pipe too, so its end says that the service is gone.
#[test]
fn services_are_stopped() {
    let service = format!("{SURVIVOR}\nprint('http://127.0.0.1:9', flush=True)\nsurvive()\n");
    let wait = r#"{"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 60, "End": true}}}"#;
    let files = [("flow.asl.json", wait), ("s.py", service.as_str()), ("faastlane.toml", SETTINGS)];
    let project = project(&files);
    let found = interrupted(&project, &mut project.faastlane("run . --json"), Signal::INT);
    assert_eq!((found.code, &found.json()["status"]), (130, &json!("ABORTED")));
}

/// A run that has not begun its execution: it is aborted, and its history is empty.
#[track_caller]
fn check_before_execution(project: &Project, command: &mut Command) {
    let found = interrupted(project, command, Signal::INT);
    found.expect(130, "{\"status\":\"ABORTED\"}\n");
    assert!(found.stderr.ends_with("error: interrupted\n"), "{}", found.stderr);
    assert_eq!(project.history(), Vec::<Value>::new());
}

#[test]
fn a_service_that_starts() {
    let service = format!("{SURVIVOR}\nsurvive()\n");
    let project =
        project(&[("flow.asl.json", CALLS_F), ("s.py", &service), ("faastlane.toml", SETTINGS)]);
    let mut command = project.faastlane("run . --json --history history.json");
    check_before_execution(&project, &mut command);
}

#[test]
fn a_terminal_that_says_nothing() {
    let service = format!("{SURVIVOR}\nprint('http://127.0.0.1:9', flush=True)\nsurvive()\n");
    let project =
        project(&[("flow.asl.json", CALLS_F), ("s.py", &service), ("faastlane.toml", SETTINGS)]);
    let mut command = project.faastlane("run . --json --history history.json --input -");
    // Kept open until the run has ended, so that the end of its input never comes.
    let (reader, writer) = std::io::pipe().unwrap();
    check_before_execution(&project, command.stdin(Stdio::from(reader)));
    drop(writer);
}

/// An installer that never ends, in place of uv.
#[test]
fn packages_that_are_being_installed() {
    let uv = "#!/bin/sh\nexec > PIPE\necho running\nsleep 60\necho survived\n";
    let files = [
        ("flow.asl.json", CALLS_F),
        ("functions/f/app.py", "def handler(event, context):\n    pass\n"),
        ("functions/f/requirements.txt", "requests\n"),
        ("bin/uv", uv),
    ];
    let project = project(&files);
    let made = Command::new("chmod").arg("+x").arg(project.path("bin/uv")).status();
    assert!(made.unwrap().success());
    let path = format!("{}:{}", project.path("bin").display(), std::env::var("PATH").unwrap());
    let mut command = project.faastlane("run . --json --history history.json");
    command.env("PATH", path).env("FAASTLANE_CACHE", project.path("cache"));
    check_before_execution(&project, &mut command);
}
