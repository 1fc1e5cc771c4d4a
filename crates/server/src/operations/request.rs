//! Members of a request whose shape has been checked.

use faastlane_store::Tag;
use faastlane_value::Value;

/// What somebody asks for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Request<'a> {
    pub(super) body: &'a Value,
    /// Who asks, as the request's signature says it: `AKID/20261122/us-east-1/states/aws4_request`.
    pub(super) credential: Option<&'a str>,
}

impl<'a> Request<'a> {
    /// A text; none where it is absent or null.
    pub(super) fn text(&self, name: &str) -> Option<&'a str> {
        self.body.get(name).and_then(Value::as_str)
    }

    /// A text as a value of its own.
    pub(super) fn owned(&self, name: &str) -> Option<String> {
        self.text(name).map(str::to_owned)
    }

    /// A text that the shape of the request demands.
    pub(super) fn required(&self, name: &str) -> &'a str {
        self.text(name).unwrap_or_default()
    }

    /// A flag; absent is what `default` says.
    pub(super) fn flag(&self, name: &str, default: bool) -> bool {
        self.body.get(name).and_then(Value::as_bool).unwrap_or(default)
    }

    /// A whole number that is not negative.
    pub(super) fn count(&self, name: &str) -> Option<u64> {
        let number = self.body.get(name).and_then(Value::as_number)?.as_i64()?;
        u64::try_from(number).ok()
    }

    /// An object; none where it is absent or null.
    pub(super) fn object(&self, name: &str) -> Option<&'a Value> {
        self.body.get(name).filter(|value| value.as_object().is_some())
    }

    /// The items of a list.
    pub(super) fn list(&self, name: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
        let items = self.body.get(name).and_then(Value::as_array);
        items.into_iter().flat_map(|items| items.iter())
    }

    /// `tags`
    pub(super) fn tags(&self) -> Vec<Tag> {
        let text = |tag: &Value, name: &str| {
            tag.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        self.list("tags")
            .map(|tag| Tag { key: text(tag, "key"), value: text(tag, "value") })
            .collect()
    }

    /// Whether the answer has the data of a machine or execution (`includedData`).
    pub(super) fn wants_data(&self) -> bool {
        self.text("includedData") != Some("METADATA_ONLY")
    }
}
