//! The fields of one object: typed access, and a complaint for those nobody asked for.

use std::collections::HashSet;

use faastlane_expr::{Expression, ParseError, Path, ReferencePath, Template, jsonata, template};
use faastlane_value::located::{Data, Node, Place};
use faastlane_value::{ArcStr, Value};

use super::{Pointer, Reader};
use crate::{Code, Payload, ResultPath, Seconds, Text};

/// An object of the definition while it is read.
///
/// Every look at a field marks it as known; [`Fields::refuse_unknown`] reports the rest.
pub(super) struct Fields<'n> {
    pub(super) node: &'n Node,
    pub(super) pointer: &'n Pointer<'n>,
    /// The query language of the state is JSONata.
    pub(super) jsonata: bool,
    known: HashSet<&'n str>,
}

impl<'n> Fields<'n> {
    /// The fields of `node`; a diagnostic if it is no object.
    pub(super) fn new(
        reader: &mut Reader,
        node: &'n Node,
        pointer: &'n Pointer<'n>,
    ) -> Option<Self> {
        if !matches!(node.data, Data::Object(_)) {
            reader.schema_error("Field has to be an object", pointer, node.place);
            return None;
        }
        Some(Self { node, pointer, jsonata: false, known: HashSet::new() })
    }

    /// Marks fields as known that mean nothing to an execution.
    pub(super) fn allow(&mut self, names: &[&'static str]) {
        self.known.extend(names);
    }

    /// Marks a field as known that was found by looking through the object.
    pub(super) fn know(&mut self, name: &'n str) {
        self.known.insert(name);
    }

    /// A field as it stands.
    pub(super) fn node(&mut self, name: &'static str) -> Option<&'n Node> {
        self.known.insert(name);
        self.node.get(name)
    }

    /// Where the value of a field stands; the object's own place if it is missing.
    pub(super) fn place_of(&self, name: &str) -> Place {
        self.node.get(name).map_or(self.node.place, |node| node.place)
    }

    /// Reports the missing ones of `required` as AWS does, in one message.
    pub(super) fn require_together(&self, reader: &mut Reader, required: &[(&str, bool)]) {
        let missing: Vec<&str> =
            required.iter().filter(|(_, present)| !present).map(|(name, _)| *name).collect();
        if !missing.is_empty() {
            let message = format!("These fields are required: [{}]", missing.join(", "));
            reader.schema_error(message, self.pointer, self.node.place);
        }
    }

    /// A required field as it stands.
    pub(super) fn required(&mut self, reader: &mut Reader, name: &'static str) -> Option<&'n Node> {
        let node = self.node(name);
        self.require_together(reader, &[(name, node.is_some())]);
        node
    }

    /// A string.
    pub(super) fn text(&mut self, reader: &mut Reader, name: &'static str) -> Option<ArcStr> {
        let node = self.node(name)?;
        if let Data::String(text) = &node.data {
            return Some(text.clone());
        }
        reader.schema_error("Expected value of type String", &self.pointer.key(name), node.place);
        None
    }

    /// `true` or `false`.
    pub(super) fn boolean(&mut self, reader: &mut Reader, name: &'static str) -> Option<bool> {
        let node = self.node(name)?;
        if let Data::Bool(value) = node.data {
            return Some(value);
        }
        reader.schema_error("Expected value of type Boolean", &self.pointer.key(name), node.place);
        None
    }

    /// An integer of at least `minimum`, and at most 99,999,999 as AWS has it.
    pub(super) fn integer(
        &mut self,
        reader: &mut Reader,
        name: &'static str,
        minimum: u64,
    ) -> Option<u64> {
        let node = self.node(name)?;
        let pointer = self.pointer.key(name);
        let Data::Number(number) = &node.data else {
            reader.schema_error("Expected value of type Integer", &pointer, node.place);
            return None;
        };
        let value = number.as_i64().and_then(|value| u64::try_from(value).ok());
        let value = value.filter(|value| (minimum..=99_999_999).contains(value));
        if value.is_none() {
            let message = format!("Expected an integer from {minimum} to 99999999");
            reader.schema_error(message, &pointer, node.place);
        }
        value
    }

    /// A decimal number of at least `minimum`.
    pub(super) fn decimal(
        &mut self,
        reader: &mut Reader,
        name: &'static str,
        minimum: f64,
    ) -> Option<f64> {
        let node = self.node(name)?;
        let value = match &node.data {
            Data::Number(number) => Some(number.as_f64()).filter(|value| *value >= minimum),
            _ => None,
        };
        if value.is_none() {
            let message = format!("Expected a number of at least {minimum:.1}");
            reader.schema_error(message, &self.pointer.key(name), node.place);
        }
        value
    }

    /// A JSONPath.
    pub(super) fn path(&mut self, reader: &mut Reader, name: &'static str) -> Option<Path> {
        self.parse(reader, name, Path::parse)
    }

    /// `InputPath` and `OutputPath`: `$` by default, `None` for `null`.
    pub(super) fn path_or_null(&mut self, reader: &mut Reader, name: &'static str) -> Option<Path> {
        match self.node(name) {
            None => Some(Path::parse("$").expect("a constant")),
            Some(node) if node.data == Data::Null => None,
            Some(_) => self.path(reader, name),
        }
    }

    /// A JSONPath in a field that only states of JSONPath have.
    pub(super) fn path_beside(&mut self, reader: &mut Reader, name: &'static str) -> Option<Path> {
        if self.jsonata { None } else { self.path(reader, name) }
    }

    /// `ResultPath`: `$` by default. States of JSONata have none.
    pub(super) fn result_path(&mut self, reader: &mut Reader) -> ResultPath {
        const NAME: &str = "ResultPath";
        if self.jsonata {
            return ResultPath::Replace;
        }
        match self.node(NAME) {
            None => ResultPath::Replace,
            Some(node) if node.data == Data::Null => ResultPath::Discard,
            Some(_) => match self.parse(reader, NAME, ReferencePath::parse) {
                Some(path) if path.as_path().as_str() != "$" => ResultPath::At(path),
                _ => ResultPath::Replace,
            },
        }
    }

    /// What a Task or Parallel state passes on: `Parameters`, or `Arguments` in JSONata.
    pub(super) fn parameters(&mut self, reader: &mut Reader) -> Option<Payload> {
        self.payload(reader, self.parameters_name())
    }

    /// The name of that field.
    pub(super) fn parameters_name(&self) -> &'static str {
        if self.jsonata { "Arguments" } else { "Parameters" }
    }

    /// JSON with expressions in the state's query language.
    pub(super) fn payload(&mut self, reader: &mut Reader, name: &'static str) -> Option<Payload> {
        if self.jsonata {
            return self.jsonata_template(reader, name).map(Payload::Jsonata);
        }
        self.compiled(reader, name, Template::compile).map(Payload::JsonPath)
    }

    /// JSON with expressions in JSONata.
    pub(super) fn jsonata_template(
        &mut self,
        reader: &mut Reader,
        name: &'static str,
    ) -> Option<jsonata::Template> {
        self.compiled(reader, name, jsonata::Template::compile)
    }

    /// `Output` of a state, rule or catcher in JSONata; there is none in JSONPath.
    pub(super) fn output(&mut self, reader: &mut Reader) -> Option<jsonata::Template> {
        if self.jsonata { self.jsonata_template(reader, "Output") } else { None }
    }

    fn compiled<T>(
        &mut self,
        reader: &mut Reader,
        name: &'static str,
        compile: impl Fn(&Value) -> Result<T, Vec<template::Error>>,
    ) -> Option<T> {
        let node = self.node(name)?;
        match compile(&node.to_value()) {
            Ok(template) => Some(template),
            Err(errors) => {
                for error in errors {
                    let mut location = self.pointer.key(name).text();
                    let place = descend(node, &error.pointer, &mut location).place;
                    let (code, message) = (self.invalid_expression(), capitalised(&error.message));
                    reader.error_at(code, message, location, place);
                }
                None
            }
        }
    }

    fn invalid_expression(&self) -> Code {
        if self.jsonata { Code::InvalidJsonata } else { Code::InvalidPath }
    }

    /// Whether a field holds a text from `{%` to `%}` that JSONata takes for an expression.
    pub(super) fn is_expression(&self, name: &str) -> bool {
        let text = self.node.get(name).and_then(Node::as_str);
        self.jsonata && text.is_some_and(|text| jsonata::delimited(text).is_some())
    }

    /// The JSONata expression of a field of which [`Fields::is_expression`] is true.
    pub(super) fn expression(
        &mut self,
        reader: &mut Reader,
        name: &'static str,
    ) -> Option<jsonata::Expression> {
        let text = self.text(reader, name)?;
        match jsonata::Expression::parse(jsonata::delimited(&text)?) {
            Ok(expression) => Some(expression),
            Err(error) => {
                let message = format!("Value is not a valid JSONata expression: {error}");
                let (pointer, place) = (self.pointer.key(name), self.place_of(name));
                reader.error(Code::InvalidJsonata, message, &pointer, place);
                None
            }
        }
    }

    /// A number of seconds: the field `name`, or the field `path_name`, and not both.
    pub(super) fn seconds(
        &mut self,
        reader: &mut Reader,
        name: &'static str,
        path_name: &'static str,
        minimum: u64,
    ) -> Option<Seconds> {
        self.refuse_both(reader, name, path_name);
        if let Some(path) = self.path_beside(reader, path_name) {
            return Some(Seconds::Path(path));
        }
        if self.is_expression(name) {
            return self.expression(reader, name).map(Seconds::Jsonata);
        }
        self.integer(reader, name, minimum).map(Seconds::Fixed)
    }

    /// A text: the field `name`, or computed by the field `path_name`, and not both.
    pub(super) fn text_or_expression(
        &mut self,
        reader: &mut Reader,
        name: &'static str,
        path_name: &'static str,
    ) -> Option<Text> {
        self.refuse_both(reader, name, path_name);
        if self.is_expression(name) {
            return self.expression(reader, name).map(Text::Jsonata);
        }
        if !self.jsonata
            && let Some(expression) = self.parse(reader, path_name, Expression::parse)
        {
            return Some(Text::Expression(expression));
        }
        self.text(reader, name).map(Text::Fixed)
    }

    /// Reports that `Name` and `NamePath` are both there.
    pub(super) fn refuse_both(
        &mut self,
        reader: &mut Reader,
        name: &'static str,
        path_name: &'static str,
    ) {
        if !self.jsonata && self.node(name).is_some() && self.node(path_name).is_some() {
            let message = format!("Only one of {name} and {path_name} can be given");
            reader.schema_error(message, self.pointer, self.node.place);
        }
    }

    /// An array's elements; a diagnostic if it is missing, no array, or empty.
    pub(super) fn required_items(
        &mut self,
        reader: &mut Reader,
        name: &'static str,
    ) -> Option<&'n [Node]> {
        let node = self.required(reader, name)?;
        match &node.data {
            Data::Array(items) if !items.is_empty() => return Some(items),
            Data::Array(_) => {
                let message = format!("{name} must not be empty");
                reader.schema_error(message, &self.pointer.key(name), node.place);
            }
            _ => {
                let message = "Expected value of type Array";
                reader.schema_error(message, &self.pointer.key(name), node.place);
            }
        }
        None
    }

    /// `QueryLanguage` of a state, by default that of its machine.
    pub(super) fn read_language(&mut self, reader: &mut Reader) {
        self.jsonata = match self.query_language(reader) {
            // States Language, "Query Language": what the machine says in JSONata holds for all.
            Some(false) if reader.jsonata => {
                let pointer = self.pointer.key(QUERY_LANGUAGE);
                let message = "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole \
                               state machine";
                reader.schema_error(message, &pointer, self.place_of(QUERY_LANGUAGE));
                false
            }
            asked => asked.unwrap_or(reader.jsonata),
        };
    }

    /// Whether `QueryLanguage` asks for JSONata; `None` if it is not given.
    pub(super) fn query_language(&mut self, reader: &mut Reader) -> Option<bool> {
        let pointer = self.pointer.key(QUERY_LANGUAGE);
        let place = self.place_of(QUERY_LANGUAGE);
        match self.text(reader, QUERY_LANGUAGE)?.as_str() {
            "JSONPath" => Some(false),
            "JSONata" => Some(true),
            _ => {
                let message = "QueryLanguage must be \"JSONPath\" or \"JSONata\"";
                reader.schema_error(message, &pointer, place);
                None
            }
        }
    }

    /// Reports every field that nothing looked at.
    pub(super) fn refuse_unknown(&self, reader: &mut Reader) {
        self.refuse_unknown_beside(reader, &[]);
    }

    /// The same; `others` are further names that may have been meant.
    pub(super) fn refuse_unknown_beside(&self, reader: &mut Reader, others: &[String]) {
        for member in self.node.members() {
            let name = member.key.as_str();
            if self.known.contains(name) {
                continue;
            }
            if let Some(language) = self.language_of(name) {
                let message = format!("Field '{name}' is only supported with {language}");
                reader.schema_error(message, &self.pointer.key(name), member.key_place);
                continue;
            }
            let message = format!("Field '{name}' is not supported");
            reader.schema_error(message, &self.pointer.key(name), member.key_place);
            let known = self.known.iter().copied().chain(others.iter().map(String::as_str));
            reader.hint(name, known.filter(|known| self.node.get(known).is_none()));
        }
    }

    /// The other query language, if a field belongs to it alone.
    fn language_of(&self, name: &str) -> Option<&'static str> {
        const JSONPATH: [&str; 7] = [
            "InputPath",
            "OutputPath",
            "Parameters",
            "ResultPath",
            "ResultSelector",
            "ItemsPath",
            "Result",
        ];
        const JSONATA: [&str; 4] = ["Arguments", "Output", "Items", "Condition"];
        match self.jsonata {
            true if JSONPATH.contains(&name) || name.ends_with("Path") => Some("JSONPath"),
            false if JSONATA.contains(&name) => Some("JSONata"),
            _ => None,
        }
    }

    fn parse<T>(
        &mut self,
        reader: &mut Reader,
        name: &'static str,
        parse: impl Fn(&str) -> Result<T, ParseError>,
    ) -> Option<T> {
        let text = self.text(reader, name)?;
        match parse(&text) {
            Ok(parsed) => Some(parsed),
            Err(error) => {
                let pointer = self.pointer.key(name);
                let message = format!("Value is not a valid JSONPath '{text}': {error}");
                reader.error(Code::InvalidPath, message, &pointer, self.place_of(name));
                None
            }
        }
    }
}

const QUERY_LANGUAGE: &str = "QueryLanguage";

/// The part of `node` that a JSON pointer leads to, as far as it leads; `location` is led there too.
fn descend<'n>(node: &'n Node, pointer: &str, location: &mut String) -> &'n Node {
    let mut node = node;
    for segment in pointer.split('/').skip(1) {
        let key = segment.replace("~1", "/").replace("~0", "~");
        let inner = if let Data::Array(items) = &node.data {
            location.push_str(&format!("[{key}]"));
            key.parse().ok().and_then(|at: usize| items.get(at))
        } else {
            location.push_str(&format!("/{key}"));
            node.get(&key)
        };
        let Some(inner) = inner else { break };
        node = inner;
    }
    node
}

/// `text` with a capital at its start.
fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(characters).collect()
}
