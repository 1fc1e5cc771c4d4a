//! Assets of the CDK: which file or folder of this machine a template means by a key of S3.
//!
//! `cdk synth` writes `STACK.assets.json` beside `STACK.template.json`. The key that a template
//! names is the hash of an asset with an ending, or the `objectKey` of one of its destinations.
//!
//! <https://docs.aws.amazon.com/cdk/v2/guide/assets.html>

use std::path::Path;

use faastlane_value::located::Node;

use crate::error::Error;
use crate::text;

/// The assets of one stack: keys of S3, each with a path relative to the template.
#[derive(Debug, Default)]
pub(super) struct Assets(Vec<(String, String)>);

impl Assets {
    /// The assets of a template; none where the CDK did not write it.
    pub(super) fn beside(template: &Path) -> Result<Self, Error> {
        let name = template.file_name().and_then(|name| name.to_str());
        let Some(stack) = name.and_then(|name| name.strip_suffix(".template.json")) else {
            return Ok(Self::default());
        };
        let file = template.with_file_name(format!("{stack}.assets.json"));
        if !file.is_file() {
            return Ok(Self::default());
        }
        let root = text::parse(&file, &text::read(&file)?)?;
        let mut assets = Vec::new();
        for asset in root.get("files").map_or(&[][..], Node::members) {
            let source = asset.value.get("source").and_then(|source| source.get("path"));
            let Some(path) = source.and_then(Node::as_str) else { continue };
            let destinations = asset.value.get("destinations").map_or(&[][..], Node::members);
            let key =
                |destination: &Node| destination.get("objectKey")?.as_str().map(str::to_owned);
            let keys = destinations.iter().filter_map(|destination| key(&destination.value));
            assets.extend(keys.map(|key| (key, path.to_owned())));
            assets.push((asset.key.to_string(), path.to_owned()));
        }
        Ok(Self(assets))
    }

    /// Where the object lies that `node` names by its `S3Key` (code, layers) or `Key` (definitions).
    pub(super) fn location(&self, node: &Node) -> Option<&str> {
        let key = node.get("S3Key").or_else(|| node.get("Key"))?.as_str()?;
        let hash = Path::new(key).file_stem()?.to_str()?;
        let asset = self.0.iter().find(|(known, _)| known == key || known == hash);
        asset.map(|(_, path)| path.as_str())
    }
}
