//! The events that travel through a chain, as JSON text.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// An event by its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Payload {
    Small,
    Nested,
    Text,
    Floats,
}

impl Payload {
    pub(crate) const ALL: [Self; 4] = [Self::Small, Self::Nested, Self::Text, Self::Floats];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Small => "200 B",
            Self::Nested => "20 KB nested",
            Self::Text => "1.6 MB string",
            Self::Floats => "150,000 floats",
        }
    }

    pub(crate) fn value(self) -> Value {
        match self {
            Self::Small => small(),
            Self::Nested => nested(),
            Self::Text => text(),
            Self::Floats => floats(),
        }
    }
}

/// A flat event of about 200 bytes: what most steps hand on.
pub(crate) fn small() -> Value {
    json!({
        "id": "ord-000042", "status": "open", "amount": 129.95, "currency": "EUR", "items": 3,
        "customer": {"id": 7_731, "name": "Ada Lovelace", "priority": true},
        "tags": ["new", "gift"], "note": null, "created": "2026-01-31T12:00:00Z",
    })
}

/// About 20 KB of nested records.
fn nested() -> Value {
    let mut page = Map::new();
    page.insert("records".to_owned(), (0..100).map(|_| small()).collect());
    Value::Object(page)
}

/// A document of 1.6 million characters.
fn text() -> Value {
    json!({ "document": "All work and no play. ".repeat(1_600_000 / 22) })
}

/// 150,000 floats of 16 or 17 digits, which is what computed values have.
fn floats() -> Value {
    let sample = |at: u32| (f64::from(at) * 0.731).sin();
    json!({ "samples": (1..=150_000).map(sample).collect::<Vec<_>>() })
}

#[cfg(test)]
mod tests {
    #[test]
    fn sizes_are_as_their_names_say() {
        let check = |value: serde_json::Value, bytes: std::ops::Range<usize>| {
            let size = value.to_string().len();
            assert!(bytes.contains(&size), "{size} is not in {bytes:?}");
        };
        check(super::small(), 190..230);
        check(super::nested(), 19_000..23_000);
        check(super::text(), 1_590_000..1_610_000);
    }
}
