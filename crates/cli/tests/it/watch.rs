//! `--watch`: a run after each change, and a change while it runs.

use std::io::{BufRead, BufReader};

use rustix::process::{Pid, Signal, kill_process};

use crate::harness::{Outcome, Project, start};

#[test]
fn a_changed_handler_or_definition_runs_again_and_ctrl_c_ends() {
    let project = Project::calling("def handler(event, context): return 'one'");
    let mut child = start(&mut project.faastlane("run . --watch --quiet"));
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut next = || {
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        line
    };
    assert_eq!(next(), "\"one\"\n");
    project.write("functions/f.py", "def handler(event, context): return 'two'");
    assert_eq!(next(), "\"two\"\n");
    // A change ends what runs: nobody waits for this sleep.
    let slow = "import time\ndef handler(event, context): time.sleep(1000)";
    project.write("functions/f.py", slow);
    project.write(
        "flow.asl.json",
        r#"{"StartAt": "P", "States": {"P": {"Type": "Pass", "Result": "three", "End": true}}}"#,
    );
    assert_eq!(next(), "\"three\"\n");
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    assert_eq!(Outcome::from(child.wait_with_output().unwrap()).code, 130);
}
