//! `Retry` and `Catch`.

use crate::driver::{Answer, Case, Run, Script, check_with};

/// A task `S` with `Retry` or `Catch`; caught errors end in a Pass state `C`.
fn run(fields: &str, script: Script, seed: u64) -> Run {
    let definition = format!(
        r#"{{"StartAt": "S", "States": {{
            "S": {{"Type": "Task", "Resource": "f", "TimeoutSeconds": 9, {fields}, "Next": "D"}},
            "D": {{"Type": "Pass", "End": true}}
        }}}}"#
    );
    let mut case = Case::new(definition.leak(), r#"{"a": 1}"#, script);
    case.seed = seed;
    case.run()
}

const FAILS: Script = &[("S", &[Answer::Fails("E", "c")])];

/// Checks the milliseconds between attempts of a task that always fails with `E`.
fn check_delays(retrier: &str, expected: &[i64]) {
    let fields = format!(r#""Retry": [{{"ErrorEquals": ["E"] {retrier}}}]"#);
    let run = run(&fields, FAILS, 1);
    assert_eq!(run.delays_ms(), expected, "{retrier}");
    assert_eq!(run.result(), "FAILED E: c");
}

#[test]
fn intervals_grow_up_to_a_cap() {
    check_delays("", &[1000, 2000, 4000]);
    check_delays(r#", "MaxAttempts": 0"#, &[]);
    check_delays(r#", "MaxAttempts": 1"#, &[1000]);
    check_delays(r#", "IntervalSeconds": 0"#, &[0, 0, 0]);
    check_delays(r#", "IntervalSeconds": 3, "BackoffRate": 1.0"#, &[3000, 3000, 3000]);
    check_delays(r#", "IntervalSeconds": 2, "BackoffRate": 1.5"#, &[2000, 3000, 4500]);
    check_delays(r#", "MaxDelaySeconds": 3, "JitterStrategy": "NONE""#, &[1000, 2000, 3000]);
}

#[test]
fn full_jitter_draws_from_the_seed() {
    let delays = |seed| {
        let fields = r#""Retry": [{"ErrorEquals": ["E"], "IntervalSeconds": 100, "BackoffRate": 1.0, "JitterStrategy": "FULL"}]"#;
        run(fields, FAILS, seed).delays_ms()
    };
    assert_eq!(delays(1), delays(1));
    assert_ne!(delays(1), delays(2));
    assert!(delays(1).iter().all(|delay| (0..=100_000).contains(delay)));
}

#[test]
fn each_retrier_counts_for_itself() {
    let fields = r#""Retry": [
        {"ErrorEquals": ["A"], "IntervalSeconds": 1, "MaxAttempts": 1},
        {"ErrorEquals": ["B", "C"], "IntervalSeconds": 10, "MaxAttempts": 2, "BackoffRate": 2.0},
        {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 100, "MaxAttempts": 9}
    ]"#;
    let script: Script = &[(
        "S",
        &[
            Answer::Fails("B", ""),
            Answer::Fails("A", ""),
            Answer::Fails("C", ""),
            Answer::Fails("X", ""),
            Answer::Returns("7"),
        ],
    )];
    let found = run(fields, script, 1);
    assert_eq!(found.delays_ms(), [10_000, 1_000, 20_000, 100_000]);
    assert_eq!(found.result(), "SUCCEEDED 7");
    // The first entry that names the error decides, even if it is used up.
    let script: Script = &[("S", &[Answer::Fails("A", ""), Answer::Fails("A", "last")])];
    assert_eq!(run(fields, script, 1).result(), "FAILED A: last");
}

#[test]
fn wildcards_of_retry() {
    let check = |names: &str, answers: Script, tries: usize| {
        let fields = format!(r#""Retry": [{{"ErrorEquals": ["{names}"], "MaxAttempts": 1}}]"#);
        assert_eq!(run(&fields, answers, 1).requests.len(), tries, "{names}");
    };
    let hangs: Script = &[("S", &[Answer::Hangs])];
    check("States.ALL", FAILS, 2);
    check("States.TaskFailed", FAILS, 2);
    check("States.Timeout", FAILS, 1);
    check("States.ALL", hangs, 2);
    check("States.Timeout", hangs, 2);
    check("States.TaskFailed", hangs, 1);
    check("e", FAILS, 1);
}

#[test]
fn a_new_visit_of_a_state_has_all_its_retries_again() {
    let definition = r#"{"StartAt": "S", "States": {
        "S": {"Type": "Task", "Resource": "f", "Retry": [{"ErrorEquals": ["E"], "MaxAttempts": 1}], "Next": "Again"},
        "Again": {"Type": "Choice", "Choices": [{"Variable": "$", "NumericLessThan": 2, "Next": "S"}], "Default": "Done"},
        "Done": {"Type": "Succeed"}
    }}"#;
    let script: Script = &[(
        "S",
        &[
            Answer::Fails("E", ""),
            Answer::Returns("1"),
            Answer::Fails("E", ""),
            Answer::Returns("2"),
        ],
    )];
    check_with(script, definition, "0", "SUCCEEDED 2");
}

/// Checks the output of a task whose error is caught.
fn check_catch(catch: &str, script: Script, expected: &str) {
    assert_eq!(run(&format!(r#""Catch": [{catch}]"#), script, 1).result(), expected, "{catch}");
}

#[test]
fn the_first_catcher_that_names_the_error_gets_it() {
    check_catch(
        r#"{"ErrorEquals": ["E"], "Next": "D"}"#,
        FAILS,
        r#"SUCCEEDED {"Error":"E","Cause":"c"}"#,
    );
    check_catch(
        r#"{"ErrorEquals": ["X"], "ResultPath": "$.x", "Next": "D"},
           {"ErrorEquals": ["Y", "E"], "ResultPath": "$.y", "Next": "D"},
           {"ErrorEquals": ["States.ALL"], "ResultPath": "$.z", "Next": "D"}"#,
        FAILS,
        r#"SUCCEEDED {"a":1,"y":{"Error":"E","Cause":"c"}}"#,
    );
    check_catch(r#"{"ErrorEquals": ["X"], "Next": "D"}"#, FAILS, "FAILED E: c");
    check_catch(
        r#"{"ErrorEquals": ["States.ALL"], "ResultPath": null, "Next": "D"}"#,
        FAILS,
        r#"SUCCEEDED {"a":1}"#,
    );
    check_catch(
        r#"{"ErrorEquals": ["States.Timeout"], "Next": "D"}"#,
        &[("S", &[Answer::Hangs])],
        r#"SUCCEEDED {"Error":"States.Timeout","Cause":""}"#,
    );
    check_catch(
        r#"{"ErrorEquals": ["States.ALL"], "ResultPath": "$.a.b", "Next": "D"}"#,
        FAILS,
        "FAILED States.ResultPathMatchFailure: An error occurred while executing the state 'S' (entered at the event id #2). The reference path '$.a.b' cannot be applied: at 'b' it meets a number",
    );
}

#[test]
fn retries_come_before_catchers() {
    let fields = r#""Retry": [{"ErrorEquals": ["E"], "MaxAttempts": 2}], "Catch": [{"ErrorEquals": ["E"], "Next": "D"}]"#;
    let run = run(fields, FAILS, 1);
    assert_eq!(run.requests.len(), 3);
    assert_eq!(run.result(), r#"SUCCEEDED {"Error":"E","Cause":"c"}"#);
}

#[test]
fn what_the_definition_got_wrong_is_neither_tried_again_nor_caught() {
    let all = r#""ErrorEquals": ["States.ALL"]"#;
    let fields = format!(
        r#""Parameters": {{"x.$": "$.x"}}, "Retry": [{{{all}}}], "Catch": [{{{all}, "Next": "D"}}]"#
    );
    let run = run(&fields, FAILS, 1);
    assert!(run.requests.is_empty());
    assert!(run.result().starts_with("FAILED States.Runtime: "), "{}", run.result());
}
