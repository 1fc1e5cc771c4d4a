//! Single calls in a process of their own, and executions that any thread may ask for.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use faastlane_container::Conditions;
use faastlane_container::process::{
    Answer, Calls, Definition, Executor, Failure, Invocation, Invoked, Job, Limits, MakeSetup,
    Program, Setup, Wanted,
};
use faastlane_dataset::Location;
use faastlane_engine::{Action, Event, Execution, Outcome, Start, TaskRequest, Time};
use faastlane_lanes::{Function, Handler, Isolation, Options};
use faastlane_value::{json, located};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

const APP: &str = r#"
import json, os, sys, time

def double(event, context):
    print('doubles', event)
    return event * 2

def fail(event, context):
    raise ValueError('no')

def pid(event, context):
    return os.getppid()

def hold(event, context):
    """Says that it is there, and waits until a file is there."""
    with open(f"{event}.there", 'w') as there:
        there.write(str(os.getppid()))
    while not os.path.exists(f"{event}.go"):
        time.sleep(0.01)
    return event
"#;
const NAMES: [&str; 4] = ["double", "fail", "pid", "hold"];
const LONG: Duration = Duration::from_secs(600);

fn program() -> Program {
    let path = env!("CARGO_BIN_EXE_faastlane").into();
    Program { path, arguments: vec!["container".into()] }
}

fn project() -> TempDir {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("app.py"), APP).unwrap();
    folder
}

fn python() -> PathBuf {
    let output = Command::new("python3").args(["-c", "import sys; print(sys.executable)"]).output();
    String::from_utf8(output.expect("python3 on PATH").stdout).unwrap().trim().into()
}

fn setup(folder: &Path, max_workers: usize) -> Setup {
    let function = |name: &str| Function {
        name: name.to_owned(),
        arn: format!("arn:aws:lambda:us-east-1:123456789012:function:{name}"),
        code_root: folder.to_owned(),
        handler: Handler::Named(format!("app.{name}")),
        python: python(),
        libpython: None,
        layers: Vec::new(),
        environment: Vec::new(),
        timeout: Duration::from_secs(60),
        memory_mib: 128,
        memory_limit_mib: None,
        runtime: "python3.12".to_owned(),
        debug: None,
        alone: false,
    };
    Setup {
        functions: NAMES.map(function).into(),
        names: NAMES.iter().enumerate().map(|(at, name)| (name.to_string(), Some(at))).collect(),
        options: Options { max_workers, isolation: Isolation::Process, ..Options::default() },
        definition: None,
        fresh: false,
        s3: Location::None,
    }
}

fn make(setup: Setup) -> MakeSetup {
    Box::new(move || Ok(setup.clone()))
}

/// Calls of the functions in `folder`, and where their answers arrive.
fn calls(folder: &Path, max_workers: usize, idle: Duration) -> (Calls, Receiver<Answer>) {
    let (tell, told) = channel();
    let answered = move |answer| drop(tell.send(answer));
    let calls = Calls::new(program(), make(setup(folder, max_workers)), idle, answered).unwrap();
    (calls, told)
}

const MACHINE: &str =
    r#"{"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": "FUNCTION", "End": true}}}"#;

fn start(input: &str) -> Start {
    Start {
        execution_arn: "e".into(),
        execution_name: "e".into(),
        machine_arn: "m".into(),
        machine_name: "m".into(),
        role_arn: "r".into(),
        input: json::parse(input.as_bytes()).unwrap(),
        seed: 7,
        limits: faastlane_engine::Limits::NONE,
    }
}

/// A task that asks for this function.
fn task(function: &str, input: &str) -> TaskRequest {
    let root = located::parse(&MACHINE.replace("FUNCTION", function)).unwrap();
    let (machine, _) = faastlane_asl::read(&root, faastlane_asl::MachineType::Standard);
    let mut actions = Vec::new();
    let _ = Execution::start(machine.unwrap().into(), start(input), Time(1), &mut actions);
    let request = actions.into_iter().find_map(|action| match action {
        Action::RunTask(request) => Some(request),
        _ => None,
    });
    request.unwrap()
}

/// What the next answer to a task says: its number, and its output or error and cause.
fn performed(answers: &Receiver<Answer>) -> (u64, Result<String, (String, String)>) {
    loop {
        let Answer::Performed { number, event, .. } = answers.recv().unwrap() else { continue };
        return match event.unwrap() {
            Event::TaskSucceeded(_, result) => (number, Ok(result.output.to_json())),
            Event::TaskFailed { error, cause, .. } => {
                (number, Err((error.to_string(), cause.unwrap_or_default().to_string())))
            }
            other => panic!("{other:?}"),
        };
    }
}

fn invocation(function: &str, payload: &[u8]) -> Invocation {
    Invocation {
        request_id: "8f7d2c1e-0000-4000-8000-000000000000".to_owned(),
        function: function.to_owned(),
        payload: payload.to_vec(),
        client_context: None,
        trace_id: None,
    }
}

fn invoked(answers: &Receiver<Answer>) -> Invoked {
    loop {
        if let Answer::Invoked { invoked, .. } = answers.recv().unwrap() {
            return invoked;
        }
    }
}

#[test]
fn calls_are_made_and_answered_by_their_numbers() {
    let folder = project();
    let (calls, answers) = calls(folder.path(), 8, LONG);
    for number in 0..50 {
        calls.perform(number, task("double", &number.to_string()), None, None).unwrap();
    }
    let mut found: Vec<_> = (0..50).map(|_| performed(&answers)).collect();
    found.sort();
    let expected: Vec<_> = (0..50).map(|number| (number, Ok((number * 2).to_string()))).collect();
    assert_eq!(found, expected);

    calls.perform(50, task("fail", "1"), None, None).unwrap();
    let (number, result) = performed(&answers);
    let (error, cause) = result.unwrap_err();
    assert_eq!((number, error.as_str()), (50, "ValueError"));
    assert!(cause.contains(r#""errorMessage""#), "{cause}");

    calls.perform(51, task("nobody", "1"), None, None).unwrap();
    let (_, result) = performed(&answers);
    let (error, cause) = result.unwrap_err();
    assert_eq!(error, "Lambda.ResourceNotFoundException");
    assert!(cause.starts_with("Function not found: arn:aws:lambda:"), "{cause}");
}

#[test]
fn functions_are_invoked_as_lambda_does() {
    let folder = project();
    let (calls, answers) = calls(folder.path(), 8, LONG);
    let invoke = |name: &str, payload: &[u8]| {
        calls.invoke(1, invocation(name, payload)).unwrap();
        invoked(&answers)
    };
    let Invoked { result, log_tail, made } = invoke("double", b"21");
    assert_eq!(result, Ok(b"42".to_vec()));
    assert_eq!(log_tail, "doubles 21\n");
    assert_eq!(made.unwrap().function, "double");
    let Err(Failure::Function { error_type, .. }) = invoke("fail", b"1").result else { panic!() };
    assert_eq!(error_type, "ValueError");
    assert_eq!(invoke("nobody", b"1").result, Err(Failure::NotFound));
}

#[test]
fn what_was_written_is_told_with_its_call() {
    let folder = project();
    let (calls, answers) = calls(folder.path(), 8, LONG);
    calls.perform(7, task("double", "4"), None, None).unwrap();
    loop {
        let Answer::Wrote { function, number, text } = answers.recv().unwrap() else { continue };
        assert_eq!((function.as_str(), number, text.as_str()), ("double", Some(7), "doubles 4\n"));
        return;
    }
}

/// Waits until a call of `hold` has begun; the process that makes calls.
fn held(path: &Path) -> Pid {
    let there = path.with_extension("there");
    loop {
        let pid = std::fs::read_to_string(&there).ok().and_then(|text| text.parse().ok());
        if let Some(pid) = pid.and_then(Pid::from_raw) {
            return pid;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn where_the_process_dies_what_had_begun_has_failed_and_the_rest_is_made_again() {
    let folder = project();
    let (calls, answers) = calls(folder.path(), 1, LONG);
    let held_call = folder.path().join("a");
    calls.perform(1, task("hold", &format!("{held_call:?}")), None, None).unwrap();
    calls.perform(2, task("double", "4"), None, None).unwrap();
    calls.invoke(3, invocation("double", b"5")).unwrap();
    kill_process(held(&held_call), Signal::KILL).unwrap();
    let (number, result) = performed(&answers);
    let (error, cause) = result.unwrap_err();
    assert_eq!((number, error.as_str()), (1, "Runtime.ExitError"));
    assert!(cause.contains("Runtime exited with error: signal: killed"), "{cause}");
    assert_eq!(performed(&answers), (2, Ok("8".to_owned())));
    assert_eq!(invoked(&answers).result, Ok(b"10".to_vec()));
}

#[test]
fn a_call_that_is_cancelled_has_no_answer_and_makes_room() {
    let folder = project();
    let (calls, answers) = calls(folder.path(), 1, LONG);
    let held_call = folder.path().join("a");
    calls.perform(1, task("hold", &format!("{held_call:?}")), None, None).unwrap();
    calls.perform(2, task("fail", "4"), None, None).unwrap();
    calls.perform(3, task("double", "4"), None, None).unwrap();
    held(&held_call);
    calls.cancel(2).unwrap();
    calls.cancel(1).unwrap();
    calls.cancel(99).unwrap();
    assert_eq!(performed(&answers), (3, Ok("8".to_owned())));
}

#[test]
fn processes_that_die_at_once_are_given_up() {
    let (tell, told) = channel();
    let answered = move |answer| drop(tell.send(answer));
    let folder = project();
    let program = Program { path: "/bin/sh".into(), arguments: vec!["-c".into(), "exit 3".into()] };
    let calls = Calls::new(program, make(setup(folder.path(), 1)), LONG, answered).unwrap();
    calls.perform(1, task("double", "4"), None, None).unwrap();
    let (_, result) = performed(&told);
    let (error, cause) = result.unwrap_err();
    assert_eq!(error, "Lambda.ServiceException");
    assert!(cause.contains("exit status: 3"), "{cause}");
}

#[test]
fn without_functions_calls_fail_with_the_reason_and_are_tried_again() {
    let (tell, told) = channel();
    let answered = move |answer| drop(tell.send(answer));
    let folder = project();
    let mut setups = vec![Ok(setup(folder.path(), 1)), Err("no packages".to_owned())];
    let make = Box::new(move || setups.pop().unwrap());
    let calls = Calls::new(program(), make, LONG, answered).unwrap();
    calls.perform(1, task("double", "4"), None, None).unwrap();
    let failed = ("Lambda.ServiceException".to_owned(), "no packages".to_owned());
    assert_eq!(performed(&told), (1, Err(failed)));
    calls.perform(1, task("double", "4"), None, None).unwrap();
    assert_eq!(performed(&told), (1, Ok("8".to_owned())));
}

#[test]
fn idle_processes_end_and_the_next_call_has_another_one() {
    let folder = project();
    let (calls, answers) = calls(folder.path(), 1, Duration::ZERO);
    let call = |number| {
        calls.perform(number, task("pid", "0"), None, None).unwrap();
        performed(&answers).1.unwrap()
    };
    let pid: i32 = call(1).parse().unwrap();
    while rustix::process::test_kill_process(Pid::from_raw(pid).unwrap()).is_ok() {
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_ne!(call(2), pid.to_string());
    calls.end();
}

#[test]
fn calls_that_nobody_can_add_to_are_made_to_their_end() {
    let folder = project();
    let (calls, answers) = calls(folder.path(), 1, LONG);
    (0..3).for_each(|number| calls.perform(number, task("double", "4"), None, None).unwrap());
    drop(calls);
    (0..3).for_each(|number| assert_eq!(performed(&answers), (number, Ok("8".to_owned()))));
    assert!(answers.iter().all(|answer| !matches!(answer, Answer::Performed { .. })));
}

/// Executions that call `function` with their input.
fn executor(folder: &Path, function: &str) -> Executor {
    let text = MACHINE.replace("FUNCTION", function);
    let definition = Some(Definition { text, express: true });
    let setup = Setup { definition, ..setup(folder, 8) };
    let limits = Limits { vcpus: 2, containers: 2, waiting: 100, executions: u64::MAX };
    Executor::new(program(), make(setup), limits, LONG).unwrap()
}

struct Unseen;

impl faastlane_container::Observer for Unseen {
    fn recorded(&mut self, _: faastlane_engine::HistoryEvent, _: std::time::Instant) {}
    fn wrote(&mut self, _: faastlane_lanes::FunctionIndex, _: &str) {}
    fn called(&mut self, _: faastlane_container::EndedCall) {}
}

fn job(input: &str) -> Job {
    Job {
        input: input.to_owned(),
        start: start("null"),
        history: Wanted::Nothing,
        conditions: Conditions::default(),
    }
}

#[test]
fn executions_are_run_for_any_thread() {
    let folder = project();
    let executor = executor(folder.path(), "double");
    let (tell, told) = channel();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (executor, tell) = (&executor, tell.clone());
            scope.spawn(move || {
                for number in 0..10 {
                    let (input, tell) = (thread * 10 + number, tell.clone());
                    let done = move |result| drop(tell.send((input, result)));
                    executor.submit(job(&input.to_string()), Unseen, done).unwrap();
                }
            });
        }
    });
    for _ in 0..40 {
        let (input, result) = told.recv().unwrap();
        let Outcome::Succeeded(output) = result.unwrap() else { panic!() };
        assert_eq!(output.to_json(), (input * 2).to_string());
    }
    executor.end();
}

#[test]
fn executions_that_are_stopped_end_and_others_run_after_them() {
    let folder = project();
    let executor = executor(folder.path(), "hold");
    let (tell, told) = channel();
    let submit = |call: &str| {
        let tell = tell.clone();
        let path = folder.path().join(call);
        let done = move |result| drop(tell.send(result));
        executor.submit(job(&format!("{path:?}")), Unseen, done).unwrap();
        path
    };
    held(&submit("a"));
    executor.stop().unwrap();
    assert!(matches!(told.recv().unwrap().unwrap(), Outcome::Aborted { .. }));
    let path = submit("b");
    held(&path);
    std::fs::write(path.with_extension("go"), "").unwrap();
    assert!(matches!(told.recv().unwrap().unwrap(), Outcome::Succeeded(_)));
}
