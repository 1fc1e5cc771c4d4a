//! An execution that is written down after every event and continued from the text does exactly
//! what it would have done.

use faastlane_engine::Limits;

use crate::driver::{Answer, Case, Script};

/// Runs a case twice, once with a restart after every event, and compares all actions.
fn check(definition: &'static str, input: &'static str, script: Script) {
    let run = |restores| {
        let mut case = Case::new(definition, input, script);
        (case.restores, case.limits) = (restores, Limits::AWS);
        case.run()
    };
    let (straight, restored) = (run(false), run(true));
    assert_eq!(straight.actions, restored.actions, "{definition}");
}

#[test]
fn chains_with_retries_and_waits() {
    let definition = r#"{"TimeoutSeconds": 1000, "StartAt": "A", "States": {
        "A": {"Type": "Task", "Resource": "f", "TimeoutSeconds": 5, "Retry": [{"ErrorEquals": ["States.ALL"], "JitterStrategy": "FULL", "IntervalSeconds": 100}], "Next": "W"},
        "W": {"Type": "Wait", "SecondsPath": "$.n", "Next": "B"},
        "B": {"Type": "Pass", "Parameters": {"id.$": "States.UUID()", "t.$": "$$.State.EnteredTime", "big.$": "$.big"}, "Next": "C"},
        "C": {"Type": "Task", "Resource": "arn:aws:states:us-east-1:123456789012:activity:a", "HeartbeatSeconds": 2, "Catch": [{"ErrorEquals": ["States.Timeout"], "ResultPath": "$.e", "Next": "D"}], "End": true},
        "D": {"Type": "Succeed"}
    }}"#;
    let script: Script = &[
        (
            "A",
            &[
                Answer::Fails("E", "é \"\n"),
                Answer::Hangs,
                Answer::Returns(r#"{"n": 3, "big": 12345678901234567890}"#),
            ],
        ),
        ("C", &[Answer::Beats(3, 1)]),
    ];
    check(definition, "null", script);
}

#[test]
fn branches_and_iterations() {
    let definition = r#"{"StartAt": "P", "States": {
        "P": {"Type": "Parallel", "Branches": [
            {"StartAt": "M", "States": {"M": {"Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": 2, "ItemSelector": {"v.$": "$$.Map.Item.Value", "i.$": "$$.Map.Item.Index"}, "ItemProcessor": {"StartAt": "T", "States": {
                "T": {"Type": "Task", "Resource": "f", "Next": "N"},
                "N": {"Type": "Map", "ItemsPath": "$.v", "ItemProcessor": {"StartAt": "U", "States": {"U": {"Type": "Task", "Resource": "f", "End": true}}}, "End": true}}}, "End": true}}},
            {"StartAt": "X", "States": {"X": {"Type": "Task", "Resource": "f", "End": true}}}
        ], "Retry": [{"ErrorEquals": ["E"]}], "Catch": [{"ErrorEquals": ["F"], "Next": "Z"}], "Next": "Z"},
        "Z": {"Type": "Pass", "End": true}
    }}"#;
    let input = r#"{"items": [[1, 2], [], [3], [4, 5, 6]]}"#;
    check(definition, input, &[]);
    check(
        definition,
        input,
        &[("X", &[Answer::After(3, "0")]), ("T", &[Answer::After(1, r#"{"v": [1]}"#)])],
    );
    check(
        definition,
        input,
        &[(
            "U",
            &[
                Answer::After(2, "0"),
                Answer::Fails("E", ""),
                Answer::After(1, "0"),
                Answer::Fails("F", "x"),
            ],
        )],
    );
    check(
        definition,
        input,
        &[("X", &[Answer::After(1, "0")]), ("U", &[Answer::Hangs, Answer::Fails("G", "")])],
    );
}

#[test]
fn limits_and_failures() {
    let state =
        r#"{"StartAt": "S", "States": {"S": {"Type": "Task", "Resource": "f", "End": true}}}"#;
    check(state, "0", &[("S", &[Answer::Fails("E", "c")])]);
    check(state, "0", &[("S", &[Answer::After(1, "0")])]);
}
