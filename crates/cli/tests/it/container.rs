//! The container's process: what its end means for the command, and the command's end for it.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::process::Command;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use crate::harness::{CALLS_F, Outcome, Project, faastlane, start};

/// Sends signals to the container's process, which is this one or above it. Another program does it: a
/// signal that a function sends to its own process is for the function alone.
pub(crate) const CONTAINER: &str = r#"
import os, subprocess, time
def send(signal):
    pid = os.getpid()
    while True:
        with open(f'/proc/{pid}/cmdline', 'rb') as command:
            if command.read().split(b'\0')[1] == b'container':
                break
        with open(f'/proc/{pid}/status') as status:
            pid = next(line.split()[1] for line in status if line.startswith('PPid:'))
    subprocess.run(['kill', f'-{signal}', str(pid)])
"#;

/// A machine whose second state harms its container the first time that it is called; `RETRY` stands for
/// what it does about that.
const HARM: &str = r#"{"StartAt": "First", "States": {
    "First": {"Type": "Task", "Resource": "count", "ResultPath": "$.first", "Next": "Second"},
    "Second": {"Type": "Task", "Resource": "harm", "ResultPath": "$.second", RETRY"Next": "Third"},
    "Third": {"Type": "Task", "Resource": "count", "ResultPath": "$.third", "End": true}}}"#;
const RETRIES: &str = r#""Retry": [{"ErrorEquals": ["Runtime.ExitError"], "IntervalSeconds": 1, "MaxAttempts": 1}], "#;
const CATCHES: &str = r#""Catch": [{"ErrorEquals": ["Runtime.ExitError"], "Next": "Third",
                 "ResultPath": "$.caught"}], "#;
/// Counts its calls in a file.
const COUNT: &str = "
def handler(event, context):
    with open('../calls', 'a') as calls:
        print('called', file=calls)
    return len(event)
";

/// A project with that machine, whose function `harm` does this with the container, and then is killed
/// or goes on.
fn harmful(harm: &str, then: &str) -> Project {
    let code = format!(
        "{CONTAINER}\ndef handler(event, context):\n    \
         if not os.path.exists('../harmed'):\n        open('../harmed', 'w').close()\n        \
         {harm}\n    return 'done'\n"
    );
    let machine = HARM.replace("RETRY", then);
    Project::new(&[
        ("flow.asl.json", &machine),
        ("functions/harm.py", &code),
        ("functions/count.py", COUNT),
    ])
}

const KILL: &str = "send('KILL'); time.sleep(60)";

/// Where the container dies, in each kind of isolation that this machine has.
#[track_caller]
fn check_each(harm: &str, then: &str, check: impl Fn(&Project, Outcome)) {
    for isolation in ["process", "none"] {
        let project = harmful(harm, then);
        let options = format!("--json --history history.json --isolation {isolation}");
        let found = project.run(&options);
        check(&project, found);
        // At-least-once is what is promised; here nothing makes it more than once.
        assert!(project.read("calls").lines().count() <= 2, "{isolation}");
    }
}

#[test]
fn an_execution_goes_on_when_its_container_dies() {
    check_each(KILL, RETRIES, |project, found| {
        let expected = json!({"first": 0, "second": "done", "third": 2});
        assert_eq!((found.code, &found.json()["output"]), (0, &expected), "{}", found.stderr);
        let warning = "warning: the container's process ended (signal: 9 (SIGKILL)); the execution \
                       goes on in another one\n";
        assert!(found.stderr.contains(warning), "{}", found.stderr);
        let history = project.history();
        let ids: Vec<_> = history.iter().map(|event| event["id"].as_u64().unwrap()).collect();
        assert_eq!(ids, (1..=ids.len() as u64).collect::<Vec<_>>(), "without gaps");
        let of = |kind: &str| history.iter().filter(|event| event["type"] == kind).count();
        assert_eq!((of("LambdaFunctionFailed"), of("LambdaFunctionSucceeded")), (1, 3));
    });
}

#[test]
fn the_call_that_ran_fails_as_on_aws() {
    check_each(KILL, "", |_, found| {
        let line = found.json();
        assert_eq!((found.code, &line["error"]), (1, &json!("Runtime.ExitError")));
        let cause = line["cause"].as_str().unwrap();
        let end = "Error: Runtime exited with error: signal: killed\"}";
        assert!(cause.ends_with(end), "{cause}");
    });
    check_each(KILL, CATCHES, |_, found| {
        let caught = &found.json()["output"]["caught"]["Error"];
        assert_eq!((found.code, caught), (0, &json!("Runtime.ExitError")), "{}", found.stderr);
    });
}

#[test]
fn a_function_that_aborts_costs_one_call() {
    check_each("os.abort()", RETRIES, |_, found| {
        assert_eq!((found.code, &found.json()["status"]), (0, &json!("SUCCEEDED")));
    });
}

/// It is let go on: nothing is lost at all.
#[test]
fn a_container_that_somebody_stops_goes_on() {
    check_each("send('STOP')", "", |_, found| {
        let expected = json!({"first": 0, "second": "done", "third": 2});
        assert_eq!((found.code, &found.json()["output"]), (0, &expected), "{}", found.stderr);
    });
}

/// The descriptors of the orchestrator go with those of the function.
#[test]
fn a_function_that_closes_all_descriptors_costs_no_more_than_its_call() {
    check_each("os.closerange(3, 4096)", RETRIES, |_, found| {
        assert_eq!((found.code, &found.json()["status"]), (0, &json!("SUCCEEDED")));
    });
}

#[test]
fn a_container_that_cannot_get_anywhere_is_one_clear_error() {
    let code = format!("{CONTAINER}\nsend('KILL')\ntime.sleep(60)\n");
    let found = Project::calling(&code).run("--json --isolation process");
    let cause = "the container process ended while the execution was running (signal: 9 (SIGKILL)); \
                 something killed it: perhaps the kernel, for want of memory (`dmesg` tells)";
    let expected = json!({"status": "FAILED", "error": "InternalError", "cause": cause});
    assert_eq!((found.code, found.json()), (70, expected), "{}", found.stderr);
}

/// Kills the command of a project that says on a pipe that it runs, and waits until nobody holds that
/// pipe any more.
fn check_that_killing_ends_all(project: &Project) {
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

/// Killed so that it can do nothing about it.
#[test]
fn nobody_outlives_the_command() {
    let code = "import time\ndef handler(event, context):\n    \
                with open('../pipe', 'w') as pipe:\n        \
                print('running', file=pipe, flush=True)\n        time.sleep(60)\n        \
                print('survived', file=pipe)\n";
    let project = Project::new(&[("flow.asl.json", CALLS_F), ("functions/f.py", code)]);
    check_that_killing_ends_all(&project);
}

/// A service is no part of a container, and nobody could stop it later.
#[test]
fn no_service_outlives_the_command() {
    let service = "import time\npipe = open('pipe', 'w')\nprint('http://localhost', flush=True)\n\
                   print('running', file=pipe, flush=True)\ntime.sleep(60)\n";
    let settings = "machine = \"flow\"\n[[services]]\nname = \"slow\"\n\
                    command = [\"python\", \"service.py\"]\nparameter = \"Url\"\n";
    let code = "import time\ndef handler(event, context):\n    time.sleep(60)\n";
    let project = Project::new(&[
        ("flow.asl.json", CALLS_F),
        ("functions/f.py", code),
        ("faastlane.toml", settings),
        ("service.py", service),
    ]);
    check_that_killing_ends_all(&project);
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
