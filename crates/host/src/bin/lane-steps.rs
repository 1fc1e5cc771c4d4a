//! `lane-steps STEP...`: loads lanes of the function `group.handler` and runs
//! pieces of Python in them, for tests. It is a program of
//! its own because what it tests may end the process, and because it also runs in a virtual machine.
//!
//! | step | what it does |
//! | --- | --- |
//! | `NAME=PYTHON@FOLDER` | loads a lane, of the function in that folder or here; several in a row are loaded side by side |
//! | `NAME:FILE` | runs the groups of a file, which are separated by lines of `####` |
//! | `NAME:FILE@MS` | the same, with so many milliseconds for each group |
//! | `NAME:FILE*COUNT` | the same, so many times, saying only what is not `ok` |
//! | `KEYS` | all of it with protection keys; ends with status 77 if there are none |
//! | `LOCKDOWN` | locks the process down; all of it as another user than root, or it ends with status 78 |
//! | `FORK` | goes on in a fork of this process |
//! | `AT_ONCE` | the next two steps, of different lanes, run on two threads at once |
//! | `LOAD_TIME=MS` | lanes have so many milliseconds to load |
//! | `THREAD` | goes on with the next step on another thread, and waits for it |
//!
//! Prints a line for each group; the exit status is the number of groups that did not return.

#![expect(clippy::print_stdout, reason = "what happens is what the program is for")]
#![expect(unsafe_code, reason = "forking")]

#[cfg(all(target_arch = "x86_64", target_os = "linux", target_env = "gnu"))]
#[global_allocator]
static ALLOCATOR: faastlane_host::HostAllocator = faastlane_host::HostAllocator;

#[cfg(not(all(target_arch = "x86_64", target_os = "linux", target_env = "gnu")))]
fn main() {
    println!("no thread lanes here");
}

#[cfg(all(target_arch = "x86_64", target_os = "linux", target_env = "gnu"))]
fn main() {
    let steps: Vec<String> = std::env::args().skip(1).collect();
    steps::with_environment();
    if steps.iter().any(|step| step == "LOCKDOWN") {
        steps::without_root();
    }
    let mut lanes = Vec::new();
    if steps.iter().any(|step| step == "KEYS") {
        steps::with_keys();
    }
    let failures = faastlane_host::keys::on_protected_stack(|| steps::run(&steps, &mut lanes));
    faastlane_host::exit(failures.min(100));
}

#[cfg(all(target_arch = "x86_64", target_os = "linux", target_env = "gnu"))]
mod steps {
    use faastlane_host::{Input, Lane, LaneSpec, PROCESS_ENVIRONMENT, Reply, Request, lockdown};
    use std::os::unix::process::CommandExt;
    use std::path::{Path, PathBuf};
    use std::process::Command;
    use std::sync::OnceLock;
    use std::time::{Duration, SystemTime};
    use std::{env, fs};

    const RUNNER: &str = include_str!("../../../lanes/src/portable/runner.py");

    /// What ld.so reads when a process starts; so start once more.
    pub(super) fn with_environment() {
        if PROCESS_ENVIRONMENT.iter().all(|(name, value)| env::var(name).as_deref() == Ok(value)) {
            return;
        }
        let program = env::current_exe().expect("this program has a path");
        let error =
            Command::new(program).args(env::args().skip(1)).envs(PROCESS_ENVIRONMENT).exec();
        panic!("cannot start again: {error}");
    }

    /// Root cannot be locked down.
    pub(super) fn without_root() {
        let needed = [env::current_exe().expect("this program has a path"), here().to_owned()];
        if let Err(reason) = lockdown::privileges::drop_root(&needed) {
            println!("{reason}");
            faastlane_host::exit(78);
        }
    }

    pub(super) fn with_keys() {
        if let Err(reason) = faastlane_host::keys::enable() {
            println!("{reason}");
            faastlane_host::exit(77);
        }
    }

    /// The working directory of the beginning; lanes change it.
    fn here() -> &'static Path {
        static HERE: OnceLock<PathBuf> = OnceLock::new();
        HERE.get_or_init(|| env::current_dir().expect("there is a working directory"))
    }

    pub(super) fn run(steps: &[String], lanes: &mut Vec<Lane>) -> i32 {
        let mut failures = 0;
        let mut rest = steps;
        while let Some((step, after)) = rest.split_first() {
            rest = after;
            match step.as_str() {
                "KEYS" => {}
                "LOCKDOWN" => lock_down(),
                "FORK" => fork(lanes),
                "AT_ONCE" => {
                    let (next, after) = rest.split_at(2);
                    rest = after;
                    failures += at_once(next, lanes);
                }
                "THREAD" => {
                    let (next, after) = rest.split_at(1);
                    rest = after;
                    failures += std::thread::scope(|scope| {
                        scope.spawn(|| run(next, lanes)).join().expect("the thread ends")
                    });
                }
                _ if step.contains('=') => {
                    let loads = steps.len() - rest.len() - 1;
                    let count = steps[loads..].iter().take_while(|step| step.contains('=')).count();
                    failures += load(&steps[loads..loads + count], lanes);
                    rest = &steps[loads + count..];
                }
                _ => failures += groups(step, lanes),
            }
        }
        failures
    }

    fn load(steps: &[String], lanes: &mut Vec<Lane>) -> i32 {
        let (times, steps): (Vec<_>, Vec<_>) =
            steps.iter().partition(|step| step.starts_with("LOAD_TIME="));
        let time = times.first().map(|step| step["LOAD_TIME=".len()..].parse().expect("MS"));
        let deadline = time.map(|time| SystemTime::now() + Duration::from_millis(time));
        let specs: Vec<LaneSpec> = steps
            .iter()
            .map(|step| {
                let (name, rest) = step.split_once('=').expect("NAME=PYTHON");
                let (python, folder) = rest.split_once('@').unwrap_or((rest, "."));
                spec(name, python, folder)
            })
            .collect();
        let mut failures = 0;
        for (spec, lane) in specs.iter().zip(Lane::load_all_until(&specs, deadline)) {
            match lane {
                Ok(lane) => lanes.push(lane),
                Err(error) => {
                    println!("[{}] load: {error}", spec.name);
                    failures += 1;
                }
            }
        }
        failures
    }

    fn at_once(steps: &[String], lanes: &mut [Lane]) -> i32 {
        std::thread::scope(|scope| {
            let threads: Vec<_> = lanes
                .iter_mut()
                .filter_map(|lane| {
                    let of_lane = format!("{}:", lane.name());
                    let step = steps.iter().find(|step| step.starts_with(&of_lane))?;
                    Some(scope.spawn(move || groups(step, std::slice::from_mut(lane))))
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().expect("the thread ends")).sum()
        })
    }

    fn spec(name: &str, python: &str, folder: &str) -> LaneSpec {
        const ASK: &str = "import sys, sysconfig as s; print(sys.executable); \
            print(s.get_config_var('LIBDIR') + '/' + s.get_config_var('INSTSONAME'))";
        let answer = Command::new(python).args(["-c", ASK]).output().expect("Python runs");
        let answer = String::from_utf8(answer.stdout).expect("paths are text");
        let code_root = fs::canonicalize(here().join(folder)).expect("the folder exists");
        let mut lines = answer.lines().map(PathBuf::from);
        LaneSpec {
            name: name.to_owned(),
            python: lines.next().expect("Python has an executable"),
            libpython: lines.next().expect("Python has a shared library"),
            runner: RUNNER,
            config: format!(
                r#"{{"code_root": {}, "layers": [], "debug": null, "arn": "arn:{name}",
                    "module": "group", "names": ["handler"]}}"#,
                quoted(&code_root.to_string_lossy())
            ),
            environment: env::vars().collect(),
            code_root,
        }
    }

    fn groups(step: &str, lanes: &mut [Lane]) -> i32 {
        let (name, rest) = step.split_once(':').expect("NAME:FILE");
        let (rest, count) = rest.split_once('*').unwrap_or((rest, "1"));
        let (file, milliseconds) = rest.split_once('@').unwrap_or((rest, "60000"));
        let count: u32 = count.parse().expect("COUNT is a number");
        let time = Duration::from_millis(milliseconds.parse().expect("MS is a number"));
        let text =
            fs::read_to_string(here().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        let lane = lanes.iter_mut().find(|lane| lane.name() == name).expect("the lane is loaded");
        let mut failures = 0;
        for _ in 0..count {
            for group in text.split("\n####\n") {
                let title = group.lines().next().unwrap_or_default();
                let outcome = group_outcome(lane, group, time);
                let ok = outcome.as_deref() == Ok("ok");
                failures += i32::from(!ok);
                if count == 1 || !ok {
                    let outcome = outcome.unwrap_or_else(|failure| failure);
                    println!("[{name}] {title}: {outcome}");
                }
            }
        }
        failures
    }

    fn group_outcome(lane: &mut Lane, source: &str, time: Duration) -> Result<String, String> {
        let event = format!("{{\"source\": {}}}", quoted(source));
        let request = Request {
            request_id: "00000000-0000-0000-0000-000000000000",
            client_context: "",
            trace_id: "",
            deadline: SystemTime::now() + time,
            input: Input::Text(event.as_bytes()),
        };
        let function = lane.name().to_owned();
        match lane.call(&request) {
            Reply::Returned { .. } => Ok("ok".to_owned()),
            Reply::Failed { error_type, payload, .. } => {
                Err(format!("error {error_type} {}", String::from_utf8_lossy(&payload)))
            }
            Reply::Ended(ended) => Err(format!("ended with {ended}")),
            Reply::Fault(fault) => Err(fault.describe(&function)),
            Reply::TimedOut => Err("timed out".to_owned()),
            Reply::Broken => Err("broken".to_owned()),
        }
    }

    fn quoted(text: &str) -> String {
        let mut quoted = String::from("\"");
        for character in text.chars() {
            match character {
                '"' | '\\' => quoted.extend(['\\', character]),
                '\n' => quoted.push_str("\\n"),
                other => quoted.push(other),
            }
        }
        quoted + "\""
    }

    fn lock_down() {
        for left in lockdown::prepare().expect("the process can be prepared") {
            println!("left: {} at {:#x} in {}", left.gadget, left.address, left.object.display());
        }
        lockdown::shut().expect("system calls can be filtered");
        println!("locked down");
    }

    /// The parent waits for the child, which goes on, and ends as that does.
    fn fork(lanes: &mut [Lane]) {
        // SAFETY: no other thread of this program does anything.
        let child = unsafe { faastlane_host::fork(lanes) }.expect("the process can fork");
        let Some(child) = child else { return };
        let mut status = 0;
        // SAFETY: the child is ours, and the status can be written.
        unsafe { libc::waitpid(child, &raw mut status, 0) };
        let ended = if libc::WIFEXITED(status) { libc::WEXITSTATUS(status) } else { 100 };
        faastlane_host::exit(ended);
    }
}
