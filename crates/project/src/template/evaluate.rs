//! Evaluates intrinsic functions: a node of a template in, the node that CloudFormation would
//! deploy out.
//!
//! Only what is read is evaluated, so a parameter that no state machine or function needs may stay
//! without a value. Nothing remote is asked: what only a deployed stack knows gets a stable made-up
//! value, and a warning where it may matter.
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html>

use std::collections::HashMap;
use std::path::Path;

use faastlane_value::located::{Data, Member, Node, Place};

use crate::error::{At, Error};
use crate::paths::Named;
use crate::text;

/// How long a chain of things that refer to each other may be.
const MAX_CHAIN: usize = 64;

/// How much text all functions of one template may produce.
const MAX_TEXT_BYTES: usize = 64 << 20;

/// The state of evaluating one template.
pub(super) struct Evaluator<'a> {
    pub(super) file: &'a Path,
    /// The whole template.
    pub(super) root: &'a Node,
    /// Parameter values that the user gave.
    pub(super) given: &'a [(String, String)],
    pub(super) stack_name: &'a str,
    pub(super) warnings: Vec<String>,
    /// Conditions and names that are known already.
    pub(super) conditions: HashMap<String, bool>,
    pub(super) names: HashMap<String, String>,
    in_progress: Vec<String>,
    produced_bytes: usize,
}

impl<'a> Evaluator<'a> {
    pub(super) fn new(
        file: &'a Path,
        root: &'a Node,
        given: &'a [(String, String)],
        stack_name: &'a str,
    ) -> Self {
        Self {
            file,
            root,
            given,
            stack_name,
            warnings: Vec::new(),
            conditions: HashMap::new(),
            names: HashMap::new(),
            in_progress: Vec::new(),
            produced_bytes: 0,
        }
    }

    /// What `node` deploys as; `None` where it says `AWS::NoValue`.
    pub(super) fn value(&mut self, node: &Node) -> Result<Option<Node>, Error> {
        let data = match &node.data {
            Data::Array(items) => Data::Array(self.values(items)?),
            Data::Object(members) => match members.as_slice() {
                [Member { key, value, .. }] if key == "Ref" || key.starts_with("Fn::") => {
                    return self.intrinsic(key, value, node.place);
                }
                members => Data::Object(self.members(members)?),
            },
            scalar => scalar.clone(),
        };
        Ok(Some(Node { place: node.place, data }))
    }

    /// What `node` deploys as, where it must be something.
    pub(super) fn required(&mut self, node: &Node) -> Result<Node, Error> {
        let value = self.value(node)?;
        value.ok_or_else(|| self.invalid(node.place, "AWS::NoValue cannot stand here"))
    }

    /// What `node` deploys as, where it must be a scalar: its text.
    pub(super) fn text(&mut self, node: &Node) -> Result<String, Error> {
        let text = self.optional_text(node)?;
        text.ok_or_else(|| self.invalid(node.place, "AWS::NoValue cannot stand here"))
    }

    /// What `node` deploys as, where it must be a scalar or nothing.
    pub(super) fn optional_text(&mut self, node: &Node) -> Result<Option<String>, Error> {
        let Some(value) = self.value(node)? else { return Ok(None) };
        let text = scalar_text(&value.data);
        match text {
            Some(_) => Ok(text),
            None => {
                let kind = value.to_value().kind();
                Err(self.invalid(node.place, format!("text is wanted here, not {kind}")))
            }
        }
    }

    /// The items of `node`, where it must deploy as a list.
    pub(super) fn list(&mut self, node: &Node) -> Result<Vec<Node>, Error> {
        match self.required(node)?.data {
            Data::Array(items) => Ok(items),
            _ => Err(self.invalid(node.place, "a list is wanted here")),
        }
    }

    /// Runs `evaluate`, unless `what` is being evaluated already: then it depends on itself.
    pub(super) fn once<T>(
        &mut self,
        what: &str,
        place: Place,
        evaluate: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        if let Some(first) = self.in_progress.iter().position(|other| other == what) {
            let cycle = self.in_progress[first..].join(" → ");
            return Err(self.invalid(place, format!("circular reference: {cycle} → {what}")));
        }
        if self.in_progress.len() >= MAX_CHAIN {
            return Err(self.invalid(place, format!("more than {MAX_CHAIN} references in a row")));
        }
        self.in_progress.push(what.to_owned());
        let result = evaluate(self);
        self.in_progress.pop();
        result
    }

    pub(super) fn invalid(&self, place: Place, message: impl Into<String>) -> Error {
        Error::Invalid { at: At::new(self.file, place), message: message.into() }
    }

    pub(super) fn warn(&mut self, place: Place, message: &str) {
        let warning = format!("{}: {message}", At::new(self.file, place));
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    /// A string that a function produced.
    pub(super) fn string(&mut self, place: Place, text: String) -> Result<Node, Error> {
        self.produced_bytes = self.produced_bytes.saturating_add(text.len());
        if self.produced_bytes > MAX_TEXT_BYTES {
            let limit = MAX_TEXT_BYTES >> 20;
            return Err(
                self.invalid(place, format!("functions produce more than {limit} MiB of text"))
            );
        }
        Ok(Node { place, data: Data::String(text.into()) })
    }

    fn values(&mut self, items: &[Node]) -> Result<Vec<Node>, Error> {
        items.iter().filter_map(|item| self.value(item).transpose()).collect()
    }

    fn members(&mut self, members: &[Member]) -> Result<Vec<Member>, Error> {
        let mut evaluated = Vec::with_capacity(members.len());
        for member in members {
            if member.key.starts_with("Fn::") {
                let message = format!("`{}` must be the only key of its object", member.key);
                return Err(self.invalid(member.key_place, message));
            }
            if let Some(value) = self.value(&member.value)? {
                evaluated.push(Member {
                    key: member.key.clone(),
                    key_place: member.key_place,
                    value,
                });
            }
        }
        Ok(evaluated)
    }

    fn intrinsic(
        &mut self,
        key: &str,
        argument: &Node,
        place: Place,
    ) -> Result<Option<Node>, Error> {
        let value = match key {
            "Ref" => return self.reference(argument, place),
            "Fn::If" => return self.choice(argument),
            "Fn::GetAtt" => self.attribute_of(argument, place)?,
            "Fn::Sub" => self.sub(argument, place)?,
            "Fn::Join" => self.join(argument, place)?,
            "Fn::Select" => self.select(argument)?,
            "Fn::Split" => self.split(argument, place)?,
            "Fn::FindInMap" => self.find_in_map(argument, place)?,
            "Fn::Base64" => {
                let text = self.text(argument)?;
                self.string(place, base64(text.as_bytes()))?
            }
            "Fn::ImportValue" => {
                let name = self.text(argument)?;
                let message =
                    format!("`{name}` is an export of another stack; its name stands in for it");
                self.warn(place, &message);
                self.string(place, name)?
            }
            "Fn::GetAZs" => zones(place),
            "Fn::ToJsonString" => {
                let json = self.required(argument)?.to_value().to_json();
                self.string(place, json)?
            }
            "Fn::Length" => {
                let length = self.list(argument)?.len();
                self.string(place, length.to_string())?
            }
            "Fn::Transform" => self.transform(argument)?,
            "Fn::And" | "Fn::Or" | "Fn::Not" | "Fn::Equals" => {
                let met = self.condition(&wrapped(key, argument, place))?;
                Node { place, data: Data::Bool(met) }
            }
            _ => return Err(self.invalid(place, format!("`{key}` is not supported here"))),
        };
        Ok(Some(value))
    }

    fn choice(&mut self, argument: &Node) -> Result<Option<Node>, Error> {
        let [condition, yes, no] =
            self.arguments(argument, "Fn::If", "[condition, value, value]")?;
        let Some(name) = condition.as_str() else {
            return Err(self.invalid(condition.place, "Fn::If takes the name of a condition"));
        };
        let chosen = if self.named_condition(name, condition.place)? { yes } else { no };
        self.value(chosen)
    }

    fn join(&mut self, argument: &Node, place: Place) -> Result<Node, Error> {
        let [separator, items] = self.arguments(argument, "Fn::Join", "[separator, list]")?;
        let separator = self.text(separator)?;
        let items = self.list(items)?;
        let texts = items.iter().map(|item| self.text(item)).collect::<Result<Vec<_>, _>>()?;
        self.string(place, texts.join(&separator))
    }

    fn select(&mut self, argument: &Node) -> Result<Node, Error> {
        let [index, items] = self.arguments(argument, "Fn::Select", "[index, list]")?;
        let (at, index) = (index.place, self.text(index)?);
        let items = self.list(items)?;
        let item = index.parse::<usize>().ok().and_then(|index| items.get(index));
        item.cloned().ok_or_else(|| {
            let message = format!("there is no item {index} in a list of {}", items.len());
            self.invalid(at, message)
        })
    }

    fn split(&mut self, argument: &Node, place: Place) -> Result<Node, Error> {
        let [separator, text] = self.arguments(argument, "Fn::Split", "[separator, text]")?;
        let (separator, text) = (self.text(separator)?, self.text(text)?);
        if separator.is_empty() {
            return Err(self.invalid(place, "Fn::Split needs a separator that is not empty"));
        }
        let parts = text.split(separator.as_str()).map(|part| self.string(place, part.to_owned()));
        Ok(Node { place, data: Data::Array(parts.collect::<Result<_, _>>()?) })
    }

    fn find_in_map(&mut self, argument: &Node, place: Place) -> Result<Node, Error> {
        let keys = match &argument.data {
            Data::Array(keys) if matches!(keys.len(), 3 | 4) => keys,
            _ => return Err(self.invalid(place, "Fn::FindInMap takes [map, key, key]")),
        };
        let mut path = Vec::new();
        for key in &keys[..3] {
            path.push(self.text(key)?);
        }
        let mut found = self.root.get("Mappings");
        for key in &path {
            found = found.and_then(|node| node.get(key));
        }
        if let Some(found) = found {
            return Ok(Node { place, data: found.data.clone() });
        }
        match keys.get(3).and_then(|options| options.get("DefaultValue")) {
            Some(default) => self.required(default),
            None => Err(self.invalid(place, format!("Mappings has no {}", path.join(" → ")))),
        }
    }

    /// `AWS::Include` of a file beside the template; no other macro can run here.
    fn transform(&mut self, argument: &Node) -> Result<Node, Error> {
        let name = argument.get("Name").and_then(Node::as_str).unwrap_or_default();
        let location = argument.get("Parameters").and_then(|parameters| parameters.get("Location"));
        let (Some(location), "AWS::Include") = (location, name) else {
            let message = format!("the macro `{name}` runs only on AWS; write out what it makes");
            return Err(self.invalid(argument.place, message));
        };
        let (place, location) = (location.place, self.text(location)?);
        let file = Named { file: self.file, place, property: "Location" }.file(&location)?;
        let included = text::parse(&file, &text::read(&file)?)?;
        self.once(&location, place, |this| this.required(&included))
    }

    /// The items of a function's argument, which must be a list of exactly `N`.
    pub(super) fn arguments<'n, const N: usize>(
        &self,
        argument: &'n Node,
        function: &str,
        form: &str,
    ) -> Result<&'n [Node; N], Error> {
        let Data::Array(items) = &argument.data else {
            return Err(self.invalid(argument.place, format!("{function} takes {form}")));
        };
        let count = items.len();
        items.as_slice().try_into().map_err(|_| {
            self.invalid(argument.place, format!("{function} takes {form}, not {count} items"))
        })
    }
}

/// The text of a scalar as CloudFormation passes it on; `None` for lists, objects and null.
pub(super) fn scalar_text(data: &Data) -> Option<String> {
    match data {
        Data::String(text) => Some(text.to_string()),
        Data::Number(number) => Some(number.to_string()),
        Data::Bool(value) => Some(value.to_string()),
        Data::Null | Data::Array(_) | Data::Object(_) => None,
    }
}

/// `{key: argument}`.
fn wrapped(key: &str, argument: &Node, place: Place) -> Node {
    let member = Member { key: key.into(), key_place: place, value: argument.clone() };
    Node { place, data: Data::Object(vec![member]) }
}

fn zones(place: Place) -> Node {
    let zone = |letter| format!("{}{letter}", crate::arn::REGION);
    let zones =
        ["a", "b", "c"].map(|letter| Node { place, data: Data::String(zone(letter).into()) });
    Node { place, data: Data::Array(zones.to_vec()) }
}

/// RFC 4648 base64, with padding.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let bits = (0..3)
            .fold(0, |bits, index| bits << 8 | usize::from(group.get(index).copied().unwrap_or(0)));
        for index in 0..4 {
            let sextet = bits >> (18 - 6 * index) & 0x3F;
            text.push(if index > group.len() { '=' } else { char::from(ALPHABET[sextet]) });
        }
    }
    text
}
