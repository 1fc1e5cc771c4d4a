//! State machines and functions of a `serverless.yml` with the plugin serverless-step-functions.
//!
//! The service is rewritten as the CloudFormation template that it would become, as far as state
//! machines and functions go, and that template is read: references, names and ARNs then work as in
//! any other. The road not taken is to run `serverless package`, which needs node, the plugins and
//! an account.
//!
//! <https://www.serverless.com/framework/docs/providers/aws/guide/serverless.yml>,
//! <https://www.npmjs.com/package/serverless-step-functions>

mod files;
mod function;
mod lookup;
mod machine;
mod pseudo;
mod syntax;
mod variables;

use std::path::Path;

use faastlane_value::located::{Data, Member, Node, Place};

use crate::error::Error;
use crate::template::{self, Found, Surroundings, Template};
use files::Files;
use variables::{Resolver, Sourced};

/// Whether a tree is a service of the Serverless Framework.
pub(crate) fn is_service(root: &Node) -> bool {
    let has = |key: &str| root.get(key).is_some();
    has("service") && (has("provider") || has("functions") || has("stepFunctions"))
}

/// Reads the service `root`, which stands as `source` in `file`. Of `parameters`, those that no
/// variable asks for are values of the template parameters under `resources`.
pub(crate) fn read(
    file: &Path,
    source: &str,
    root: &Node,
    parameters: &[(String, String)],
) -> Result<Found, Error> {
    let mut resolver = Resolver::new(Files::new(file, source, root), parameters);
    let service = Service::read(&mut resolver)?;
    let mut draft = Draft::default();
    resolver.functions(&service, &mut draft)?;
    resolver.layers(&service, &mut draft)?;
    resolver.machines(&service, &mut draft)?;
    resolver.own_resources(&service, &mut draft)?;
    let root = draft.template(root.place);
    let is_asked = |name: &String| resolver.used.contains(name);
    let rest: Vec<_> = parameters.iter().filter(|(name, _)| !is_asked(name)).cloned().collect();
    let mut found = template::read(Template {
        file,
        source,
        root: &root,
        parameters: &rest,
        stack_name: &service.stack_name,
        surroundings: &draft.surroundings,
    })?;
    found.warnings.splice(0..0, resolver.warnings);
    use_keys(&mut found, &draft.surroundings.aliases);
    Ok(found)
}

/// What the parts of a service need to know of the whole.
struct Service {
    root: Sourced,
    provider: Option<Sourced>,
    name: String,
    stage: String,
    stack_name: String,
}

impl Service {
    fn read(resolver: &mut Resolver<'_>) -> Result<Self, Error> {
        let root = resolver.service();
        // Old services say `service: {name: orders}`.
        let old = resolver.member(&root, "service")?;
        let old = old.filter(|old| matches!(old.node.data, Data::Object(_)));
        let name = match old {
            Some(old) => resolver.text_of(&old, "name")?,
            None => resolver.text_of(&root, "service")?,
        };
        let name = name.unwrap_or_default();
        let stage = resolver.stage(&root)?;
        let provider = resolver.member(&root, "provider")?;
        let stack_name = match &provider {
            Some(provider) => resolver.text_of(provider, "stackName")?,
            None => None,
        };
        let stack_name = stack_name.unwrap_or_else(|| format!("{name}-{stage}"));
        Ok(Self { root, provider, name, stage, stack_name })
    }
}

/// The template that a service becomes.
#[derive(Default)]
struct Draft {
    sections: Vec<(&'static str, Vec<(String, Node)>)>,
    surroundings: Surroundings,
}

impl Draft {
    /// Adds the resource that the service calls by the key of `entry`.
    fn add(&mut self, entry: &Entry, id: String, type_name: &str, properties: Properties) {
        let properties = object(entry.at, properties.0);
        let members = vec![("Type", string(entry.at, type_name)), ("Properties", properties)];
        self.surroundings.aliases.push((entry.key.clone(), id.clone()));
        self.section("Resources").push((id, object(entry.at, members)));
    }

    /// The members of a section of the template.
    fn section(&mut self, name: &'static str) -> &mut Vec<(String, Node)> {
        let known = self.sections.iter().position(|(other, _)| *other == name);
        let index = known.unwrap_or_else(|| {
            self.sections.push((name, Vec::new()));
            self.sections.len() - 1
        });
        &mut self.sections[index].1
    }

    fn template(&mut self, place: Place) -> Node {
        let sections = std::mem::take(&mut self.sections).into_iter();
        object(place, sections.map(|(name, members)| (name, object(place, members))).collect())
    }
}

/// Properties of a resource, as far as they are given.
#[derive(Default)]
struct Properties(Vec<(&'static str, Node)>);

impl Properties {
    fn set(&mut self, name: &'static str, value: impl Into<Option<Node>>) {
        self.0.extend(value.into().map(|value| (name, value)));
    }
}

/// A member of a section such as `functions`.
struct Entry {
    key: String,
    /// Where the service's own file leads to it.
    at: Place,
    value: Sourced,
}

impl Resolver<'_> {
    /// The members of a section, which is an object or a list of objects.
    fn entries(&mut self, section: Option<Sourced>) -> Result<Vec<Entry>, Error> {
        let Some(section) = section else { return Ok(Vec::new()) };
        let mut entries: Vec<Entry> = Vec::new();
        if let Data::Array(items) = &section.node.data {
            for item in items {
                let item = self.head(section.part(item))?;
                entries.extend(self.entries(Some(item))?);
            }
        }
        for member in section.node.members() {
            let at = if section.file == Files::SERVICE { member.key_place } else { section.at };
            let value = self.head(section.part(&member.value))?;
            // Of a repeated key the last counts.
            entries.retain(|entry| entry.key != *member.key);
            entries.push(Entry { key: member.key.to_string(), at, value });
        }
        Ok(entries)
    }

    /// The member `key` of an object, resolved.
    fn value_of(&mut self, of: &Sourced, key: &str) -> Result<Option<Node>, Error> {
        match self.member(of, key)? {
            Some(member) => self.here(&member).map(Some),
            None => Ok(None),
        }
    }

    /// The text of the member `key` of an object.
    fn text_of(&mut self, of: &Sourced, key: &str) -> Result<Option<String>, Error> {
        let member = self.member(of, key)?;
        let Some(member) = member else { return Ok(None) };
        match template::scalar_text(&self.resolved(&member)?.data) {
            Some(text) => Ok(Some(text)),
            None => Err(self.invalid(&member, format!("{key} must be text"))),
        }
    }

    /// What the user writes out under `resources`. Only names matter there, so a variable without a
    /// value stands for itself.
    fn own_resources(&mut self, service: &Service, draft: &mut Draft) -> Result<(), Error> {
        const SECTIONS: [&str; 4] = ["Resources", "Parameters", "Mappings", "Conditions"];
        self.lenient = true;
        let Some(resources) = self.member(&service.root, "resources")? else { return Ok(()) };
        let parts = match &resources.node.data {
            Data::Array(items) => items.iter().map(|item| resources.part(item)).collect(),
            _ => vec![resources],
        };
        for part in parts {
            let part = self.head(part)?;
            for name in SECTIONS {
                let section = self.member(&part, name)?;
                let mut members = Vec::new();
                for entry in self.entries(section)? {
                    members.push((entry.key, self.here(&entry.value)?));
                }
                draft.section(name).extend(members);
            }
        }
        Ok(())
    }
}

/// Calls machines and functions what the service calls them: `check`, not `CheckLambdaFunction`.
fn use_keys(found: &mut Found, aliases: &[(String, String)]) {
    let key = |id: &mut String| {
        if let Some((key, _)) = aliases.iter().find(|(_, other)| other == id) {
            key.clone_into(id);
        }
    };
    found.machines.iter_mut().for_each(|machine| key(&mut machine.logical_id));
    found.functions.iter_mut().for_each(|function| key(&mut function.logical_id));
}

/// A key as the beginning of a logical id: `buy-sell` is `BuyDashsell`.
fn normalized(key: &str) -> String {
    let mut characters = key.chars();
    let first = characters.next().map(|first| first.to_ascii_uppercase());
    let name: String = first.into_iter().chain(characters).collect();
    name.replace('-', "Dash").replace('_', "Underscore")
}

fn object<K: AsRef<str>>(place: Place, members: Vec<(K, Node)>) -> Node {
    let member = |(key, value): (K, Node)| Member {
        key: key.as_ref().into(),
        key_place: value.place,
        value,
    };
    Node { place, data: Data::Object(members.into_iter().map(member).collect()) }
}

fn string(place: Place, text: &str) -> Node {
    Node { place, data: Data::String(text.into()) }
}
