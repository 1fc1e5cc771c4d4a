//! Results that come as frames: the same execution, in which nothing is decoded that nobody reads.

use faastlane_engine::EventKind;

use crate::driver::{Case, Run};

/// States that hand a result on, look into it, place it and gather it.
const MACHINE: &str = r#"{"StartAt": "First", "States": {
    "First": {"Type": "Task", "Resource": "f", "Next": "Invoke"},
    "Invoke": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": "g", "Payload.$": "$"}, "OutputPath": "$.Payload",
        "Next": "Which"},
    "Which": {"Type": "Choice", "Default": "Lost",
        "Choices": [{"Variable": "$.status", "StringEquals": "open", "Next": "Place"}]},
    "Place": {"Type": "Task", "Resource": "h", "InputPath": "$.items[1]",
        "ResultSelector": {"all.$": "$", "fixed": 1}, "ResultPath": "$.placed", "Next": "Each"},
    "Each": {"Type": "Map", "ItemsPath": "$.items", "ResultPath": "$.each", "Next": "Both",
        "ItemSelector": {"item.$": "$$.Map.Item.Value", "n.$": "$$.Map.Item.Index"},
        "ItemProcessor": {"StartAt": "One",
            "States": {"One": {"Type": "Task", "Resource": "i", "End": true}}}},
    "Both": {"Type": "Parallel", "End": true, "Branches": [
        {"StartAt": "P", "States": {"P": {"Type": "Pass", "InputPath": "$.each", "End": true}}},
        {"StartAt": "Q", "States": {"Q": {"Type": "Task", "Resource": "q", "End": true}}}]},
    "Lost": {"Type": "Fail"}
}}"#;

fn input() -> &'static str {
    let item = format!(r#"{{"text": "{}", "numbers": [1, 2.5, 3]}}"#, "x".repeat(300));
    format!(r#"{{"status": "open", "items": [{item}, {item}, {item}], "more": {{}}}}"#).leak()
}

fn run(frames: bool) -> Run {
    Case { frames, ..Case::new(MACHINE, input(), &[]) }.run()
}

#[test]
fn a_result_is_the_same_in_every_form() {
    let [values, frames] = [false, true].map(run);
    assert_eq!(frames.result(), values.result());
    let history = |run: &Run| run.history().map(|event| event.to_value()).collect::<Vec<_>>();
    assert_eq!(history(&frames), history(&values));
}

#[test]
fn nothing_is_decoded_that_nobody_reads() {
    let run = run(true);
    for event in run.history() {
        let data = match &event.kind {
            EventKind::LambdaFunctionSucceeded { output }
            | EventKind::TaskSucceeded { output, .. }
            | EventKind::StateExited { output, .. } => output,
            EventKind::StateEntered { name, input, .. } if name != "First" => input,
            _ => continue,
        };
        assert!(!data.is_decoded(), "{event:?}");
    }
    let (first, others) = run.requests.split_first().expect("there are tasks");
    assert!(first.1.input.is_decoded(), "it is the input of the execution");
    assert_eq!(others.len(), 6);
    assert!(others.iter().all(|(_, request)| !request.input.is_decoded()));
}
