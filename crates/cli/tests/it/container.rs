//! The container's process: what its end means for the command, and the command's end for it.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::process::Command;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::harness::{CALLS_F, Outcome, Project, faastlane, start};

/// Finds the container's process among those above its own.
const CONTAINER: &str = r#"
def container():
    pid = 'self'
    while True:
        with open(f'/proc/{pid}/status') as status:
            pid = next(line.split()[1] for line in status if line.startswith('PPid:'))
        with open(f'/proc/{pid}/cmdline', 'rb') as command:
            if command.read().split(b'\0')[1] == b'container':
                return int(pid)
"#;

/// A run in which the function ends the container by `signal`, which says of itself what `how` is.
#[track_caller]
fn check_death(signal: &str, how: &str, advice: &str) {
    let code = format!(
        "{CONTAINER}\nimport os, signal, time\ndef handler(event, context):\n    \
         os.kill(container(), signal.{signal})\n    time.sleep(60)\n"
    );
    let project = Project::calling(&code);
    let found = project.run("--json --history history.json");
    let cause = format!(
        "the container process ended while the execution was running (signal: {how}); {advice}"
    );
    assert_eq!(found.code, 70, "{}", found.stderr);
    let expected = json!({"status": "FAILED", "error": "InternalError", "cause": cause});
    assert_eq!(found.json(), expected);
    assert!(found.stderr.ends_with(&format!("error: {cause}\n")), "{}", found.stderr);
    let types: Vec<Value> = project.history().iter().map(|event| event["type"].clone()).collect();
    let expected = ["ExecutionStarted", "TaskStateEntered", "LambdaFunctionScheduled"];
    assert_eq!(types[..3], expected, "what had happened until then");
}

#[test]
fn a_container_that_dies_is_one_clear_error() {
    check_death(
        "SIGKILL",
        "9 (SIGKILL)",
        "something killed it: perhaps the kernel, for want of memory (`dmesg` tells)",
    );
    check_death("SIGABRT", "6 (SIGABRT)", "native code of a function may have done that");
}

/// Killed so that it can do nothing about it.
#[test]
fn nobody_outlives_the_command() {
    let code = "import time\ndef handler(event, context):\n    \
                with open('../pipe', 'w') as pipe:\n        \
                print('running', file=pipe, flush=True)\n        time.sleep(60)\n        \
                print('survived', file=pipe)\n";
    let project = Project::new(&[("flow.asl.json", CALLS_F), ("functions/f.py", code)]);
    let pipe = project.path("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let child = start(&mut project.faastlane("run ."));
    let mut pipe = BufReader::new(File::open(pipe).unwrap());
    let mut line = String::new();
    pipe.read_line(&mut line).unwrap();
    kill_process(Pid::from_child(&child), Signal::KILL).unwrap();
    let mut rest = String::new();
    pipe.read_to_string(&mut rest).unwrap();
    assert_eq!((line.as_str(), rest.as_str()), ("running\n", ""));
    assert_eq!(Outcome::from(child.wait_with_output().unwrap()).code, 137);
}

/// What a function leaves running ends with the run, also where it ran in the container's process.
#[test]
fn nobody_outlives_the_run() {
    let code = "import subprocess\ndef handler(event, context):\n    \
                with open('../pipe', 'w') as pipe:\n        \
                print('running', file=pipe, flush=True)\n        \
                subprocess.Popen(['sleep', '60'], stdout=pipe)\n";
    for isolation in ["process", "none"] {
        let project = Project::new(&[("flow.asl.json", CALLS_F), ("functions/f.py", code)]);
        let pipe = project.path("pipe");
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let mut command = project.faastlane("run . --json");
        let child = start(command.args(["--isolation", isolation]));
        let mut line = String::new();
        // Its end is when nobody holds the pipe any more.
        File::open(pipe).unwrap().read_to_string(&mut line).unwrap();
        let found = Outcome::from(child.wait_with_output().unwrap());
        assert_eq!((line.as_str(), found.code), ("running\n", 0), "{isolation}");
    }
}

#[test]
fn a_container_that_a_user_starts_says_what_it_misses() {
    let folder = Project::new(&[]);
    let found = Outcome::of(&mut faastlane(&folder.path(""), "container"));
    found.expect(70, "");
    assert!(found.stderr.contains("cannot be started or spoken to"), "{}", found.stderr);
}
