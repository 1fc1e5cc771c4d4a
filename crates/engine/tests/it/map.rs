//! Inline Map states.

use crate::driver::{Answer, Case, Run, START, Script, check, check_history, check_with};

/// A Map `M` with some fields over a task `T`.
fn definition(fields: &str) -> &'static str {
    format!(
        r#"{{"StartAt": "M", "States": {{
            "M": {{"Type": "Map", {fields} "ItemProcessor": {{"ProcessorConfig": {{"Mode": "INLINE"}}, "StartAt": "T", "States": {{
                "T": {{"Type": "Task", "Resource": "f", "End": true}}}}}}, "End": true}}
        }}}}"#
    )
    .leak()
}

fn check_map(fields: &str, input: &'static str, expected: &str) {
    check(definition(fields), input, expected);
}

#[test]
fn each_item_is_processed() {
    check_map("", "[1, 2, 3]", "SUCCEEDED [1,2,3]");
    check_map("", "[]", "SUCCEEDED []");
    check_map(r#""ItemsPath": "$.a","#, r#"{"a": [1, 2]}"#, "SUCCEEDED [1,2]");
    check_map(
        r#""InputPath": "$.a", "ItemsPath": "$.b", "ResultPath": "$.c","#,
        r#"{"a": {"b": [1]}}"#,
        r#"SUCCEEDED {"a":{"b":[1]},"c":[1]}"#,
    );
    check_map(r#""ItemsPath": "$$.Execution.Input.a","#, r#"{"a": [1]}"#, "SUCCEEDED [1]");
    check_map(
        r#""ResultSelector": {"n.$": "States.ArrayLength($)"},"#,
        "[1, 2]",
        r#"SUCCEEDED {"n":2}"#,
    );
}

#[test]
fn item_selector_makes_the_input_of_an_iteration() {
    let selector = r#"{"i.$": "$$.Map.Item.Index", "v.$": "$$.Map.Item.Value", "all.$": "$.x"}"#;
    let input = r#"{"x": 9, "a": ["p", "q"]}"#;
    let expected = r#"SUCCEEDED [{"i":0,"v":"p","all":9},{"i":1,"v":"q","all":9}]"#;
    check_map(&format!(r#""ItemsPath": "$.a", "ItemSelector": {selector},"#), input, expected);
    check_map(&format!(r#""ItemsPath": "$.a", "Parameters": {selector},"#), input, expected);
}

#[test]
fn what_cannot_be_mapped_is_a_runtime_error() {
    let check = |fields: &str, input: &'static str, message: &str| {
        let preface = "FAILED States.Runtime: An error occurred while executing the state 'M' (entered at the event id #2).";
        check_map(fields, input, &format!("{preface} {message}"));
    };
    check("", r#"{"a": 1}"#, r#"Reference path "$" must point to array."#);
    check(r#""ItemsPath": "$.a","#, r#"{"a": 1}"#, r#"Reference path "$.a" must point to array."#);
    check(
        r#""ItemsPath": "$$.Execution.Input","#,
        "1",
        r#"Reference path "$.Execution.Input" must point to array."#,
    );
    check(r#""ItemsPath": "$.b","#, "{}", "Invalid path '$.b' : No results for path: $['b']");
    check(
        r#""ItemsPath": "$.a", "MaxConcurrencyPath": "$.m","#,
        r#"{"a": [], "m": "many"}"#,
        r#"The MaxConcurrencyPath field refers to value "many" which is not a valid integer: $.m"#,
    );
    check(
        r#""ItemSelector": {"x.$": "$.x"},"#,
        "[1]",
        "The JSONPath '$.x' specified for the field 'x.$' could not be found in the input '[1]'",
    );
}

/// When the tasks of a Map of five items start, in seconds; each takes one second.
fn starts(fields: &str, input: &'static str, at_once: Option<usize>) -> Vec<i64> {
    let mut case = Case::new(definition(fields), input, &[("T", &[Answer::After(1, "0")])]);
    case.limits.map_concurrency = at_once;
    case.run().requests.iter().map(|(time, _)| (time.0 - START.0) / 1000).collect()
}

#[test]
fn max_concurrency_holds_iterations_back() {
    let items = "[1, 2, 3, 4, 5]";
    assert_eq!(starts("", items, None), [0, 0, 0, 0, 0]);
    assert_eq!(starts(r#""MaxConcurrency": 0,"#, items, None), [0, 0, 0, 0, 0]);
    assert_eq!(starts(r#""MaxConcurrency": 2,"#, items, None), [0, 0, 1, 1, 2]);
    assert_eq!(starts(r#""MaxConcurrency": 1,"#, items, None), [0, 1, 2, 3, 4]);
    assert_eq!(starts("", items, Some(3)), [0, 0, 0, 1, 1]);
    let path = r#""ItemsPath": "$.a", "MaxConcurrencyPath": "$.m","#;
    assert_eq!(starts(path, r#"{"a": [1, 2, 3], "m": 2}"#, None), [0, 0, 1]);
    assert_eq!(starts(path, r#"{"a": [1, 2, 3], "m": "1"}"#, None), [0, 1, 2]);
}

#[test]
fn results_stand_in_order_of_the_items() {
    let script: Script = &[(
        "T",
        &[Answer::After(3, "\"slow\""), Answer::After(1, "\"fast\""), Answer::Returns("0")],
    )];
    check_with(
        script,
        definition(r#""MaxConcurrency": 2,"#),
        "[1, 2, 3]",
        r#"SUCCEEDED ["slow","fast",0]"#,
    );
}

#[test]
fn an_iteration_that_fails_ends_the_others() {
    let script: Script = &[("T", &[Answer::Hangs, Answer::Fails("E", "c")])];
    check_history(
        script,
        definition(""),
        "[1, 2]",
        &[
            "1<0 ExecutionStarted",
            "2<0 MapStateEntered M",
            "3<2 MapStateStarted",
            "4<3 MapIterationStarted M 0",
            "5<3 MapIterationStarted M 1",
            "6<4 TaskStateEntered T",
            "7<6 LambdaFunctionScheduled",
            "8<7 LambdaFunctionStarted",
            "9<5 TaskStateEntered T",
            "10<9 LambdaFunctionScheduled",
            "11<10 LambdaFunctionStarted",
            "12<11 LambdaFunctionFailed",
            "13<12 MapIterationFailed M 1",
            "14<8 TaskStateAborted",
            "15<14 MapIterationAborted M 0",
            "16<12 MapStateFailed",
            "17<16 ExecutionFailed",
        ],
    );
}

#[test]
fn retry_begins_all_iterations_again() {
    let fields = r#""Retry": [{"ErrorEquals": ["E"]}],"#;
    let script: Script =
        &[("T", &[Answer::Returns("1"), Answer::Fails("E", ""), Answer::Returns("2")])];
    let run: Run = Case::new(definition(fields), "[1, 2]", script).run();
    assert_eq!(run.result(), "SUCCEEDED [2,2]");
    assert_eq!(run.details_of("MapStateStarted"), [r#"{"length":2}"#, r#"{"length":2}"#]);
    assert!(run.details_of("MapStateFailed").is_empty());
}

#[test]
fn maps_nest() {
    let definition = r#"{"StartAt": "O", "States": {
        "O": {"Type": "Map", "Iterator": {"StartAt": "I", "States": {
            "I": {"Type": "Map", "ItemSelector": {"n.$": "$$.Map.Item.Value"}, "ItemProcessor": {"StartAt": "T", "States": {
                "T": {"Type": "Pass", "Parameters": {"s.$": "States.MathAdd($.n, 1)", "inner.$": "$$.Map.Item.Index"}, "End": true}}}, "End": true}}}, "End": true}
    }}"#;
    check(
        definition,
        "[[1, 2], [], [3]]",
        r#"SUCCEEDED [[{"s":2,"inner":0},{"s":3,"inner":1}],[],[{"s":4,"inner":0}]]"#,
    );
}

#[test]
fn a_map_of_many_items_is_not_deep() {
    let items: Vec<String> = (0..20_000).map(|item| item.to_string()).collect();
    let input: &str = format!("[{}]", items.join(",")).leak();
    let definition = r#"{"StartAt": "M", "States": {
        "M": {"Type": "Map", "MaxConcurrency": 1, "ItemProcessor": {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}, "End": true}
    }}"#;
    check(definition, input, &format!("SUCCEEDED {input}"));
}
