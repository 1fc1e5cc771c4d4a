//! The context object.

use faastlane_engine::{TaskRequest, read_token};

use crate::driver::{Answer, Case, Script, check, check_with, single};

#[test]
fn it_tells_about_execution_machine_and_state() {
    check(
        single(r#"{"Type": "Pass", "InputPath": "$$", "End": true}"#),
        r#"{"a": 1}"#,
        r#"SUCCEEDED {"Execution":{"Id":"arn:aws:states:us-east-1:123456789012:execution:m:e","Input":{"a":1},"StartTime":"2023-11-14T22:13:20.000Z","Name":"e","RoleArn":"arn:aws:iam::123456789012:role/r","RedriveCount":0},"StateMachine":{"Id":"arn:aws:states:us-east-1:123456789012:stateMachine:m","Name":"m"},"State":{"Name":"S","EnteredTime":"2023-11-14T22:13:20.000Z"}}"#,
    );
}

#[test]
fn the_entered_time_is_that_of_the_state() {
    let definition = r#"{"StartAt": "W", "States": {
        "W": {"Type": "Wait", "Seconds": 61, "Next": "P"},
        "P": {"Type": "Pass", "Parameters": {"at.$": "$$.State.EnteredTime"}, "End": true}
    }}"#;
    check(definition, "1", r#"SUCCEEDED {"at":"2023-11-14T22:14:21.000Z"}"#);
}

#[test]
fn tasks_count_their_retries() {
    let script: Script =
        &[("S", &[Answer::Fails("E", ""), Answer::Fails("E", ""), Answer::Returns("0")])];
    check_with(
        script,
        single(
            r#"{"Type": "Task", "Resource": "f", "Retry": [{"ErrorEquals": ["E"]}], "ResultSelector": {"n.$": "$$.State.RetryCount"}, "End": true}"#,
        ),
        "1",
        r#"SUCCEEDED {"n":2}"#,
    );
}

#[test]
fn a_task_that_waits_for_a_call_back_has_a_token_for_each_try() {
    let script: Script = &[("S", &[Answer::Fails("E", ""), Answer::Returns("0")])];
    let state = |resource: &str| {
        single(&format!(
            r#"{{"Type": "Task", "Resource": "arn:aws:states:::{resource}", "Parameters": {{"QueueUrl": "q",
                "MessageBody.$": "States.Format('{{}}', $$)"}}, "Retry": [{{"ErrorEquals": ["E"]}}],
                "ResultSelector": {{"token.$": "$$.Task.Token"}}, "End": true}}"#
        ))
    };
    let run = Case::new(state("sqs:sendMessage.waitForTaskToken"), "1", script).run();
    let [first, second] = [0, 1].map(|at| run.requests[at].1.clone());
    let token = |request: &TaskRequest| request.token.clone().expect("it has a token");
    assert_ne!(token(&first), token(&second));
    assert!(first.input.to_json().contains(token(&first).as_str()));
    assert_eq!(run.result(), format!(r#"SUCCEEDED {{"token":"{}"}}"#, token(&second)));
    let parts = read_token(&token(&second)).expect("it is a token");
    assert_eq!(parts.execution_arn, "arn:aws:states:us-east-1:123456789012:execution:m:e");
    assert_eq!(parts.task, second.task);
    // The proof is another one in another execution of that name.
    let other =
        Case { seed: 2, ..Case::new(state("sqs:sendMessage.waitForTaskToken"), "1", script) };
    assert_ne!(other.run().requests[0].1.token, first.token);
}

#[test]
fn so_do_parallel_and_map_states() {
    let state = |fields: &str| {
        format!(r#"{{{fields}, "ResultSelector": {{"s.$": "$$.State.RetryCount"}}, "End": true}}"#)
    };
    let inner = r#"{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}"#;
    let map = state(&format!(r#""Type": "Map", "ItemProcessor": {inner}"#));
    check(single(&map), "[]", r#"SUCCEEDED {"s":0}"#);
    let parallel = state(&format!(r#""Type": "Parallel", "Branches": [{inner}]"#));
    check(single(&parallel), "1", r#"SUCCEEDED {"s":0}"#);
}

#[test]
fn states_of_an_iteration_see_its_item() {
    let definition = r#"{"StartAt": "M", "States": {
        "M": {"Type": "Map", "ItemProcessor": {"StartAt": "P", "States": {
            "P": {"Type": "Parallel", "Branches": [{"StartAt": "T", "States": {
                "T": {"Type": "Pass", "Parameters": {"item.$": "$$.Map.Item"}, "End": true}}}], "End": true}}}, "End": true}
    }}"#;
    check(
        definition,
        r#"["p", "q"]"#,
        r#"SUCCEEDED [[{"item":{"Index":0,"Value":"p"}}],[{"item":{"Index":1,"Value":"q"}}]]"#,
    );
}
