//! A tree of JSON that knows where each part stood, for diagnostics.
//!
//! Definitions and templates are read into [`Node`]s, from JSON here and from YAML where YAML is
//! read. Nodes keep repeated keys, since a repeated state name is a mistake that must be told.

use arcstr::ArcStr;
use jiter::{Jiter, Peek};

use crate::json::{self, Error, MAX_DEPTH, Mistake};
use crate::{Number, ObjectBuilder, Value};

/// A place in a text: line and column (in characters), both from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// A JSON value and the place at which it starts.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Where it starts.
    pub place: Place,
    /// What it is.
    pub data: Data,
}

/// What a [`Node`] is.
#[derive(Debug, Clone, PartialEq)]
pub enum Data {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number.
    Number(Number),
    /// A string.
    String(ArcStr),
    /// An array.
    Array(Vec<Node>),
    /// An object; its members in order, repeated keys included.
    Object(Vec<Member>),
}

/// A member of an object.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// Its key.
    pub key: ArcStr,
    /// Where the key starts.
    pub key_place: Place,
    /// Its value.
    pub value: Node,
}

impl Node {
    /// The member `key` of an object; of repeated keys the last.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.members().iter().rev().find(|member| member.key == key).map(|member| &member.value)
    }

    /// The members of an object; empty for anything else.
    #[must_use]
    pub fn members(&self) -> &[Member] {
        if let Data::Object(members) = &self.data { members } else { &[] }
    }

    /// The text of a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        if let Data::String(text) = &self.data { Some(text) } else { None }
    }

    /// The value without places; of repeated keys the last counts.
    #[must_use]
    pub fn to_value(&self) -> Value {
        match &self.data {
            Data::Null => Value::Null,
            Data::Bool(value) => Value::Bool(*value),
            Data::Number(number) => Value::Number(number.clone()),
            Data::String(text) => Value::String(text.clone()),
            Data::Array(items) => Value::array(items.iter().map(Node::to_value)),
            Data::Object(members) => {
                let mut object = ObjectBuilder::with_capacity(members.len());
                for member in members {
                    object.insert(member.key.clone(), member.value.to_value());
                }
                object.build()
            }
        }
    }
}

/// Reads JSON `text` into a tree with places.
///
/// # Errors
/// Text that is not JSON, or nested deeper than [`MAX_DEPTH`].
pub fn parse(text: &str) -> Result<Node, Error> {
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let cursor = Cursor { text, offset: 0, place: Place { line: 1, column: 1 } };
    let mut reader = Reader { tokens: Jiter::new(text.as_bytes()), cursor };
    reader.document().map_err(|mistake| mistake.at(text.as_bytes()))
}

struct Reader<'a> {
    tokens: Jiter<'a>,
    cursor: Cursor<'a>,
}

impl Reader<'_> {
    fn document(&mut self) -> Result<Node, Mistake> {
        let peek = self.tokens.peek()?;
        let node = self.node(peek, 0)?;
        self.tokens.finish()?;
        Ok(node)
    }

    fn node(&mut self, peek: Peek, depth: usize) -> Result<Node, Mistake> {
        if depth > MAX_DEPTH {
            return Err(Mistake::too_deep(self.tokens.current_index()));
        }
        let place = self.cursor.advance(self.tokens.current_index());
        let data = match peek {
            Peek::Null => {
                self.tokens.known_null()?;
                Data::Null
            }
            Peek::True | Peek::False => Data::Bool(self.tokens.known_bool(peek)?),
            Peek::String => Data::String(self.tokens.known_str()?.into()),
            Peek::Array => self.array(depth)?,
            Peek::Object => self.object(depth)?,
            _ => Data::Number(json::number(&mut self.tokens, peek)?),
        };
        Ok(Node { place, data })
    }

    fn array(&mut self, depth: usize) -> Result<Data, Mistake> {
        let mut items = Vec::new();
        let mut next = self.tokens.known_array()?;
        while let Some(peek) = next {
            items.push(self.node(peek, depth + 1)?);
            next = self.tokens.array_step()?;
        }
        Ok(Data::Array(items))
    }

    fn object(&mut self, depth: usize) -> Result<Data, Mistake> {
        let mut members = Vec::new();
        let mut before = self.tokens.current_index();
        let mut next = self.tokens.known_object()?.map(ArcStr::from);
        while let Some(key) = next {
            let key_place = self.cursor.advance_to_quote(before);
            let peek = self.tokens.peek()?;
            let value = self.node(peek, depth + 1)?;
            members.push(Member { key, key_place, value });
            before = self.tokens.current_index();
            next = self.tokens.next_key()?.map(ArcStr::from);
        }
        Ok(Data::Object(members))
    }
}

/// Counts lines and columns while the reader moves forward.
struct Cursor<'a> {
    text: &'a str,
    offset: usize,
    place: Place,
}

impl Cursor<'_> {
    /// The place of byte `offset`, which must not lie before an earlier one.
    fn advance(&mut self, offset: usize) -> Place {
        for character in self.text[self.offset..offset].chars() {
            if character == '\n' {
                self.place = Place { line: self.place.line.saturating_add(1), column: 1 };
            } else {
                self.place.column = self.place.column.saturating_add(1);
            }
        }
        self.offset = offset;
        self.place
    }

    /// The place of the first quote from `offset` on: a key, where only a brace, a comma and white
    /// space can stand before it.
    fn advance_to_quote(&mut self, offset: usize) -> Place {
        let distance = self.text[offset..].find('"').expect("a key was read from here");
        self.advance(offset + distance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_knows_its_place() {
        let text = "{\n  \"é\": [1, \"x\"],\n  \"b\" : { \"c\":null },\n  \"b\": true\n}";
        let node = parse(text).unwrap();
        let place = |line, column| Place { line, column };
        let members = node.members();
        assert_eq!(members[0].key_place, place(2, 3));
        let Data::Array(items) = &members[0].value.data else { panic!("an array") };
        assert_eq!(items[1].place, place(2, 12));
        assert_eq!(members[1].value.place, place(3, 9));
        assert_eq!(members[1].value.members()[0].value.place, place(3, 15));
        assert_eq!(members[2].key_place, place(4, 3), "repeated keys are kept");
        assert_eq!(node.to_value().to_json(), r#"{"é":[1,"x"],"b":true}"#);
    }
}
