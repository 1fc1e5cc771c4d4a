//! Results as files.

use std::fs;

use faastlane_dataset::{Destination, Lengths, ResultFile, Spelling, Writer};
use faastlane_value::{Value, json};

use crate::Bucket;

fn values(text: &str) -> Vec<Value> {
    json::parse(text.as_bytes()).unwrap().as_array().unwrap().to_vec()
}

#[test]
fn files_are_those_of_aws() {
    let check = |spelling, ending: &str, expected: [&str; 2]| {
        let bucket = Bucket::new();
        let store = bucket.store();
        let to = Destination { bucket: "data", folder: "out/run-1", spelling };
        let writer = Writer::new(&store, to);
        let mut lengths = Lengths::default();
        writer.append(&mut lengths, ResultFile::Succeeded, &values("[1, [2]]")).unwrap();
        let kept = lengths;
        // Somebody wrote this and died before anybody heard of it.
        writer.append(&mut lengths, ResultFile::Succeeded, &values("[7, 8, 9]")).unwrap();
        lengths = kept;
        writer.append(&mut lengths, ResultFile::Succeeded, &values(r#"[{"a": "ü"}]"#)).unwrap();
        writer.append(&mut lengths, ResultFile::Failed, &values("[3]")).unwrap();
        writer.append(&mut lengths, ResultFile::Pending, &[]).unwrap();
        for _ in 0..2 {
            writer.finish("arn:run-1", lengths).unwrap();
        }
        let path = bucket.path().join("out/run-1");
        let text = |name: String| fs::read_to_string(path.join(name)).unwrap();
        assert_eq!(text(format!("SUCCEEDED_0.{ending}")), expected[0]);
        assert_eq!(text(format!("FAILED_0.{ending}")), expected[1]);
        assert!(!path.join(format!("PENDING_0.{ending}")).exists());
        let (succeeded, failed) = (expected[0].len(), expected[1].len());
        assert_eq!(writer.manifest_key(), "out/run-1/manifest.json");
        assert_eq!(
            text("manifest.json".to_owned()),
            format!(
                r#"{{"DestinationBucket":"data","MapRunArn":"arn:run-1","ResultFiles":{{"FAILED":[{{"Key":"out/run-1/FAILED_0.{ending}","Size":{failed}}}],"PENDING":[],"SUCCEEDED":[{{"Key":"out/run-1/SUCCEEDED_0.{ending}","Size":{succeeded}}}]}}}}"#
            )
        );
    };
    check(Spelling::Json, "json", [r#"[1,[2],{"a":"ü"}]"#, "[3]"]);
    check(Spelling::JsonLines, "jsonl", ["1\n[2]\n{\"a\":\"ü\"}\n", "3\n"]);
}

#[test]
fn nobody_writes_into_a_bucket_that_is_not_there() {
    let bucket = Bucket::new();
    let store = bucket.store();
    let to = Destination { bucket: "other", folder: "run-1", spelling: Spelling::Json };
    let error = Writer::new(&store, to).finish("arn", Lengths::default()).unwrap_err();
    assert!(error.to_string().starts_with("The specified bucket does not exist: other"), "{error}");
}
