//! The intrinsic functions, one by one; those with more to them have files of their own.

use faastlane_value::located::{Data, Member, Node, Place};

use super::evaluate::Evaluator;
use crate::error::Error;
use crate::paths::Named;
use crate::substitute::relocate;
use crate::{arn, text};

impl Evaluator<'_> {
    /// Calls the function `key`, which stands at `place`; `None` where it gives `AWS::NoValue`.
    pub(super) fn intrinsic(
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
            "Fn::ImportValue" => self.import(argument, place)?,
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

    fn import(&mut self, argument: &Node, place: Place) -> Result<Node, Error> {
        let name = self.text(argument)?;
        let exports = &self.surroundings.exports;
        if let Some((_, value)) = exports.iter().find(|(export, _)| *export == name) {
            return self.string(place, value.clone());
        }
        let message = format!("`{name}` is an export of another stack; its name stands in for it");
        self.warn(place, &message);
        self.string(place, name)
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
        let mut included = text::parse(&file, &text::read(&file)?)?;
        // Places always mean the template.
        relocate(&mut included, &|_| place);
        self.once(&location, place, |this| this.required(&included))
    }
}

/// `{key: argument}`.
fn wrapped(key: &str, argument: &Node, place: Place) -> Node {
    let member = Member { key: key.into(), key_place: place, value: argument.clone() };
    Node { place, data: Data::Object(vec![member]) }
}

fn zones(place: Place) -> Node {
    let zone = |letter| format!("{}{letter}", arn::REGION);
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
