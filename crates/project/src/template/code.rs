//! Where the code of a template's function is, and that of its layers.

use std::path::PathBuf;

use faastlane_value::located::{Data, Node};

use super::Resource;
use super::evaluate::Evaluator;
use crate::error::Error;
use crate::function::Code;
use crate::paths::{self, Named};

impl<'a> Evaluator<'a> {
    /// The code of a function with these `properties`.
    ///
    /// Code that cannot run here is no error: another state machine of the template may do without.
    /// A Python folder that is not there is one, because it is a slip that is easily mended.
    pub(super) fn code(
        &mut self,
        resource: Resource<'a>,
        properties: &Node,
        runtime: Option<&str>,
        handler: Option<&str>,
    ) -> Result<Code, Error> {
        if let Some(runtime) = runtime.filter(|runtime| !runtime.starts_with("python")) {
            return unavailable(format!("its runtime is {runtime}; only Python runs here"));
        }
        // `AWS::Lambda::Function` keeps under `Code` what SAM spreads over the properties.
        let code = properties.get("Code").filter(|_| !resource.is_serverless());
        let package = self.property(properties, "PackageType")?;
        let is_image = package.is_some_and(|package| package.text == "Image");
        if is_image || code.unwrap_or(properties).get("ImageUri").is_some() {
            return unavailable("it is a container image; only Python code in a folder runs here");
        }
        let inline = match code {
            Some(code) => self.property(code, "ZipFile")?,
            None => self.property(properties, "InlineCode")?,
        };
        if let Some(inline) = inline {
            return Ok(Code::Inline(inline.text));
        }
        // The CDK writes down where the code lies that it will upload: in the assets of the stack and,
        // where they are not beside it, on the function.
        let asset = resource.node.get("Metadata").and_then(|all| all.get("aws:asset:path"));
        let (property, location) = match (code, asset) {
            (Some(code), Some(asset)) if self.assets.location(code).is_none() => {
                ("aws:asset:path", Some(asset))
            }
            (Some(code), _) => ("Code", Some(code)),
            (None, _) => ("CodeUri", properties.get("CodeUri")),
        };
        self.located_code(property, location, resource, handler)
    }

    /// The code at the location that `node` gives, or in the template's folder if it gives none.
    fn located_code(
        &mut self,
        property: &str,
        node: Option<&Node>,
        resource: Resource<'a>,
        handler: Option<&str>,
    ) -> Result<Code, Error> {
        let location = match node {
            Some(node) => self.value(node)?,
            None => None,
        };
        let asset = location.as_ref().and_then(|location| self.assets.location(location));
        let location = match (asset, location.as_ref().map(|location| &location.data)) {
            (Some(path), _) => path,
            (None, Some(Data::String(location))) => location.as_str(),
            (None, None) => ".",
            (None, Some(_)) => return unavailable("its code is in S3, not on this machine"),
        };
        if paths::is_remote(location) {
            return unavailable(format!("its code is at {location}, not on this machine"));
        }
        let place = node.map_or(resource.place, |node| node.place);
        let path = Named { file: self.file, place, property }.existing(location)?;
        if path.is_file() {
            return unavailable(format!(
                "its code is the file {location}; unpack it into a folder"
            ));
        }
        let module = handler.and_then(|handler| Some(handler.rsplit_once('.')?.0));
        Ok(Code::folder(paths::absolute(&path)?, module.unwrap_or_default()))
    }

    /// The folders of the layers that this template declares; the others are warned of.
    pub(super) fn layers(&mut self, properties: &Node) -> Result<Vec<PathBuf>, Error> {
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
            let Some(content) = self.value(content)? else { return Ok(None) };
            let location = self.assets.location(&content).or_else(|| content.as_str());
            let Some(location) = location.filter(|location| !paths::is_remote(location)) else {
                return Ok(None);
            };
            let folder = paths::absolute(&named.existing(location)?)?;
            // `sam build` makes the folder `python` from a layer that is only modules.
            let python = folder.join("python");
            let folder = if python.is_dir() { python } else { folder };
            return Ok(folder.is_dir().then_some(folder));
        }
        Ok(None)
    }
}

fn unavailable(reason: impl Into<String>) -> Result<Code, Error> {
    Ok(Code::Unavailable(reason.into()))
}
