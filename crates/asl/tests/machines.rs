//! What comes out of definitions without mistakes.

use std::fmt::Write;

use faastlane_asl::{Kind, MachineType, Next, StateMachine, read};
use faastlane_value::json::MAX_DEPTH;
use faastlane_value::located;

fn machine(definition: &str) -> StateMachine {
    let node = located::parse(definition).expect("the test's JSON is right");
    let (machine, diagnostics) = read(&node, MachineType::Standard);
    machine.unwrap_or_else(|| panic!("{diagnostics:?}"))
}

#[test]
fn states_refer_to_each_other() {
    let machine = machine(
        r#"{"TimeoutSeconds": 7, "StartAt": "B", "States": {
            "A": {"Type": "Succeed"},
            "B": {"Type": "Parallel", "Branches": [
                {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}], "Next": "C"},
            "C": {"Type": "Wait", "Seconds": 1, "Next": "A"}
        }}"#,
    );
    assert_eq!(machine.timeout_seconds, Some(7));
    let start = machine.state(machine.start_at);
    assert_eq!(start.name, "B");
    let Kind::Parallel(parallel) = &start.kind else { panic!("{:?}", start.kind) };
    let inner = machine.state(parallel.branches[0]);
    assert_eq!((inner.name.as_str(), inner.kind.name(), inner.next), ("A", "Pass", Next::End));
    let Next::State(next) = start.next else { panic!("{:?}", start.next) };
    assert_eq!(machine.state(next).name, "C");
    let Next::State(last) = machine.state(next).next else { panic!("C leads to A") };
    assert_eq!(machine.state(last).kind.name(), "Succeed");
}

#[test]
fn functions_are_listed_with_their_places() {
    let machine = machine(
        r#"{"StartAt": "A", "States": {
    "A": {"Type": "Task", "Resource": "one", "Next": "B"},
    "B": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": "two"}, "Next": "C"},
    "C": {"Type": "Map", "ItemProcessor": {"StartAt": "D", "States": {
        "D": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "Next": "E"},
        "E": {"Type": "Task", "Resource": "one", "End": true}}}, "End": true}
}}"#,
    );
    let found: Vec<_> = machine
        .functions
        .iter()
        .map(|function| {
            let place = function.place;
            let (line, column) = (place.line, place.column);
            format!("{line}:{column} {} at {}", function.reference, function.location)
        })
        .collect();
    let expected = [
        "2:39 one at /States/A/Resource",
        "4:40 two at /States/B/Parameters/FunctionName",
        "7:43 one at /States/C/ItemProcessor/States/E/Resource",
    ];
    assert_eq!(found, expected);
    assert!(!machine.calls_by_path);
}

#[test]
fn functions_named_by_the_input_are_known_to_be_unknown() {
    let machine = machine(
        r#"{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName.$": "$.f"}, "End": true}}}"#,
    );
    assert!(machine.calls_by_path && machine.functions.is_empty());
}

/// How deep the arrays and objects of a text are nested.
fn depth(text: &str) -> usize {
    let (mut depth, mut most) = (0_usize, 0);
    for byte in text.bytes() {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth -= 1,
            _ => {}
        }
        most = most.max(depth);
    }
    most
}

/// `outer` repeated around `inner`; `outer` is split at `@`.
fn nested(outer: &str, times: usize, inner: &str) -> String {
    let (before, after) = outer.split_once('@').expect("a place for what is inside");
    format!("{}{inner}{}", before.repeat(times), after.repeat(times))
}

#[test]
fn definitions_may_be_nested_as_deep_as_json() {
    let check = |outer: &str, times: usize, inner: &str, around: &str| {
        let definition = around.replace('@', &nested(outer, times, inner));
        let deep = depth(&definition);
        assert!((MAX_DEPTH - 8..=MAX_DEPTH).contains(&deep), "{deep}: try other times");
        machine(&definition);
    };
    check(
        r#"{"Not": @}"#,
        MAX_DEPTH - 6,
        r#"{"Variable": "$", "IsNull": true}"#,
        r#"{"StartAt": "C", "States": {"C": {"Type": "Choice", "Choices": [{"Not": @, "Next": "D"}]}, "D": {"Type": "Succeed"}}}"#,
    );
    check(
        r#"{"Type": "Map", "ItemProcessor": {"StartAt": "S", "States": {"S": @}}, "End": true}"#,
        (MAX_DEPTH - 3) / 3,
        r#"{"Type": "Pass", "End": true}"#,
        r#"{"StartAt": "S", "States": {"S": @}}"#,
    );
    check(
        r#"{"Type": "Parallel", "Branches": [{"StartAt": "S", "States": {"S": @}}], "End": true}"#,
        (MAX_DEPTH - 3) / 4,
        r#"{"Type": "Pass", "End": true}"#,
        r#"{"StartAt": "S", "States": {"S": @}}"#,
    );
    check(
        r#"{"a": @}"#,
        MAX_DEPTH - 4,
        r#"{"b.$": "$.c"}"#,
        r#"{"StartAt": "S", "States": {"S": {"Type": "Pass", "Parameters": @, "End": true}}}"#,
    );
    check(
        "[@]",
        MAX_DEPTH - 3,
        "1",
        r#"{"StartAt": "S", "States": {"S": {"Type": "Pass", "Result": @, "End": true}}}"#,
    );
}

#[test]
fn ten_thousand_states_are_read() {
    let states = (0..10_000).fold(String::new(), |mut text, at| {
        write!(text, r#""S{at}": {{"Type": "Pass", "Next": "S{}"}}, "#, at + 1)
            .expect("it is a string");
        text
    });
    let definition =
        format!(r#"{{"StartAt": "S0", "States": {{{states}"S10000": {{"Type": "Succeed"}}}}}}"#);
    assert_eq!(machine(&definition).states.len(), 10_001);
}
