//! What a script can rely on: stdout, `--json`, exit codes and `--history`.

use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::harness::{Outcome, Project, start};

const FAILS: &str = r#"{"StartAt": "F", "States": {"F":
    {"Type": "Fail", "Error": "Broken", "Cause": "by design"}}}"#;
const FAILS_SILENTLY: &str = r#"{"StartAt": "F", "States": {"F": {"Type": "Fail"}}}"#;
const TIMES_OUT: &str = r#"{"StartAt": "W", "TimeoutSeconds": 1, "States": {"W":
    {"Type": "Wait", "Seconds": 600, "End": true}}}"#;
const PASSES: &str = r#"{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}"#;
const INVALID: &str = r#"{"StartAt": "A", "States": {}}"#;

/// Exit code and stdout without and with `--json`.
#[track_caller]
fn check(definition: &str, code: i32, plain: &str, json: &str) {
    let project = Project::new(&[("flow.asl.json", definition), ("functions/f.py", "")]);
    project.run("").expect(code, plain);
    project.run("--json").expect(code, json);
}

#[test]
fn a_success() {
    let input = "{\"b\": 1, \"a\": [1.0, 12345678901234567890, 1e2, \"ü\"]}";
    let project = Project::new(&[("flow.asl.json", PASSES), ("event.json", input)]);
    let output = r#"{"b":1,"a":[1.0,12345678901234567890,100.0,"ü"]}"#;
    project.run("--input event.json").expect(0, &format!("{output}\n"));
    let line = format!("{{\"status\":\"SUCCEEDED\",\"output\":{output}}}\n");
    project.run("--input event.json --json").expect(0, &line);
}

#[test]
fn failures() {
    let line = "{\"status\":\"FAILED\",\"error\":\"Broken\",\"cause\":\"by design\"}\n";
    check(FAILS, 1, "", line);
    check(FAILS_SILENTLY, 1, "", "{\"status\":\"FAILED\"}\n");
}

#[test]
fn a_failure_is_told_on_stderr() {
    let stderr = |definition| Project::new(&[("flow.asl.json", definition)]).run("").stderr;
    assert_eq!(stderr(FAILS), "FAILED: Broken: by design\n");
    assert_eq!(stderr(FAILS_SILENTLY), "FAILED\n");
}

#[test]
fn a_timeout() {
    check(TIMES_OUT, 1, "", "{\"status\":\"TIMED_OUT\",\"error\":\"States.Timeout\"}\n");
}

#[test]
fn an_invalid_definition() {
    let cause = "flow.asl.json:1:28: error: States must contain at least one state at /States \
                 (SCHEMA_VALIDATION_FAILED)";
    let line = json!({"status": "INVALID", "error": "InvalidDefinition", "cause": cause});
    check(INVALID, 2, "", &format!("{line}\n"));
}

#[test]
fn the_history_of_a_success() {
    let project = Project::calling("def handler(event, context):\n    return [event]\n");
    let event = r#"{"n":12345678901234567890}"#;
    project
        .run(&format!("--history history.json --input {event}"))
        .expect(0, &format!("[{event}]\n"));
    let history = project.history();
    let names = "ExecutionStarted TaskStateEntered LambdaFunctionScheduled LambdaFunctionStarted \
                 LambdaFunctionSucceeded TaskStateExited ExecutionSucceeded";
    assert_eq!(types(&history), names);
    let field = |name: &str| history.iter().map(|event| event[name].clone()).collect::<Value>();
    assert_eq!(field("id"), json!([1, 2, 3, 4, 5, 6, 7]));
    // AWS has it so: the first state follows event 0, as the start itself does.
    assert_eq!(field("previousEventId"), json!([0, 0, 2, 3, 4, 5, 6]));
    assert_eq!(history[0]["executionStartedEventDetails"]["input"], event);
    assert_eq!(history[4]["lambdaFunctionSucceededEventDetails"]["output"], format!("[{event}]"));
    assert_eq!(history[6]["executionSucceededEventDetails"]["output"], format!("[{event}]"));
    assert!(history.iter().all(|event| !event["timestamp"].is_null()));
}

#[test]
fn the_history_of_a_failure() {
    let project = Project::new(&[("flow.asl.json", FAILS)]);
    assert_eq!(project.run("--history history.json").code, 1);
    let history = project.history();
    assert_eq!(types(&history), "ExecutionStarted FailStateEntered ExecutionFailed");
    let details = json!({"error": "Broken", "cause": "by design"});
    assert_eq!(history[2]["executionFailedEventDetails"], details);
}

#[test]
fn a_run_that_does_not_begin_leaves_no_old_history() {
    let project = Project::new(&[("flow.asl.json", INVALID), ("history.json", "of yesterday")]);
    assert_eq!(project.run("--history history.json").code, 2);
    assert_eq!(project.history(), Vec::<Value>::new());
}

/// The reader is gone before anything is written.
#[test]
fn closed_streams_are_no_error() {
    let code = "def handler(event, context):\n    print('working')\n    return 'x' * 1000000\n";
    let project = Project::calling(code);
    let run = |redirections: &str| {
        let mut shell = Command::new("sh");
        let program = env!("CARGO_BIN_EXE_faastlane");
        let line = format!("\"{program}\" run flow.asl.json {redirections}; echo $? > code");
        shell.args(["-c", &line]).current_dir(project.path("")).stdin(Stdio::null());
        let mut child = start(&mut shell);
        drop((child.stdout.take(), child.stderr.take()));
        child.wait().unwrap();
        assert_eq!(project.read("code").trim(), "0", "{redirections}");
    };
    run("");
    run("2>&1");
    run("--json");
    run("2>&-");
}

#[test]
fn help_and_version() {
    let project = Project::new(&[]);
    let check = |arguments: &str, start: &str| {
        let Outcome { code, stdout, stderr } = Outcome::of(&mut project.faastlane(arguments));
        assert_eq!((code, stderr.as_str()), (0, ""));
        assert!(stdout.starts_with(start), "{stdout}");
    };
    check("--version", concat!("faastlane ", env!("CARGO_PKG_VERSION")));
    check("--help", "Runs AWS Step Functions workflows");
    check("run --help", "Run a state machine to its end");
    check("help validate", "Check state machines");
}

#[test]
fn a_task_that_fails() {
    let code =
        "class TooBig(Exception):\n    pass\ndef handler(event, context):\n    raise TooBig('é')\n";
    let project = Project::calling(code);
    let line = project.run("--json").json();
    assert_eq!((&line["status"], &line["error"]), (&json!("FAILED"), &json!("TooBig")));
    let cause: Value = serde_json::from_str(line["cause"].as_str().unwrap()).unwrap();
    assert_eq!((&cause["errorType"], &cause["errorMessage"]), (&json!("TooBig"), &json!("é")));
}

fn types(history: &[Value]) -> String {
    history.iter().map(|e| e["type"].as_str().unwrap()).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_full_disk_for_the_history_loses_no_output() {
    let project = Project::calling("def handler(event, context): return 1");
    let found = project.run("--quiet --history /dev/full");
    found.expect(70, "1\n");
    let message = "error: cannot write the history to /dev/full: No space left on device";
    assert!(found.stderr.starts_with(message), "{}", found.stderr);
}
