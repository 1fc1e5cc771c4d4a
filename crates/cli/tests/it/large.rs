//! Large inputs and results: they arrive whole, and in little memory.

use std::process::Command;

use crate::harness::{Outcome, Project};

const PASSES: &str = r#"{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}"#;

/// Runs a command and prints the most memory that it or its container had, in KiB (getrusage(2)).
const PEAK: &str = "
import os, subprocess, sys
child = subprocess.Popen(sys.argv[2:], stdout=open(sys.argv[1], 'wb'))
_, status, usage = os.wait4(child.pid, 0)
assert status == 0, status
print(usage.ru_maxrss)
";

#[test]
fn a_result_of_20_mb() {
    let code = "def handler(event, context):\n    return ['é' * 5_000_000, 'x' * 10_000_000]\n";
    let found = Project::calling(code).run("");
    let expected = format!("[\"{}\",\"{}\"]\n", "é".repeat(5_000_000), "x".repeat(10_000_000));
    assert_eq!(found.code, 0, "{}", found.stderr);
    assert!(found.stdout == expected, "{} bytes", found.stdout.len());
}

#[test]
fn one_long_string() {
    check_memory(|size| format!("\"{}\"", "x".repeat(size - 2)));
}

#[test]
fn many_records() {
    check_memory(|size| {
        let record = |at: usize| {
            format!(
                r#"{{"id":{at},"name":"record {at}","value":{at}.5,"tags":["a","b{}"]}}"#,
                at % 7
            )
        };
        array(size, record)
    });
}

#[test]
fn an_array_of_floats() {
    check_memory(|size| {
        array(size, |at| format!("{}.{:06}", at % 100 + 1, at % 1_000_000 * 10 + 1))
    });
}

/// Text of 100 MB is passed on in at most 6 times its size of memory. That takes a while, so
/// without `FAASTLANE_SLOW_TESTS` it is 10 MB, and what any run takes does not count.
#[track_caller]
fn check_memory(text: impl Fn(usize) -> String) {
    let slow = std::env::var_os("FAASTLANE_SLOW_TESTS").is_some();
    let (size, any_run) = if slow { (100_000_000, 0) } else { (10_000_000, peak_bytes("0")) };
    let input = text(size);
    let peak = peak_bytes(&input) - any_run;
    let limit = 6 * input.len();
    assert!(peak <= limit, "{peak} bytes of memory for {} bytes of input", input.len());
}

/// The most memory that a run with this input has, whose output must be the input.
#[track_caller]
fn peak_bytes(input: &str) -> usize {
    let project = Project::new(&[("flow.asl.json", PASSES), ("event.json", input)]);
    let mut measured = Command::new("python3");
    let run = project.faastlane("run flow.asl.json --input event.json");
    measured.args(["-c", PEAK, "output.json"]).arg(run.get_program()).args(run.get_args());
    let found = Outcome::of(measured.current_dir(project.path("")));
    assert_eq!(found.code, 0, "{}", found.stderr);
    assert!(project.read("output.json").trim_end() == input, "the output is not the input");
    found.stdout.trim().parse::<usize>().unwrap() * 1024
}

fn array(size: usize, item: impl Fn(usize) -> String) -> String {
    let mut text = "[".to_owned();
    for at in 0.. {
        text += &item(at);
        if text.len() + 1 >= size {
            break;
        }
        text.push(',');
    }
    text + "]"
}
