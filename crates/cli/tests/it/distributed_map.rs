//! Distributed Maps: datasets in a folder, functions over their items, results as files.

use std::fs;

use serde_json::{Value, json};

use crate::container::CONTAINER;
use crate::harness::Project;

/// A Map over items of the bucket `data`, which calls `f`; `READER` and `MORE` stand for parts of it.
const MACHINE: &str = r#"{"StartAt": "M", "States": {"M": {"Type": "Map", MORE
    "ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": READER,
        "Parameters": {"Bucket": "data", "Key.$": "$.key"}},
    "ResultWriter": {"Resource": "arn:aws:states:::s3:putObject",
        "Parameters": {"Bucket": "data", "Prefix": "out"},
        "WriterConfig": {"Transformation": "FLATTEN", "OutputType": "JSONL"}},
    "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "F", "States": {"F": {"Type": "Task", "Resource": "f", "End": true,
            "Retry": [{"ErrorEquals": ["Runtime.ExitError"], "IntervalSeconds": 1}]}}},
    "End": true}}}"#;

fn project(reader: &str, more: &str, code: &str, items: &str) -> Project {
    let machine = MACHINE.replace("READER", reader).replace("MORE", more);
    let items = ("s3/data/items", items);
    Project::new(&[("flow.asl.json", &machine), ("functions/f.py", code), items])
}

/// The lines of the only file of results with this name.
fn lines(project: &Project, name: &str) -> Vec<Value> {
    let runs: Vec<_> = fs::read_dir(project.path("s3/data/out")).unwrap().collect();
    assert_eq!(runs.len(), 1, "one Map Run");
    let file = runs[0].as_ref().unwrap().path().join(name);
    let text = fs::read_to_string(file).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn items_are_read_and_results_written() {
    let code = "def handler(event, context):\n    return [event['name'], 10 // int(event['n'])]\n";
    let reader = r#"{"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"}"#;
    let items = "name,n\na,1\nb,0\nc,5\n";
    let project = project(reader, r#""ToleratedFailureCount": 1,"#, code, items);
    let found = project.run(r#"--s3 s3 --json --input {"key":"items"}"#);
    assert_eq!(found.code, 0, "{}", found.stderr);
    assert!(found.stderr.contains("3 of 3 items, 1 failed"), "{}", found.stderr);
    let output = &found.json()["output"];
    assert_eq!(output["ResultWriterDetails"]["Bucket"], "data");
    let manifest =
        project.path("s3/data").join(output["ResultWriterDetails"]["Key"].as_str().unwrap());
    let manifest: Value = serde_json::from_str(&fs::read_to_string(manifest).unwrap()).unwrap();
    assert_eq!(manifest["MapRunArn"], output["MapRunArn"]);
    let mut results = lines(&project, "SUCCEEDED_0.jsonl");
    results.sort_by_key(Value::to_string);
    assert_eq!(json!(results), json!(["a", "c", 10, 2]));
    let failed = &lines(&project, "FAILED_0.jsonl")[0];
    assert_eq!(
        (&failed["Status"], &failed["Error"]),
        (&json!("FAILED"), &json!("ZeroDivisionError"))
    );
}

#[test]
fn what_cannot_be_read_is_told() {
    let check = |options: &str, expected: &str| {
        let reader = r#"{"InputType": "JSONL"}"#;
        let project = project(reader, "", "def handler(event, context): pass\n", "1\n{\n");
        let found = project.run(&format!("--json {options}"));
        assert_eq!(found.code, 1, "{}", found.stderr);
        let found = found.json();
        assert_eq!(found["error"], "States.ItemReaderFailed");
        assert!(found["cause"].as_str().unwrap().starts_with(expected), "{found}");
    };
    check(r#"--input {"key":"items"}"#, "Nothing stands for S3 here.");
    check(r#"--s3 s3 --input {"key":"items"}"#, "Item 2 of items cannot be read: ");
    check(r#"--s3 s3 --input {"key":"x"}"#, "The specified key does not exist: x in data");
    check(r#"--s3 s3 --input {"key":"../x"}"#, "'../x' cannot be a key");
}

/// No item is lost, and none comes twice, when the container dies between reading and writing.
#[test]
fn a_map_run_goes_on_when_its_container_dies() {
    let code = format!(
        "{CONTAINER}\ndef handler(event, context):\n    items = event['Items']\n    \
         if 1700 in items and not os.path.exists('../harmed'):\n        \
         open('../harmed', 'w').close()\n        send('KILL'); time.sleep(60)\n    return items\n"
    );
    let items: String = (0..3_000).map(|number| format!("{number}\n")).collect();
    for isolation in ["process", "none"] {
        let more = r#""MaxConcurrency": 3, "ItemBatcher": {"MaxItemsPerBatch": 150},"#;
        let project = project(r#"{"InputType": "JSONL"}"#, more, &code, &items);
        let options = format!(r#"--s3 s3 --input {{"key":"items"}} --isolation {isolation}"#);
        let found = project.run(&options);
        assert_eq!(found.code, 0, "{}", found.stderr);
        assert!(found.stderr.contains("the container's process ended"), "{}", found.stderr);
        let results = lines(&project, "SUCCEEDED_0.jsonl");
        let mut results: Vec<u64> = results.iter().map(|item| item.as_u64().unwrap()).collect();
        results.sort_unstable();
        assert_eq!(results, (0..3_000).collect::<Vec<_>>(), "{isolation}");
    }
}
