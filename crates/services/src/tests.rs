//! Which services a machine calls, and what the function is told of them.

use faastlane_asl::MachineType;
use faastlane_engine::{Mock, Mocks};
use faastlane_value::located;

use super::*;

/// A machine whose states are tasks with these names and resources.
fn machine(states: &[(&str, &str)]) -> StateMachine {
    let state = |(name, resource): &(&str, &str)| {
        format!(
            r#""{name}": {{"Type": "Task", "Resource": "arn:aws:states:::{resource}", "End": true,
                "Parameters": {{"FunctionName": "f"}}}}"#
        )
    };
    let (first, rest) = states.split_first().unwrap();
    let first = state(first);
    let rest: Vec<_> = rest
        .iter()
        .map(|one| format!("{{\"StartAt\": \"{}\", \"States\": {{{}}}}}", one.0, state(one)))
        .collect();
    let text = format!(
        r#"{{"StartAt": "P", "States": {{"P": {{"Type": "Parallel", "End": true, "Branches": [
            {{"StartAt": "A", "States": {{{first}}}}}, {}]}}}}}}"#,
        rest.join(", ")
    );
    let node = located::parse(&text).unwrap();
    let (machine, diagnostics) = faastlane_asl::read(&node, MachineType::Standard);
    machine.unwrap_or_else(|| panic!("{diagnostics:?}"))
}

fn names(machine: &StateMachine, mocks: &Mocks) -> Vec<String> {
    let called = called(machine, mocks);
    called.iter().map(|(state, service)| format!("{} {}", state.name, service.service)).collect()
}

#[test]
fn services_are_called_by_tasks_that_are_not_mocked() {
    let machine = machine(&[
        ("A", "sqs:sendMessage"),
        ("B", "aws-sdk:s3:getObject"),
        ("C", "lambda:invoke"),
        ("D", "http:invoke"),
    ]);
    assert_eq!(names(&machine, &Mocks::default()), ["A sqs", "B aws-sdk:s3", "D http"]);
    let mut mocks = Mocks::default();
    mocks.insert("A".into(), Mock { name: "m".into(), responses: Vec::new() });
    assert_eq!(names(&machine, &mocks), ["B aws-sdk:s3", "D http"]);
}

#[test]
fn the_function_knows_what_it_is_to_call() {
    let machine = machine(&[
        ("A", "sqs:sendMessage"),
        ("B", "http:invoke"),
        ("C", "sns:publish"),
        ("D", "sqs:sendMessage"),
    ]);
    let called = called(&machine, &Mocks::default());
    let called: Vec<_> = called.into_iter().map(|(_, service)| service).collect();
    let code = Code::write().unwrap();
    let interpreter =
        Interpreter { python: "/python".into(), libpython: None, runtime: "python3.12".to_owned() };
    let function = function(&code, interpreter, &called, &Environment::default());
    assert!(function.alone, "it has the user's credentials");
    let expected = [("FAASTLANE_AWS_VARIABLES", ""), ("FAASTLANE_AWS_SERVICES", "sns,sqs")];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(function.environment, expected);
    assert!(function.code_root.join("faastlane_services/__init__.py").is_file());
}
