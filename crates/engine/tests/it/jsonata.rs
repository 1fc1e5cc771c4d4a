//! States in JSONata: what their expressions see, where their values go, and how they fail.

use faastlane_engine::Limits;

use crate::driver::{Answer, Case, check, check_history, check_with, single};

/// A state of a machine in JSONata, alone.
fn alone(fields: &str) -> &'static str {
    single(&format!(r#"{{"QueryLanguage": "JSONata", {fields}, "End": true}}"#))
}

const INPUT: &str = r#"{"name": "Ada", "list": [1, 2, 3]}"#;

#[test]
fn output_takes_the_place_of_what_a_state_would_put_out() {
    check(
        alone(r#""Type": "Pass""#),
        INPUT,
        &format!("SUCCEEDED {}", INPUT.replace(": ", ":").replace(", ", ",")),
    );
    check(
        alone(
            r#""Type": "Pass", "Output": {"n": "{% $states.input.name %}", "s": "{% $sum($states.input.list) %}", "$.x": "$.a"}"#,
        ),
        INPUT,
        r#"SUCCEEDED {"n":"Ada","s":6,"$.x":"$.a"}"#,
    );
    check(
        alone(r#""Type": "Wait", "Seconds": "{% $count($states.input.list) %}", "Output": 1"#),
        INPUT,
        "SUCCEEDED 1",
    );
    let succeed = single(
        r#"{"QueryLanguage": "JSONata", "Type": "Succeed", "Output": "{% $states.input.name %}"}"#,
    );
    check(succeed, INPUT, r#"SUCCEEDED "Ada""#);
}

#[test]
fn a_task_gets_its_arguments_and_gives_its_result() {
    let definition = alone(
        r#""Type": "Task", "Resource": "f", "Arguments": {"who": "{% $states.input.name %}"},
           "Output": {"result": "{% $states.result %}", "input": "{% $states.input.name %}"}"#,
    );
    check(definition, INPUT, r#"SUCCEEDED {"result":{"who":"Ada"},"input":"Ada"}"#);
    check(alone(r#""Type": "Task", "Resource": "f""#), "5", "SUCCEEDED 5");
}

#[test]
fn a_rule_has_its_own_output_and_variables() {
    let definition = r#"{"QueryLanguage": "JSONata", "StartAt": "C", "States": {
        "C": {"Type": "Choice", "Default": "End", "Output": "none", "Assign": {"by": "default"}, "Choices": [
            {"Condition": false, "Next": "End"},
            {"Condition": "{% $states.input > 5 %}", "Next": "End", "Output": "large", "Assign": {"by": "{% $states.input %}"}}]},
        "End": {"Type": "Succeed", "Output": ["{% $states.input %}", "{% $by %}"]}}}"#;
    check(definition, "7", r#"SUCCEEDED ["large",7]"#);
    check(definition, "3", r#"SUCCEEDED ["none","default"]"#);
}

#[test]
fn items_and_selectors_are_expressions() {
    let definition = alone(
        r#""Type": "Map", "Items": "{% $states.input.list %}", "MaxConcurrency": "{% 1 + 1 %}",
           "ItemSelector": {"at": "{% $states.context.Map.Item.Index %}", "item": "{% $states.context.Map.Item.Value %}"},
           "ItemProcessor": {"StartAt": "P", "States": {"P": {"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% $states.input.item * 10 + $states.input.at %}", "End": true}}},
           "Output": "{% $sum($states.result) %}""#,
    );
    check(definition, INPUT, "SUCCEEDED 63");
    check(
        alone(
            r#""Type": "Map", "Items": [1, "{% 2 %}"], "ItemProcessor": {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}"#,
        ),
        INPUT,
        "SUCCEEDED [1,2]",
    );
}

#[test]
fn branches_get_the_arguments() {
    let branch = r#"{"StartAt": "NAME", "States": {"NAME": {"Type": "Pass", "End": true}}}"#;
    let fields = format!(
        r#""Type": "Parallel", "Arguments": "{{% $states.input.list %}}", "Branches": [{}, {}], "Output": "{{% $count($states.result) %}}""#,
        branch.replace("NAME", "A"),
        branch.replace("NAME", "B")
    );
    check(alone(&fields), INPUT, "SUCCEEDED 2");
}

#[test]
fn a_catcher_sees_the_error() {
    let definition = r#"{"QueryLanguage": "JSONata", "StartAt": "T", "States": {
        "T": {"Type": "Task", "Resource": "f", "End": true, "Catch": [
            {"ErrorEquals": ["Odd"], "Next": "End", "Output": "{% $states.errorOutput.Error %}", "Assign": {"why": "{% $states.errorOutput.Cause %}"}},
            {"ErrorEquals": ["States.ALL"], "Next": "End"}]},
        "End": {"Type": "Pass", "Output": ["{% $states.input %}", "{% $exists($why) %}"], "End": true}}}"#;
    check_with(
        &[("T", &[Answer::Fails("Odd", "c")])],
        definition,
        "1",
        r#"SUCCEEDED ["Odd",true]"#,
    );
    check_with(
        &[("T", &[Answer::Fails("Even", "c")])],
        definition,
        "1",
        r#"SUCCEEDED [{"Error":"Even","Cause":"c"},false]"#,
    );
}

#[test]
fn a_fail_state_computes_its_error() {
    let definition = single(
        r#"{"QueryLanguage": "JSONata", "Type": "Fail", "Error": "{% 'E' & $states.input %}", "Cause": "{% $states.context.State.Name %}"}"#,
    );
    check(definition, "1", "FAILED E1: S");
}

#[test]
fn failures_say_which_expression_of_which_field() {
    let begin = "FAILED States.QueryEvaluationError: An error occurred while executing the state 'S' (entered at the event id #2). ";
    let fails = |fields: &str, input: &'static str, rest: &str| {
        check(alone(fields), input, &format!("{begin}{rest}"));
    };
    fails(
        r#""Type": "Pass", "Output": {"a": ["{% $none %}"]}"#,
        "1",
        "The JSONata expression '$none' specified for the field 'Output/a[0]' returned nothing (undefined).",
    );
    fails(
        r#""Type": "Wait", "Seconds": "{% 'x' %}""#,
        "1",
        r#"The JSONata expression ''x'' specified for the field 'Seconds' returned an unexpected result type. Expected 'number', but was 'string' for value: "x""#,
    );
    fails(
        r#""Type": "Task", "Resource": "f", "Arguments": "{% $sum %}""#,
        "1",
        "The JSONata expression '$sum' specified for the field 'Arguments' returned an unsupported result type.",
    );
    fails(
        r#""Type": "Pass", "Assign": {"v": "{% 1 + 'a' %}"}"#,
        "1",
        r#"The JSONata expression '1 + 'a'' specified for the field 'Assign/v' threw an error during evaluation. T2002: The right side of the "+" operator must evaluate to a number"#,
    );
}

#[test]
fn a_failed_evaluation_is_an_event_of_its_own() {
    let definition = r#"{"QueryLanguage": "JSONata", "StartAt": "A", "States": {
        "A": {"Type": "Pass", "Next": "S"},
        "S": {"Type": "Map", "Items": "{% 1 %}", "ItemProcessor": {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}, "End": true}}}"#;
    check_history(
        &[],
        definition,
        "1",
        &[
            "1<0 ExecutionStarted",
            "2<0 PassStateEntered A",
            "3<2 PassStateExited A",
            "4<3 MapStateEntered S",
            "5<3 EvaluationFailed",
            "6<5 MapStateFailed",
            "7<6 ExecutionFailed",
        ],
    );
    let after_task = alone(r#""Type": "Task", "Resource": "f", "Output": "{% $none %}""#);
    check_history(
        &[],
        after_task,
        "1",
        &[
            "1<0 ExecutionStarted",
            "2<0 TaskStateEntered S",
            "3<2 LambdaFunctionScheduled",
            "4<3 LambdaFunctionStarted",
            "5<4 LambdaFunctionSucceeded",
            "6<5 EvaluationFailed",
            "7<6 ExecutionFailed",
        ],
    );
    let run = Case::new(after_task, "1", &[]).run();
    assert!(run.details_of("EvaluationFailed")[0].ends_with(r#""location":"Output","state":"S"}"#));
}

#[test]
fn expressions_are_limited_as_on_aws_if_they_are_to_be() {
    let sum = format!("{}1", "1+".repeat(200));
    let definition = alone(&format!(r#""Type": "Pass", "Output": "{{% {sum} %}}""#));
    check(definition, "1", "SUCCEEDED 201");
    let run = Case { limits: Limits::AWS, ..Case::new(definition, "1", &[]) }.run();
    assert!(run.result().ends_with("Consider rewriting as tail-recursive."), "{}", run.result());
}

#[test]
fn a_failed_evaluation_can_be_caught() {
    let definition = r#"{"QueryLanguage": "JSONata", "StartAt": "T", "States": {
        "T": {"Type": "Task", "Resource": "f", "Arguments": "{% $none %}", "End": true,
            "Catch": [{"ErrorEquals": ["States.QueryEvaluationError"], "Next": "End", "Output": "caught"}]},
        "End": {"Type": "Succeed"}}}"#;
    check(definition, "1", r#"SUCCEEDED "caught""#);
}
