//! What each source of variables knows: `self`, `opt`, `param`, `env`, `sls`, `aws`, `file`.
//!
//! `cf`, `ssm`, `s3` and whatever plugins add know nothing here; the user's value stands in.

use faastlane_value::located::{Data, Node};

use super::files::Files;
use super::syntax::{Address, Source, sources, whole};
use super::variables::{Resolver, Sourced};
use crate::arn::{ACCOUNT, REGION};
use crate::error::Error;
use crate::paths::Named;

/// The stage of a service that says nothing about it.
const DEFAULT_STAGE: &str = "dev";

impl Resolver<'_> {
    /// The value of `text`, such as `self:custom.name`; `None` if it has none.
    pub(super) fn lookup(&mut self, text: &str, part: &Sourced) -> Result<Option<Sourced>, Error> {
        if let Some(value) = self.given_value(text) {
            return Ok(Some(string(part, value)));
        }
        let Address { kind, argument, path } = Address::of(text);
        let value = match kind {
            "self" => return self.own(path, part),
            "file" => return self.in_file(argument, path, part),
            "param" => return self.parameter(path, part),
            "opt" => self.given_value(path),
            "env" => std::env::var(path).ok(),
            "sls" if path == "stage" => Some(self.stage(part)?),
            "aws" if path == "region" => Some(self.region(part)?),
            "aws" if path == "accountId" => Some(ACCOUNT.to_owned()),
            "strToBool" => {
                let truth = match argument.trim().to_lowercase().as_str() {
                    "true" | "1" => true,
                    "false" | "0" => false,
                    _ => return Ok(None),
                };
                let node = Node { place: part.node.place, data: Data::Bool(truth) };
                return Ok(Some(Sourced { node, ..*part }));
            }
            _ => None,
        };
        Ok(value.map(|value| string(part, value)))
    }

    /// The stage: the user's, else the provider's, else `dev`.
    pub(super) fn stage(&mut self, part: &Sourced) -> Result<String, Error> {
        self.setting("stage", part, DEFAULT_STAGE)
    }

    fn region(&mut self, part: &Sourced) -> Result<String, Error> {
        self.setting("region", part, REGION)
    }

    fn setting(&mut self, name: &str, part: &Sourced, default: &str) -> Result<String, Error> {
        for given in [format!("opt:{name}"), name.to_owned()] {
            if let Some(value) = self.given_value(&given) {
                return Ok(value);
            }
        }
        match self.walk(Files::SERVICE, part, &format!("provider.{name}"))? {
            Some(found) => {
                let node = self.resolved(&found)?;
                node.as_str().map(str::to_owned).ok_or_else(|| {
                    self.invalid(part, format!("the provider's {name} must be text"))
                })
            }
            None => Ok(default.to_owned()),
        }
    }

    /// `self:path`
    fn own(&mut self, path: &str, part: &Sourced) -> Result<Option<Sourced>, Error> {
        let found = self.walk(Files::SERVICE, part, path)?;
        let default = match path {
            "provider.stage" => DEFAULT_STAGE,
            "provider.region" => REGION,
            _ => return Ok(found),
        };
        Ok(found.or_else(|| Some(string(part, default.to_owned()))))
    }

    /// `param:name`: the user's value, else that of the stage, else that of all stages.
    fn parameter(&mut self, name: &str, part: &Sourced) -> Result<Option<Sourced>, Error> {
        if let Some(value) = self.given_value(name) {
            return Ok(Some(string(part, value)));
        }
        let stage = self.stage(part)?;
        for path in [
            format!("params.{stage}.{name}"),
            format!("stages.{stage}.params.{name}"),
            format!("params.default.{name}"),
            format!("stages.default.params.{name}"),
        ] {
            let found = self.walk(Files::SERVICE, part, &path)?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// `file(written):path`
    fn in_file(
        &mut self,
        written: &str,
        path: &str,
        part: &Sourced,
    ) -> Result<Option<Sourced>, Error> {
        let location = self.files.locate(written);
        if is_program(written) || !location.is_file() {
            return Ok(None);
        }
        let file = self.files.read(location)?;
        self.walk(file, part, path)
    }

    /// The whole service.
    pub(super) fn service(&self) -> Sourced {
        let node = (*self.files.root(Files::SERVICE)).clone();
        Sourced { at: node.place, node, file: Files::SERVICE }
    }

    /// Follows a dotted path into a file, for a variable at `part`; variables on the way are
    /// resolved.
    fn walk(&mut self, file: usize, part: &Sourced, path: &str) -> Result<Option<Sourced>, Error> {
        let root = self.files.root(file);
        let mut node = &*root;
        let mut keys = path.split('.').filter(|key| !key.is_empty()).peekable();
        while let Some(key) = keys.next_if(|_| node.as_str().and_then(whole).is_none()) {
            let Some(next) = child(node, key) else { return Ok(None) };
            node = next;
        }
        let at = if file == Files::SERVICE { node.place } else { part.at };
        let mut current = Sourced { node: node.clone(), file, at };
        for key in keys {
            current = self.head(current)?;
            let Some(next) = child(&current.node, key) else { return Ok(None) };
            current = current.part(next);
        }
        Ok(Some(current))
    }

    fn given_value(&mut self, name: &str) -> Option<String> {
        let (_, value) = self.given.iter().rev().find(|(given, _)| given == name)?;
        self.used.insert(name.to_owned());
        Some(value.clone())
    }

    /// The error for a variable that stands at `part` and has no value.
    pub(super) fn no_value(&mut self, variable: &str, part: &Sourced) -> Error {
        let lookups: Vec<_> = sources(variable)
            .into_iter()
            .filter_map(|source| match source {
                Source::Lookup(text) => Some(text),
                _ => None,
            })
            .collect();
        if let Some(word) = lookups.iter().find(|text| !text.contains([':', '('])) {
            let message = format!("`{word}` in `${{{variable}}}` must be quoted: '{word}'");
            return self.invalid(part, message);
        }
        let name = lookups.first().copied().unwrap_or(variable);
        let name = self.expanded(name, part).unwrap_or_else(|_| name.to_owned());
        let Address { kind, argument, .. } = Address::of(&name);
        let give = format!("--parameter '{name}=VALUE'");
        let message = match kind {
            "file" if is_program(argument) => {
                format!("{argument} is a program, which is not run; give its value with {give}")
            }
            "file" if !self.files.locate(argument).is_file() => {
                let (file, place) = (self.files.path(Files::SERVICE), part.at);
                match (Named { file, place, property: "file" }).file(argument) {
                    Err(error) => return error,
                    Ok(_) => format!("{argument} cannot be read as a file"),
                }
            }
            "self" | "opt" | "param" | "env" | "file" | "strToBool" => format!(
                "`${{{variable}}}` has no value; give one with {give}, or a default: \
                 ${{{name}, 'value'}}"
            ),
            _ => format!(
                "`${{{variable}}}` is not known on this machine; give its value with {give}"
            ),
        };
        self.invalid(part, message)
    }
}

fn child<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    match &node.data {
        Data::Array(items) => items.get(key.parse::<usize>().ok()?),
        _ => node.get(key),
    }
}

fn is_program(file: &str) -> bool {
    [".js", ".cjs", ".mjs", ".ts"].iter().any(|ending| file.ends_with(ending))
}

fn string(part: &Sourced, text: String) -> Sourced {
    let node = Node { place: part.node.place, data: Data::String(text.into()) };
    Sourced { node, ..*part }
}
