//! The events that travel through a chain, as JSON text.

use serde_json::{Map, Value, json};

/// A flat event of about 200 bytes: what most steps hand on.
pub(crate) fn small() -> Value {
    json!({
        "id": "ord-000042", "status": "open", "amount": 129.95, "currency": "EUR", "items": 3,
        "customer": {"id": 7_731, "name": "Ada Lovelace", "priority": true},
        "tags": ["new", "gift"], "note": null, "created": "2026-01-31T12:00:00Z",
    })
}

/// About 20 KB of nested records.
pub(crate) fn nested() -> Value {
    let mut page = Map::new();
    page.insert("records".to_owned(), (0..100).map(|_| small()).collect());
    Value::Object(page)
}

/// A document of 1.6 million characters.
pub(crate) fn text() -> Value {
    json!({ "document": "All work and no play. ".repeat(1_600_000 / 22) })
}

/// 150,000 floats of 16 or 17 digits, which is what computed values have.
pub(crate) fn floats() -> Value {
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
