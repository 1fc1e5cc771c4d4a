//! The fields of one object: typed access, and a complaint for those nobody asked for.

use faastlane_value::ArcStr;
use faastlane_value::located::{Data, Node, Place};

use super::{Pointer, Reader};

/// An object of the definition while it is read.
///
/// Every look at a field marks it as known; [`Fields::refuse_unknown`] reports the rest.
pub(super) struct Fields<'n> {
    pub(super) node: &'n Node,
    pub(super) pointer: &'n Pointer<'n>,
    /// The query language of the state is JSONata.
    pub(super) jsonata: bool,
    /// Few enough to be searched one by one; some are there more than once.
    known: Vec<&'n str>,
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
        Some(Self { node, pointer, jsonata: false, known: Vec::with_capacity(32) })
    }

    /// Marks fields as known that mean nothing to an execution.
    pub(super) fn allow(&mut self, names: &[&'static str]) {
        self.known.extend(names);
    }

    /// Marks a field as known that was found by looking through the object.
    pub(super) fn know(&mut self, name: &'n str) {
        self.known.push(name);
    }

    /// A field as it stands.
    pub(super) fn node(&mut self, name: &'static str) -> Option<&'n Node> {
        self.known.push(name);
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
        self.refuse_unknown_beside(reader, Vec::new);
    }

    /// The same; `others` gives further names that may have been meant.
    pub(super) fn refuse_unknown_beside(&self, reader: &mut Reader, others: fn() -> Vec<String>) {
        for member in self.node.members() {
            let name = member.key.as_str();
            if self.known.contains(&name) {
                continue;
            }
            if let Some(language) = self.language_of(name) {
                let message = format!("Field '{name}' is only supported with {language}");
                reader.schema_error(message, &self.pointer.key(name), member.key_place);
                continue;
            }
            let message = format!("Field '{name}' is not supported");
            reader.schema_error(message, &self.pointer.key(name), member.key_place);
            let others = others();
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
}

const QUERY_LANGUAGE: &str = "QueryLanguage";
