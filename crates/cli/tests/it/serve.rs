//! `faastlane serve`: what the tests with boto3 do not look at.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};

use serde_json::{Value, json};

use crate::harness::faastlane;

/// A server on a free port.
struct Served {
    process: Child,
    url: String,
}

impl Served {
    fn start(folder: &Path, arguments: &str) -> Self {
        let arguments = format!("serve --port 0 --store :memory: {arguments}");
        let mut command = faastlane(folder, &arguments);
        let mut process = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let is_url = |line: String| line.strip_prefix("listening on ").map(str::to_owned);
        let url = lines.by_ref().find_map(|line| is_url(line.unwrap())).unwrap();
        // It must not wait for somebody who reads its log.
        std::thread::spawn(move || lines.for_each(drop));
        Self { process, url }
    }

    fn call(&self, operation: &str, body: &Value) -> Value {
        let target = format!("AWSStepFunctions.{operation}");
        let request = ureq::post(&self.url)
            .header("content-type", "application/x-amz-json-1.0")
            .header("x-amz-target", &target);
        let mut answer = request.send(body.to_string()).unwrap();
        serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn functions_need_no_template() {
    let folder = tempfile::tempdir().unwrap();
    let code = "def handler(event, context):\n    return event['n'] + 1\n";
    std::fs::write(folder.path().join("increment.py"), code).unwrap();
    let server = Served::start(folder.path(), "--functions .");
    let definition = json!({"StartAt": "A", "States": {
        "A": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:increment", "End": true}}});
    for (kind, operation) in [("EXPRESS", "StartSyncExecution"), ("STANDARD", "StartExecution")] {
        let created = server.call(
            "CreateStateMachine",
            &json!({"name": kind, "definition": definition.to_string(), "type": kind,
                "roleArn": "arn:aws:iam::123456789012:role/r"}),
        );
        let start = json!({"stateMachineArn": created["stateMachineArn"], "input": "{\"n\":1}"});
        let mut ended = server.call(operation, &start);
        while kind == "STANDARD"
            && ended["status"].as_str().is_none_or(|status| status == "RUNNING")
        {
            let arn = &ended["executionArn"];
            ended = server.call("DescribeExecution", &json!({"executionArn": arn}));
        }
        assert_eq!(
            (&ended["status"], &ended["output"]),
            (&json!("SUCCEEDED"), &json!("2")),
            "{ended}"
        );
    }
}

#[test]
fn a_project_is_loaded_again_when_its_files_change() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    let definition = |result: &str| {
        json!({"StartAt": "A", "States": {
            "A": {"Type": "Task", "Resource": "f", "ResultPath": "$.f", "Next": "B"},
            "B": {"Type": "Pass", "Result": result, "ResultPath": "$.b", "End": true}}})
        .to_string()
    };
    let code = |result: &str| format!("def handler(event, context):\n    return '{result}'\n");
    std::fs::create_dir(folder.path().join("functions")).unwrap();
    write("flow.asl.json", &definition("old"));
    write("functions/f.py", &code("old"));
    let server = Served::start(folder.path(), "flow.asl.json --functions functions --watch");
    let machine = "arn:aws:states:us-east-1:123456789012:stateMachine:flow";
    let output = || {
        let started = server.call("StartExecution", &json!({"stateMachineArn": machine}));
        let arn = &started["executionArn"];
        loop {
            let ended = server.call("DescribeExecution", &json!({"executionArn": arn}));
            if ended["status"] != "RUNNING" {
                return ended["output"].as_str().unwrap_or_default().to_owned();
            }
        }
    };
    assert_eq!(output(), r#"{"f":"old","b":"old"}"#);
    write("functions/f.py", &code("new"));
    while output() != r#"{"f":"new","b":"old"}"# {}
    write("flow.asl.json", &definition("new"));
    while output() != r#"{"f":"new","b":"new"}"# {}
}
