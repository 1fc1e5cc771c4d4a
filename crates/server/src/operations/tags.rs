//! Tags of state machines and activities.

use faastlane_api::{Arn, Error, Resource};
use faastlane_store::Tag;
use faastlane_value::Value;

use super::answer::{Answer, done};
use super::request::Request;
use super::{Operations, Runs};
use crate::http::Failure;

/// How many tags a resource can have ("Tagging" in the developer guide).
pub(super) const MOST_TAGS: usize = 50;

impl<R: Runs> Operations<R> {
    pub(super) fn tag_resource(&self, request: &Request<'_>) -> Result<Value, Failure> {
        let arn = self.tagged(request)?;
        let tags = request.tags();
        check_tags(&tags, arn, usize::MAX)?;
        match self.store.put_tags(arn, &tags, MOST_TAGS)? {
            true => Ok(done()),
            false => Err(Error::too_many_tags(arn).into()),
        }
    }

    pub(super) fn untag_resource(&self, request: &Request<'_>) -> Result<Value, Failure> {
        let arn = self.tagged(request)?;
        let keys = request.list("tagKeys").filter_map(Value::as_str).map(str::to_owned);
        self.store.remove_tags(arn, &keys.collect::<Vec<_>>())?;
        Ok(done())
    }

    pub(super) fn list_tags(&self, request: &Request<'_>) -> Result<Value, Failure> {
        let arn = self.tagged(request)?;
        let tags = self.store.tags(arn)?.into_iter();
        let tags =
            tags.map(|tag| Answer::default().with("key", tag.key).with("value", tag.value).build());
        Ok(Answer::default().with("tags", Value::array(tags)).build())
    }

    /// The ARN of a machine or activity that is there. Versions and aliases have no tags, as was recorded.
    fn tagged<'r>(&self, request: &Request<'r>) -> Result<&'r str, Failure> {
        let text = request.required("resourceArn");
        let exists = match Arn::parse(text)?.resource {
            Resource::StateMachine { label: None, qualifier: None, .. } => {
                self.store.machine(text)?.is_some()
            }
            Resource::Activity { .. } => self.store.activity(text)?.is_some(),
            _ => false,
        };
        match exists {
            true => Ok(text),
            false => Err(Error::resource_not_found_at(text).into()),
        }
    }
}

/// Checks tags of a resource: how many, and their characters (API reference, `TagResource`).
pub(super) fn check_tags(tags: &[Tag], arn: &str, most: usize) -> Result<(), Error> {
    if tags.len() > most {
        return Err(Error::too_many_tags(arn));
    }
    // The API's own words are not known for this and the next one.
    if tags.iter().any(|tag| tag.key.is_empty()) {
        return Err(Error::validation(None, "A tag needs a key"));
    }
    let is_allowed = |c: char| c.is_alphanumeric() || c.is_whitespace() || "_.:/=+-@".contains(c);
    match tags
        .iter()
        .flat_map(|tag| [&tag.key, &tag.value])
        .find(|text| !text.chars().all(is_allowed))
    {
        Some(text) => Err(Error::validation(
            None,
            format!(
                "Tags may only contain Unicode letters, digits, white space, or _ . : / = + - @: '{text}'"
            ),
        )),
        None => Ok(()),
    }
}
