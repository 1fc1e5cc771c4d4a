//! State machines and functions of an AWS SAM or CloudFormation template.
//!
//! The template is not deployed but read: resources of four types are looked at, their properties
//! are evaluated as CloudFormation would, everything else only matters for what it is called.
//! Further kinds of projects (`cdk.out`, `serverless.yml`) are modules beside this one and use it,
//! since both end in CloudFormation resources.

mod asset;
mod call;
mod code;
mod condition;
mod evaluate;
mod function;
mod globals;
pub(crate) mod intrinsic;
mod machine;
mod parameter;
mod reference;
mod substitution;

use std::path::{Path, PathBuf};

use faastlane_value::located::{Member, Node, Place};

use crate::error::Error;
use crate::function::Function;
use crate::machine::Machine;
use crate::spelling::distance;
use evaluate::Evaluator;
pub(crate) use evaluate::scalar_text;
pub(crate) use parameter::pseudo;

/// A template to read.
#[derive(Clone, Copy)]
pub(crate) struct Template<'a> {
    pub(crate) file: &'a Path,
    /// The text of the file.
    pub(crate) source: &'a str,
    pub(crate) root: &'a Node,
    /// Parameter values that the user gave.
    pub(crate) parameters: &'a [(String, String)],
    /// What `AWS::StackName` gives.
    pub(crate) stack_name: &'a str,
    pub(crate) surroundings: &'a Surroundings,
}

/// What a template that is made from something else needs beside its text; empty for others.
#[derive(Debug, Default)]
pub(crate) struct Surroundings {
    /// What stands before the logical id of a resource without a name of its own.
    pub(crate) name_prefix: String,
    /// What other stacks export: name and value.
    pub(crate) exports: Vec<(String, String)>,
    /// Further names of resources, each with the logical id that it means.
    pub(crate) aliases: Vec<(String, String)>,
    /// The definitions that were read from other files, by the logical id of their machine.
    pub(crate) origins: Vec<(String, Origin)>,
}

/// A file that a part of a template was read from.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    pub(crate) file: PathBuf,
    pub(crate) source: String,
}

/// What a template declares.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) machines: Vec<Machine>,
    pub(crate) functions: Vec<Function>,
    pub(crate) warnings: Vec<String>,
}

/// Whether a tree is a template: it has resources, which a state machine has not.
pub(crate) fn is_template(root: &Node) -> bool {
    ["Resources", "AWSTemplateFormatVersion"].iter().any(|key| root.get(key).is_some())
}

/// Reads a template.
pub(crate) fn read(template: Template<'_>) -> Result<Found, Error> {
    let Template { file, source, root, .. } = template;
    intrinsic::check_all(file, root)?;
    let mut evaluator = Evaluator::new(template)?;
    evaluator.warn_of_unknown_parameters();
    let (mut machines, mut functions) = (Vec::new(), Vec::new());
    for resource in resources(root) {
        if resource.id.starts_with("Fn::") {
            let message = format!("`{}` cannot make resources here; write them out", resource.id);
            return Err(evaluator.invalid(resource.place, message));
        }
        if !evaluator.exists(resource)? {
            continue;
        }
        match resource.type_name {
            "AWS::Serverless::Function" | "AWS::Lambda::Function" => {
                functions.push(evaluator.function(resource)?);
            }
            "AWS::Serverless::StateMachine" | "AWS::StepFunctions::StateMachine" => {
                machines.push(evaluator.machine(resource, source)?);
            }
            _ => {}
        }
    }
    Ok(Found { machines, functions, warnings: evaluator.warnings })
}

/// What the outputs of a template export, name and value. An output whose value cannot be had is
/// left out: whoever imports it is warned.
pub(crate) fn exports(template: Template<'_>) -> Result<Vec<(String, String)>, Error> {
    let mut evaluator = Evaluator::new(template)?;
    let outputs = template.root.get("Outputs").map_or(&[][..], Node::members);
    let export = |output: &Member| {
        let name = output.value.get("Export")?.get("Name")?;
        let name = evaluator.text(name).ok()?;
        Some((name, evaluator.text(output.value.get("Value")?).ok()?))
    };
    Ok(outputs.iter().filter_map(export).collect())
}

/// A resource of a template.
#[derive(Clone, Copy)]
struct Resource<'a> {
    id: &'a str,
    type_name: &'a str,
    node: &'a Node,
    place: Place,
}

impl Resource<'_> {
    fn is_serverless(&self) -> bool {
        self.type_name.starts_with("AWS::Serverless::")
    }
}

/// The resources of a template; of a repeated logical id the last.
fn resources(root: &Node) -> Vec<Resource<'_>> {
    let members = root.get("Resources").map_or(&[][..], Node::members);
    let last =
        |index: usize| !members[index + 1..].iter().any(|later| later.key == members[index].key);
    let resource = |index: usize| {
        let member = &members[index];
        let type_name = reference::type_of(&member.value);
        Resource { id: &member.key, type_name, node: &member.value, place: member.key_place }
    };
    (0..members.len()).filter(|index| last(*index)).map(resource).collect()
}

impl Evaluator<'_> {
    /// Whether the resource's `Condition`, if it has one, is met.
    fn exists(&mut self, resource: Resource<'_>) -> Result<bool, Error> {
        match resource.node.get("Condition") {
            Some(node) => match node.as_str() {
                Some(name) => self.named_condition(name, node.place),
                None => Err(self.invalid(node.place, "Condition takes the name of a condition")),
            },
            None => Ok(true),
        }
    }

    fn warn_of_unknown_parameters(&mut self) {
        let file = self.file.display();
        let warning = |name| format!("{file}: the template has no parameter `{name}`");
        let warnings: Vec<String> = self.unknown_given().map(warning).collect();
        self.warnings.extend(warnings);
    }

    /// The names for which the user gave values and which no parameter has.
    fn unknown_given(&self) -> impl Iterator<Item = &str> {
        let declared = self.root.get("Parameters");
        let names = self.given.iter().map(|(name, _)| name.as_str());
        names.filter(move |name| declared.and_then(|all| all.get(name)).is_none())
    }

    /// The one of them that is most like `name`, if it can be meant.
    fn similar_given(&self, name: &str) -> Option<String> {
        let ranked = self.unknown_given().map(|given| (distance(given, name), given));
        let (distance, similar) = ranked.min()?;
        (distance <= 1 + name.len() / 4).then(|| similar.to_owned())
    }
}
