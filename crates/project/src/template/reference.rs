//! `Ref` and `Fn::GetAtt`: what resources are called once they are deployed.
//!
//! Nothing is deployed here, so names are those that the template gives, else the logical id, and
//! ARNs are built from them. The same template gives the same values every time.

use faastlane_value::located::{Node, Place};

use super::evaluate::Evaluator;
use super::parameter::pseudo;
use crate::arn::{ACCOUNT, REGION};
use crate::error::Error;

/// What `Ref` gives for a resource.
#[derive(Clone, Copy, PartialEq)]
enum Ref {
    Name,
    Arn,
    /// The URL of a queue.
    Url,
}

/// Resource types whose references are known: type, property with the name, `Ref`, ARN.
const TYPES: [(&str, &str, Ref, &str); 21] = [
    ("AWS::Serverless::Function", "FunctionName", Ref::Name, "lambda:REGION:ACCOUNT:function:NAME"),
    ("AWS::Lambda::Function", "FunctionName", Ref::Name, "lambda:REGION:ACCOUNT:function:NAME"),
    ("AWS::Serverless::StateMachine", "Name", Ref::Arn, "states:REGION:ACCOUNT:stateMachine:NAME"),
    (
        "AWS::StepFunctions::StateMachine",
        "StateMachineName",
        Ref::Arn,
        "states:REGION:ACCOUNT:stateMachine:NAME",
    ),
    ("AWS::StepFunctions::Activity", "Name", Ref::Arn, "states:REGION:ACCOUNT:activity:NAME"),
    ("AWS::Serverless::LayerVersion", "LayerName", Ref::Arn, "lambda:REGION:ACCOUNT:layer:NAME:1"),
    ("AWS::Lambda::LayerVersion", "LayerName", Ref::Arn, "lambda:REGION:ACCOUNT:layer:NAME:1"),
    ("AWS::Serverless::SimpleTable", "TableName", Ref::Name, "dynamodb:REGION:ACCOUNT:table/NAME"),
    ("AWS::DynamoDB::Table", "TableName", Ref::Name, "dynamodb:REGION:ACCOUNT:table/NAME"),
    ("AWS::DynamoDB::GlobalTable", "TableName", Ref::Name, "dynamodb:REGION:ACCOUNT:table/NAME"),
    ("AWS::SQS::Queue", "QueueName", Ref::Url, "sqs:REGION:ACCOUNT:NAME"),
    ("AWS::SNS::Topic", "TopicName", Ref::Arn, "sns:REGION:ACCOUNT:NAME"),
    ("AWS::S3::Bucket", "BucketName", Ref::Name, "s3:::NAME"),
    ("AWS::Events::EventBus", "Name", Ref::Name, "events:REGION:ACCOUNT:event-bus/NAME"),
    ("AWS::Events::Rule", "Name", Ref::Name, "events:REGION:ACCOUNT:rule/NAME"),
    ("AWS::Logs::LogGroup", "LogGroupName", Ref::Name, "logs:REGION:ACCOUNT:log-group:NAME:*"),
    ("AWS::IAM::Role", "RoleName", Ref::Name, "iam::ACCOUNT:role/NAME"),
    ("AWS::Kinesis::Stream", "Name", Ref::Name, "kinesis:REGION:ACCOUNT:stream/NAME"),
    ("AWS::ECS::Cluster", "ClusterName", Ref::Name, "ecs:REGION:ACCOUNT:cluster/NAME"),
    ("AWS::SSM::Parameter", "Name", Ref::Name, "ssm:REGION:ACCOUNT:parameter/NAME"),
    (
        "AWS::SecretsManager::Secret",
        "Name",
        Ref::Arn,
        "secretsmanager:REGION:ACCOUNT:secret:NAME-000000",
    ),
];

impl<'a> Evaluator<'a> {
    /// Evaluates `{"Ref": argument}`.
    pub(super) fn reference(
        &mut self,
        argument: &Node,
        place: Place,
    ) -> Result<Option<Node>, Error> {
        match argument.as_str() {
            Some(name) => self.reference_to(name, place),
            None => {
                Err(self.invalid(argument.place, "Ref takes the name of a parameter or resource"))
            }
        }
    }

    /// What `Ref: name` gives; `None` for `AWS::NoValue`.
    pub(super) fn reference_to(&mut self, name: &str, place: Place) -> Result<Option<Node>, Error> {
        if name == "AWS::NoValue" {
            return Ok(None);
        }
        if let Some(value) = pseudo(name, self.stack_name) {
            return self.string(place, value).map(Some);
        }
        if let Some(value) = self.parameter(name, place)? {
            return Ok(Some(value));
        }
        if let Some((function, "Version" | "Alias")) = name.split_once('.') {
            return self.qualified_arn(function, &name[function.len() + 1..], place).map(Some);
        }
        let text = match self.resource(name) {
            Some(resource) => self.resource_reference(name, resource, place)?,
            None => {
                self.warn_undefined(name, place);
                name.to_owned()
            }
        };
        self.string(place, text).map(Some)
    }

    /// Evaluates `{"Fn::GetAtt": argument}`: `[resource, attribute]` or `"resource.attribute"`.
    pub(super) fn attribute_of(&mut self, argument: &Node, place: Place) -> Result<Node, Error> {
        if let Some((resource, attribute)) = argument.as_str().and_then(|text| text.split_once('.'))
        {
            return self.attribute(resource, attribute, place);
        }
        let [resource, attribute] =
            self.arguments(argument, "Fn::GetAtt", "[resource, attribute]")?;
        let Some(resource) = resource.as_str() else {
            return Err(
                self.invalid(resource.place, "Fn::GetAtt takes the logical id of a resource")
            );
        };
        let attribute = self.text(attribute)?;
        self.attribute(resource, &attribute, place)
    }

    /// The attribute of a resource, as far as it follows from the template.
    pub(super) fn attribute(
        &mut self,
        id: &str,
        attribute: &str,
        place: Place,
    ) -> Result<Node, Error> {
        let Some(resource) = self.resource(id) else {
            return self.undefined_attribute(id, attribute, place);
        };
        let type_name = type_of(resource);
        let text = match attribute {
            "Arn" | "TopicArn" | "LayerVersionArn" => self.resource_arn(id, resource)?,
            "QueueUrl" => queue_url(&self.physical_name(id, resource)?),
            "StreamArn" | "LatestStreamArn" => {
                format!("{}/stream/2024-01-01T00:00:00.000", self.resource_arn(id, resource)?)
            }
            "DomainName" if type_name == "AWS::S3::Bucket" => {
                format!("{}.s3.amazonaws.com", self.physical_name(id, resource)?)
            }
            "Name" | "QueueName" | "TopicName" | "TableName" | "FunctionName" => {
                self.physical_name(id, resource)?
            }
            "Value" if type_name == "AWS::SSM::Parameter" => {
                let value = resource.get("Properties").and_then(|all| all.get("Value"));
                value.map_or(Ok(String::new()), |value| self.text(value))?
            }
            _ => format!("{id}.{attribute}"),
        };
        self.string(place, text)
    }

    /// Whether the template declares a resource or parameter `name`.
    pub(super) fn is_defined(&self, name: &str) -> bool {
        let declares =
            |section: &str| self.root.get(section).is_some_and(|all| all.get(name).is_some());
        self.resource(name).is_some() || declares("Parameters")
    }

    /// The resource with the logical id, or else the alias, `id`.
    pub(super) fn resource(&self, id: &str) -> Option<&'a Node> {
        let root: &'a Node = self.root;
        let resources = root.get("Resources")?;
        let aliased = || {
            let (_, id) = self.surroundings.aliases.iter().find(|(alias, _)| alias == id)?;
            resources.get(id)
        };
        resources.get(id).or_else(aliased)
    }

    /// The name of a resource: the one that it is given, else its logical id, which the names of
    /// several stacks tell apart.
    pub(super) fn physical_name(&mut self, id: &str, resource: &'a Node) -> Result<String, Error> {
        if let Some(name) = self.names.get(id) {
            return Ok(name.clone());
        }
        let property =
            TYPES.iter().find(|(name, ..)| *name == type_of(resource)).map(|entry| entry.1);
        let given = property.and_then(|property| resource.get("Properties")?.get(property));
        let given = match given {
            Some(node) => self.once(id, node.place, |this| this.optional_text(node))?,
            None => None,
        };
        let name = given.unwrap_or_else(|| format!("{}{id}", self.surroundings.name_prefix));
        self.names.insert(id.to_owned(), name.clone());
        Ok(name)
    }

    fn resource_reference(
        &mut self,
        id: &str,
        resource: &'a Node,
        place: Place,
    ) -> Result<String, Error> {
        let type_name = type_of(resource);
        if matches!(type_name, "AWS::Lambda::Alias" | "AWS::Lambda::Version") {
            return self.once(id, place, |this| this.published_arn(resource, place));
        }
        match TYPES.iter().find(|(name, ..)| *name == type_name).map(|entry| entry.2) {
            Some(Ref::Arn) => self.resource_arn(id, resource),
            Some(Ref::Url) => Ok(queue_url(&self.physical_name(id, resource)?)),
            Some(Ref::Name) => self.physical_name(id, resource),
            None => Ok(id.to_owned()),
        }
    }

    fn resource_arn(&mut self, id: &str, resource: &'a Node) -> Result<String, Error> {
        let type_name = type_of(resource);
        let name = self.physical_name(id, resource)?;
        let pattern = TYPES.iter().find(|(known, ..)| *known == type_name).map(|entry| entry.3);
        let pattern = pattern.map_or_else(
            || {
                let service = type_name.split("::").nth(1).unwrap_or("unknown").to_lowercase();
                format!("{service}:REGION:ACCOUNT:NAME")
            },
            str::to_owned,
        );
        let local = pattern.replace("REGION", REGION).replace("ACCOUNT", ACCOUNT);
        Ok(format!("arn:aws:{}", local.replace("NAME", &name)))
    }

    /// The ARN of an alias (`Function.Alias`) or version that SAM publishes by itself.
    fn qualified_arn(&mut self, function: &str, kind: &str, place: Place) -> Result<Node, Error> {
        let Some(resource) = self.resource(function) else {
            return self.undefined_attribute(function, kind, place);
        };
        let alias = resource.get("Properties").and_then(|all| all.get("AutoPublishAlias"));
        let qualifier = match (kind, alias) {
            ("Alias", Some(alias)) => self.text(alias)?,
            _ => "1".to_owned(),
        };
        let arn = self.resource_arn(function, resource)?;
        self.string(place, format!("{arn}:{qualifier}"))
    }

    /// The ARN of an `AWS::Lambda::Alias` or `AWS::Lambda::Version`.
    fn published_arn(&mut self, resource: &'a Node, place: Place) -> Result<String, Error> {
        let properties = resource.get("Properties");
        let Some(function) = properties.and_then(|all| all.get("FunctionName")) else {
            return Err(self.invalid(place, "the alias or version has no FunctionName"));
        };
        let function = self.text(function)?;
        let name = crate::arn::function_name(&function).unwrap_or(&function);
        let qualifier = match properties.and_then(|all| all.get("Name")) {
            Some(alias) => self.text(alias)?,
            None => "1".to_owned(),
        };
        Ok(format!("{}:{qualifier}", crate::arn::of_function(name)))
    }

    /// SAM makes resources of its own (`XRole`, `ServerlessRestApi`), so this is no error.
    fn undefined_attribute(
        &mut self,
        id: &str,
        attribute: &str,
        place: Place,
    ) -> Result<Node, Error> {
        self.warn_undefined(id, place);
        let text = match attribute.ends_with("Arn") {
            true => format!("arn:aws:iam::{ACCOUNT}:role/{id}"),
            false => format!("{id}.{attribute}"),
        };
        self.string(place, text)
    }

    fn warn_undefined(&mut self, name: &str, place: Place) {
        // The role that SAM makes for a function or state machine.
        if name.strip_suffix("Role").is_some_and(|owner| self.is_defined(owner)) {
            return;
        }
        let message = format!(
            "`{name}` is neither a parameter nor a resource; a made-up value stands in for it"
        );
        self.warn(place, &message);
    }
}

/// The type of a resource; empty if it has none.
pub(super) fn type_of(resource: &Node) -> &str {
    resource.get("Type").and_then(Node::as_str).unwrap_or_default()
}

fn queue_url(name: &str) -> String {
    format!("https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}")
}
