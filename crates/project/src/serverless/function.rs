//! Functions and layers of a service.

use faastlane_value::located::{Data, Member, Node, Place};

use super::variables::{Resolver, Sourced};
use super::{Draft, Entry, Properties, Service, normalized, object, string};
use crate::error::Error;

/// What the Serverless Framework gives a function that says nothing.
const DEFAULT_TIMEOUT_SECONDS: &str = "6";
const DEFAULT_MEMORY_MIB: &str = "1024";

impl Resolver<'_> {
    /// Adds the functions of the service to the template.
    pub(super) fn functions(&mut self, service: &Service, draft: &mut Draft) -> Result<(), Error> {
        let section = self.member(&service.root, "functions")?;
        for entry in self.entries(section)? {
            let properties = self.function(service, &entry)?;
            let id = format!("{}LambdaFunction", normalized(&entry.key));
            draft.add(&entry, id, "AWS::Lambda::Function", properties);
        }
        Ok(())
    }

    /// Adds the layers of the service to the template.
    pub(super) fn layers(&mut self, service: &Service, draft: &mut Draft) -> Result<(), Error> {
        let section = self.member(&service.root, "layers")?;
        for entry in self.entries(section)? {
            let mut properties = Properties::default();
            let name = self.value_of(&entry.value, "name")?;
            properties.set("LayerName", name.unwrap_or_else(|| string(entry.at, &entry.key)));
            properties.set("Content", self.value_of(&entry.value, "path")?);
            let id = format!("{}LambdaLayer", normalized(&entry.key));
            draft.add(&entry, id, "AWS::Lambda::LayerVersion", properties);
        }
        Ok(())
    }

    fn function(&mut self, service: &Service, entry: &Entry) -> Result<Properties, Error> {
        let (at, own) = (entry.at, &entry.value);
        let mut properties = Properties::default();
        let name = format!("{}-{}-{}", service.name, service.stage, entry.key);
        let given = self.value_of(own, "name")?;
        properties.set("FunctionName", given.unwrap_or_else(|| string(at, &name)));
        properties.set("Handler", self.value_of(own, "handler")?);
        properties.set("Runtime", self.or_provider(service, own, "runtime")?);
        let timeout = self.or_provider(service, own, "timeout")?;
        properties.set("Timeout", timeout.unwrap_or_else(|| string(at, DEFAULT_TIMEOUT_SECONDS)));
        let memory = self.or_provider(service, own, "memorySize")?;
        properties.set("MemorySize", memory.unwrap_or_else(|| string(at, DEFAULT_MEMORY_MIB)));
        properties.set("Layers", self.or_provider(service, own, "layers")?);
        let variables = self.environment(service, own, at)?;
        properties.set("Environment", object(at, vec![("Variables", variables)]));
        properties.set("Code", self.location(own, at)?);
        Ok(properties)
    }

    /// A property of a function, else of the provider.
    fn or_provider(
        &mut self,
        service: &Service,
        own: &Sourced,
        key: &str,
    ) -> Result<Option<Node>, Error> {
        let found = self.value_of(own, key)?;
        match &service.provider {
            Some(provider) if found.is_none() => self.value_of(provider, key),
            _ => Ok(found),
        }
    }

    /// The provider's variables and the function's own, which win; null takes a variable away.
    fn environment(&mut self, service: &Service, own: &Sourced, at: Place) -> Result<Node, Error> {
        let mut variables: Vec<Member> = Vec::new();
        for of in [service.provider.as_ref(), Some(own)].into_iter().flatten() {
            let Some(environment) = self.value_of(of, "environment")? else { continue };
            for member in environment.members() {
                variables.retain(|earlier| earlier.key != member.key);
                variables.push(member.clone());
            }
        }
        variables.retain(|variable| variable.value.data != Data::Null);
        Ok(Node { place: at, data: Data::Object(variables) })
    }

    /// Where the code is: the folder of the service, unless the function is packaged apart.
    fn location(&mut self, own: &Sourced, at: Place) -> Result<Node, Error> {
        if let Some(image) = self.member(own, "image")? {
            return Ok(object(at, vec![("ImageUri", image.node)]));
        }
        // The plugin serverless-python-requirements puts what is in `module` at the root.
        if let Some(module) = self.value_of(own, "module")? {
            return Ok(module);
        }
        let package = self.member(own, "package")?;
        let artifact = match &package {
            Some(package) => self.value_of(package, "artifact")?,
            None => None,
        };
        Ok(artifact.unwrap_or_else(|| string(at, ".")))
    }
}
