//! Which variables a function sees: Lambda's, its own, those of `--env`, and almost nothing else.

use serde_json::Value;

use crate::harness::{CALLS_F, Outcome, Project};

const TEMPLATE: &str = "
Transform: AWS::Serverless-2016-10-31
Globals:
  Function:
    Environment:
      Variables:
        STAGE: beta
        REGION: north
Resources:
  Flow:
    Type: AWS::Serverless::StateMachine
    Properties:
      DefinitionUri: flow.asl.json
  F:
    Type: AWS::Serverless::Function
    Properties:
      FunctionName: f
      CodeUri: functions
      Handler: f.handler
      Timeout: 7
      MemorySize: 512
      Environment:
        Variables:
          TABLE: orders
          REGION: south
";

/// What `os.environ` holds in a function of the template, run with these arguments.
fn environment(arguments: &str) -> Value {
    let code = "import os\ndef handler(event, context):\n    return dict(os.environ)\n";
    let files = [("template.yaml", TEMPLATE), ("flow.asl.json", CALLS_F), ("functions/f.py", code)];
    let project = Project::new(&files);
    let mut command = project.faastlane("run . --json");
    command.args(arguments.split_whitespace());
    command.env("SECRET_OF_MINE", "hidden").env("HANDED", "over").env("STAGE", "mine");
    command.env("PYTHONSTARTUP", "/nowhere").env("AWS_PROFILE", "boss");
    Outcome::of(&mut command).json()["output"].take()
}

#[test]
fn the_templates_own() {
    let seen = environment("");
    let check = |name: &str, value: &str| assert_eq!(seen[name], value, "{name}");
    check("STAGE", "beta");
    check("REGION", "south");
    check("TABLE", "orders");
    check("AWS_LAMBDA_FUNCTION_NAME", "f");
    check("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512");
    check("_HANDLER", "f.handler");
}

#[test]
fn env_wins_over_the_template() {
    let seen = environment("--env STAGE=gamma --env HANDED --env EMPTY= --env EQUATION=a=b");
    let check = |name: &str, value: &str| assert_eq!(seen[name], value, "{name}");
    check("STAGE", "gamma");
    check("HANDED", "over");
    check("EMPTY", "");
    check("EQUATION", "a=b");
    check("TABLE", "orders");
}

#[test]
fn nothing_of_the_callers_leaks() {
    let seen = environment("");
    let passed = ["PATH", "HOME", "TMPDIR", "LANG", "TZ", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR"];
    let own = ["STAGE", "REGION", "TABLE", "_HANDLER", "LD_LIBRARY_PATH", "PYTHONPATH", "LC_CTYPE"];
    let is_known = |name: &str| {
        passed.contains(&name)
            || own.contains(&name)
            || name.starts_with("AWS_") && name != "AWS_PROFILE"
            || name.to_lowercase().ends_with("_proxy")
    };
    let strange: Vec<_> = seen.as_object().unwrap().keys().filter(|name| !is_known(name)).collect();
    assert_eq!(strange, Vec::<&String>::new());
    let lambda =
        ["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_EXECUTION_ENV", "AWS_LAMBDA_LOG_GROUP_NAME"];
    lambda.iter().for_each(|name| assert!(seen[*name].is_string(), "{name}"));
}
