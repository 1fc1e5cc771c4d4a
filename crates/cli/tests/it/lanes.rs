//! `--isolation` and `faastlane doctor`: in which lane a function runs, and what is said of it.

use serde_json::{Value, json};

use crate::harness::{CALLS_F, Outcome, Project};

/// Tells the program that it runs in.
const WHERE: &str =
    "import os\ndef handler(event, context):\n    return os.readlink('/proc/self/exe')\n";
const THREADED: &str = "import threading, time\n\
                        threading.Thread(target=time.sleep, args=[60], daemon=True).start()\n\
                        def handler(event, context):\n    return 'fine'\n";

/// Whether this machine has protection keys, as `faastlane doctor` says.
fn has_keys(project: &Project) -> bool {
    let machine = Outcome::of(&mut project.faastlane("doctor --json")).json();
    machine["keys"]["available"] == true
}

#[test]
fn functions_run_in_our_own_program() {
    let project = Project::calling(WHERE);
    let expected = format!("{}\n", json!(env!("CARGO_BIN_EXE_faastlane")));
    for how in ["auto", "process", "none"] {
        project.run(&format!("--isolation {how}")).expect(0, &expected);
        project.write("faastlane.toml", format!("isolation = \"{how}\"\n"));
        project.run("").expect(0, &expected);
    }
}

#[test]
fn keys_that_are_not_there_are_refused() {
    let project = Project::calling(WHERE);
    let found = project.run("--isolation mpk");
    if has_keys(&project) {
        return found.expect(0, &format!("{}\n", json!(env!("CARGO_BIN_EXE_faastlane"))));
    }
    found.expect(2, "");
    let start = "error: isolation mpk is not possible here: ";
    assert!(found.stderr.starts_with(start), "{}", found.stderr);
    assert!(found.stderr.contains("; use `--isolation process`, or `auto`"), "{}", found.stderr);
    // What is typed wins over the project's setting.
    project.write("faastlane.toml", "isolation = \"mpk\"\n");
    assert_eq!(project.run("").code, 2);
    assert_eq!(project.run("--isolation process").code, 0);
}

/// Two functions, each called alone and beside the other; the output is where each call ran.
#[test]
fn lanes_of_the_kind_that_is_asked_for() {
    const PLACE: &str = "import os\ndef handler(event, context):\n    \
                         return [os.readlink('/proc/self/exe'), os.getpid()]\n";
    let task = |name: &str, then: &str| {
        format!(
            r#""{name}": {{"Type": "Task", "Resource": "{name}", "ResultPath": "$.{name}", {then}}}"#
        )
    };
    let branch = |name: &str| {
        format!(r#"{{"StartAt": "{name}", "States": {{{}}}}}"#, task(name, r#""End": true"#))
    };
    let both = format!(
        r#""Both": {{"Type": "Parallel", "ResultPath": "$.both", "End": true, "Branches": [{}, {}, {}]}}"#,
        branch("a"),
        branch("b"),
        branch("a")
    );
    let flow = format!(
        r#"{{"StartAt": "a", "States": {{{}, {}, {both}}}}}"#,
        task("a", r#""Next": "b""#),
        task("b", r#""Next": "Both""#)
    );
    let flow =
        [("flow.asl.json", flow.as_str()), ("functions/a.py", PLACE), ("functions/b.py", PLACE)];
    let project = Project::new(&flow);
    let places = |options: &str| -> Vec<(String, i64)> {
        let found = project.run(options);
        assert_eq!(found.code, 0, "{}", found.stderr);
        let output = found.json();
        let both = output["both"].as_array().unwrap();
        let of =
            |place: &Value| (place[0].as_str().unwrap().to_owned(), place[1].as_i64().unwrap());
        [&output["a"], &output["b"], &both[0]["a"], &both[1]["b"], &both[2]["a"]].map(of).into()
    };
    let ours = |place: &(String, i64)| place.0 == env!("CARGO_BIN_EXE_faastlane");

    let threads = places("--lanes threads --isolation none");
    assert!(threads.iter().all(|place| ours(place) && *place == threads[0]), "{threads:?}");
    let mixed = places("--isolation none");
    assert!(mixed.iter().all(ours) && mixed[0] == mixed[1], "{mixed:?}");
    assert!(mixed[2..].iter().all(|place| *place != mixed[0]), "{mixed:?}");
    let processes = places("--lanes processes");
    assert!(processes.iter().all(ours) && processes[0] != processes[1], "{processes:?}");
    let portable = places("--lanes portable");
    assert!(!portable.iter().any(ours) && portable[0].1 != portable[1].1, "{portable:?}");
}

#[test]
fn lanes_and_isolation_that_do_not_go_together_are_refused() {
    let project = Project::calling(WHERE);
    let text = "error: --lanes portable and isolation none do not go together: each function has a \
                process of its own; use `--isolation process`, or other lanes\n";
    let found = project.run("--lanes portable --isolation none");
    found.expect(2, "");
    assert_eq!(found.stderr, text);
    project.write("faastlane.toml", "isolation = \"none\"\n");
    assert_eq!(project.run("--lanes portable").stderr, text);
    assert_eq!(project.run("--lanes portable --isolation process").code, 0);
    if !has_keys(&project) {
        let found = project.run("--lanes threads --isolation auto");
        found.expect(2, "");
        let start = "error: thread lanes that are kept apart are not possible here: ";
        assert!(found.stderr.starts_with(start), "{}", found.stderr);
    }
}

/// What could be wrong with a lane is told once, and not to those who want quiet.
#[test]
fn another_lane_than_asked_is_told() {
    let project = Project::calling(THREADED);
    let found = project.run("");
    found.expect(0, "\"fine\"\n");
    let line = "f runs in a portable lane: its module starts threads, which a fork would lose\n";
    assert_eq!(found.stderr.matches(line).count(), 1, "{}", found.stderr);
    assert_eq!(project.run("--quiet").stderr, "");
}

/// A script that the user names may set variables, which only a process of its own can have.
#[test]
fn a_wrapper_around_python_is_started_as_it_is() {
    let project = Project::calling(
        "import os\ndef handler(event, context):\n    return os.environ['BY_THE_WRAPPER']\n",
    );
    project.write("python", "#!/bin/sh\nBY_THE_WRAPPER=yes exec python3 \"$@\"\n");
    let made = std::process::Command::new("chmod").arg("+x").arg(project.path("python")).status();
    assert!(made.unwrap().success());
    let found = project.run("--python ./python");
    found.expect(0, "\"yes\"\n");
    let line = "f runs in a portable lane: its Python has no shared libpython\n";
    assert!(found.stderr.contains(line), "{}", found.stderr);
}

#[test]
fn the_doctor_loads_and_calls_nothing() {
    let calls = r#"{"StartAt": "A", "States": {
        "A": {"Type": "Task", "Resource": "fine", "Next": "B"},
        "B": {"Type": "Task", "Resource": "broken", "Next": "C"},
        "C": {"Type": "Task", "Resource": "threaded", "End": true}}}"#;
    let fine = "def handler(event, context):\n    open('called', 'w')\n";
    let project = Project::new(&[
        ("flow.asl.json", calls),
        ("functions/broken.py", "import no_such_module\n"),
        ("functions/fine.py", fine),
        ("functions/threaded.py", THREADED),
    ]);
    let found = Outcome::of(&mut project.faastlane("doctor . --json"));
    assert_eq!((found.code, found.stderr.as_str()), (1, ""));
    let functions = &found.json()["functions"];
    let lane = |name: &str| {
        let mut all = functions.as_array().unwrap().iter();
        let function = all.find(|function| function["name"] == name).unwrap();
        let text = |key: &str| function[key].as_str().unwrap_or_default().to_owned();
        (text("lane"), text("reason"), text("error"))
    };
    let fine = (String::from("forked host"), String::new(), String::new());
    assert_eq!(lane("fine"), fine);
    let reason = "its module starts threads, which a fork would lose";
    assert_eq!(lane("threaded"), ("portable lane".to_owned(), reason.to_owned(), String::new()));
    let (_, _, error) = lane("broken");
    assert!(error.starts_with("Runtime.ImportModuleError: "), "{error}");
    assert!(!project.path("functions/called").exists());

    let found = Outcome::of(&mut project.faastlane("doctor ."));
    assert_eq!((found.code, found.stderr.as_str()), (1, ""));
    let line = found.stdout.lines().find(|line| line.contains("broken")).unwrap();
    assert!(line.contains(", cannot be loaded: Runtime.ImportModuleError: "), "{line}");
}

/// Works in its own Python only.
const PICKY: &str = "import ctypes, sys\ndef handler(event, context):\n    \
    with open('/proc/self/comm') as file: name = file.read()\n    \
    if not name.startswith('python'): ctypes.string_at(64)\n    return event\n";

#[test]
fn the_doctor_calls_what_has_an_event() {
    let raises = "def handler(event, context):\n    raise KeyError(event['a'])\n";
    let writes = "def handler(event, context):\n    open('called', 'a').write(event)\n";
    let task = |name: &str, next: &str| {
        format!(r#""{name}": {{"Type": "Task", "Resource": "{name}", {next}}}"#)
    };
    let states = [("picky", "raises"), ("raises", "writes"), ("writes", "quiet")];
    let states = states.map(|(name, next)| task(name, &format!(r#""Next": "{next}""#))).join(",");
    let last = task("quiet", r#""End": true"#);
    let project = Project::new(&[
        ("flow.asl.json", &format!(r#"{{"StartAt": "picky", "States": {{{states},{last}}}}}"#)),
        ("functions/picky.py", PICKY),
        ("functions/raises.py", raises),
        ("functions/writes.py", writes),
        (
            "functions/quiet.py",
            "def handler(event, context):\n    open('called', 'a').write('?')\n",
        ),
        ("event.json", r#""once""#),
    ]);
    for how in ["none", "process"] {
        let mut command = project.faastlane("doctor . --json --event writes=event.json");
        command.args([
            "--isolation",
            how,
            "--event",
            "picky={}",
            "--event",
            r#"raises={"a": "b"}"#,
        ]);
        let found = Outcome::of(&mut command);
        assert_eq!((found.code, found.stderr.as_str()), (1, ""));
        let functions = found.json()["functions"].clone();
        let of = |name: &str| {
            let mut all = functions.as_array().unwrap().iter();
            all.find(|function| function["name"] == name).unwrap().clone()
        };
        let (picky, raises) = (of("picky"), of("raises"));
        assert_eq!(
            (&picky["lane"], &picky["called"]),
            (&json!("portable lane"), &json!({"returned": true}))
        );
        let lane = if how == "none" {
            "thread lane: function 'picky' read memory at 0x40"
        } else {
            "forked host"
        };
        let reason = picky["reason"].as_str().unwrap();
        assert!(reason.starts_with(&format!("its event ended it in a {lane}")), "{reason}");
        assert_eq!(raises["called"], json!({"returned": false, "error": "KeyError: 'b'"}));
        assert_eq!(of("writes")["called"], json!({"returned": true}));
        assert_eq!(of("quiet")["called"], Value::Null);
    }
    assert_eq!(project.read("functions/called"), "onceonce");
    let found = Outcome::of(&mut project.faastlane("doctor . --event absent={}"));
    let message = "error: --event absent: the project has only picky, quiet, raises, writes\n";
    assert_eq!((found.code, found.stderr.as_str()), (2, message));
}

#[test]
fn the_doctor_knows_the_machine() {
    let project = Project::new(&[("flow.asl.json", CALLS_F)]);
    let machine = Outcome::of(&mut project.faastlane("doctor --json")).json();
    let keys = machine["keys"]["available"] == true;
    assert_eq!(machine["isolation"], if keys { "mpk" } else { "process" });
    assert_eq!(machine["keys"]["reason"].is_string(), !keys);
    let pythons = machine["pythons"].as_array().unwrap();
    assert!(!pythons.is_empty());
    let told = |python: &Value| python["libpython"].is_string() != python["reason"].is_string();
    assert!(pythons.iter().all(told), "{machine}");
    assert_eq!(machine["functions"], Value::Null);
    let found = Outcome::of(&mut project.faastlane("doctor no-such-folder --json"));
    assert_eq!((found.code, &found.json()["status"]), (2, &json!("INVALID")));
}
