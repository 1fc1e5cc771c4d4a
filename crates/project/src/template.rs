//! State machines and functions of an AWS SAM or CloudFormation template.
//!
//! The template is not deployed but read: resources of four types are looked at, their properties
//! are evaluated as CloudFormation would, everything else only matters for what it is called.
//! Further kinds of projects (`cdk.out`, `serverless.yml`) belong beside this module and may use it,
//! since both end in CloudFormation resources.

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

use std::path::Path;

use faastlane_value::located::{Node, Place};

use crate::error::Error;
use crate::function::Function;
use crate::machine::Machine;
use crate::spelling::distance;
use evaluate::Evaluator;

/// What a template declares.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) machines: Vec<Machine>,
    pub(crate) functions: Vec<Function>,
    pub(crate) warnings: Vec<String>,
}

/// Whether a tree is a template: it has resources, which a state machine has not.
pub(crate) fn is_template(root: &Node) -> bool {
    ["Resources", "AWSTemplateFormatVersion"].iter().any(|key| root.get(key).is_some())
}

/// Reads the template `root`, which stands as `source` in `file`; `stack_name` is what
/// `AWS::StackName` gives.
pub(crate) fn read(
    (file, source, root): (&Path, &str, &Node),
    parameters: &[(String, String)],
    stack_name: &str,
) -> Result<Found, Error> {
    intrinsic::check_all(file, root)?;
    let mut evaluator = Evaluator::new(file, root, parameters, stack_name);
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
