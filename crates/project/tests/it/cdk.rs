//! What the CDK synthesised. `tests/cdk.out` was written by aws-cdk-lib from two stacks, one with
//! functions, a layer and a machine of chained tasks, the other with a machine from a file that
//! calls a function of the first; roles and rules are taken out.

use std::path::Path;
use std::time::Duration;

use faastlane_project::{Code, Kind, Options, Project, load};

use crate::{Folder, parameters};

fn synthesised() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cdk.out")
}

/// The definition of a machine, as JSON.
fn definition(project: &Project, machine: &str) -> String {
    let machine = project.machine(machine).unwrap_or_else(|| panic!("no machine {machine}"));
    machine.definition.root.to_value().to_json()
}

#[test]
fn all_stacks_together() {
    let folder = synthesised();
    for target in [folder.clone(), folder.join("manifest.json")] {
        let project = load(&target, &Options::default()).unwrap();
        assert_eq!(project.warnings, Vec::<String>::new());
        let machines: Vec<_> =
            project.machines.iter().map(|machine| (machine.name.as_str(), machine.kind)).collect();
        let expected =
            [("Fns-FlowA74D6E88", Kind::Standard), ("Flows-Filed045ADEC8", Kind::Express)];
        assert_eq!(machines, expected);
    }
}

#[test]
fn code_and_layers_are_assets() {
    let project = load(&synthesised(), &Options::default()).unwrap();
    let check = project.function("Check8FEA48D3").expect("the stack declares it");
    assert_eq!(check.name, "Fns-Check8FEA48D3");
    let root = check.code.root().expect("it is an asset");
    assert!(root.is_absolute() && root.join("app.py").is_file(), "{root:?}");
    assert!(check.layers[0].join("common.py").is_file(), "{:?}", check.layers);
    let inline = project.function("Inline6CF80F9D").expect("the stack declares it");
    assert_eq!(inline.code, Code::Inline("def handler(e, c): return e".to_owned()));
    assert_eq!(inline.timeout, Duration::from_secs(9));
}

#[test]
fn definitions_name_functions_of_their_stack_and_of_others() {
    let project = load(&synthesised(), &Options::default()).unwrap();
    let arn = project.function("Check8FEA48D3").expect("the stack declares it").arn();
    assert!(definition(&project, "FlowA74D6E88").contains(&arn));
    let filed = format!(
        r#"{{"StartAt":"A","States":{{"A":{{"Type":"Task","Resource":"{arn}","End":true}}}}}}"#
    );
    assert_eq!(definition(&project, "Filed045ADEC8"), filed);
    let source = &project.machine("Filed045ADEC8").unwrap().definition.source;
    assert!(source.contains("${Check}"), "findings show the definition's own file");
}

#[test]
fn one_template_finds_its_assets_too() {
    let template = synthesised().join("Fns.template.json");
    let project = load(&template, &Options::default()).unwrap();
    let check = project.function("Check8FEA48D3").expect("the template declares it");
    assert_eq!(check.name, "Check8FEA48D3", "there is no other stack to be told from");
    assert!(check.code.root().is_some());
}

const STACK: &str = r#"{"Resources": {
    "M": {"Type": "AWS::StepFunctions::StateMachine",
          "Properties": {"DefinitionString": {"Ref": "Text"}}},
    "F": {"Type": "AWS::Lambda::Function", "Metadata": {"aws:asset:path": "asset.0a"},
          "Properties": {"Handler": "app.handler", "Code": {"S3Bucket": "b", "S3Key": "0a.zip"}}}},
  "Parameters": {"Text": {"Type": "String"}}}"#;

#[test]
fn stages_hold_stacks_of_the_same_ids() {
    let stage = r#"{"version": "1", "artifacts": {"Hash": {"type": "aws:cloudformation:stack",
        "properties": {"templateFile": "Hash.template.json", "stackName": "STAGE-app"}}}}"#;
    let assets = r#"{"files": {"0a": {"source": {"path": "../asset.0a"}}}}"#;
    let app = r#"{"version": "1", "artifacts": {
        "a": {"type": "cdk:cloud-assembly", "properties": {"directoryName": "assembly-Dev"}},
        "b": {"type": "cdk:cloud-assembly", "properties": {"directoryName": "assembly-Prod"}}}}"#;
    let folder = Folder::new(&[
        ("cdk.json", r#"{"app": "python3 app.py"}"#),
        ("cdk.out/manifest.json", app),
        ("cdk.out/asset.0a/app.py", ""),
        ("cdk.out/assembly-Dev/manifest.json", &stage.replace("STAGE", "Dev")),
        ("cdk.out/assembly-Dev/Hash.template.json", STACK),
        ("cdk.out/assembly-Dev/Hash.assets.json", assets),
        ("cdk.out/assembly-Prod/manifest.json", &stage.replace("STAGE", "Prod")),
        ("cdk.out/assembly-Prod/Hash.template.json", STACK),
        ("cdk.out/assembly-Prod/Hash.assets.json", assets),
        ("faastlane.toml", "machine = \"Prod-app-M\""),
    ]);
    let project = folder.load(&parameters(&[("Text", "{}"), ("Other", "x")])).unwrap();
    let names: Vec<_> = project.machines.iter().map(|machine| machine.name.as_str()).collect();
    assert_eq!(names, ["Dev-app-M", "Prod-app-M"]);
    assert_eq!(project.machine("M"), None, "both stages have one");
    let prod = project.function("Prod-app-F").expect("the stage declares it");
    assert_eq!(prod.code.root(), Some(folder.absolute("cdk.out/asset.0a").as_path()));
    assert_eq!(project.settings.machine.as_deref(), Some("Prod-app-M"));
    let warnings: Vec<_> = project.warnings.iter().map(|warning| folder.shorten(warning)).collect();
    assert_eq!(warnings, ["P/cdk.out/manifest.json: no stack has a parameter `Other`"]);
}

#[test]
fn mistakes() {
    let check = |artifact: &str, expected: &str| {
        let manifest = format!(r#"{{"version": "1", "artifacts": {{"S": {artifact}}}}}"#);
        let folder = Folder::new(&[("manifest.json", &manifest), ("S.template.json", STACK)]);
        let error = folder.load(&Options::default()).expect_err("the app is wrong");
        assert_eq!(folder.message(&error), expected);
    };
    check(
        r#"{"type": "aws:cloudformation:stack", "properties": {"templateFile": "T.template.json"}}"#,
        "P/manifest.json:1:105: templateFile `T.template.json` does not exist; did you mean `S.template.json`?",
    );
    check(
        r#"{"type": "cdk:cloud-assembly", "properties": {"directoryName": "."}}"#,
        "P/manifest.json:1:100: more than 8 stages in each other",
    );
    check(
        r#"{"type": "aws:cloudformation:stack", "properties": {"templateFile": "S.template.json"}}"#,
        "P/S.template.json:6:18: parameter `Text` has no value and no Default; give one with --parameter Text=VALUE",
    );
}
