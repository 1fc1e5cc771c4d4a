//! Where a state machine's definition comes from, and what is put into it.

use faastlane_project::{Kind, Options};

use crate::{Folder, definition, parameters};

const MACHINE: &str =
    "Resources:\n  Flow:\n    Type: AWS::Serverless::StateMachine\n    Properties:\n";

/// Checks the definition of a template whose only machine has `properties`.
fn check(properties: &str, files: &[(&str, &str)], expected: &str) {
    let template = template(properties);
    let folder = Folder::new(&[&[("template.yaml", template.as_str())], files].concat());
    let shown = match folder.load(&Options::default()) {
        Ok(project) => definition(&project),
        Err(error) => folder.message(&error),
    };
    assert_eq!(shown, expected, "for\n{properties}");
}

fn template(properties: &str) -> String {
    let indented: String = properties.lines().map(|line| format!("      {line}\n")).collect();
    format!("{MACHINE}{indented}")
}

#[test]
fn from_files() {
    check("DefinitionUri: a.json", &[("a.json", r#"{"StartAt":"A"}"#)], r#"{"StartAt":"A"}"#);
    check("DefinitionUri: sf/a.asl.yaml", &[("sf/a.asl.yaml", "StartAt: A")], r#"{"StartAt":"A"}"#);
    check("DefinitionUri: ./a.asl.json", &[("a.asl.json", "{}")], "{}");
    check(
        "DefinitionUri: ../no-such-folder-anywhere/a.json",
        &[],
        "P/template.yaml:5:22: DefinitionUri `../no-such-folder-anywhere/a.json` does not exist; paths are relative to P",
    );
}

#[test]
fn functions_of_cloudformation_do_nothing_in_a_file() {
    check(
        "DefinitionUri: a.yaml",
        &[("a.yaml", "A:\n  - !GetAtt F.Arn")],
        "P/a.yaml:2:5: `Fn::GetAtt` has no effect in a definition file; use ${Name} and DefinitionSubstitutions",
    );
    check(
        "DefinitionUri: a.json",
        &[("a.json", "{\n\"A\": {\"Fn::Sub\": 1}}")],
        "P/a.json:2:7: `Fn::Sub` has no effect in a definition file; use ${Name} and DefinitionSubstitutions",
    );
}

#[test]
fn from_the_template() {
    check("Definition:\n  StartAt: A\n  Version: 1.0", &[], r#"{"StartAt":"A","Version":1.0}"#);
    check("DefinitionString: '{\"StartAt\": \"A\"}'", &[], r#"{"StartAt":"A"}"#);
    check(
        "DefinitionString: !Sub |\n  {\"StartAt\": \"${AWS::Region}\"}",
        &[],
        r#"{"StartAt":"us-east-1"}"#,
    );
    check(
        "DefinitionString:\n  Fn::Join: ['', ['{\"a\":\"', !Ref Flow, '\"}']]",
        &[],
        r#"{"a":"arn:aws:states:us-east-1:123456789012:stateMachine:Flow"}"#,
    );
    check("DefinitionString: {StartAt: A}", &[], r#"{"StartAt":"A"}"#);
}

#[test]
fn substitutions() {
    let json = r#"{"${K}": "${Fn}:x", "n": ${N}, "t": "${T}", "${unknown}": "${K}${K}"}"#;
    let values = "DefinitionUri: a.json\nDefinitionSubstitutions:\n  K: key\n  Fn: !GetAtt F.Arn\n  N: 5\n  T: \"a\\\"b\"";
    check(
        values,
        &[("a.json", json)],
        r#"{"key":"F.Arn:x","n":5,"t":"a\"b","${unknown}":"keykey"}"#
            .replace("F.Arn", "arn:aws:iam::123456789012:role/F")
            .as_str(),
    );
    check(
        "DefinitionUri: a.yaml\nDefinitionSubstitutions: {K: key, N: 5}",
        &[("a.yaml", "${K}: ${N}\nx: \"${K}-${N}\"\ny: '${N}'")],
        r#"{"key":5,"x":"key-5","y":"5"}"#,
    );
    check(
        "Definition: {\"${K}\": [\"${K}!\"]}\nDefinitionSubstitutions: {K: key}",
        &[],
        r#"{"key":["key!"]}"#,
    );
}

#[test]
fn constants_stay_as_they_are() {
    const CONSTANTS: &str = r#"{"arn":"arn:aws:lambda:eu-west-1:999999999999:function:check","big":12345678901234567890,"account":"012345678901","day":"2012-10-17","text":"States.Format('${x}')"}"#;
    const YAML: &str = "arn: arn:aws:lambda:eu-west-1:999999999999:function:check\nbig: 12345678901234567890\n\
                        account: 012345678901\nday: 2012-10-17\ntext: States.Format('${x}')";
    let uri = |file: &str| format!("DefinitionUri: {file}\nDefinitionSubstitutions: {{K: v}}");
    check(&uri("a.json"), &[("a.json", CONSTANTS)], CONSTANTS);
    check(&uri("a.yaml"), &[("a.yaml", YAML)], CONSTANTS);
    let inline: String = YAML.lines().map(|line| format!("  {line}\n")).collect();
    check(&format!("Definition:\n{inline}"), &[], CONSTANTS);
}

#[test]
fn places_are_those_of_the_users_text() {
    let check = |properties: &str, file: &str, text: &str, line: u32, column: u32| {
        let template = template(properties);
        let folder = Folder::new(&[("template.yaml", &template), (file, text)]);
        let project = folder.load(&Options::default()).unwrap();
        let definition = &project.machines[0].definition;
        let place = definition.root.get("b").expect("every case has a member b").place;
        assert_eq!((place.line, place.column), (line, column), "for\n{properties}");
        assert!(definition.source.lines().count() > 0);
    };
    let long = "DefinitionUri: a.json\nDefinitionSubstitutions: {K: a-long-value}";
    check(long, "a.json", "{\"a\": \"${K}\", \"b\": 1}", 1, 20);
    check(long, "a.json", "{\"a\": \"${K}\",\n \"b\": \"${K}\"}", 2, 7);
    check("Definition:\n  a: 1\n  b: 2", "x", "", 7, 12);
    check("DefinitionString: |\n  {\"a\": 1,\n   \"b\": 2}", "x", "", 7, 15);
    check("DefinitionString: !Sub |\n  {\n   \"a\": 1,\n   \"b\": 2}", "x", "", 8, 15);
    check("DefinitionString: '{\"b\": 2}'", "x", "", 5, 25);
}

#[test]
fn names_and_kinds() {
    let folder = Folder::new(&[
        (
            "template.json",
            r#"{"Resources": {
            "One": {"Type": "AWS::Serverless::StateMachine", "Properties": {"Name": {"Fn::Sub": "${AWS::AccountId}-one"}, "Type": "EXPRESS", "Definition": {}}},
            "Two": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"StateMachineName": "two", "StateMachineType": "STANDARD", "DefinitionString": "{}"}},
            "Three": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"DefinitionS3Location": "a.json"}},
            "Gone": {"Type": "AWS::StepFunctions::StateMachine", "Condition": "Never"}},
          "Conditions": {"Never": {"Fn::Equals": ["a", "b"]}}}"#,
        ),
        ("a.json", "{}"),
    ]);
    let project = folder.load(&Options::default()).unwrap();
    let machines: Vec<_> = project
        .machines
        .iter()
        .map(|machine| (machine.name.as_str(), machine.logical_id.as_str(), machine.kind))
        .collect();
    assert_eq!(
        machines,
        [
            ("123456789012-one", "One", Kind::Express),
            ("two", "Two", Kind::Standard),
            ("Three", "Three", Kind::Standard),
        ]
    );
    for reference in ["two", "Two", "arn:aws:states:us-east-1:123456789012:stateMachine:two"] {
        assert_eq!(project.machine(reference).unwrap().logical_id, "Two");
    }
    assert_eq!(project.machine("Gone"), None);
}

#[test]
fn parameters_substitute_in_a_bare_definition() {
    let folder = Folder::new(&[("a.asl.json", r#"{"x": "${Fn}", "n": ${N}}"#)]);
    let project = folder.load(&parameters(&[("Fn", "check"), ("N", "1"), ("N", "2")])).unwrap();
    assert_eq!(definition(&project), r#"{"x":"check","n":2}"#);
    assert_eq!(project.machines[0].name, "a");
}
