//! State machines of a template: `AWS::Serverless::StateMachine` and
//! `AWS::StepFunctions::StateMachine`.

use faastlane_value::located::Node;

use super::Resource;
use super::evaluate::{Evaluator, scalar_text};
use crate::definition::Definition;
use crate::error::Error;
use crate::machine::{Kind, Machine};
use crate::paths::Named;
use crate::substitute::Substitutions;
use crate::text;

impl<'a> Evaluator<'a> {
    /// Reads the state machine that `resource` declares; `source` is the template's text.
    pub(super) fn machine(
        &mut self,
        resource: Resource<'a>,
        source: &str,
    ) -> Result<Machine, Error> {
        let Some(properties) = resource.node.get("Properties") else {
            return Err(self.no_definition(resource));
        };
        let substitutions = self.substitutions(properties)?;
        Ok(Machine {
            name: self.physical_name(resource.id, resource.node)?,
            logical_id: resource.id.to_owned(),
            kind: self.kind(properties)?,
            definition: self.definition(resource, properties, source, &substitutions)?,
        })
    }

    fn kind(&mut self, properties: &Node) -> Result<Kind, Error> {
        let kind = properties.get("Type").or_else(|| properties.get("StateMachineType"));
        let Some(kind) = kind else { return Ok(Kind::Standard) };
        match self.value(kind)?.as_ref().and_then(Node::as_str) {
            None | Some("STANDARD") => Ok(Kind::Standard),
            Some("EXPRESS") => Ok(Kind::Express),
            Some(other) => {
                let message = format!("a state machine is STANDARD or EXPRESS, not `{other}`");
                Err(self.invalid(kind.place, message))
            }
        }
    }

    fn substitutions(&mut self, properties: &Node) -> Result<Substitutions, Error> {
        let mut values: Vec<(String, String)> = Vec::new();
        let Some(node) = properties.get("DefinitionSubstitutions") else {
            return Ok(Substitutions::default());
        };
        let evaluated = self.value(node)?;
        for member in evaluated.as_ref().map_or(&[][..], Node::members) {
            let value = scalar_text(&member.value.data)
                .unwrap_or_else(|| member.value.to_value().to_json());
            values.retain(|(key, _)| *key != *member.key);
            values.push((member.key.to_string(), value));
        }
        Ok(Substitutions::new(values))
    }

    fn definition(
        &mut self,
        resource: Resource<'a>,
        properties: &Node,
        source: &str,
        substitutions: &Substitutions,
    ) -> Result<Definition, Error> {
        if let Some(node) = properties.get("Definition") {
            let origins = &self.surroundings.origins;
            let origin = origins.iter().find(|(id, _)| id == resource.id).map(|(_, origin)| origin);
            let (file, source) =
                origin.map_or((self.file, source), |origin| (&origin.file, &origin.source));
            // Places are those of that file until the definition is evaluated.
            let template = std::mem::replace(&mut self.file, file);
            let root = self.required(node);
            self.file = template;
            let mut root = root?;
            substitutions.tree(&mut root);
            return Ok(Definition { file: file.to_owned(), source: source.to_owned(), root });
        }
        if let Some(node) = properties.get("DefinitionString") {
            // SAM and people also write an object here.
            let value = self.required(node)?;
            let text = value.as_str().map_or_else(|| value.to_value().to_json(), str::to_owned);
            let template = (self.file, source);
            return Definition::from_string(template, node.place, &text, substitutions);
        }
        for property in ["DefinitionUri", "DefinitionS3Location"] {
            if let Some(node) = properties.get(property) {
                let value = self.required(node)?;
                let location = self.assets.location(&value).or_else(|| value.as_str());
                let Some(location) = location else {
                    let message = format!("{property} is in S3; name a file on this machine");
                    return Err(self.invalid(node.place, message));
                };
                let named = Named { file: self.file, place: node.place, property };
                let file = named.file(location)?;
                return Definition::from_source(&file, text::read(&file)?, substitutions);
            }
        }
        Err(self.no_definition(resource))
    }

    fn no_definition(&self, resource: Resource<'_>) -> Error {
        let message = format!(
            "state machine `{}` has no definition: give it a DefinitionUri or a Definition",
            resource.id
        );
        self.invalid(resource.place, message)
    }
}
