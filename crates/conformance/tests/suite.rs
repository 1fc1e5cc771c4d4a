//! The test suite of the JSONata project, where it is there, and a small one of our own.

use std::fs;
use std::path::Path;

use faastlane_conformance::suite::{self, Outcome};

fn run(folder: &Path) -> Vec<(String, Outcome)> {
    let reports = suite::run(folder).unwrap_or_else(|error| panic!("{error}"));
    let name = |report: &suite::Report| format!("{}/{}", report.group, report.name);
    reports.into_iter().map(|report| (name(&report), report.outcome)).collect()
}

#[test]
#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
fn jsonata_is_that_of_its_own_suite() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/jsonata-suite"));
    if !folder.exists() {
        eprintln!("skipped: there is no JSONata suite in {}", folder.display());
        return;
    }
    let mut outcomes = run(folder);
    outcomes.retain(|(_, outcome)| !matches!(outcome, Outcome::NotApplicable(_)));
    let count = outcomes.len();
    outcomes.retain(|(_, outcome)| *outcome != Outcome::Passed);
    assert!(count > 1_600, "only {count} cases");
    assert!(outcomes.is_empty(), "{outcomes:#?}");
}

#[test]
fn each_case_ends_in_one_way() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let write = |name: &str, text: &str| {
        let file = folder.path().join(name);
        fs::create_dir_all(file.parent().expect("it has one")).expect("a folder can be made");
        fs::write(file, text).expect("a file can be written");
    };
    write("datasets/d.json", r#"{"a": {"b": [1, 2]}}"#);
    write("groups/g/value.json", r#"{"expr": "a.b", "dataset": "d", "result": [1.0, 2]}"#);
    write("groups/g/wrong.json", r#"{"expr": "a.b", "data": {"a": 1}, "result": 1}"#);
    write(
        "groups/g/list.json",
        r#"[{"expr": "$x", "bindings": {"x": 5}, "result": 5},
            {"expr": "[2, 1]", "unordered": true, "result": [1, 2]},
            {"expr": "1 + 'a'", "code": "T2002"},
            {"expr": "1 +", "error": {"code": "S0207"}},
            {"expr": "[1..10000001]", "code": "D2014"},
            {"expr": "$eval('1')", "result": 1}]"#,
    );
    write("groups/g/surrogate.json", r#"{"expr": "'\ud800'", "result": 1}"#);
    write("groups/g/file.json", r#"{"expr-file": "file.jsonata", "undefinedResult": true}"#);
    write("groups/g/file.jsonata", "/* nothing */ a");
    let outcomes = run(folder.path());
    let lines = outcomes.iter().map(|(name, outcome)| format!("{name} {outcome:?}"));
    let expected = [
        "g/file.json Passed",
        "g/list.json[0] Passed",
        "g/list.json[1] Passed",
        "g/list.json[2] Passed",
        "g/list.json[3] Passed",
        "g/list.json[4] Passed",
        "g/list.json[5] NotApplicable(\"$eval, which AWS does not have\")",
        "g/surrogate.json NotApplicable(\"a lone surrogate, which text in UTF-8 cannot hold\")",
        "g/value.json Passed",
        "g/wrong.json Failed(\"1 expected, nothing found\")",
    ];
    assert_eq!(lines.collect::<Vec<_>>(), expected);

    let mut table = Vec::new();
    suite::write(&suite::run(folder.path()).expect("it was read before"), &mut table)
        .expect("memory takes all");
    let table = String::from_utf8(table).expect("it is text");
    assert!(table.contains("| g | 7 | 8 | 2 |\n| **all** | 7 | 8 | 2 |"), "{table}");
    assert!(table.contains("g/wrong.json: 1 expected, nothing found"), "{table}");

    write("groups/g/empty.json", "{}");
    let error = suite::run(folder.path()).expect_err("it is no case").to_string();
    assert!(error.ends_with("empty.json' is no case: it has no 'expr'"), "{error}");
}
