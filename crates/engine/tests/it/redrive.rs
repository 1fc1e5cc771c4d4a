//! Executions that did not end well and are redriven.

use faastlane_engine::{Action, Limits, MapRunStatus};

use crate::driver::{Answer, Case, Run, Script, single};

/// Runs a case and redrives it, with and without restarts after every event.
#[track_caller]
fn redriven(case: impl Fn() -> Case) -> Run {
    let straight = Case { redrives: 1, ..case() }.run();
    let restored = Case { redrives: 1, restores: true, ..case() }.run();
    assert_eq!(straight.actions, restored.actions);
    straight
}

/// The history after the redrive.
fn after(run: &Run) -> Vec<String> {
    let all = run.outline();
    let at =
        all.iter().position(|line| line.contains("ExecutionRedriven")).expect("it is redriven");
    all[at..].to_vec()
}

#[track_caller]
fn check(script: Script, definition: &'static str, expected: &[&str], result: &str) {
    let run = redriven(|| Case::new(definition, "1", script));
    assert_eq!(after(&run), expected, "{definition}");
    assert_eq!(run.result(), result, "{definition}");
}

#[test]
fn a_task_is_done_again_and_those_before_are_not() {
    check(
        &[(
            "B",
            &[
                Answer::Fails("E", "c"),
                Answer::Fails("E", "c"),
                Answer::Fails("E", "c"),
                Answer::Returns("7"),
            ],
        )],
        r#"{"StartAt": "A", "States": {
            "A": {"Type": "Task", "Resource": "f", "Next": "B"},
            "B": {"Type": "Task", "Resource": "f", "End": true,
                "Retry": [{"ErrorEquals": ["E"], "MaxAttempts": 1}]}}}"#,
        &[
            "15<14 ExecutionRedriven",
            "16<15 LambdaFunctionScheduled",
            "17<16 LambdaFunctionStarted",
            "18<17 LambdaFunctionFailed",
            "19<18 LambdaFunctionScheduled",
            "20<19 LambdaFunctionStarted",
            "21<20 LambdaFunctionSucceeded",
            "22<21 TaskStateExited B",
            "23<22 ExecutionSucceeded",
        ],
        "SUCCEEDED 7",
    );
}

#[test]
fn a_fail_state_is_entered_again_and_fails_again() {
    check(
        &[],
        single(r#"{"Type": "Fail", "Error": "E", "Cause": "c"}"#),
        &["4<3 ExecutionRedriven", "5<4 FailStateEntered S", "6<5 ExecutionFailed"],
        "FAILED E: c",
    );
}

#[test]
fn the_context_object_tells_of_it() {
    let state = r#"{"Type": "Task", "Resource": "f", "End": true,
        "Parameters": {"x.$": "$$.Execution"}}"#;
    let script: Script = &[("S", &[Answer::Fails("E", "")])];
    let run = redriven(|| Case::new(single(state), "1", script));
    let seen = |at: usize| run.requests[at].1.input.to_json();
    assert!(seen(0).ends_with(r#","RedriveCount":0}}"#), "{}", seen(0));
    let expected = r#","RedriveCount":1,"RedriveTime":"2023-11-14T22:15:00.000Z"}}"#;
    assert!(seen(1).ends_with(expected), "{}", seen(1));
    assert_eq!(run.details_of("ExecutionRedriven"), [r#"{"redriveCount":1}"#]);
}

#[test]
fn only_branches_that_failed_or_were_ended_go_on() {
    check(
        &[
            ("B", &[Answer::After(2, "0"), Answer::Returns("\"b\"")]),
            ("C", &[Answer::Hangs, Answer::Returns("\"c\"")]),
            ("A", &[Answer::Returns("\"a\"")]),
        ],
        r#"{"StartAt": "P", "States": {"P": {"Type": "Parallel", "End": true, "Branches": [
            {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "f", "End": true}}},
            {"StartAt": "B", "States": {"B": {"Type": "Task", "Resource": "f", "TimeoutSeconds": 1, "End": true}}},
            {"StartAt": "C", "States": {"C": {"Type": "Task", "Resource": "f", "End": true}}},
            {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 50, "End": true}}}]}}}"#,
        &[
            "21<20 ExecutionRedriven",
            "22<21 LambdaFunctionScheduled",
            "23<22 LambdaFunctionStarted",
            "24<21 LambdaFunctionScheduled",
            "25<24 LambdaFunctionStarted",
            "26<23 LambdaFunctionSucceeded",
            "27<26 TaskStateExited B",
            "28<25 LambdaFunctionSucceeded",
            "29<28 TaskStateExited C",
            "30<21 WaitStateExited W",
            "31<30 ParallelStateSucceeded",
            "32<30 ParallelStateExited P",
            "33<32 ExecutionSucceeded",
        ],
        r#"SUCCEEDED ["a","b","c",1]"#,
    );
}

#[test]
fn only_iterations_that_failed_or_have_not_begun_go_on() {
    let definition = r#"{"StartAt": "M", "States": {"M": {"Type": "Map", "MaxConcurrency": 1, "End": true,
        "ItemProcessor": {"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": "f", "End": true}}}}}}"#;
    let script: Script = &[(
        "T",
        &[
            Answer::Returns("10"),
            Answer::Fails("E", "c"),
            Answer::Returns("11"),
            Answer::Returns("12"),
        ],
    )];
    let run = redriven(|| Case::new(definition, "[0, 1, 2]", script));
    assert_eq!(run.result(), "SUCCEEDED [10,11,12]");
    let inputs: Vec<_> = run.requests.iter().map(|(_, request)| request.input.to_json()).collect();
    assert_eq!(inputs, ["0", "1", "1", "2"]);
}

#[test]
fn what_was_retried_or_caught_is_not_redriven() {
    // The first try of the Parallel state leaves nothing behind.
    let definition = r#"{"StartAt": "P", "States": {"P": {"Type": "Parallel", "End": true,
        "Retry": [{"ErrorEquals": ["E"], "MaxAttempts": 1}], "Branches": [
            {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "f", "End": true}}},
            {"StartAt": "B", "States": {"B": {"Type": "Task", "Resource": "f", "End": true}}}]}}}"#;
    let script: Script = &[
        ("A", &[Answer::Returns("0"), Answer::Returns("1"), Answer::Returns("2")]),
        ("B", &[Answer::Fails("E", ""), Answer::Fails("E", ""), Answer::Returns("3")]),
    ];
    let run = redriven(|| Case::new(definition, "9", script));
    assert_eq!(run.result(), "SUCCEEDED [1,3]");
}

#[test]
fn one_that_was_stopped_or_timed_out_goes_on() {
    let script: Script = &[("S", &[Answer::Hangs, Answer::Returns("7")])];
    let state = single(r#"{"Type": "Task", "Resource": "f", "End": true}"#);
    let run = redriven(|| Case { stop_after: Some(3), ..Case::new(state, "1", script) });
    assert_eq!(run.result(), "SUCCEEDED 7");
    let definition = r#"{"TimeoutSeconds": 5, "StartAt": "S", "States": {
        "S": {"Type": "Task", "Resource": "f", "Next": "W"},
        "W": {"Type": "Wait", "Seconds": 4, "End": true}}}"#;
    // Its clock begins again.
    let run = redriven(|| Case::new(definition, "1", script));
    assert_eq!(run.result(), "SUCCEEDED 7");
}

#[test]
fn one_that_ended_well_or_whose_history_is_full_is_not_redriven() {
    let state = single(r#"{"Type": "Pass", "End": true}"#);
    let case = Case::new(state, "1", &[]);
    assert!(!case.finished().is_redrivable());
    let fails = single(r#"{"Type": "Fail"}"#);
    assert!(Case::new(fails, "1", &[]).finished().is_redrivable());
    let limits = Limits { history_events: Some(4), ..Limits::NONE };
    let full = Case { limits, ..Case::new(fails, "1", &[]) };
    assert!(!full.finished().is_redrivable());
}

const READER: &str = r#""ItemReader": {"Resource": "arn:aws:states:::s3:getObject",
    "ReaderConfig": {"InputType": "JSONL"}, "Parameters": {"Bucket": "b", "Key": "k"}},"#;
const WRITER: &str = r#""ResultWriter": {"Resource": "arn:aws:states:::s3:putObject",
    "Parameters": {"Bucket": "b", "Prefix": "p"}},"#;

fn map_run(fields: &str, kind: &str) -> &'static str {
    format!(
        r#"{{"StartAt": "M", "States": {{"M": {{"Type": "Map", {fields} "ItemProcessor": {{
            "ProcessorConfig": {{"Mode": "DISTRIBUTED", "ExecutionType": "{kind}"}}, "StartAt": "A", "States": {{
                "A": {{"Type": "Task", "Resource": "f", "Next": "B"}},
                "B": {{"Type": "Task", "Resource": "f", "End": true}}}}}}, "End": true}}}}}}"#
    )
    .leak()
}

/// How a Map Run ended, and how many items succeeded, failed, were aborted.
type End = (MapRunStatus, u64, u64, u64);

/// How often each of its states was called, and what its Map Run was said to be after each end.
fn calls_and_ends(run: &Run) -> (usize, usize, Vec<End>) {
    let calls = |state: &str| run.requests.iter().filter(|(_, r)| r.state == state).count();
    let ends = run.actions.iter().filter_map(|action| match action {
        Action::ShowMapRun(shown) if shown.status != MapRunStatus::Running => {
            Some((shown.status, shown.succeeded, shown.failed, shown.aborted))
        }
        _ => None,
    });
    (calls("A"), calls("B"), ends.collect())
}

#[test]
fn unsuccessful_children_of_a_map_run_go_on() {
    // The second child fails while the first one runs and the third one has not begun.
    let script: Script =
        &[("B", &[Answer::After(9, "0"), Answer::Fails("E", "c"), Answer::Returns("7")])];
    let fails = (MapRunStatus::Failed, 0, 1, 1);
    let (run_of, ok) = (
        |kind| {
            redriven(|| Case::new(map_run(r#""MaxConcurrency": 2,"#, kind), "[1, 2, 3]", script))
        },
        (MapRunStatus::Succeeded, 3, 0, 0),
    );
    // Each does its first state once.
    let standard = run_of("STANDARD");
    assert_eq!(standard.result(), "SUCCEEDED [7,7,7]");
    assert_eq!(calls_and_ends(&standard), (3, 5, vec![fails, ok]));
    // Express ones begin anew.
    let express = run_of("EXPRESS");
    assert_eq!(express.result(), "SUCCEEDED [7,7,7]");
    assert_eq!(calls_and_ends(&express), (5, 5, vec![fails, ok]));
    assert_eq!(
        after(&standard),
        [
            "8<7 ExecutionRedriven",
            "9<8 MapRunRedriven",
            "10<9 MapRunSucceeded",
            "11<10 MapStateSucceeded",
            "12<9 MapStateExited M",
            "13<12 ExecutionSucceeded",
        ]
    );
    let ended = |run: &Run| -> Vec<(String, u64)> {
        let ended = run.actions.iter().filter_map(|action| match action {
            Action::ChildEnded(child) => Some((child.name.to_string(), child.redrive_count)),
            _ => None,
        });
        ended.collect()
    };
    let names = |ended: &[(String, u64)]| {
        ended.iter().map(|(name, _)| name.clone()).collect::<std::collections::BTreeSet<_>>().len()
    };
    let (standard, express) = (ended(&standard), ended(&express));
    assert_eq!((standard.len(), names(&standard)), (5, 3));
    assert_eq!((express.len(), names(&express)), (5, 5));
    assert!(standard[2..].iter().any(|(_, redrives)| *redrives == 1));
    assert!(express.iter().all(|(_, redrives)| *redrives == 0));
}

#[test]
fn datasets_are_read_and_written_again_where_they_could_not_be() {
    let definition = map_run(&format!("{READER} {WRITER}"), "STANDARD");
    let unreadable = redriven(|| Case { dataset: Err("no"), ..Case::new(definition, "{}", &[]) });
    assert_eq!(unreadable.result(), "FAILED States.ItemReaderFailed: no");
    assert_eq!(unreadable.details_of("MapRunRedriven").len(), 1);
    let unwritable = || Case {
        dataset: Ok(3),
        unwritable: Some("no"),
        writable_after: Some(50),
        ..Case::new(definition, "{}", &[])
    };
    let run = redriven(unwritable);
    assert!(run.result().starts_with("SUCCEEDED"), "{}", run.result());
    assert_eq!((run.written.len(), calls_and_ends(&run).0), (3, 3));
}

#[test]
fn an_execution_that_was_stopped_goes_on_with_its_map_run() {
    let script: Script =
        &[("B", &[Answer::After(9, "0"), Answer::After(9, "0"), Answer::Returns("7")])];
    let case =
        || Case { stop_after: Some(2), ..Case::new(map_run("", "STANDARD"), "[1, 2]", script) };
    let run = redriven(case);
    assert_eq!(run.result(), "SUCCEEDED [7,7]");
    let (aborted, ok) = ((MapRunStatus::Aborted, 0, 0, 2), (MapRunStatus::Succeeded, 2, 0, 0));
    assert_eq!(calls_and_ends(&run), (2, 4, vec![aborted, ok]));
}
