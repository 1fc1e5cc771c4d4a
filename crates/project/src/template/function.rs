//! Functions of a template: `AWS::Serverless::Function` and `AWS::Lambda::Function`.

use std::time::Duration;

use faastlane_value::located::{Data, Node, Place};

use super::evaluate::{Evaluator, scalar_text};
use super::{Resource, globals};
use crate::error::Error;
use crate::function::{Code, Function, Handler};

/// Lambda's default for a function that says nothing.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(3);

/// A property of a template's text, and its place.
pub(super) struct Text {
    pub(super) text: String,
    pub(super) place: Place,
}

impl<'a> Evaluator<'a> {
    /// Reads the function that `resource` declares.
    pub(super) fn function(&mut self, resource: Resource<'a>) -> Result<Function, Error> {
        let properties = self.with_globals(resource);
        let runtime = self.property(&properties, "Runtime")?.map(|runtime| runtime.text);
        let handler = self.property(&properties, "Handler")?.map(|handler| handler.text);
        let code = self.code(resource, &properties, runtime.as_deref(), handler.as_deref())?;
        let runs_here = !matches!(code, Code::Unavailable(_));
        if handler.is_none() && runs_here {
            let message = format!("function `{}` has no Handler, such as app.handler", resource.id);
            return Err(self.invalid(resource.place, message));
        }
        Ok(Function {
            name: self.physical_name(resource.id, resource.node)?,
            logical_id: resource.id.to_owned(),
            code,
            handler: Handler::Named(handler.unwrap_or_default()),
            runtime,
            environment: self.environment(&properties)?,
            timeout: self.timeout(&properties)?,
            memory_mib: self.memory_mib(&properties)?,
            layers: if runs_here { self.layers(&properties)? } else { Vec::new() },
        })
    }

    fn with_globals(&self, resource: Resource<'a>) -> Node {
        let nothing = Node { place: resource.place, data: Data::Object(Vec::new()) };
        let own = resource.node.get("Properties").unwrap_or(&nothing);
        let shared = self.root.get("Globals").and_then(|globals| globals.get("Function"));
        match shared {
            Some(shared) if resource.is_serverless() => globals::merged(shared, own),
            _ => own.clone(),
        }
    }

    /// The text of a property that may be absent.
    pub(super) fn property(
        &mut self,
        properties: &Node,
        name: &str,
    ) -> Result<Option<Text>, Error> {
        let Some(node) = properties.get(name) else { return Ok(None) };
        let text = self.optional_text(node)?;
        Ok(text.map(|text| Text { text, place: node.place }))
    }

    fn environment(&mut self, properties: &Node) -> Result<Vec<(String, String)>, Error> {
        let Some(environment) = properties.get("Environment") else { return Ok(Vec::new()) };
        let Some(environment) = self.value(environment)? else { return Ok(Vec::new()) };
        let Some(variables) = environment.get("Variables") else { return Ok(Vec::new()) };
        let mut result: Vec<(String, String)> = Vec::new();
        for member in variables.members() {
            let Some(value) = scalar_text(&member.value.data) else {
                let message = format!("the environment variable `{}` must be text", member.key);
                return Err(self.invalid(member.key_place, message));
            };
            match result.iter_mut().find(|(name, _)| *name == *member.key) {
                Some((_, earlier)) => *earlier = value,
                None => result.push((member.key.to_string(), value)),
            }
        }
        Ok(result)
    }

    fn timeout(&mut self, properties: &Node) -> Result<Duration, Error> {
        let Some(timeout) = self.property(properties, "Timeout")? else {
            return Ok(DEFAULT_TIMEOUT);
        };
        match timeout.text.parse::<u32>() {
            Ok(seconds) if seconds > 0 => Ok(Duration::from_secs(seconds.into())),
            _ => {
                let message = format!("Timeout is a number of seconds, not `{}`", timeout.text);
                Err(self.invalid(timeout.place, message))
            }
        }
    }

    fn memory_mib(&mut self, properties: &Node) -> Result<Option<u32>, Error> {
        let Some(memory) = self.property(properties, "MemorySize")? else {
            return Ok(None);
        };
        memory.text.parse().map(Some).map_err(|_| {
            let message = format!("MemorySize is a number of MiB, not `{}`", memory.text);
            self.invalid(memory.place, message)
        })
    }
}
