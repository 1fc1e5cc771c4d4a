//! State machines and functions of a CDK app, as `cdk synth` wrote it into `cdk.out`.
//!
//! `manifest.json` lists the stacks; each is a CloudFormation template whose code and definitions
//! lie beside it as assets. The app itself is not run: it may be written in any language, and its
//! output is what would be deployed.
//!
//! <https://docs.aws.amazon.com/cdk/v2/guide/configure-synth.html>

use std::path::{Path, PathBuf};

use faastlane_value::located::Node;

use crate::error::{At, Error};
use crate::paths::{self, Named};
use crate::template::{self, Found, Surroundings, Template};
use crate::text;

/// The file that lists the stacks.
pub(crate) const MANIFEST: &str = "manifest.json";

/// The file that an app's folder has.
pub(crate) const APP: &str = "cdk.json";

/// How deep stages may lie in each other.
const MAX_STAGES: usize = 8;

/// Whether a tree is the manifest of an app.
pub(crate) fn is_manifest(root: &Node) -> bool {
    root.get("artifacts").is_some() && root.get("version").is_some()
}

/// The manifest of the app in `folder`, which has a `cdk.json`.
pub(crate) fn manifest_of(folder: &Path) -> Result<PathBuf, Error> {
    let app = paths::joined(folder, APP);
    let settings = text::parse(&app, &text::read(&app)?)?;
    let output = settings.get("output").and_then(Node::as_str).unwrap_or("cdk.out");
    let manifest = paths::joined(&paths::joined(folder, output), MANIFEST);
    if manifest.is_file() {
        return Ok(manifest);
    }
    let message = format!("this CDK app has no {output}/{MANIFEST}; run `cdk synth` first");
    Err(Error::Target { path: folder.to_owned(), message })
}

/// Reads all stacks of the app with the manifest `root`, which is `file`.
pub(crate) fn read(
    file: &Path,
    root: &Node,
    parameters: &[(String, String)],
) -> Result<Found, Error> {
    let mut stacks = Vec::new();
    find_stacks(file, root, 0, &mut stacks)?;
    let mut exports = Vec::new();
    for stack in &stacks {
        let surroundings = surroundings(stack, stacks.len(), exports.clone());
        exports.extend(template::exports(stack.template(parameters, &surroundings))?);
    }
    let mut all = Found::default();
    let declares = |name: &str| stacks.iter().any(|stack| stack.declares(name));
    for (name, _) in parameters.iter().filter(|(name, _)| !declares(name)) {
        all.warnings.push(format!("{}: no stack has a parameter `{name}`", file.display()));
    }
    for stack in &stacks {
        let own = parameters.iter().filter(|(name, _)| stack.declares(name));
        let own: Vec<_> = own.cloned().collect();
        let surroundings = surroundings(stack, stacks.len(), exports.clone());
        let found = template::read(stack.template(&own, &surroundings))?;
        all.machines.extend(found.machines);
        all.functions.extend(found.functions);
        all.warnings.extend(found.warnings);
    }
    Ok(all)
}

/// A stack of an app.
struct Stack {
    name: String,
    file: PathBuf,
    source: String,
    root: Node,
}

impl Stack {
    fn template<'a>(
        &'a self,
        parameters: &'a [(String, String)],
        surroundings: &'a Surroundings,
    ) -> Template<'a> {
        let Self { name, file, source, root } = self;
        Template { file, source, root, parameters, stack_name: name, surroundings }
    }

    fn declares(&self, parameter: &str) -> bool {
        self.root.get("Parameters").is_some_and(|all| all.get(parameter).is_some())
    }
}

/// Two stacks made by one class have the same logical ids, so where there are several the names of
/// their resources begin with that of the stack, as on AWS.
fn surroundings(stack: &Stack, stacks: usize, exports: Vec<(String, String)>) -> Surroundings {
    let name_prefix = if stacks > 1 { format!("{}-", stack.name) } else { String::new() };
    Surroundings { name_prefix, exports, ..Surroundings::default() }
}

/// Collects the stacks of a manifest, in its order, then those of its stages.
fn find_stacks(
    file: &Path,
    root: &Node,
    depth: usize,
    stacks: &mut Vec<Stack>,
) -> Result<(), Error> {
    let mut stages = Vec::new();
    for artifact in root.get("artifacts").map_or(&[][..], Node::members) {
        let property = |name: &str| artifact.value.get("properties")?.get(name);
        let named = |node: &Node, property: &'static str| {
            let written = node.as_str().unwrap_or_default();
            Named { file, place: node.place, property }.existing(written)
        };
        match artifact.value.get("type").and_then(Node::as_str) {
            Some("aws:cloudformation:stack") => {
                let Some(location) = property("templateFile") else { continue };
                let name = property("stackName").and_then(Node::as_str).unwrap_or(&artifact.key);
                let file = named(location, "templateFile")?;
                let source = text::read(&file)?;
                let root = text::parse(&file, &source)?;
                stacks.push(Stack { name: name.to_owned(), file, source, root });
            }
            Some("cdk:cloud-assembly") => {
                let Some(location) = property("directoryName") else { continue };
                if depth == MAX_STAGES {
                    let message = format!("more than {MAX_STAGES} stages in each other");
                    return Err(Error::Invalid { at: At::new(file, location.place), message });
                }
                let manifest = paths::joined(&named(location, "directoryName")?, MANIFEST);
                stages.push(manifest);
            }
            _ => {}
        }
    }
    for manifest in stages {
        let root = text::parse(&manifest, &text::read(&manifest)?)?;
        find_stacks(&manifest, &root, depth + 1, stacks)?;
    }
    Ok(())
}
