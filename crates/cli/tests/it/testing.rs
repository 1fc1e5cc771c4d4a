//! `faastlane test`: what passes, what is shown of what fails, and reports.

use std::path::Path;

use crate::harness::{Outcome, Project, faastlane, skip};

const FLOW: &str = r#"{"StartAt": "Ask", "States": {
    "Ask": {"Type": "Task", "Resource": "nobody", "ResultPath": "$.answer", "Next": "Rest"},
    "Rest": {"Type": "Wait", "Seconds": 600, "End": true}}}"#;
const PASSES: &str = r#"{"mocks": {"Ask": {"Return": 42}}, "input": {"a": 1},
    "expected": {"output": {"answer": 42, "a": 1}, "states": ["Ask", "Rest"]}}"#;
const FAILS: &str = r#"{"input": {"a": 1},
    "mockConfig": {"file": "mocks.json", "case": "Busy"}, "expected": {"output": {"a": 2}}}"#;
const MOCKS: &str = r#"{"StateMachines": {"flow": {"TestCases": {"Busy": {"Ask": "Busy"}}}},
    "MockedResponses": {"Busy": {"0": {"Return": {"busy": "<&>"}}}}}"#;

fn project() -> Project {
    Project::new(&[
        ("flow.asl.json", FLOW),
        ("tests/answers.test.json", PASSES),
        ("tests/more/busy.test.json", FAILS),
        ("tests/more/mocks.json", MOCKS),
    ])
}

fn run(project: &Project, arguments: &str) -> Outcome {
    let mut found = Outcome::of(&mut project.faastlane(&format!("test . {arguments}")));
    // Times are none of our matter.
    let without_times = |line: &str| match line.rsplit_once(" (") {
        Some((name, rest)) if rest.ends_with("s)") => name.to_owned(),
        _ => line.split(", in ").next().unwrap_or_default().to_owned(),
    };
    found.stdout = found.stdout.lines().map(|line| without_times(line) + "\n").collect();
    found
}

#[test]
fn a_failure_shows_what_differs() {
    let expected = "\
ok    answers
FAIL  more/busy

---- more/busy (./tests/more/busy.test.json)
output differs (- expected, + actual):
    {
  -   \"a\": 2
  +   \"a\": 1,
  +   \"answer\": {
  +     \"busy\": \"<&>\"
  +   }
    }

2 tests: 1 passed, 1 failed
";
    let found = run(&project(), "--junit report.xml");
    assert_eq!((found.code, found.stdout.as_str()), (1, expected), "{}", found.stderr);
}

#[test]
fn a_report_for_ci() {
    let project = project();
    run(&project, "--junit report.xml");
    let report = project.read("report.xml");
    for part in [
        "<testsuites tests=\"2\" failures=\"1\" errors=\"0\" time=",
        "<testcase classname=\".\" name=\"more/busy\" file=\"./tests/more/busy.test.json\" time=",
        "<failure message=\"output differs (- expected, + actual):\">",
        "+     &quot;busy&quot;: &quot;&lt;&amp;&gt;&quot;",
    ] {
        assert!(report.contains(part), "{part} in {report}");
    }
}

#[test]
fn a_test_can_be_chosen_and_brought_up_to_date() {
    let project = project();
    assert_eq!(run(&project, "--filter answers").code, 0);
    let updated = run(&project, "--update");
    assert_eq!((updated.code, updated.stdout.ends_with("1 passed, 1 updated\n")), (0, true));
    assert_eq!(project.read("tests/answers.test.json"), PASSES, "it has passed");
    assert!(project.read("tests/more/busy.test.json").contains("\"busy\": \"<&>\""));
    assert_eq!(run(&project, "").code, 0);
}

#[test]
fn what_cannot_be_run_is_told() {
    let check = |file: &str, text: &str, expected: &str| {
        let project = project();
        project.write(file, text);
        let found = run(&project, "");
        assert_eq!(found.code, 2);
        assert!(found.stderr.contains(expected), "{}", found.stderr);
    };
    let test = "tests/answers.test.json";
    check(test, "{", "error: ./tests/answers.test.json:1:2: this is not JSON");
    check(
        test,
        r#"{"mocks": {"Rest": {"Return": 1}}}"#,
        "error: ./tests/answers.test.json:1:12: 'Rest' is a Wait state; only Task states can be mocked",
    );
    check(test, r#"{"machine": "other"}"#, "has no state machine 'other'");
    let nothing = run(&project(), "--filter nothing");
    assert_eq!(nothing.stderr, "error: there is no test of that name in ./tests (*.test.json)\n");
}

#[test]
fn the_tests_of_an_example() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/healthcare");
    let found = Outcome::of(&mut faastlane(&example, "test ."));
    if found.stderr.contains("could not be installed") {
        return skip("the packages of the example cannot be installed");
    }
    assert_eq!(found.code, 0, "{}{}", found.stdout, found.stderr);
}
