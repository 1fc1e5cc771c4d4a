//! A small corpus of our own, read and run.

use faastlane_conformance::corpus::{self, Case};
use faastlane_conformance::engine::Engine;
use faastlane_conformance::run::run;

/// Reads a corpus of one case.
fn read(text: &str) -> Result<Case, String> {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let cases = folder.path().join("cases");
    std::fs::create_dir(&cases).expect("a folder can be made");
    std::fs::write(cases.join("case.json"), text).expect("a file can be written");
    std::fs::write(cases.join("notes.txt"), "no case").expect("a file can be written");
    let place = format!("{}/", cases.display());
    let mut found =
        corpus::read(folder.path()).map_err(|error| error.to_string().replace(&place, ""))?;
    assert_eq!(found.len(), 1);
    Ok(found.remove(0))
}

/// Checks what is found at each level; `None` is agreement.
fn check(text: &str, expected: &[(&str, Option<&str>)]) {
    let case = read(text).expect("it is a case");
    assert_eq!(case.out_of_scope(), None);
    let findings = run(&case, &Engine).expect("lanes can be made");
    let found: Vec<_> = findings
        .iter()
        .map(|finding| {
            let difference = finding.outcome.as_ref().err().map(ToString::to_string);
            (finding.level.name(), difference)
        })
        .collect();
    let found: Vec<_> = found.iter().map(|(level, text)| (*level, text.as_deref())).collect();
    assert_eq!(found, expected, "{text}");
}

/// A recorded execution of one Pass state.
fn execution(state: &str, expected: &str) -> String {
    format!(
        r#"{{"name": "case", "kind": "execution", "tags": ["ql:JSONPath"], "volatile": ["role"], "type": "STANDARD",
            "definition": {{"StartAt": "S", "States": {{"S": {state}}}}}, "input": 1, "functions": {{}},
            "expected": {expected}}}"#
    )
}

#[test]
fn executions_agree_at_every_level() {
    let events = r#"[
        {"id": 1, "previousEventId": 0, "type": "ExecutionStarted", "details": {"input": 1, "inputDetails": {"truncated": false}, "roleArn": "role"}},
        {"id": 2, "previousEventId": 0, "type": "PassStateEntered", "name": "S", "details": {"name": "S", "input": 1, "inputDetails": {"truncated": false}}},
        {"id": 3, "previousEventId": 2, "type": "PassStateExited", "name": "S", "details": {"name": "S", "output": 1, "outputDetails": {"truncated": false}}},
        {"id": 4, "previousEventId": 3, "type": "ExecutionSucceeded", "details": {"output": 1, "outputDetails": {"truncated": false}}}]"#;
    let expected = |output: &str, events: &str| {
        format!(
            r#"{{"status": "SUCCEEDED", "output": {output}, "events": {events}, "events_order": "as-recorded"}}"#
        )
    };
    let state = r#"{"Type": "Pass", "End": true}"#;
    check(
        &execution(state, &expected("1", events)),
        &[
            ("status", None),
            ("result", None),
            ("events", None),
            ("links", None),
            ("payloads", None),
        ],
    );
    check(
        &execution(state, &expected("2", "null")),
        &[("status", None), ("result", Some("output: expected 2, got 1"))],
    );
    check(
        &execution(r#"{"Type": "Fail", "Error": "E"}"#, &expected("1", "null")),
        &[
            ("status", Some(r#"status: expected "SUCCEEDED", got "FAILED""#)),
            ("result", Some(r#"status: expected "SUCCEEDED", got "FAILED""#)),
        ],
    );
    let refused = "definition: expected accepted, got 1:38: error: Unknown state type 'P'; it must \
                   be one of Pass, Task, Choice, Wait, Succeed, Fail, Para…";
    check(
        &execution(r#"{"Type": "P"}"#, &expected("1", "null")),
        &[("status", Some(refused)), ("result", Some(refused))],
    );
}

#[test]
fn refusals_agree_in_code_and_message() {
    let case = |message: &str| {
        format!(
            r#"{{"name": "case", "kind": "create-error", "tags": [], "volatile": [], "request": {{"definition": "{{}}"}},
                "expected": {{"error_code": "InvalidDefinition", "message": {message}}}}}"#
        )
    };
    check(&case("null"), &[("error code", None)]);
    check(
        &case(
            r#""Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: These fields are required: [States, StartAt] at /'""#,
        ),
        &[("error code", None), ("message", None)],
    );
}

#[test]
fn validations_agree_in_their_diagnostics() {
    check(
        r#"{"name": "case", "kind": "validate", "tags": [], "volatile": [], "request": {"definition": "{}"},
            "expected": {"response": {"diagnostics": [{"code": "SCHEMA_VALIDATION_FAILED", "location": "/", "message": "These fields are required: [States, StartAt]", "severity": "ERROR"}], "result": "FAIL", "truncated": false}}}"#,
        &[("diagnostics", None)],
    );
}

#[test]
fn what_is_not_there_yet_is_out_of_scope() {
    let check = |kind: &str, tag: &str, expected: Option<&str>| {
        let text = execution("{}", r#"{"status": "SUCCEEDED"}"#)
            .replace(r#""execution""#, &format!(r#""{kind}""#))
            .replace("ql:JSONPath", tag);
        let case = read(&text).expect("it is a case");
        assert_eq!(case.out_of_scope().as_deref(), expected);
    };
    check("execution", "state:Pass", None);
    check("describe", "state:Pass", Some("kind:describe"));
}

#[test]
fn files_that_are_no_cases_are_named() {
    let check =
        |text: &str, expected: &str| assert_eq!(read(text).err().as_deref(), Some(expected));
    check("{", "'case.json' is not JSON: line 1, column 2: the text ends inside an object");
    check("{}", "'case.json' is no recording: the member 'tags' is missing or not there");
    check(
        r#"{"tags": [1]}"#,
        "'case.json' is no recording: the member 'tags' is missing or not an array of strings",
    );
}
