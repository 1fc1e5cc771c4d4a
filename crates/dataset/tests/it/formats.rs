//! Items out of every format, in pieces of every size.

use std::io::Write as _;

use faastlane_asl::{Csv, Format, Manifest};
use faastlane_dataset::{Reader, Source};

use crate::{Bucket, read};

/// Reads `content` as a whole, and piece by piece with a new reader for each.
#[track_caller]
fn check(format: &Format, content: &str, expected: &[&str]) {
    let bucket = Bucket::new();
    bucket.put("items", content);
    let source = Source::Object { bucket: "data", key: "items", format };
    for most in [1, 2, 1000] {
        assert_eq!(read(&bucket.store(), source, most).unwrap(), expected, "{most} at once");
    }
}

#[track_caller]
fn refused(format: &Format, content: &str, expected: &str) {
    let bucket = Bucket::new();
    bucket.put("items", content);
    let source = Source::Object { bucket: "data", key: "items", format };
    let error = read(&bucket.store(), source, 1000).unwrap_err();
    assert_eq!(error.to_string(), expected);
}

fn csv(columns: Option<&[&str]>, delimiter: u8) -> Format {
    let columns = columns.map(|columns| columns.iter().map(|name| (*name).into()).collect());
    Format::Csv(Csv { columns, delimiter })
}

#[test]
fn elements_of_an_array() {
    let json = Format::Json(Vec::new());
    check(&json, "[]", &[]);
    check(
        &json,
        "\u{feff} [ 1 ,\"a,]\\\"\" , [2,[3]] ,{\"b\":{\"c\":\"}\"}}, null\n]\n",
        &["1", r#""a,]\"""#, "[2,[3]]", r#"{"b":{"c":"}"}}"#, "null"],
    );
    refused(&json, "{\"a\": [1]}", "Attempting to map over non-iterable node.");
    refused(&json, "7", "Attempting to map over non-iterable node.");
    refused(&json, "", "Attempting to map over non-iterable node.");
    refused(&json, "[1, 2", "Item 3 of items cannot be read: the file ends in the array");
    refused(&json, "[1 2]", "Item 2 of items cannot be read: ',' or ']' is expected, not '2'");
    let error = "Item 2 of items cannot be read: line 1, column 1: expected value";
    refused(&json, "[1,x]", error);
}

#[test]
fn elements_of_an_array_inside() {
    let at = |names: &[&str]| Format::Json(names.iter().map(|name| (*name).into()).collect());
    let content = r#"{"a": {"x": [9, {"}": 1}], "b c": [1, 2]}, "a2": []}"#;
    check(&at(&["a", "b c"]), content, &["1", "2"]);
    check(&at(&["a2"]), content, &[]);
    for names in [&["b"][..], &["a"], &["a", "x", "y"]] {
        refused(&at(names), content, "Attempting to map over non-iterable node.");
    }
}

#[test]
fn lines() {
    let lines = Format::JsonLines;
    check(&lines, "", &[]);
    check(&lines, "{\"a\":1}\r\n\n[2]\n  \n\"x\"", &[r#"{"a":1}"#, "[2]", r#""x""#]);
    let error =
        "Item 3 of items cannot be read: the text ends where a value is expected (column 4)";
    refused(&lines, "1\n\ntru\n", error);
}

#[test]
fn rows() {
    let first = csv(None, b',');
    check(
        &first,
        "a,b\n1,\"x, \"\"y\"\"\nz\"\n2\n3,4,5\n",
        &[r#"{"a":"1","b":"x, \"y\"\nz"}"#, r#"{"a":"2","b":""}"#, r#"{"a":"3","b":"4"}"#],
    );
    check(
        &csv(Some(&["n", "m"]), b';'),
        "1;2\n3;4",
        &[r#"{"n":"1","m":"2"}"#, r#"{"n":"3","m":"4"}"#],
    );
    check(&csv(None, b'\t'), "a\tb\n1\t\n", &[r#"{"a":"1","b":""}"#]);
    refused(&first, "a,b,a\n1,2,3", "CSV headers cannot contain duplicates.");
    refused(&first, "a,b\n", "The file contains only CSV headers.");
    refused(&first, "", "The file contains only CSV headers.");
}

#[test]
fn an_inventory() {
    let bucket = Bucket::new();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(b"\"data\",\"a.png\",\"7\"\n\"data\",\"b.png\",\"8\"\n").unwrap();
    bucket.put("inventory/1.csv.gz", packed.finish().unwrap());
    bucket.put("inventory/2.csv", "");
    bucket.put("inventory/3.csv", "data,c.png,9\n");
    bucket.put(
        "manifest.json",
        r#"{"sourceBucket":"pictures","destinationBucket":"arn:aws:s3:::data","version":"2016-11-30",
            "fileFormat":"CSV","fileSchema":"Bucket, Key, Size","files":[
            {"key":"inventory/1.csv.gz","size":1},{"key":"inventory/2.csv"},{"key":"inventory/3.csv"}]}"#,
    );
    let format = Format::Manifest(Manifest::Inventory);
    let source = Source::Object { bucket: "data", key: "manifest.json", format: &format };
    for most in [1, 2, 1000] {
        assert_eq!(
            read(&bucket.store(), source, most).unwrap(),
            [
                r#"{"Bucket":"data","Key":"a.png","Size":"7"}"#,
                r#"{"Bucket":"data","Key":"b.png","Size":"8"}"#,
                r#"{"Bucket":"data","Key":"c.png","Size":"9"}"#,
            ]
        );
    }
    bucket.put("manifest.json", r#"{"fileFormat":"Parquet","fileSchema":"x","files":[]}"#);
    assert_eq!(
        read(&bucket.store(), source, 1).unwrap_err().to_string(),
        "The manifest manifest.json cannot be used: its fileFormat is Parquet; only CSV inventories \
         can be read"
    );
}

#[test]
fn what_athena_unloaded() {
    let bucket = Bucket::new();
    bucket.put("run/1", "{\"a\":1}\n");
    bucket.put("run/2", "{\"a\":2}\n{\"a\":3}\n");
    bucket.put("manifest.csv", "s3://data/run/1\n\"s3://data/run/2\"\n");
    let format = Format::Manifest(Manifest::Athena(Box::new(Format::JsonLines)));
    let source = Source::Object { bucket: "data", key: "manifest.csv", format: &format };
    for most in [1, 1000] {
        let found = read(&bucket.store(), source, most).unwrap();
        assert_eq!(found, [r#"{"a":1}"#, r#"{"a":2}"#, r#"{"a":3}"#]);
    }
    bucket.put("manifest.csv", "run/1\n");
    assert_eq!(
        read(&bucket.store(), source, 1).unwrap_err().to_string(),
        "The manifest manifest.csv cannot be used: 'run/1' is not s3://BUCKET/KEY"
    );
}

#[test]
fn the_objects_of_a_bucket() {
    let bucket = Bucket::new();
    (0..2500).for_each(|number| bucket.put(&format!("in/{number:04}"), "x"));
    bucket.put("other", "");
    let source = Source::Listing { bucket: "data", prefix: "in/" };
    for most in [700, 1000, 5000] {
        let found = read(&bucket.store(), source, most).unwrap();
        assert_eq!(found.len(), 2500);
        assert!(found[2499].contains(r#""Key":"in/2499","LastModified":"#), "{}", found[2499]);
        assert!(found[2499].ends_with(r#","Size":1,"StorageClass":"STANDARD"}"#));
    }
}

/// What is read at once has a bound in bytes, too: items may be large.
#[test]
fn large_items_come_in_small_chunks() {
    let bucket = Bucket::new();
    let line = format!("\"{}\"\n", "x".repeat(400_000));
    bucket.put("items", line.repeat(7));
    let format = Format::JsonLines;
    let source = Source::Object { bucket: "data", key: "items", format: &format };
    let store = bucket.store();
    let mut reader = Reader::open(&store, source, None).unwrap();
    assert_eq!(reader.next(1000).unwrap().items.len(), 3);
    assert_eq!(reader.next(1000).unwrap().items.len(), 3);
    let last = reader.next(1000).unwrap();
    assert_eq!((last.items.len(), last.next), (1, None));
}
