//! `faastlane plan` and `faastlane profile`: what is planned is what runs.

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{Outcome, Project};

/// `a`, `b`, then `b` and `c` side by side; each call returns its process and that one's parent.
fn project() -> Project {
    const PLACE: &str =
        "import os\ndef handler(event, context):\n    return [os.getpid(), os.getppid()]\n";
    let flow = r#"{"StartAt": "a", "States": {
        "a": {"Type": "Task", "Resource": "a", "ResultPath": "$.a", "Next": "b"},
        "b": {"Type": "Task", "Resource": "b", "ResultPath": "$.b", "Next": "Both"},
        "Both": {"Type": "Parallel", "ResultPath": "$.both", "End": true, "Branches": [
            {"StartAt": "b2", "States": {"b2": {"Type": "Task", "Resource": "b", "End": true}}},
            {"StartAt": "c", "States": {"c": {"Type": "Task", "Resource": "c", "End": true}}}]}}}"#;
    let functions = ["functions/a.py", "functions/b.py", "functions/c.py"];
    let files = functions.map(|name| (name, PLACE));
    Project::new(&[&[("flow.asl.json", flow)], files.as_slice()].concat())
}

fn plan(project: &Project, options: &str) -> Outcome {
    Outcome::of(project.faastlane("plan .").args(options.split_whitespace()))
}

#[test]
fn what_is_planned_is_what_runs() {
    let project = project();
    let found = plan(&project, "--isolation none --json --vcpus 2");
    assert_eq!((found.code, found.stderr.as_str()), (0, ""));
    let plan = found.json();
    let process = |kind: &str, functions: Value, starts: &str| json!({"kind": kind, "functions": functions, "starts": starts});
    let expected = json!([
        process("container", json!(["a", "b"]), "at once"),
        process("template", json!(["b", "c"]), "before the first call"),
        process("template", json!(["a"]), "if a thread lane is lost"),
    ]);
    assert_eq!((&plan["version"], &plan["processes"]), (&json!(1), &expected));
    assert_eq!(plan["fan_outs"][0]["hosts"], 2);

    let output = project.run("--isolation none").json();
    let [a, b] = [&output["a"], &output["b"]];
    let [beside_b, beside_c] = [&output["both"][0], &output["both"][1]];
    assert_eq!(a, b, "both in the container's process");
    assert!(beside_b[0] != a[0] && beside_c[0] != a[0], "{output}");
    assert_eq!(beside_b[1], beside_c[1], "both forked from one template");
}

#[test]
fn a_plan_in_all_its_forms() {
    let project = project();
    let text = plan(&project, "--isolation none --vcpus 2");
    let expected = "\
2 vCPUs, lanes auto, isolation none

functions  alone        beside others  why
  a        thread lane  –              one after another
  b        thread lane  forked host    one after another; side by side
  c        –            forked host    side by side

processes    start                     with
  container  at once                   a, b
  template   before the first call     b, c
  template   if a thread lane is lost  a

fan-outs                        run
  Both    Parallel, 2 branches  side by side in 2 workers
";
    assert_eq!((text.code, text.stdout.as_str()), (0, expected), "{}", text.stderr);
    let explained = plan(&project, "--isolation none --vcpus 2 --explain").stdout;
    assert!(explained.starts_with(expected.trim_end()), "{explained}");
    assert!(
        explained.contains("a, b: thread lane; nothing runs beside it, and a hop costs"),
        "{explained}"
    );
    assert!(explained.contains("\nNumbers: "), "{explained}");
    assert!(plan(&project, "--dot").stdout.starts_with("digraph plan {"));
    assert!(plan(&project, "--svg").stdout.starts_with("<svg xmlns="));
    assert_eq!(plan(&project, "--dot --svg").code, 2);
}

#[test]
fn a_function_that_does_not_load_is_planned_and_told() {
    let project = project();
    project.write("functions/a.py", "import no_such_module\n");
    project.write(
        "functions/c.py",
        "import threading, time\nthreading.Thread(target=time.sleep, args=[60], daemon=True).start()\n\
         def handler(event, context):\n    return 1\n",
    );
    let found = plan(&project, "--isolation process --json");
    assert_eq!(found.code, 0, "{}", found.stderr);
    let line = "warning: function a cannot be loaded: Runtime.ImportModuleError: ";
    assert!(found.stderr.starts_with(line), "{}", found.stderr);
    let why = "its module starts threads, which a fork would lose";
    let expected = json!({"lane": "portable lane", "why": why});
    let plan = found.json();
    let c = plan["functions"].as_array().unwrap().iter().find(|function| function["name"] == "c");
    assert_eq!(c.unwrap()["beside"], expected, "{plan}");
}

#[test]
fn what_cannot_be_planned_is_said() {
    let project = Project::new(&[("flow.asl.json", r#"{"StartAt": "A", "States": {}}"#)]);
    let found = plan(&project, "--json");
    assert_eq!((found.code, &found.json()["status"]), (2, &json!("INVALID")));
    let found = plan(&project, "");
    assert_eq!(found.code, 2);
    assert!(found.stderr.contains("the state machine cannot be run"), "{}", found.stderr);
}

/// Measured once, then kept and used.
#[test]
fn a_profile_is_kept_and_used() {
    let (project, cache) = (project(), TempDir::new().unwrap());
    let faastlane = |arguments: &str| {
        Outcome::of(project.faastlane(arguments).env("FAASTLANE_CACHE", cache.path()))
    };
    let unmeasured = faastlane("plan . --explain").stdout;
    assert!(unmeasured.contains("\nNumbers: built in, "), "{unmeasured}");
    let first = faastlane("profile --json");
    assert_eq!(first.code, 0, "{}", first.stderr);
    assert!(first.stderr.contains("measuring this container"), "{}", first.stderr);
    let first = first.json();
    let vcpus = first["profile"]["vcpus"].as_u64().unwrap();
    assert!((1..=first["processors"].as_u64().unwrap()).contains(&vcpus), "{first}");
    for lane in ["thread", "forked", "portable"] {
        assert!(first["profile"]["hop_us"][lane].as_f64().unwrap() > 0.0, "{first}");
    }
    let second = faastlane("profile --json");
    assert!(!second.stderr.contains("measuring"), "{}", second.stderr);
    assert_eq!(second.json()["profile"], first["profile"]);
    let measured = faastlane("plan . --explain").stdout;
    assert!(measured.contains("\nNumbers: measured here "), "{measured}");
    let table = faastlane("profile");
    assert!(table.stdout.contains("usable vCPUs"), "{}", table.stdout);
}
