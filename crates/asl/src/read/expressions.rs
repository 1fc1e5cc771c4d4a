//! Fields that hold expressions: paths, payload templates, JSONata.

use faastlane_expr::{Expression, ParseError, Path, ReferencePath, Template, jsonata, template};
use faastlane_value::Value;
use faastlane_value::located::{Data, Node};

use super::Reader;
use super::fields::Fields;
use crate::{Code, Payload, ResultPath, Seconds, Text};

impl Fields<'_> {
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
