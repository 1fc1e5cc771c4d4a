//! Values in serialised data: their JSON text, because no serialisation format that we use keeps a
//! 20-digit integer and the text does. Neither way holds a second copy of that text.

use std::fmt;
use std::io;

use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Value, json};

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&Text(self))
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TextVisitor)
    }
}

/// A value that is shown as its JSON text.
struct Text<'a>(&'a Value);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        json::write(self.0, &mut Pieces(f)).map_err(|_| fmt::Error)
    }
}

/// Takes text in pieces, each of which is whole characters: the writer of JSON never cuts one.
struct Pieces<'a, 'f>(&'a mut fmt::Formatter<'f>);

impl io::Write for Pieces<'_, '_> {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        let text = str::from_utf8(piece).map_err(io::Error::other)?;
        self.0.write_str(text).map_err(io::Error::other)?;
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct TextVisitor;

impl Visitor<'_> for TextVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON text")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Value, E> {
        json::parse(text.as_bytes()).map_err(E::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_comes_back_as_it_was() {
        let text = r#"{"é\u0001\"":[1,12345678901234567890123,2.50,1e400,null],"b":"\\ü😀"}"#;
        let value = json::parse(text.as_bytes()).unwrap();
        let serialised = serde_json::to_string(&value).unwrap();
        assert_eq!(serde_json::from_str::<String>(&serialised).unwrap(), value.to_json());
        assert_eq!(serde_json::from_str::<Value>(&serialised).unwrap(), value);
        assert!(serde_json::from_str::<Value>("\"[1,\"").is_err());
    }
}
