//! What a folder or a file is taken for.

use std::path::Path;

use faastlane_project::{Options, Settings, load};

use crate::{Folder, definition, parameters};

const TEMPLATE: &str =
    "Resources: {Flow: {Type: AWS::Serverless::StateMachine, Properties: {Definition: {}}}}";

/// Checks which file is read for a folder with `files`, or the error.
fn check(files: &[(&str, &str)], expected: &str) {
    let folder = Folder::new(files);
    let shown = match folder.load(&Options::default()) {
        Ok(project) => folder.shorten(project.file.to_str().unwrap()),
        Err(error) => folder.message(&error),
    };
    assert_eq!(shown, expected);
}

#[test]
fn folders() {
    check(
        &[("template.yaml", TEMPLATE), ("template.json", "{}"), ("a.asl.json", "{}")],
        "P/template.yaml",
    );
    check(&[("template.yml", TEMPLATE)], "P/template.yml");
    check(&[("template.json", r#"{"Resources": {}}"#)], "P/template.json");
    check(&[("flow.asl.json", "{}"), ("notes.json", "{}")], "P/flow.asl.json");
    check(&[("statemachine/flow.asl.yaml", "a: 1")], "P/statemachine/flow.asl.yaml");
    check(&[("statemachines/flow.asl.yml", "a: 1")], "P/statemachines/flow.asl.yml");
    check(
        &[("serverless.yml", "service: x\nprovider: {}"), ("a.asl.json", "{}")],
        "P/serverless.yml",
    );
    const MANIFEST: &str = r#"{"version": "1", "artifacts": {}}"#;
    check(&[("manifest.json", MANIFEST)], "P/manifest.json");
    check(&[("cdk.json", "{}"), ("cdk.out/manifest.json", MANIFEST)], "P/cdk.out/manifest.json");
    check(&[("manifest.json", r#"{"name": "web page"}"#), ("a.asl.json", "{}")], "P/a.asl.json");
}

#[test]
fn folders_that_do_not_say_what_to_run() {
    check(
        &[("a.asl.json", "{}"), ("statemachine/b.asl.json", "{}")],
        "P: several definitions were found; name the file to run:\n  P/a.asl.json\n  P/statemachine/b.asl.json",
    );
    check(
        &[("notes.txt", "")],
        "P: found nothing to run: no template.yaml, template.yml, template.json, and no *.asl.json, \
         *.asl.yaml, *.asl.yml here or in statemachine/, statemachines/, asl/; name the file to run",
    );
    check(
        &[("b/template.yaml", TEMPLATE), ("a/template.yaml", TEMPLATE)],
        "P: there is no template here, but in these folders; name one:\n  P/a\n  P/b",
    );
    check(
        &[("serverless.ts", "")],
        "P: serverless.ts is a program; run `serverless print > serverless.yml` and try again",
    );
    check(
        &[("cdk.json", "{}"), ("a.asl.json", "{}")],
        "P: this CDK app has no cdk.out/manifest.json; run `cdk synth` first",
    );
    check(
        &[("cdk.json", r#"{"output": "build/out"}"#)],
        "P: this CDK app has no build/out/manifest.json; run `cdk synth` first",
    );
    let missing = load(Path::new("no/such/project"), &Options::default()).unwrap_err();
    assert_eq!(missing.to_string(), "no/such/project: there is no such file or folder");
}

#[test]
fn a_file_is_a_template_by_its_content() {
    let folder = Folder::new(&[
        (
            "stack.json",
            r#"{"Resources": {"Flow": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"DefinitionString": "{}"}}}}"#,
        ),
        ("flow.json", r#"{"StartAt": "A"}"#),
        ("flow.txt", "StartAt: A"),
    ]);
    let load = |name: &str| load(&folder.path().join(name), &Options::default()).unwrap();
    assert_eq!(load("stack.json").machines[0].name, "Flow");
    assert_eq!(load("flow.json").machines[0].name, "flow");
    assert_eq!(definition(&load("flow.txt")), r#"{"StartAt":"A"}"#);
}

#[test]
fn programs_are_refused() {
    let folder = Folder::new(&[("app.py", "def handler(event, context): pass")]);
    let error = load(&folder.path().join("app.py"), &Options::default()).expect_err("not ours");
    let expected = "P/app.py: this is Python; name a template, or a definition with --functions";
    assert_eq!(folder.message(&error), expected);
}

#[test]
fn settings_come_with_the_project() {
    let folder = Folder::new(&[
        ("template.yaml", TEMPLATE),
        ("faastlane.toml", "machine = \"Flow\"\ninput = \"in.json\"\n"),
    ]);
    let project = folder.load(&Options::default()).unwrap();
    let expected = Settings {
        machine: Some("Flow".to_owned()),
        isolation: None,
        input: Some(folder.path().join("in.json")),
        services: Vec::new(),
    };
    assert_eq!(project.settings, expected);
    assert_eq!(project.root, folder.absolute("."));
}

#[test]
#[cfg(unix)]
fn links_that_lead_in_a_circle_are_passed_over() {
    let folder = Folder::new(&[("flow.asl.json", "{}"), ("functions/check.py", "")]);
    let functions = folder.path().join("functions");
    std::os::unix::fs::symlink(&functions, functions.join("again")).unwrap();
    std::os::unix::fs::symlink(functions.join("b.py"), functions.join("a.py")).unwrap();
    std::os::unix::fs::symlink(functions.join("a.py"), functions.join("b.py")).unwrap();
    let project = folder.load(&Options::default()).unwrap();
    assert!(project.function("check").is_some());
    assert!(project.function("again").is_none());
}

#[test]
fn what_the_user_should_know() {
    let template = "Resources:\n  M:\n    Type: AWS::Serverless::StateMachine\n    Properties:\n      \
                    Definition: {A: !Ref Nothing, B: !GetAtt No.Arn, C: !Ref Nothing, D: !ImportValue x}\n";
    let folder = Folder::new(&[("template.yaml", template)]);
    let project = folder.load(&parameters(&[("Url", "u")])).unwrap();
    let warnings: Vec<_> = project.warnings.iter().map(|warning| folder.shorten(warning)).collect();
    assert_eq!(
        warnings,
        [
            "P/template.yaml: the template has no parameter `Url`",
            "P/template.yaml:5:23: `Nothing` is neither a parameter nor a resource; a made-up value stands in for it",
            "P/template.yaml:5:40: `No` is neither a parameter nor a resource; a made-up value stands in for it",
            "P/template.yaml:5:59: `Nothing` is neither a parameter nor a resource; a made-up value stands in for it",
            "P/template.yaml:5:76: `x` is an export of another stack; its name stands in for it",
        ]
    );
}
