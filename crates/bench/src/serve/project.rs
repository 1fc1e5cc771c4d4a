//! The project that is served: a chain of five functions, twice, and machines that wait.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use serde_json::{Map, Value, json};

use crate::code::STEPS;
use crate::host::Host;

/// A folder with the project, and the Python of its functions.
#[derive(Debug)]
pub(super) struct Project {
    pub(super) folder: PathBuf,
    pub(super) python: PathBuf,
}

impl Project {
    /// Writes it below `parent`.
    pub(super) fn write(parent: &Path, host: &Host) -> Result<Self> {
        let folder = parent.join("project");
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("handlers.py"), include_str!("../python/handlers.py"))?;
        // JSON is YAML.
        fs::write(folder.join("template.yaml"), serde_json::to_string_pretty(&template())?)?;
        Ok(Self { folder, python: host.python.clone() })
    }
}

fn template() -> Value {
    let functions = (0..STEPS).map(|step| {
        let handler = format!("handlers.step{step}");
        let properties = json!({
            "FunctionName": format!("step{step}"), "Runtime": "python3.12", "CodeUri": ".",
            "Handler": handler, "Timeout": 60
        });
        (
            format!("Step{step}"),
            json!({"Type": "AWS::Serverless::Function", "Properties": properties}),
        )
    });
    let wait =
        json!({"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 86_400, "End": true}}});
    let token = json!({"StartAt": "T", "States": {"T": {
        "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "End": true,
        "Parameters": {"FunctionName": "step0", "Payload": {"token.$": "$$.Task.Token"}}}}});
    let machines = [
        ("Chain", "EXPRESS", chain()),
        ("Lasting", "STANDARD", chain()),
        ("Timer", "STANDARD", wait),
        ("Token", "STANDARD", token),
    ]
    .map(|(name, kind, definition)| {
        let properties = json!({"Name": name, "Type": kind, "Definition": definition});
        let machine = json!({"Type": "AWS::Serverless::StateMachine", "Properties": properties});
        (name.to_owned(), machine)
    });
    let resources: Map<String, Value> = functions.chain(machines).collect();
    json!({
        "AWSTemplateFormatVersion": "2010-09-09", "Transform": "AWS::Serverless-2016-10-31",
        "Resources": resources
    })
}

fn chain() -> Value {
    let states = (0..STEPS).map(|step| {
        let mut state = json!({"Type": "Task", "Resource": format!("step{step}")});
        if step + 1 == STEPS {
            state["End"] = true.into();
        } else {
            state["Next"] = format!("S{}", step + 1).into();
        }
        (format!("S{step}"), state)
    });
    json!({"StartAt": "S0", "States": states.collect::<Map<_, _>>()})
}
