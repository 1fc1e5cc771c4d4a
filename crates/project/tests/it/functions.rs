//! What is known about functions, from templates and from `--functions`.

use std::path::PathBuf;
use std::time::Duration;

use faastlane_project::{Code, Function, Handler, Options, Project};

use crate::{Folder, definition, parameters};

fn function<'p>(project: &'p Project, reference: &str) -> &'p Function {
    project.function(reference).unwrap_or_else(|| panic!("no function {reference}"))
}

fn texts(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn globals_and_defaults() {
    let folder = Folder::new(&[
        (
            "template.yaml",
            r#"
AWSTemplateFormatVersion: 2010-09-09
AWSTemplateFormatVersion: "2010-09-09"
Parameters:
  Url: {Type: String}
Globals:
  Function:
    Runtime: python3.12
    Timeout: 30
    MemorySize: 256
    Handler: app.lambda_handler
    Environment:
      Variables: {STAGE: test, FLAG: true, DAY: 2012-10-17, BIG: 12345678901234567890}
Resources:
  Check:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: !Sub "${AWS::StackName}-check"
      CodeUri: functions/check
      Handler: src/buy-sell.handler
      Handler: src/sell-buy.handler
      Timeout: 5
      Environment:
        Variables: {URL: !Ref Url, FLAG: "no", SKIPPED: !Ref AWS::NoValue}
  Bare:
    Type: AWS::Serverless::Function
  Plain:
    Type: AWS::Lambda::Function
    Properties: {Code: functions/check/, Handler: app.handler}
"#,
        ),
        ("functions/check/src/sell-buy.py", ""),
    ]);
    let project = folder.load(&parameters(&[("Url", "http://localhost")])).unwrap();
    assert_eq!(project.warnings, Vec::<String>::new());

    let stack = folder.path().file_name().unwrap().to_str().unwrap().replace('.', "-");
    let check = function(&project, "Check");
    assert_eq!(check.name, format!("{stack}-check"));
    assert_eq!(check.runtime.as_deref(), Some("python3.12"));
    assert_eq!(check.handler, Handler::Named("src/sell-buy.handler".to_owned()));
    assert_eq!(check.timeout, Duration::from_secs(5));
    assert_eq!(check.memory_mib, Some(256));
    let expected = Code::Folder {
        root: folder.absolute("functions/check"),
        folder: folder.absolute("functions/check/src"),
    };
    assert_eq!(check.code, expected);
    let variables = [
        ("STAGE", "test"),
        ("FLAG", "no"),
        ("DAY", "2012-10-17"),
        ("BIG", "12345678901234567890"),
        ("URL", "http://localhost"),
    ];
    assert_eq!(check.environment, texts(&variables));

    let bare = function(&project, "Bare");
    assert_eq!(bare.code.root(), Some(folder.absolute(".").as_path()));
    assert_eq!(bare.timeout, Duration::from_secs(30));

    let plain = function(&project, "Plain");
    assert_eq!((plain.timeout, plain.memory_mib), (Duration::from_secs(3), None));
    assert_eq!(plain.runtime, None, "Globals are for AWS::Serverless::Function only");
}

#[test]
fn every_reference_finds_the_function() {
    let folder = Folder::new(&[(
        "template.yaml",
        "Resources:\n  CheckFn:\n    Type: AWS::Serverless::Function\n    Properties: {InlineCode: 'x = 1', Handler: index.handler, FunctionName: check, AutoPublishAlias: live}\n",
    )]);
    let project = folder.load(&Options::default()).unwrap();
    assert_eq!(project.functions[0].code, Code::Inline("x = 1".to_owned()));
    assert_eq!(project.functions[0].arn(), "arn:aws:lambda:us-east-1:123456789012:function:check");
    for reference in [
        "check",
        "CheckFn",
        "check:$LATEST",
        "check:live",
        "check:7",
        "123456789012:function:check",
        "arn:aws:lambda:us-east-1:123456789012:function:check",
        "arn:aws:lambda:us-east-1:123456789012:function:check:live",
        "arn:aws:lambda:eu-central-1:999999999999:function:check:$LATEST",
    ] {
        assert_eq!(function(&project, reference).name, "check", "for {reference}");
    }
    for reference in ["", "other", "arn:aws:states:::lambda:invoke", "${Check}"] {
        assert_eq!(project.function(reference), None, "for {reference}");
    }
}

#[test]
fn layers_are_folders() {
    let folder = Folder::new(&[
        (
            "template.yaml",
            r#"
Globals: {Function: {Layers: [!Ref Common]}}
Resources:
  Common: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: layers/common}}
  Modules: {Type: AWS::Serverless::LayerVersion, Properties: {LayerName: mods, ContentUri: layers/modules}}
  F:
    Type: AWS::Serverless::Function
    Properties:
      InlineCode: x
      Handler: index.handler
      Layers: [!Ref Modules, "arn:aws:lambda:us-east-1:1:layer:remote:3"]
"#,
        ),
        ("layers/common/python/", ""),
        ("layers/modules/util.py", ""),
    ]);
    let project = folder.load(&Options::default()).unwrap();
    let expected = [folder.absolute("layers/common/python"), folder.absolute("layers/modules")];
    assert_eq!(function(&project, "F").layers, expected);
    let warnings: Vec<_> = project.warnings.iter().map(|warning| folder.shorten(warning)).collect();
    let expected = "P/template.yaml:11:30: layer `arn:aws:lambda:us-east-1:1:layer:remote:3` is not on this machine; left out";
    assert_eq!(warnings, [expected]);
}

#[test]
fn what_cannot_run_here_says_why() {
    let check = |properties: &str, expected: &str| {
        let template = format!(
            "Resources:\n  F:\n    Type: AWS::Serverless::Function\n    Properties: {properties}\n"
        );
        let folder = Folder::new(&[("template.yaml", &template), ("code.zip", "")]);
        let project = folder.load(&Options::default()).unwrap();
        assert_eq!(project.functions[0].code, Code::Unavailable(expected.to_owned()));
    };
    check(
        "{Runtime: nodejs22.x, CodeUri: dist}",
        "its runtime is nodejs22.x; only Python runs here",
    );
    check(
        "{PackageType: Image}",
        "it is a container image; only Python code in a folder runs here",
    );
    check("{CodeUri: s3://b/k.zip}", "its code is at s3://b/k.zip, not on this machine");
    check("{CodeUri: {Bucket: b, Key: k}}", "its code is in S3, not on this machine");
    check("{ImageUri: x}", "it is a container image; only Python code in a folder runs here");
    check("{CodeUri: code.zip}", "its code is the file code.zip; unpack it into a folder");
}

#[test]
fn a_template_that_the_cdk_wrote() {
    let folder = Folder::new(&[
        (
            "cdk.out/Stack.template.json",
            r#"{"Resources": {
                "check1234ABCD": {
                  "Type": "AWS::Lambda::Function",
                  "Properties": {"Code": {"S3Bucket": "cdk-assets", "S3Key": "0a.zip"}, "Handler": "app.handler", "Runtime": "python3.12"},
                  "Metadata": {"aws:cdk:path": "Stack/check/Resource", "aws:asset:path": "asset.0a"}},
                "flow5678EF01": {
                  "Type": "AWS::StepFunctions::StateMachine",
                  "Properties": {"DefinitionString": {"Fn::Join": ["", [
                    "{\"StartAt\":\"A\",\"Resource\":\"arn:", {"Ref": "AWS::Partition"},
                    ":states:::lambda:invoke\",\"Function\":\"", {"Fn::GetAtt": ["check1234ABCD", "Arn"]}, "\"}"]]}}}},
              "Parameters": {"BootstrapVersion": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/cdk"}},
              "Rules": {"Check": {"Assertions": [{"Assert": {"Fn::Not": [{"Fn::Contains": [["1"], {"Ref": "BootstrapVersion"}]}]}}]}}}"#,
        ),
        ("cdk.out/asset.0a/app.py", ""),
    ]);
    let template = folder.path().join("cdk.out/Stack.template.json");
    let project = faastlane_project::load(&template, &Options::default()).unwrap();
    assert_eq!(
        definition(&project),
        r#"{"StartAt":"A","Resource":"arn:aws:states:::lambda:invoke","Function":"arn:aws:lambda:us-east-1:123456789012:function:check1234ABCD"}"#
    );
    let check = function(&project, "check1234ABCD");
    assert_eq!(check.code.root(), Some(folder.absolute("cdk.out/asset.0a").as_path()));
}

#[test]
fn a_folder_of_functions() {
    let folder = Folder::new(&[
        ("flow.asl.json", "{}"),
        ("fns/check.py", ""),
        ("fns/buy-sell/lambda_function.py", ""),
        ("fns/buy-sell/main.py", ""),
        ("fns/check/app.py", ""),
        ("fns/notes.txt", ""),
        ("fns/empty/", ""),
        ("fns/__init__.py", ""),
    ]);
    let options = Options { functions: Some(folder.path().join("fns")), ..Options::default() };
    let project = folder.load(&options).unwrap();
    assert_eq!(project.functions.len(), 2);

    let any_of = |module: &str| Handler::AnyOf {
        module: module.to_owned(),
        names: ["handler", "lambda_handler", "main"].map(str::to_owned).to_vec(),
    };
    let check = function(&project, "arn:aws:lambda:us-east-1:123456789012:function:check");
    assert_eq!(check.handler, any_of("check"));
    assert_eq!(check.code.root(), Some(folder.absolute("fns").as_path()));
    assert_eq!(check.timeout, Duration::from_secs(60));
    let buy_sell = function(&project, "buy-sell");
    assert_eq!(buy_sell.handler, any_of("lambda_function"));
    assert_eq!(buy_sell.code.root(), Some(folder.absolute("fns/buy-sell").as_path()));
}

#[test]
fn a_map_of_functions() {
    let folder = Folder::new(&[
        ("flow.asl.json", "{}"),
        (
            "maps/functions.json",
            r#"{"check": {"code_uri": "../src", "handler": "a.b.handler", "runtime": "python3.9",
                          "env": {"A": "1", "B": 2}, "timeout": 1.5},
                "arn:aws:lambda:us-east-1:1:function:pay": {"code_uri": "../src/pay.py"},
                "folder": {"code_uri": "../src/folder", "timeout": 7}}"#,
        ),
        ("src/pay.py", ""),
        ("src/folder/index.py", ""),
    ]);
    let options = Options {
        functions: Some(folder.path().join("maps/functions.json")),
        ..Options::default()
    };
    let project = folder.load(&options).unwrap();
    let check = function(&project, "check");
    assert_eq!(check.handler, Handler::Named("a.b.handler".to_owned()));
    assert_eq!(check.runtime.as_deref(), Some("python3.9"));
    assert_eq!(check.environment, texts(&[("A", "1"), ("B", "2")]));
    assert_eq!(check.timeout, Duration::from_millis(1500));
    assert_eq!(check.code.root(), Some(folder.absolute("src").as_path()));
    let pay = function(&project, "pay");
    assert_eq!(
        (pay.handler.module(), pay.code.root()),
        ("pay", Some(folder.absolute("src").as_path()))
    );
    assert_eq!(function(&project, "folder").handler.module(), "index");
    assert_eq!(function(&project, "folder").timeout, Duration::from_secs(7));
}

#[test]
fn given_functions_win_over_those_of_a_template() {
    let folder = Folder::new(&[
        (
            "template.yaml",
            "Resources:\n  F:\n    Type: AWS::Lambda::Function\n    Properties: {Code: {ZipFile: x}, Handler: index.h, FunctionName: check}\n",
        ),
        ("mocks/check.py", ""),
    ]);
    let options = Options { functions: Some(folder.path().join("mocks")), ..Options::default() };
    let project = folder.load(&options).unwrap();
    assert_eq!(function(&project, "check").code.root(), Some(folder.absolute("mocks").as_path()));
}

#[test]
fn functions_beside_a_definition_are_found() {
    let check = |definition: &str, expected: Option<&str>| {
        let folder = Folder::new(&[(definition, "{}"), ("functions/check.py", "")]);
        let project = folder.load(&Options::default()).unwrap();
        let root = project.function("check").and_then(|check| check.code.root().map(PathBuf::from));
        assert_eq!(root, expected.map(|path| folder.absolute(path)), "for {definition}");
    };
    check("flow.asl.json", Some("functions"));
    check("statemachine/flow.asl.json", Some("functions"));
}
