//! Functions of a template: `AWS::Serverless::Function` and `AWS::Lambda::Function`.

use std::path::PathBuf;
use std::time::Duration;

use faastlane_value::located::{Data, Node, Place};

use super::evaluate::{Evaluator, scalar_text};
use super::{Resource, globals};
use crate::error::Error;
use crate::function::{Code, Function, Handler};
use crate::paths::{self, Named};

/// Lambda's default for a function that says nothing.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(3);
const DEFAULT_MEMORY_MIB: u32 = 128;

/// A property of a template's text, and its place.
struct Text {
    text: String,
    place: Place,
}

impl<'a> Evaluator<'a> {
    /// Reads the function that `resource` declares.
    pub(super) fn function(&mut self, resource: Resource<'a>) -> Result<Function, Error> {
        let properties = self.with_globals(resource);
        let runtime = self.property(&properties, "Runtime")?.map(|runtime| runtime.text);
        let handler = self.property(&properties, "Handler")?.map(|handler| handler.text);
        let code = self.code(resource, &properties, runtime.as_deref(), handler.as_deref())?;
        if handler.is_none() && !matches!(code, Code::Unavailable(_)) {
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
            layers: self.layers(&properties)?,
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
    fn property(&mut self, properties: &Node, name: &str) -> Result<Option<Text>, Error> {
        let Some(node) = properties.get(name) else { return Ok(None) };
        let text = self.optional_text(node)?;
        Ok(text.map(|text| Text { text, place: node.place }))
    }

    fn code(
        &mut self,
        resource: Resource<'a>,
        properties: &Node,
        runtime: Option<&str>,
        handler: Option<&str>,
    ) -> Result<Code, Error> {
        let unavailable = |message: &str| Ok(Code::Unavailable(message.to_owned()));
        if let Some(runtime) = runtime.filter(|runtime| !runtime.starts_with("python")) {
            return unavailable(&format!("its runtime is {runtime}; only Python runs here"));
        }
        let image =
            self.property(properties, "PackageType")?.is_some_and(|kind| kind.text == "Image");
        if image || properties.get("ImageUri").is_some() {
            return unavailable("it is a container image; only Python code in a folder runs here");
        }
        if let Some(inline) = self.property(properties, "InlineCode")? {
            return Ok(Code::Inline(inline.text));
        }
        let (property, location) = match properties.get("Code") {
            Some(code) if !resource.is_serverless() => {
                if let Some(inline) = self.property(code, "ZipFile")? {
                    return Ok(Code::Inline(inline.text));
                }
                let asset = resource.node.get("Metadata").and_then(|all| all.get("aws:asset:path"));
                ("Code", asset.or(Some(code)))
            }
            _ => ("CodeUri", properties.get("CodeUri")),
        };
        let (place, location) = match location {
            Some(node) => match self.value(node)?.map(|value| value.data) {
                Some(Data::String(text)) => (node.place, text.to_string()),
                None => (node.place, ".".to_owned()),
                Some(_) => return unavailable("its code is in S3, not on this machine"),
            },
            None => (resource.place, ".".to_owned()),
        };
        self.code_folder(Named { file: self.file, place, property }, &location, handler)
    }

    fn code_folder(
        &self,
        named: Named<'_>,
        location: &str,
        handler: Option<&str>,
    ) -> Result<Code, Error> {
        let unavailable = |message: String| Ok(Code::Unavailable(message));
        if paths::is_remote(location) {
            return unavailable(format!("its code is at {location}, not on this machine"));
        }
        let path = named.existing(location)?;
        if path.is_file() {
            return unavailable(format!(
                "its code is the file {location}; unpack it into a folder"
            ));
        }
        let module = handler.and_then(|handler| Some(handler.rsplit_once('.')?.0));
        Ok(Code::folder(paths::absolute(&path)?, module.unwrap_or_default()))
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

    fn memory_mib(&mut self, properties: &Node) -> Result<u32, Error> {
        let Some(memory) = self.property(properties, "MemorySize")? else {
            return Ok(DEFAULT_MEMORY_MIB);
        };
        memory.text.parse().map_err(|_| {
            let message = format!("MemorySize is a number of MiB, not `{}`", memory.text);
            self.invalid(memory.place, message)
        })
    }

    /// The folders of the layers that this template declares; the others are warned of.
    fn layers(&mut self, properties: &Node) -> Result<Vec<PathBuf>, Error> {
        let Some(layers) = properties.get("Layers") else { return Ok(Vec::new()) };
        let Some(value) = self.value(layers)? else { return Ok(Vec::new()) };
        let Data::Array(layers) = value.data else {
            return Err(self.invalid(layers.place, "Layers must be a list"));
        };
        let mut folders = Vec::new();
        for layer in layers {
            let arn = self.text(&layer)?;
            match self.layer_folder(&arn)? {
                Some(folder) => folders.push(folder),
                None => self
                    .warn(layer.place, &format!("layer `{arn}` is not on this machine; left out")),
            }
        }
        Ok(folders)
    }

    /// The folder that the layer `arn` puts on `sys.path`, if this template declares the layer.
    fn layer_folder(&mut self, arn: &str) -> Result<Option<PathBuf>, Error> {
        for resource in super::resources(self.root) {
            if !resource.type_name.ends_with("::LayerVersion") {
                continue;
            }
            let Some(own) = self.reference_to(resource.id, resource.place)? else { continue };
            let content = resource.node.get("Properties").and_then(|properties| {
                properties.get("ContentUri").or_else(|| properties.get("Content"))
            });
            let (true, Some(content)) = (own.as_str() == Some(arn), content) else { continue };
            let named = Named { file: self.file, place: content.place, property: "ContentUri" };
            let Some(Data::String(location)) = self.value(content)?.map(|value| value.data) else {
                return Ok(None);
            };
            if paths::is_remote(&location) {
                return Ok(None);
            }
            let folder = paths::absolute(&named.existing(&location)?)?;
            // `sam build` makes the folder `python` from a layer that is only modules.
            let python = folder.join("python");
            let folder = if python.is_dir() { python } else { folder };
            return Ok(folder.is_dir().then_some(folder));
        }
        Ok(None)
    }
}
