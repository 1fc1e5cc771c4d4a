//! Distributed Map states.

use faastlane_engine::{Action, Limits, MapRunChange, MapRunProgress, ResultStatus};

use crate::driver::{Answer, Case, Run, START, Script, check_history};

/// A distributed Map `M` with some fields over a task `T`.
fn definition(fields: &str) -> &'static str {
    processor(
        fields,
        r#""StartAt": "T", "States": {"T": {"Type": "Task", "Resource": "f", "End": true}}"#,
    )
}

fn processor(fields: &str, processor: &str) -> &'static str {
    format!(
        r#"{{"StartAt": "M", "States": {{
            "M": {{"Type": "Map", {fields} "ItemProcessor": {{"ProcessorConfig": {{"Mode": "DISTRIBUTED",
                "ExecutionType": "STANDARD"}}, {processor}}}, "End": true}}
        }}}}"#
    )
    .leak()
}

const READER: &str = r#""ItemReader": {"Resource": "arn:aws:states:::s3:getObject",
    "ReaderConfig": {"InputType": "JSONL"}, "Parameters": {"Bucket": "b", "Key.$": "$.key"}},"#;
const WRITER: &str = r#""ResultWriter": {"Resource": "arn:aws:states:::s3:putObject",
    "Parameters": {"Bucket": "b", "Prefix": "p/"}},"#;

/// Runs it, straight and with a restart after every event, which must make no difference.
fn run(case: impl Fn() -> Case) -> Run {
    let straight = case().run();
    let restored = Case { restores: true, ..case() }.run();
    assert_eq!(straight.actions, restored.actions);
    straight
}

#[track_caller]
fn check_with(script: Script, fields: &str, input: &'static str, expected: &str) {
    let run = run(|| Case::new(definition(fields), input, script));
    assert_eq!(run.result(), expected);
}

#[track_caller]
fn check(fields: &str, input: &'static str, expected: &str) {
    check_with(&[], fields, input, expected);
}

#[test]
fn a_child_is_an_execution_for_each_item() {
    check("", "[1, 2, 3]", "SUCCEEDED [1,2,3]");
    check("", "[]", "SUCCEEDED []");
    check(r#""ItemsPath": "$.a", "MaxConcurrency": 1,"#, r#"{"a": [1, 2]}"#, "SUCCEEDED [1,2]");
    let selector = r#"{"i.$": "$$.Map.Item.Index", "v.$": "$$.Map.Item.Value", "all.$": "$.x"}"#;
    check(
        &format!(r#""ItemsPath": "$.a", "ItemSelector": {selector},"#),
        r#"{"x": 9, "a": ["p", "q"]}"#,
        r#"SUCCEEDED [{"i":0,"v":"p","all":9},{"i":1,"v":"q","all":9}]"#,
    );
    check(
        "",
        "{}",
        "FAILED States.Runtime: An error occurred while executing the state 'M' (entered at the event id #2). Reference path \"$\" must point to array.",
    );
}

#[test]
fn an_item_selector_knows_where_items_come_from() {
    let selector = r#""ItemSelector": {"item.$": "$$.Map.Item"},"#;
    check(selector, "[7]", r#"SUCCEEDED [{"item":{"Index":0,"Value":7,"Source":"STATE_DATA"}}]"#);
    let of = |reader: &str| {
        let definition = definition(&format!("{reader} {selector}"));
        run(|| Case { dataset: Ok(1), ..Case::new(definition, r#"{"key": "k"}"#, &[]) }).result()
    };
    let expected = r#"SUCCEEDED [{"item":{"Index":0,"Value":0,"Source":"S3://b/k"}}]"#;
    assert_eq!(of(READER), expected);
    let lists = r#""ItemReader": {"Resource": "arn:aws:states:::s3:listObjectsV2",
        "Parameters": {"Bucket": "b", "Prefix": "p"}},"#;
    let expected = r#"SUCCEEDED [{"item":{"Index":0,"Value":0,"Source":"S3://b"}}]"#;
    assert_eq!(of(lists), expected);
}

#[test]
fn a_map_run_may_be_told_to_go_on_otherwise() {
    // One runs at a time, until the third second.
    let script: Script = &[(
        "T",
        &[
            Answer::After(2, "0"),
            Answer::After(2, "0"),
            Answer::After(2, "0"),
            Answer::After(2, "0"),
        ],
    )];
    let update =
        |at| Some((at, MapRunChange { max_concurrency: Some(0), ..MapRunChange::default() }));
    let seconds = |update| {
        let definition = definition(r#""MaxConcurrency": 1,"#);
        let run = run(|| Case { update, ..Case::new(definition, "[1, 2, 3, 4]", script) });
        assert_eq!(run.result(), "SUCCEEDED [0,0,0,0]");
        let last = run.history().last().expect("there is one").time;
        (last.0 - START.0) / 1000
    };
    assert_eq!([seconds(None), seconds(update(3))], [8, 5]);
    let fails: Script = &[("T", &[Answer::After(2, "0"), Answer::Fails("E", "c")])];
    let change = MapRunChange { tolerated_failure_count: Some(1), ..MapRunChange::default() };
    let definition = definition(r#""MaxConcurrency": 1,"#);
    let run = run(|| Case { update: Some((1, change)), ..Case::new(definition, "[1, 2]", fails) });
    assert!(run.result().starts_with("SUCCEEDED [0,"), "{}", run.result());
}

#[test]
fn a_child_sees_itself_and_nothing_around_it() {
    let definition = r#"{"StartAt": "A", "States": {
        "A": {"Type": "Pass", "Assign": {"x": 1}, "Next": "M"},
        "M": {"Type": "Map", "Label": "L", "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"},
            "StartAt": "P", "States": {"P": {"Type": "Pass", "Parameters": {"context.$": "$$"}, "End": true}}},
            "End": true}}}"#;
    let run = Case::new(definition, r#"["i"]"#, &[]).run();
    let text = run.result();
    for expected in [
        r#"{"Execution":{"Id":"arn:aws:states:us-east-1:123456789012:express:m/L:"#,
        r#","Input":"i","StartTime":"2023-11-14T22:13:20.000Z","Name":""#,
        r#""StateMachine":{"Id":"arn:aws:states:us-east-1:123456789012:stateMachine:m/L","Name":"m/L"}"#,
    ] {
        assert!(text.contains(expected), "{text}");
    }
    assert!(!text.contains("Map"), "{text}");
    let inside = definition.replace(r#"{"context.$": "$$"}"#, r#"{"x.$": "$x"}"#);
    let run = Case::new(inside.leak(), r#"["i"]"#, &[]).run();
    assert!(run.result().starts_with("FAILED States.ExceedToleratedFailureThreshold"));
}

#[test]
fn the_parents_history_has_the_run_and_not_the_children() {
    check_history(
        &[],
        definition(""),
        "[1, 2]",
        &[
            "1<0 ExecutionStarted",
            "2<0 MapStateEntered M",
            "3<2 MapStateStarted",
            "4<3 MapRunStarted",
            "5<4 MapRunSucceeded",
            "6<5 MapStateSucceeded",
            "7<4 MapStateExited M",
            "8<7 ExecutionSucceeded",
        ],
    );
    let fails: Script = &[("T", &[Answer::Fails("E", "c")])];
    check_history(
        fails,
        definition(""),
        "[1, 2]",
        &[
            "1<0 ExecutionStarted",
            "2<0 MapStateEntered M",
            "3<2 MapStateStarted",
            "4<3 MapRunStarted",
            "5<4 MapRunFailed",
            "6<5 MapStateFailed",
            "7<6 ExecutionFailed",
        ],
    );
    let arn =
        &Case::new(definition(r#""Label": "L","#), "[]", &[]).run().details_of("MapRunStarted")[0];
    let expected = r#"{"mapRunArn":"arn:aws:states:us-east-1:123456789012:mapRun:m/L:"#;
    assert!(arn.starts_with(expected), "{arn}");
}

const EXCEEDED: &str = "FAILED States.ExceedToleratedFailureThreshold: The specified tolerated \
                        failure threshold was exceeded";

#[test]
fn failures_are_tolerated_as_far_as_the_definition_says() {
    let fails: Script = &[("T", &[Answer::Fails("E", "c"), Answer::Returns("1")])];
    let check = |fields: &str, expected: &str| {
        let run = run(|| Case::new(definition(fields), "[0, 0, 0, 0]", fails));
        let text = run.result();
        // The execution that failed stands in the output with all that is known of it.
        let shown = text.replace(r#"{"Cause":"c","Error":"E","ExecutionArn":"#, "FAILED ");
        assert!(shown.starts_with(expected), "{fields}: {text}");
    };
    check("", EXCEEDED);
    check(r#""ToleratedFailureCount": 0,"#, EXCEEDED);
    check(r#""ToleratedFailureCount": 1,"#, "SUCCEEDED [FAILED ");
    check(r#""ToleratedFailurePercentage": 24.9,"#, EXCEEDED);
    check(r#""ToleratedFailurePercentage": 25,"#, "SUCCEEDED [FAILED ");
    check(r#""ToleratedFailureCount": 1, "ToleratedFailurePercentage": 1,"#, EXCEEDED);
}

#[test]
fn numbers_may_stand_in_the_input() {
    let of = |fields: &str| definition(&format!(r#""ItemsPath": "$.a", {fields}"#));
    let check = |fields: &str, input: &'static str, expected: &str| {
        let result = run(|| Case::new(of(fields), input, &[])).result();
        let preface = "FAILED States.Runtime: An error occurred while executing the state 'M' \
                       (entered at the event id #2). ";
        assert_eq!(result.strip_prefix(preface).unwrap_or(&result), expected);
    };
    let count = r#""ToleratedFailureCountPath": "$.n","#;
    check(count, r#"{"a": [1], "n": "3"}"#, "SUCCEEDED [1]");
    let error = r#"The ToleratedFailureCountPath field refers to value "x" which is not a valid integer: $.n"#;
    check(count, r#"{"a": [1], "n": "x"}"#, error);
    let percentage = r#""ToleratedFailurePercentagePath": "$.n","#;
    check(percentage, r#"{"a": [1], "n": 1.1}"#, "SUCCEEDED [1]");
    let error = "ToleratedFailurePercentage must be between 0 and 100.";
    check(percentage, r#"{"a": [1], "n": 100.1}"#, error);
    let error = r#"The ToleratedFailurePercentagePath field refers to value "{}" which is not a valid float: $.n"#;
    check(percentage, r#"{"a": [1], "n": {}}"#, error);
    let batcher = r#""ItemBatcher": {"MaxItemsPerBatchPath": "$.n"},"#;
    check(batcher, r#"{"a": [1, 2], "n": 2}"#, r#"SUCCEEDED [{"Items":[1,2]}]"#);
}

#[test]
fn a_map_that_failed_is_tried_again_or_caught() {
    let fields = r#""Retry": [{"ErrorEquals": ["States.ExceedToleratedFailureThreshold"], "MaxAttempts": 1}],"#;
    let script: Script = &[("T", &[Answer::Fails("E", ""), Answer::Returns("7")])];
    check_with(script, fields, "[0]", "SUCCEEDED [7]");
    let script: Script =
        &[("T", &[Answer::Fails("E", ""), Answer::Fails("E", ""), Answer::Returns("7")])];
    check_with(script, fields, "[0]", EXCEEDED);
}

#[test]
fn children_that_still_run_end_with_the_map() {
    // One waits for a task, one for a branch, one for a Map of its own.
    let inside = r#""StartAt": "C", "States": {
        "C": {"Type": "Choice", "Choices": [{"Variable": "$", "NumericEquals": 0, "Next": "T"},
            {"Variable": "$", "NumericEquals": 1, "Next": "P"}], "Default": "A"},
        "A": {"Type": "Pass", "Result": [5, 6], "Next": "N"},
        "N": {"Type": "Map", "End": true, "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "U", "States": {"U": {"Type": "Task", "Resource": "f", "End": true}}}},
        "P": {"Type": "Parallel", "End": true, "Branches": [{"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 9, "End": true}}}]},
        "T": {"Type": "Task", "Resource": "f", "End": true}}"#;
    let script: Script = &[("T", &[Answer::Fails("E", "")]), ("U", &[Answer::Hangs])];
    let run = run(|| Case::new(processor("", inside), "[1, 2, 0]", script));
    assert_eq!(run.result(), EXCEEDED);
    let cancelled =
        |action: &&Action| matches!(action, Action::CancelTask(_) | Action::CancelTimer(_));
    assert_eq!(run.actions.iter().filter(cancelled).count(), 3, "two tasks and a timer");
}

#[test]
fn items_come_from_a_dataset() {
    let many = |fields: &str, count| {
        let definition = definition(&format!("{READER} {fields}"));
        run(|| Case { dataset: count, ..Case::new(definition, r#"{"key": "k"}"#, &[]) })
    };
    assert_eq!(many("", Ok(3)).result(), "SUCCEEDED [0,1,2]");
    assert_eq!(many("", Ok(0)).result(), "SUCCEEDED []");
    let run = many("", Ok(5_000));
    assert!(run.result().ends_with(",4998,4999]"));
    assert_eq!(run.details_of("MapStateStarted"), [r#"{"length":0}"#]);
    let batches = many(r#""ItemBatcher": {"MaxItemsPerBatch": 700},"#, Ok(1_500));
    assert_eq!(batches.requests.len(), 3);
    assert!(batches.result().contains(r#",699]},{"Items":[700,"#));
    let run = many("", Err("No such file."));
    assert_eq!(run.result(), "FAILED States.ItemReaderFailed: No such file.");
    assert_eq!(
        run.details_of("MapRunFailed"),
        [r#"{"error":"States.ItemReaderFailed","cause":"No such file."}"#]
    );
}

#[test]
fn no_more_items_are_read_than_asked_for() {
    let reader = READER.replace(r#""JSONL""#, r#""JSONL", "MaxItems": 1500"#);
    let definition = definition(&reader);
    let run = run(|| Case { dataset: Ok(9_000), ..Case::new(definition, r#"{"key": "k"}"#, &[]) });
    assert!(run.result().ends_with(",1498,1499]"));
    let asked: Vec<usize> = run
        .actions
        .iter()
        .filter_map(|action| match action {
            Action::ReadItems(request) => Some(request.most),
            _ => None,
        })
        .collect();
    assert_eq!(asked, [1000, 500]);
}

#[test]
fn a_negative_number_of_items_fails_the_run() {
    let reader = READER.replace(r#""JSONL""#, r#""JSONL", "MaxItemsPath": "$.n""#);
    let definition = definition(&reader);
    let run = run(|| Case::new(definition, r#"{"key": "k", "n": -1}"#, &[]));
    assert_eq!(run.result(), "FAILED States.ItemReaderFailed: field MaxItems must be positive");
    assert_eq!(run.details_of("MapRunFailed").len(), 1);
}

#[test]
fn batches_have_a_length_in_bytes() {
    let check = |fields: &str, expected: &str| {
        let definition = definition(&format!(r#""ItemBatcher": {{{fields}}},"#));
        let run =
            run(|| Case::new(definition, r#"["aaaa", "b", "c", "dddddddddddddddddddddd"]"#, &[]));
        assert_eq!(run.result(), expected);
    };
    check(
        r#""MaxInputBytesPerBatch": 40"#,
        r#"SUCCEEDED [{"Items":["aaaa","b"]},{"Items":["c"]},{"Items":["dddddddddddddddddddddd"]}]"#,
    );
    check(
        r#""MaxItemsPerBatch": 3, "BatchInput": {"x": 1}"#,
        r#"SUCCEEDED [{"BatchInput":{"x":1},"Items":["aaaa","b","c"]},{"BatchInput":{"x":1},"Items":["dddddddddddddddddddddd"]}]"#,
    );
}

#[test]
fn results_are_written() {
    let script: Script = &[("T", &[Answer::Fails("E", "c"), Answer::Returns("[1, 2]")])];
    let written = |fields: &str, unwritable| {
        let definition = definition(&format!(r#"{fields} "ToleratedFailureCount": 1,"#));
        run(|| Case { unwritable, ..Case::new(definition, "[7, 8]", script) })
    };
    let run = written(WRITER, None);
    let text = run.result();
    assert!(text.starts_with(r#"SUCCEEDED {"MapRunArn":"arn:aws:states:"#), "{text}");
    assert!(text.contains(r#""ResultWriterDetails":{"Bucket":"b","Key":"p/"#), "{text}");
    assert!(text.ends_with(r#"/manifest.json"}}"#), "{text}");
    let statuses: Vec<ResultStatus> = run.written.iter().map(|(status, _)| *status).collect();
    assert_eq!(statuses, [ResultStatus::Failed, ResultStatus::Succeeded]);
    let record = &run.written[1].1;
    assert!(
        record
            .starts_with(r#"{"ExecutionArn":"arn:aws:states:us-east-1:123456789012:execution:m/"#)
    );
    for part in [r#""Input":"8""#, r#""Output":"[1,2]""#, r#""Status":"SUCCEEDED""#] {
        assert!(record.contains(part), "{record}");
    }
    let flatten = WRITER.replace(
        r#""Parameters""#,
        r#""WriterConfig": {"Transformation": "FLATTEN", "OutputType": "JSONL"}, "Parameters""#,
    );
    let run = written(&flatten, None);
    let texts: Vec<&str> = run.written[1..].iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(texts, ["1", "2"]);
    let run = written(WRITER, Some("No space."));
    assert_eq!(run.result(), "FAILED States.ResultWriterFailed: No space.");
}

#[test]
fn results_may_be_formed_without_being_written() {
    let writer = |config: &str| format!(r#""ResultWriter": {{"WriterConfig": {config}}},"#);
    let input = "[[1], 2, [3, [4]]]";
    check(
        &writer(r#"{"Transformation": "FLATTEN", "OutputType": "JSON"}"#),
        input,
        "SUCCEEDED [1,2,3,[4]]",
    );
    check(
        &writer(r#"{"Transformation": "COMPACT", "OutputType": "JSON"}"#),
        input,
        "SUCCEEDED [[1],2,[3,[4]]]",
    );
    let lines = writer(r#"{"Transformation": "COMPACT", "OutputType": "JSONL"}"#);
    check(&lines, input, r#"SUCCEEDED "[1]\n2\n[3,[4]]\n""#);
}

#[test]
fn progress_is_told() {
    let definition = definition(&format!("{READER} {WRITER}"));
    let run = Case { dataset: Ok(2_500), ..Case::new(definition, r#"{"key": "k"}"#, &[]) }.run();
    let told: Vec<&MapRunProgress> = run
        .actions
        .iter()
        .filter_map(|action| match action {
            Action::ShowMapRun(progress) => Some(progress),
            _ => None,
        })
        .collect();
    let last = told.last().unwrap();
    assert_eq!((last.total, last.succeeded, last.failed, last.running), (Some(2_500), 2_500, 0, 0));
    assert_eq!(run.written.len(), 2_500);
    assert_eq!(last.state, "M");
}

/// The history of each child has a limit of its own.
#[test]
fn a_childs_history_may_be_full() {
    let inside = r#""StartAt": "P", "States": {"P": {"Type": "Pass", "Next": "C"},
        "C": {"Type": "Choice", "Choices": [{"Variable": "$", "NumericEquals": 0, "Next": "S"}], "Default": "P"},
        "S": {"Type": "Succeed"}}"#;
    let definition = processor(r#""ToleratedFailureCount": 1,"#, inside);
    let limits = Limits { history_events: Some(20), ..Limits::NONE };
    let run = run(|| Case { limits, ..Case::new(definition, "[0, 1]", &[]) });
    let expected = "The execution reached the maximum number of history events (20).";
    assert!(run.result().contains(expected), "{}", run.result());
}
