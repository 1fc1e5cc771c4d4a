//! Where functions come from, and how the forms of handlers and targets run.

use crate::harness::{CALLS_F, Outcome, Project};

/// A function that says what it is.
const NAMED: &str = "def handler(event, context):\n    return 'NAME'\n";
const TWO: &str = r#"{"StartAt": "A", "States": {
    "A": {"Type": "Task", "Resource": "one", "ResultPath": "$.one", "Next": "B"},
    "B": {"Type": "Task", "Resource": "arn:aws:lambda:eu-west-1:111122223333:function:two:live",
          "ResultPath": "$.two", "End": true}}}"#;

/// The output of `flow.asl.json` with these files beside it, run with these arguments.
#[track_caller]
fn check(files: &[(&str, &str)], arguments: &str, output: &str) {
    let project = Project::new(files);
    project.run(arguments).expect(0, &format!("{output}\n"));
}

fn named(name: &str) -> String {
    NAMED.replace("NAME", name)
}

#[test]
fn a_folder_of_files_and_folders() {
    let (one, two) = (named("file"), named("folder"));
    let files =
        [("flow.asl.json", TWO), ("src/one.py", &one), ("src/two/lambda_function.py", &two)];
    check(&files, "--functions src", r#"{"one":"file","two":"folder"}"#);
}

#[test]
fn the_folder_functions_needs_no_option() {
    check(&[("flow.asl.json", CALLS_F), ("functions/f.py", &named("found"))], "", "\"found\"");
}

#[test]
fn a_map_of_functions() {
    let map = r#"{"one": {"code_uri": "code", "handler": "some.where.entry", "env": {"X": "mapped"}},
                  "two": {"code_uri": "code/two.py", "timeout": 5}}"#;
    let one = "import os\ndef entry(event, context):\n    return os.environ['X']\n";
    let two =
        "def main(event, context):\n    return context.get_remaining_time_in_millis() <= 5000\n";
    let files = [
        ("flow.asl.json", TWO),
        ("maps/functions.json", map),
        ("maps/code/some/where.py", one),
        ("maps/code/two.py", two),
    ];
    check(&files, "--functions maps/functions.json", r#"{"one":"mapped","two":true}"#);
}

#[test]
fn one_argument_as_openwhisk_has_it() {
    let code = "def main(params):\n    return {'hello': params.get('name', 'you')}\n";
    let files = [("flow.asl.json", CALLS_F), ("functions/f.py", code)];
    check(&files, "", r#"{"hello":"you"}"#);
    check(&files, r#"--input {"name":"Ada"}"#, r#"{"hello":"Ada"}"#);
}

#[test]
fn a_folder_as_target() {
    let files = [("deep/asl/flow.asl.json", CALLS_F), ("deep/functions/f.py", &named("deep"))];
    let project = Project::new(&files);
    let run = |target: &str| Outcome::of(&mut project.faastlane(&format!("run {target}")));
    run("deep").expect(0, "\"deep\"\n");
    run("deep/").expect(0, "\"deep\"\n");
    run("deep/asl/flow.asl.json").expect(0, "\"deep\"\n");
    run("./deep/asl").expect(0, "\"deep\"\n");
}

#[test]
fn a_definition_in_yaml() {
    let definition = "StartAt: F\nStates:\n  F:\n    Type: Task\n    Resource: f\n    Next: G\n  G: {Type: Pass, Result: {n: 1.50}, End: true}\n";
    let files = [("flow.asl.yaml", definition), ("functions/f.py", &named("yaml"))];
    let project = Project::new(&files);
    Outcome::of(&mut project.faastlane("run flow.asl.yaml")).expect(0, "{\"n\":1.5}\n");
    Outcome::of(&mut project.faastlane("validate flow.asl.yaml"))
        .expect(0, "1 state machine checked, no findings\n");
}

/// Each `app` gets its own `util`, also after the other has run.
#[test]
fn modules_of_the_same_names() {
    let app = "import util\ndef handler(event, context):\n    return util.NAME\n";
    let files = [
        ("flow.asl.json", TWO),
        ("functions/one/app.py", app),
        ("functions/one/util.py", "NAME = 'first'\n"),
        ("functions/two/app.py", app),
        ("functions/two/util.py", "NAME = 'second'\n"),
    ];
    check(&files, "", r#"{"one":"first","two":"second"}"#);
}

const TEMPLATE: &str = "
Transform: AWS::Serverless-2016-10-31
Resources:
  Flow:
    Type: AWS::Serverless::StateMachine
    Properties:
      Definition:
        StartAt: A
        States:
          A: {Type: Task, Resource: !GetAtt Inline.Arn, Next: B}
          B: {Type: Task, Resource: !GetAtt Layered.Arn, End: true}
  Inline:
    Type: AWS::Serverless::Function
    Properties:
      Handler: index.handler
      InlineCode: |
        def handler(event, context):
            return {'inline': __name__}
  Layered:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: code
      Handler: app.handler
      Layers: [!Ref Shared, !Ref Later]
  Shared:
    Type: AWS::Serverless::LayerVersion
    Properties:
      ContentUri: shared
  Later:
    Type: AWS::Serverless::LayerVersion
    Properties:
      ContentUri: later
";

#[test]
fn inline_code_and_layers() {
    let app = "import base, common\ndef handler(event, context):\n    return {**event, 'layers': [base.NAME, common.NAME]}\n";
    let files = [
        ("template.yaml", TEMPLATE),
        ("code/app.py", app),
        ("shared/python/common.py", "NAME = 'shared'\n"),
        ("shared/python/base.py", "NAME = 'base'\n"),
        ("later/python/common.py", "NAME = 'later'\n"),
    ];
    let project = Project::new(&files);
    let found = Outcome::of(&mut project.faastlane("run ."));
    found.expect(0, "{\"inline\":\"index\",\"layers\":[\"base\",\"later\"]}\n");
}
