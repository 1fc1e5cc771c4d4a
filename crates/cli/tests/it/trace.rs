//! `--trace` and `--debug-function`: where the time went, and a look inside a function.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use serde_json::Value;

use crate::harness::{Outcome, Project, start};

const SQUARES: &str = r#"{"StartAt": "Pause", "States": {
    "Pause": {"Type": "Wait", "Seconds": 1, "Next": "Each"},
    "Each": {"Type": "Map", "ItemProcessor": {"StartAt": "F", "States": {
        "F": {"Type": "Task", "Resource": "f", "End": true}}}, "End": true}}}"#;

fn squares() -> Project {
    let code = "def handler(event, context): return event * event";
    Project::new(&[("flow.asl.json", SQUARES), ("functions/f.py", code)])
}

#[test]
fn the_table_has_a_line_for_each_call_and_wait() {
    let found = squares().run("--input [1,2,3] --trace --quiet");
    found.expect(0, "[1,4,9]\n");
    let lines: Vec<&str> = found.stderr.lines().collect();
    assert!(lines[0].starts_with("state     function"), "{}", found.stderr);
    assert!(lines[1].starts_with("Pause"), "{}", found.stderr);
    assert_eq!(lines.iter().filter(|line| line.starts_with("F ")).count(), 3, "{}", found.stderr);
    let last = lines.last().unwrap();
    assert!(last.starts_with("end to end ") && last.contains("interaction"), "{last}");
}

#[test]
fn the_file_is_in_the_format_of_chrome() {
    let project = squares();
    project.run("--input [1,2,3] --trace=trace.json").expect(0, "[1,4,9]\n");
    let trace: Value = serde_json::from_str(&project.read("trace.json")).unwrap();
    let events = trace["traceEvents"].as_array().unwrap();
    let names = |kind: &str| {
        let of_kind = events.iter().filter(|event| event["cat"] == kind);
        of_kind.map(|event| event["name"].as_str().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(names("call"), ["F (f)"; 3]);
    assert_eq!(names("function"), ["handler"; 3]);
    assert_eq!(names("wait"), ["Pause"]);
    for event in events {
        assert_eq!(event["ph"], "X");
        assert!(event["dur"].as_f64().unwrap() >= 0.0);
    }
}

#[test]
fn a_debugger_stops_in_the_handler() {
    let project = Project::calling("def handler(event, context):\n    return event['n'] + 1\n");
    let arguments = ["--input", r#"{"n":41}"#, "--debug-function", "f", "--debug-port", "0"];
    let mut child = start(project.faastlane("run flow.asl.json").args(arguments));
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let line = stderr.by_ref().lines().map(Result::unwrap).find(|line| line.contains("127.0.0.1"));
    let line = line.unwrap();
    let port = line
        .split(|c: char| !c.is_ascii_digit())
        .find_map(|word| word.parse::<u16>().ok().filter(|port| *port > 1000));
    // With debugpy the line is about an editor; here it is Python's own debugger.
    assert!(line.contains("nc 127.0.0.1"), "{line}");
    let mut debugger = TcpStream::connect(("127.0.0.1", port.unwrap())).unwrap();
    let mut said = String::new();
    for command in ["p event['n'] * 1000\n", "c\n"] {
        let mut byte = [0];
        while !said.ends_with("(pdb) ") {
            debugger.read_exact(&mut byte).unwrap();
            said.push(char::from(byte[0]));
        }
        said.push('\n');
        debugger.write_all(command.as_bytes()).unwrap();
    }
    assert!(said.contains("41000"), "{said}");
    Outcome::from(child.wait_with_output().unwrap()).expect(0, "42\n");
}
